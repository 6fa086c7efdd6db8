"""Import receipts from the billing system (M5–M7): a block at a time, all of the file or nothing.

What is received is recorded as the file is read; refunds wait until all of it was read, because the
receipt that they name may stand behind them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from sqlmodel import Session

from portal.domain.calendar import parse_date
from portal.domain.contracts import key_of
from portal.domain.errors import RuleViolation
from portal.domain.money import parse_count
from portal.domain.periods import business_date
from portal.domain.rates import Product
from portal.domain.receipts import Plain, Refundable, check_receipt, check_refund, parse_received, parse_ref
from portal.domain.roles import Actor
from portal.exports import from_safe_cell
from portal.imports.reading import Line, Row, Table
from portal.imports.receipts_fast import QuickReader, Read, number_of, product_of, source_of
from portal.imports.receipts_notes import Notes
from portal.imports.report import Cells, Report
from portal.receipts.ledger import (
    Key,
    Ledger,
    content_of,
    refundables,
    same_content,
    stored_by_ref,
)

BLOCK = 20_000
MOST_REFUSED = 5_000
_SAMPLE = 8


def take(session: Session, table: Table, report: Report, actor: Actor | None, now: datetime) -> None:
    """Check and record the rows."""
    today = business_date(now)
    work = _Import(session, table, report, today, Ledger(session, actor=actor, now=now))
    quick = QuickReader(table.keys, today.isoformat())
    while block := list(islice(table.lines, BLOCK)):
        if not report.sample:
            report.sample = [table.row(*line).cells for line in block[:_SAMPLE]]
        work.record(list(work.read(block, quick)))
    for start in range(0, len(work.refunds), BLOCK):
        work.record_refunds(work.refunds[start : start + BLOCK])
    work.notes.tell(report)
    if not report.refused:
        report.accepted = work.ledger.seal.rows
        report.sealed = {"seal": work.ledger.finish()}


@dataclass
class _Import:
    """One file on its way into the ledger."""

    session: Session
    table: Table
    report: Report
    today: date
    ledger: Ledger
    refunds: list[Read] = field(default_factory=list)
    _waiting: set[Key] = field(default_factory=set)
    _broken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.notes = Notes(self.session)

    def read(self, block: Sequence[Line], quick: QuickReader) -> Iterator[Read]:
        """The sound rows of a block that are no refunds; those are set aside."""
        for line in block:
            plain = quick.read(line[1])
            if plain is not None:
                yield Read(line, plain, None)
                continue
            found = read_carefully(self.table.row(*line), self.report, self.today)
            if found is None:
                self._broken.add(self.table.row(*line).cells.get("ref", ""))
                self._stop_when_hopeless()
            elif found[1] is None:
                yield Read(line, found[0], None)
            else:
                read = Read(line, *found)
                self.refunds.append(read)
                self._waiting.add(read.plain[:2])

    def record(self, rows: Sequence[Read]) -> None:
        """Record what is new of the rows; the same again is passed over, other content refused (M7)."""
        stored = stored_by_ref(self.session, [read.plain[:2] for read in rows])
        known = {key: row for key, (_at, row) in stored.items()}
        fresh: list[Read] = []
        for read in rows:
            key = read.plain[:2]
            before = known.get(key)
            if before is None:
                known[key] = read.plain
                fresh.append(read)
            else:
                self._again(read, before)
        self._write(fresh)

    def _write(self, fresh: Sequence[Read]) -> None:
        self.ledger.write([read.plain for read in fresh])
        self.notes.look_at(fresh)

    def _again(self, read: Read, before: Plain) -> None:
        if same_content(read.plain, before):
            self.report.skipped += 1
            return
        told = {"ref": read.plain[1], "known": content_of(before), "stated": content_of(read.plain)}
        self._refuse(read, RuleViolation("receipt.other_content", "ref", **told))

    def _refuse(self, read: Read, problem: RuleViolation) -> None:
        self.report.refuse(self.table.row(*read.line), problem.field or "ref", problem)
        self._stop_when_hopeless()

    def _stop_when_hopeless(self) -> None:
        if len(self.report.refused) >= MOST_REFUSED:
            raise RuleViolation("import.too_many_refused", most=MOST_REFUSED)

    def record_refunds(self, rows: Sequence[Read]) -> None:
        """Record refunds whose receipts are there and large enough (M5)."""
        stored = stored_by_ref(self.session, [read.plain[:2] for read in rows])
        seen = {key: row for key, (_at, row) in stored.items()}
        names = {(read.plain[0], read.refund_of or "") for read in rows}
        originals = dict(refundables(self.session, names))
        fresh: list[Read] = []
        for read in rows:
            named = (read.plain[0], read.refund_of or "")
            number, of = originals.get(named, (0, None))
            plain = (*read.plain[:8], number)
            before = seen.get(read.plain[:2])
            if before is not None:
                self._again(read._replace(plain=plain), before)
            elif of is None:
                self._refuse_unnamed(read, named)
            elif (problem := _problem(of, plain)) is not None:
                self._refuse(read, problem)
            else:
                back = of.refunded - Decimal(plain[6]).scaleb(-2)
                originals[named] = (number, replace(of, refunded=back))
                seen[plain[:2]] = plain
                fresh.append(read._replace(plain=plain))
        self._write(fresh)

    def _refuse_unnamed(self, read: Read, named: Key) -> None:
        if named in self._waiting:
            self._refuse(read, RuleViolation("receipt.refund_of_refund", "refund_of"))
        elif named[1] not in self._broken:  # else its receipt is refused itself, and says why
            self._refuse(read, RuleViolation("receipt.unknown_receipt", "refund_of", value=named[1]))


def _problem(of: Refundable, plain: Plain) -> RuleViolation | None:
    """What stands against a refund of a receipt."""
    _source, _ref, day, _number, key, product, fen, _minutes, _of = plain
    try:
        check_refund(
            of, received_on=date.fromisoformat(day), contract_key=key, product=Product(product),
            amount=Decimal(fen).scaleb(-2),
        )  # fmt: skip
    except RuleViolation as problem:
        return problem
    return None


def read_carefully(row: Row, report: Report, today: date) -> tuple[Plain, str | None] | None:
    """A row and the reference that it refunds; None when it is refused, with every reason in the report."""
    cells = Cells(row, report)
    refund = bool(row.cells.get("refund_of"))
    source = cells.read("source", source_of, required=True)
    ref = cells.read("ref", _ref, required=True)
    day = cells.read("received_on", parse_date, required=True)
    number = cells.read("contract_no", number_of, required=True)
    product = cells.read("product", product_of, required=True)
    amount = cells.read(
        "amount", lambda text: parse_received(from_safe_cell(text), refund=refund), required=True
    )
    minutes = cells.read("minutes", parse_count)
    of = cells.read("refund_of", _ref)
    if product is not None and day is not None:
        unread = bool(row.cells.get("minutes"))  # refused already, if it is wrong
        spent = 0 if minutes is None and unread else minutes
        for problem in check_receipt(
            received_on=day, product=product, minutes=spent, refund=refund, today=today
        ):
            cells.wrong(problem.field or "received_on", problem)
    if not cells.sound:
        return None
    fen = int(amount.scaleb(2))
    return (source, ref, day.isoformat(), number, key_of(number), product.value, fen, minutes, None), of


def _ref(text: str) -> str:
    return parse_ref(from_safe_cell(text))

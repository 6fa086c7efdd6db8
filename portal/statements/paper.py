"""What the paper of a statement says (M13–M15): one plain object per revision, read with two queries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.commissions import ZERO, Flag
from portal.domain.errors import RuleViolation
from portal.domain.lines import LineKind
from portal.domain.money import capital_amount
from portal.domain.periods import Period, business_date, parse_period
from portal.domain.rates import Product
from portal.domain.statements import Station
from portal.domain.terms import Tier
from portal.models import tables as t

HASH_SHOWN = 16
"""How many figures of the hash a person types to check a paper; the QR code carries the same."""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line, or one thing that is not on the statement and why (`flag`); amounts in yuan.

    What a decided dispute adds has no receipt: neither day nor product nor amount. `refund_of` is the
    reference of the receipt that this one refunds.
    """

    number: int
    kind: LineKind
    counted: bool
    customer: str
    received_on: date | None
    product: Product | None
    minutes: int | None
    ref: str
    contract_no: str
    refund_of: str
    year: int | None
    amount: Decimal | None
    rate: Decimal | None
    floor_price: Decimal | None
    commission: Decimal
    tier: Tier | None
    policy: int | None
    rule: str
    flag: Flag | None
    late: bool


@dataclass(frozen=True, slots=True)
class Subtotal:
    """What the lines of one contract year come to; `year` None: lines that belong to none."""

    year: int | None
    lines: int
    received: Decimal
    commission: Decimal


@dataclass(frozen=True, slots=True)
class StatementPaper:
    """Everything that one revision's paper says, without a word of any language.

    `newest` is the revision in force; `policies` the versions that lines were computed with, and from when
    each was in force.
    """

    statement_id: int
    number: str
    revision: int
    newest: int
    partner_id: int
    partner_code: str
    partner_name: str
    region: str
    period: Period
    station: Station
    made_on: date
    reason: str
    lines: tuple[PaperLine, ...]
    withheld: tuple[PaperLine, ...]
    subtotals: tuple[Subtotal, ...]
    received: Decimal
    total: Decimal
    policies: tuple[tuple[int, date], ...]
    content_hash: str

    @property
    def capital_total(self) -> str:
        """The total in Chinese capital figures."""
        return capital_amount(self.total)


def load_paper(session: Session, statement_id: int, revision: int | None = None) -> StatementPaper:
    """The paper of one revision; without `revision` of the one in force.

    :raises RuleViolation: ``statement.gone``; ``paper.sums``: its lines do not add up to its total.
    """
    found = load_papers(session, [(statement_id, revision)])
    if not found:
        raise RuleViolation("statement.gone")
    return found[0]


def load_papers(session: Session, wanted: Sequence[tuple[int, int | None]]) -> list[StatementPaper]:
    """The papers of several statements, in the order asked for; those that do not exist are left out.

    :raises RuleViolation: ``paper.sums``.
    """
    ids = {statement_id for statement_id, _revision in wanted}
    heads = {(row.statement_id, row.revision): row for row in _heads(session, ids)}
    newest = {row.statement_id: row.newest for row in heads.values()}
    keys = [(each, newest.get(each, 0) if revision is None else revision) for each, revision in wanted]
    lines: dict[tuple[int, int], list[PaperLine]] = {}
    policies: dict[int, date] = {}
    for row in _lines(session, ids):
        lines.setdefault((row.statement_id, row.revision), []).append(_line(row))
        if row.policy is not None:
            policies[row.policy] = row.effective_from
    return [_paper(heads[key], lines.get(key, []), policies) for key in keys if key in heads]


def _heads(session: Session, ids: Collection[int]) -> Iterable[Any]:
    s, r, p = t.statement.c, t.statement_revision.c, t.partner.c
    query = (
        sa.select(
            s.id.label("statement_id"), s.number, s.revision.label("newest"), s.period, s.station,
            s.partner_id, p.code, p.name, p.region, r.revision, r.made_at, r.reason, r.total, r.received,
            r.content_hash,
        )
        .join(t.statement_revision, r.statement_id == s.id)
        .join(t.partner, p.id == s.partner_id)
    )  # fmt: skip
    for part in chunks(ids):
        yield from session.execute(query.where(s.id.in_(part)))


def _lines(session: Session, ids: Collection[int]) -> Iterable[Any]:
    """The lines with the names that `PaperLine` has for them."""
    c, r, refunded = t.statement_line.c, t.receipt.c, t.receipt.alias("refunded")
    query = (
        sa.select(
            c.statement_id, c.revision, t.policy_version.c.effective_from,
            c.ordinal.label("number"), c.kind, c.counted, c.customer_name.label("customer"), r.received_on,
            r.product, r.minutes, _words(r.ref, "ref"), _words(r.contract_no, "contract_no"),
            _words(refunded.c.ref, "refund_of"), c.year, r.amount, c.rate, c.floor_price, c.commission,
            c.tier, c.policy_id.label("policy"), c.rule, c.flag, c.late,
        )
        .join(t.receipt, r.id == c.receipt_id, isouter=True)
        .join(refunded, refunded.c.id == r.refund_of_id, isouter=True)
        .join(t.policy_version, t.policy_version.c.id == c.policy_id, isouter=True)
        .order_by(c.statement_id, c.revision, c.ordinal)
    )  # fmt: skip
    for part in chunks(ids):
        yield from session.execute(query.where(c.statement_id.in_(part)))


def _words(column: Any, name: str) -> Any:
    """A column of the receipt as text, empty for a line without one."""
    return sa.func.coalesce(column, "").label(name)


_KNOWN = tuple(field.name for field in fields(PaperLine))


def _line(row: Any) -> PaperLine:
    said = {name: getattr(row, name) for name in _KNOWN}
    exact = {name: said[name] and Decimal(said[name]) for name in ("rate", "floor_price")}
    return PaperLine(**said | exact)


def _paper(head: Any, lines: Sequence[PaperLine], policies: Mapping[int, date]) -> StatementPaper:
    counted = tuple(line for line in lines if line.counted)
    if sum((line.commission for line in counted), ZERO) != head.total:
        raise RuleViolation("paper.sums", number=head.number)
    used = sorted({line.policy for line in counted if line.policy is not None})
    return StatementPaper(
        statement_id=head.statement_id,
        number=head.number,
        revision=head.revision,
        newest=head.newest,
        partner_id=head.partner_id,
        partner_code=head.code,
        partner_name=head.name,
        region=head.region,
        period=parse_period(head.period),
        station=head.station,
        made_on=business_date(head.made_at),
        reason=head.reason,
        lines=counted,
        withheld=tuple(line for line in lines if not line.counted),
        subtotals=tuple(_subtotals(counted)),
        received=head.received,
        total=head.total,
        policies=tuple((each, policies[each]) for each in used),
        content_hash=head.content_hash,
    )


def _subtotals(lines: Sequence[PaperLine]) -> Iterable[Subtotal]:
    """The first year, the second year, and what belongs to neither, as far as there is any."""
    for year in (1, 2, None):
        mine = [line for line in lines if line.year == year]
        if mine:
            received = sum((line.amount or ZERO for line in mine), ZERO)
            yield Subtotal(year, len(mine), received, sum((line.commission for line in mine), ZERO))

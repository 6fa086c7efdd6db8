"""`portal check` of statements: every line computed again from its facts, every sum and hash, the pool."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.commissions import (
    NOTHING,
    ZERO,
    Earned,
    Flag,
    Receipt,
    Taken,
    Terms,
    Why,
    commission,
    refund,
)
from portal.domain.errors import RuleViolation
from portal.domain.lines import LineKind
from portal.domain.statements import ISSUED, OPEN
from portal.domain.terms import PartnerKind
from portal.models import tables as t
from portal.statements.ground import Ground, load_ground
from portal.statements.originals import Refunded, originals_then
from portal.statements.sealing import lines_of, read_seal

Problem = tuple[str, Any, RuleViolation]


def problems(session: Session) -> Iterator[Problem]:
    """Lines that do not follow from their facts, sums and hashes that do not hold, receipts lost."""
    ground = load_ground(session)
    c = t.statement.c
    heads = session.execute(sa.select(*(c[name] for name in _HEAD)).order_by(c.id)).all()
    stated = {
        (row.statement_id, row.revision): row for row in session.execute(sa.select(t.statement_revision))
    }
    for head in heads:
        own = stated.pop((head.id, head.revision), None)
        if own is None or any(getattr(own, name) != getattr(head, name) for name in _SUMS):
            yield "statement", head.id, RuleViolation("check.revision")
        for number in range(1, head.revision + 1):
            of = own if number == head.revision else stated.pop((head.id, number), None)
            lines = lines_of(session, head.id, number)
            yield from _sums(head, number, of, lines)
            if number == head.revision:
                yield from _lines(session, ground, head, lines)
    for statement_id, number in stated:
        yield "statement_revision", f"{statement_id}/{number}", RuleViolation("check.missing")
    yield from _pool(session)


_SUMS = ("total", "received", "lines", "content_hash")
_HEAD = ("id", "number", "partner_id", "period", "revision", "station", *_SUMS)


def _sums(head: Any, number: int, of: Any, lines: list[Any]) -> Iterator[Problem]:
    """What a revision states is the sum of its lines, and its hash is theirs (M4, M15)."""
    where = f"{head.number} r{number}"
    if of is None:
        yield "statement_revision", where, RuleViolation("check.missing")
        return
    counted = [line for line in lines if line.counted]
    sums = {
        "total": sum((line.commission for line in counted), ZERO),
        "received": sum((line.amount for line in counted if line.amount is not None), ZERO),
        "lines": len(counted),
        "content_hash": read_seal(head.number, head.period, lines, revision=number, total=of.total),
    }
    for name, value in sums.items():
        if getattr(of, name) != value:
            yield "statement_revision", where, RuleViolation("check.not_the_sum", column=name)


def _lines(session: Session, ground: Ground, head: Any, lines: list[Any]) -> Iterator[Problem]:
    """Each settling line is what its receipt earns by the tier, the policy and the contract of its day."""
    own = [line for line in lines if line.settles and line.kind is LineKind.RECEIPT]
    settled = [line for line in own if line.flag is not Flag.DISPUTED]
    refunded = {line.refund_of_id for line in settled if line.refund_of_id is not None}
    originals = originals_then(session, refunded, head.id) if refunded else {}
    for line in settled:
        receipt = Receipt(
            line.receipt_id, line.received_on, line.product, line.amount, line.minutes, line.refund_of_id, ""
        )
        if line.refund_of_id is not None:
            refunded_receipt = originals[line.refund_of_id]
            if _changed_since(head, refunded_receipt):
                continue
            original = refunded_receipt.original
            before = Taken(line.refunded_before or ZERO, line.taken_before or ZERO)
            due = refund(receipt, original.amount, original.earned, before)[0]
        else:
            due = commission(receipt, line.contract_on, _terms(ground, head.partner_id, line))
        if _differs(line, due):
            yield "statement_line", line.id, RuleViolation("check.line", receipt=line.ref)
    for line in lines:
        if line.kind is not LineKind.RECEIPT and line.dispute_id is None:
            yield "statement_line", line.id, RuleViolation("check.untrailed")
        done = line.counted or line.flag in NOTHING or line.flag is Flag.DISPUTED
        if line.kind is LineKind.RECEIPT and line.settles is not done:
            yield "statement_line", line.id, RuleViolation("check.not_told", column="settles")


def _changed_since(head: Any, of: Refunded) -> bool:
    """Whether this statement is not out and the refunded receipt's may have been made anew meanwhile."""
    return head.station in OPEN and of.place != head.id


def _terms(ground: Ground, partner_id: int, line: Any) -> Terms:
    day: date = line.received_on
    terms = ground.terms(partner_id, day)
    # A partner may become another kind later; what it earned before stays.
    kind = PartnerKind.WHOLESALE if line.flag is Flag.WHOLESALE else PartnerKind.GROWTH
    return replace(terms, kind=kind)


def _differs(line: Any, due: Earned) -> bool:
    rate = None if line.rate is None else Decimal(line.rate)
    floor = None if line.floor_price is None else Decimal(line.floor_price)
    why = Why(line.rule, line.flag, line.tier, line.policy_id, line.year, rate, floor)
    return (line.commission, why) != (due.commission, due.why)


def _pool(session: Session) -> Iterator[Problem]:
    """A receipt is either settled on an issued statement or in the pool (M12)."""
    line, receipt, pool = t.statement_line.c, t.receipt.c, t.unsettled_receipt.c
    settled = (
        sa.select(line.receipt_id)
        .join(t.statement, t.statement.c.id == line.statement_id)
        .where(line.settles, t.statement.c.station.in_(ISSUED))
    )
    open_ = sa.select(pool.receipt_id)
    for number in session.scalars(sa.select(receipt.id).where(receipt.id.not_in(settled.union(open_)))):
        yield "receipt", number, RuleViolation("check.lost_receipt")
    for number in session.scalars(sa.select(pool.receipt_id).where(pool.receipt_id.in_(settled))):
        yield "unsettled_receipt", number, RuleViolation("check.settled_twice")

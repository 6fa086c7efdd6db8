"""What parked disputes came to, for the partner's next statement (M9)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.commissions import ZERO
from portal.domain.disputes import DisputeState, comes_to, resumed
from portal.domain.lines import LineKind
from portal.domain.periods import Period, parse_period
from portal.domain.terms import Tier
from portal.models import tables as t
from portal.statements.revisions import entries_of

_d, _s, _l = t.dispute.c, t.statement.c, t.statement_line.c


class Resumed(NamedTuple):
    """A line of kind `resumed` to be: it is counted, and settles its dispute.

    Customer and terms are those of the line that was disputed; without one they are empty.
    """

    dispute_id: int
    amount: Decimal
    registration_id: int | None = None
    customer_name: str = ""
    contract_on: date | None = None
    tier: Tier | None = None
    policy_id: int | None = None
    year: int | None = None


def partners_with_parked(session: Session) -> set[int]:
    """Partners with a parked dispute that was decided: few, so that nobody else's are asked for."""
    query = (
        sa.select(_s.partner_id)
        .join(t.dispute, _d.statement_id == _s.id)
        .where(_d.parked, _d.state != DisputeState.OPEN)
        .distinct()
    )
    return set(session.scalars(query))


def pending_resumed(session: Session, partner_id: int, period: Period) -> list[Resumed]:
    """The decided disputes that belong on the partner's statement over `period`, oldest first.

    Those parked on an earlier statement of the same kind (by month or by quarter) and resumed on no other
    one. Granted: what was granted; refused or withdrawn: what the line came to at first. What comes to
    nothing is no line. The index `uq_statement_line_resumed_once` sees that each is resumed once: a line
    settles its dispute as long as its revision is in force, and a newer revision takes that over.
    """
    elsewhere = (
        sa.select(_l.id)
        .join(other := t.statement.alias("other"), other.c.id == _l.statement_id)
        .where(
            _l.dispute_id == _d.id,
            _l.kind == LineKind.RESUMED,
            _l.settles,
            other.c.period != str(period),
        )
        .exists()
    )
    rows = session.execute(
        sa.select(_d.id, _d.receipt_id, _d.state, _d.granted, _d.statement_id, _d.revision, _s.period)
        .join(t.statement, _s.id == _d.statement_id)
        .where(_s.partner_id == partner_id, _d.parked, _d.state != DisputeState.OPEN, ~elsewhere)
        .order_by(_d.id)
    ).all()
    found = []
    for row in rows:
        disputed = parse_period(row.period)
        if disputed.is_quarter is period.is_quarter and disputed.last < period.first:
            original = comes_to(entries_of(session, row.statement_id, row.revision), row.receipt_id)
            amount = resumed(row.state, row.granted, original) or ZERO
            if amount:
                found.append(_described(session, Resumed(row.id, amount), row))
    return found


def _described(session: Session, line: Resumed, dispute: sa.Row[tuple[object, ...]]) -> Resumed:
    terms: Sequence[str] = Resumed._fields[2:]
    about = session.execute(
        sa.select(*(_l[name] for name in terms)).where(
            _l.statement_id == dispute.statement_id,
            _l.revision == dispute.revision,
            _l.receipt_id == dispute.receipt_id,
        )
    ).first()
    return line._replace(**about._mapping) if about else line


def by_receipt(session: Session, lines: Sequence[Resumed]) -> dict[int, Decimal]:
    """What resumed lines come to by the receipt that was disputed."""
    amounts = {line.dispute_id: line.amount for line in lines}
    query = sa.select(_d.id, _d.receipt_id).where(_d.id.in_(sorted(amounts)), _d.receipt_id.is_not(None))
    found: dict[int, Decimal] = {}
    for row in session.execute(query) if amounts else ():
        found[row.receipt_id] = found.get(row.receipt_id, ZERO) + amounts[row.id]
    return found

"""Receipts that were refunded: what they earned, wherever it was settled, and earlier refunds (M5)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.commissions import ZERO, Earned, Flag, Taken, Why
from portal.domain.disputes import DisputeState, comes_to, resumed
from portal.domain.lines import Original
from portal.domain.statements import ISSUED, Act
from portal.models import tables as t
from portal.statements.revisions import entries_of


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refunded receipt: its day decides whose it is.

    `place`: the statement that settled it, if one did.
    """

    received_on: date
    original: Original
    place: int | None


def load_originals(
    session: Session,
    receipts: Collection[int],
    *,
    but: sa.Select[tuple[int]],
    again: Mapping[int, Decimal] | None = None,
) -> dict[int, Refunded]:
    """Refunded receipts by id; `but`: the statements that are drafted anew, whose lines do not count.

    One that is settled nowhere yet holds its refunds back, and one in dispute until it is decided; `again`
    is what the draft itself pays of it then, by receipt (M9).
    """
    found: dict[int, Refunded] = {}
    for part in chunks(receipts):
        r = t.receipt.c
        query = sa.select(r.id, r.received_on, r.amount).where(r.id.in_(part))
        lines, added, before = _lines(session, part, but), _added(session, part), _before(session, part, but)
        for number in (again or {}).keys() & set(part):
            added[number] = added.get(number, ZERO) + (again or {})[number]
        for number in _came_to_nothing(session, part):
            added.setdefault(number, ZERO)
        for row in session.execute(query):
            line = lines.get(row.id)
            earned = _earned(line, added.get(row.id))
            original = Original(row.amount, earned, before.get(row.id, Taken()))
            place = None if line is None else line.statement_id
            found[row.id] = Refunded(row.received_on, original, place)
    return found


def originals_then(session: Session, receipts: Collection[int], statement_id: int) -> dict[int, Refunded]:
    """As they were when a statement was generated: what is decided later changes no refund on it."""
    at = session.scalar(
        sa.select(sa.func.max(_a.id)).where(_a.statement_id == statement_id, _a.act == Act.GENERATE)
    )
    found: dict[int, Refunded] = {}
    for part in chunks(receipts):
        r = t.receipt.c
        query = sa.select(r.id, r.received_on, r.amount).where(r.id.in_(part))
        lines, added = _lines_then(session, part, at), _added_then(session, part, statement_id, at)
        for number in _came_to_nothing(session, part):
            added.setdefault(number, ZERO)
        for row in session.execute(query):
            line = lines.get(row.id)
            original = Original(row.amount, _earned(line, added.get(row.id)))
            found[row.id] = Refunded(row.received_on, original, None if line is None else line.statement_id)
    return found


def _earned(line: Any, added: Decimal | None) -> Earned:
    if line is None or (line.flag is Flag.DISPUTED and added is None):
        return Earned(ZERO, Why("M5", Flag.REFUNDED_WITHHELD))
    why = Why(
        line.rule,
        None if line.flag is Flag.DISPUTED else line.flag,
        line.tier,
        line.policy_id,
        line.year,
        None if line.rate is None else Decimal(line.rate),
        None if line.floor_price is None else Decimal(line.floor_price),
    )
    return Earned(line.commission + (added or ZERO), why)


_l, _s, _a, _d = t.statement_line.c, t.statement.c, t.statement_act.c, t.dispute.c
_OF_LINE = (
    _l.receipt_id, _l.statement_id, _l.commission, _l.rule, _l.flag, _l.tier, _l.policy_id, _l.year, _l.rate,
    _l.floor_price,
)  # fmt: skip


def _lines(session: Session, part: Collection[int], but: Any) -> dict[int, Any]:
    """The settling line of each receipt."""
    query = sa.select(*_OF_LINE).where(_l.receipt_id.in_(part), _l.settles, _l.statement_id.not_in(but))
    return {row.receipt_id: row for row in session.execute(query)}


def _revision_then(statement_id: Any, at: int | None) -> Any:
    """The revision of a statement that was in force when act `at` was done; of a later one its first."""
    newest = sa.select(sa.func.max(_a.revision)).where(_a.statement_id == statement_id, _a.id <= at)
    return sa.func.coalesce(newest.correlate(t.statement_line, t.statement).scalar_subquery(), 1)


def _lines_then(session: Session, part: Collection[int], at: int | None) -> dict[int, Any]:
    now = t.statement_line.alias("now")
    query = (
        sa.select(*_OF_LINE)
        .join(
            now,
            sa.and_(now.c.receipt_id == _l.receipt_id, now.c.settles, now.c.statement_id == _l.statement_id),
        )
        .where(_l.receipt_id.in_(part), _l.revision == _revision_then(_l.statement_id, at))
    )
    return {row.receipt_id: row for row in session.execute(query)}


def _additions(part: Collection[int]) -> Any:
    """What decided disputes about these receipts added, counted on some revision (M9)."""
    return (
        sa.select(_d.receipt_id, sa.func.sum(_l.commission).label("sum"))
        .select_from(t.statement_line)
        .join(t.dispute, _d.id == _l.dispute_id)
        .join(t.statement, _s.id == _l.statement_id)
        .where(_d.receipt_id.in_(part), _l.receipt_id.is_(None), _l.counted)
        .group_by(_d.receipt_id)
    )


def _added(session: Session, part: Collection[int]) -> dict[int, Decimal]:
    """Those on statements that are out: on a draft they may still change."""
    query = _additions(part).where(_l.revision == _s.revision, _s.station.in_(ISSUED))
    return {row.receipt_id: row.sum for row in session.execute(query)}


def _came_to_nothing(session: Session, part: Collection[int]) -> Iterator[int]:
    """Receipts whose parked dispute was decided and came to nothing: there is no line to wait for (M9)."""
    query = sa.select(_d.receipt_id, _d.state, _d.granted, _d.statement_id, _d.revision).where(
        _d.receipt_id.in_(part), _d.parked, _d.state != DisputeState.OPEN
    )
    for row in session.execute(query).all():
        original = comes_to(entries_of(session, row.statement_id, row.revision), row.receipt_id)
        if not resumed(row.state, row.granted, original):
            yield row.receipt_id


def _added_then(
    session: Session, part: Collection[int], statement_id: int, at: int | None
) -> dict[int, Decimal]:
    was_out = (
        sa.select(_a.id)
        .where(_a.statement_id == _s.id, _a.act == Act.SEND, _a.id < at)
        .correlate(t.statement)
        .exists()
    )
    query = _additions(part).where(
        _l.revision == _revision_then(_s.id, at), sa.or_(_s.id == statement_id, was_out)
    )
    return {row.receipt_id: row.sum for row in session.execute(query)}


def _before(session: Session, part: Collection[int], but: Any) -> dict[int, Taken]:
    """What other statements' refunds of these receipts come to."""
    c, r = t.statement_line.c, t.receipt.c
    query = (
        sa.select(
            r.refund_of_id, sa.func.sum(r.amount).label("refunded"), sa.func.sum(c.commission).label("back")
        )
        .join(t.receipt, r.id == c.receipt_id)
        .where(r.refund_of_id.in_(part), c.settles, c.statement_id.not_in(but))
        .group_by(r.refund_of_id)
    )
    return {row.refund_of_id: Taken(-row.refunded, -row.back) for row in session.execute(query)}

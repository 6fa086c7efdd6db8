"""Receipts that were refunded: what they earned, wherever it was settled, and earlier refunds (M5)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.commissions import ZERO, Earned, Flag, Taken
from portal.domain.lines import Original
from portal.models import tables as t


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refunded receipt: its day decides whose it is.

    `place`: the statement that settled it, if one did. `added_to`: a dispute changed later what it earned.
    """

    received_on: date
    original: Original
    place: int | None
    added_to: bool


def load_originals(session: Session, receipts: Collection[int], *, but: int | None) -> dict[int, Refunded]:
    """Refunded receipts by id; `but`: a statement that is drafted anew, whose lines do not count.

    One that is settled nowhere yet holds its refunds back.
    """
    found: dict[int, Refunded] = {}
    for part in chunks(receipts):
        r = t.receipt.c
        query = sa.select(r.id, r.received_on, r.amount).where(r.id.in_(part))
        lines, added, before = _lines(session, part, but), _added(session, part), _before(session, part, but)
        for row in session.execute(query):
            line = lines.get(row.id)
            earned = _earned(line, added.get(row.id))
            original = Original(row.amount, earned, before.get(row.id, Taken()))
            place = None if line is None else line.statement_id
            found[row.id] = Refunded(row.received_on, original, place, row.id in added)
    return found


def _earned(line: Any, added: Decimal | None) -> Earned:
    if line is None or (line.flag is Flag.DISPUTED and added is None):
        return Earned(ZERO, "M5", Flag.REFUNDED_WITHHELD)
    return Earned(
        line.commission + (added or ZERO),
        line.rule,
        None if line.flag is Flag.DISPUTED else line.flag,
        line.tier,
        line.policy_id,
        line.year,
        None if line.rate is None else Decimal(line.rate),
        None if line.floor_price is None else Decimal(line.floor_price),
    )


def _lines(session: Session, part: Collection[int], but: int | None) -> dict[int, Any]:
    """The settling line of each receipt."""
    c = t.statement_line.c
    query = sa.select(
        c.receipt_id,
        c.statement_id,
        c.commission,
        c.rule,
        c.flag,
        c.tier,
        c.policy_id,
        c.year,
        c.rate,
        c.floor_price,
    ).where(c.receipt_id.in_(part), c.settles)
    if but is not None:
        query = query.where(c.statement_id != but)
    return {row.receipt_id: row for row in session.execute(query)}


def _added(session: Session, part: Collection[int]) -> dict[int, Decimal]:
    """What decided disputes about these receipts added, on revisions in force (M9)."""
    c, dispute, statement = t.statement_line.c, t.dispute.c, t.statement.c
    query = (
        sa.select(dispute.receipt_id, sa.func.sum(c.commission).label("sum"))
        .select_from(t.statement_line)
        .join(t.dispute, dispute.id == c.dispute_id)
        .join(t.statement, sa.and_(statement.id == c.statement_id, statement.revision == c.revision))
        .where(dispute.receipt_id.in_(part), c.receipt_id.is_(None))
        .group_by(dispute.receipt_id)
    )
    return {row.receipt_id: row.sum for row in session.execute(query)}


def _before(session: Session, part: Collection[int], but: int | None) -> dict[int, Taken]:
    """What other statements' refunds of these receipts come to."""
    c, r = t.statement_line.c, t.receipt.c
    query = (
        sa.select(
            r.refund_of_id, sa.func.sum(r.amount).label("refunded"), sa.func.sum(c.commission).label("back")
        )
        .join(t.receipt, r.id == c.receipt_id)
        .where(r.refund_of_id.in_(part), c.settles)
        .group_by(r.refund_of_id)
    )
    if but is not None:
        query = query.where(c.statement_id != but)
    return {row.refund_of_id: Taken(-row.refunded, -row.back) for row in session.execute(query)}

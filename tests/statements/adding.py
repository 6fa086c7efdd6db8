"""What always holds of money: totals are lines, lines are what was paid, set off, owed or still waits."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.commands.checking import problems
from portal.domain.payments import ItemState
from portal.domain.statements import ISSUED, Station, place_of
from portal.models import tables as t
from tests.statements.walking import ZERO, World


def holds(world: World) -> list[str]:
    """What `portal check` says."""
    with db.reading(world.engine) as session:
        return [f"{table} {row}: {each}" for table, row, each in problems(session, now=world.now)]


def sums(session: Session) -> None:
    """Totals are lines, lines are what was paid, set off, owed or still waits; no receipt counts twice."""
    s, v, line = t.statement.c, t.statement_revision.c, t.statement_line.c
    in_force = sa.and_(line.statement_id == s.id, line.revision == s.revision)
    heads: list[Any] = list(session.execute(sa.select(t.statement)))
    by_lines = {
        row.id: row.sum
        for row in session.execute(
            sa.select(s.id, sa.func.sum(line.commission).label("sum"))
            .join(t.statement_line, in_force)
            .where(line.counted)
            .group_by(s.id)
        )
    }
    by_revision = {
        row.id: row.total
        for row in session.execute(
            sa.select(s.id, v.total).join(
                t.statement_revision, sa.and_(v.statement_id == s.id, v.revision == s.revision)
            )
        )
    }
    for head in heads:
        assert head.total == by_lines.get(head.id, ZERO) == by_revision[head.id], head.number
    assert sum((head.total for head in heads), ZERO) == _told_by_the_ledgers(session, heads)
    settling = sa.select(line.receipt_id).where(line.settles, line.receipt_id.is_not(None))
    settled = session.scalars(settling).all()
    assert len(settled) == len(set(settled))
    out = session.scalars(
        sa.select(line.receipt_id)
        .join(t.statement, in_force)
        .where(line.settles, line.receipt_id.is_not(None), s.station.in_(ISSUED))
    ).all()
    pool = session.scalars(sa.select(t.unsettled_receipt.c.receipt_id)).all()
    assert sorted([*out, *pool]) == session.scalars(sa.select(t.receipt.c.id).order_by(t.receipt.c.id)).all()


def _told_by_the_ledgers(session: Session, heads: list[Any]) -> Decimal:
    """What all statements come to by what was done with the money."""
    item, settled, debt = t.payment_item.c, t.debt_settlement.c, t.debt.c

    def total(what: Any, *where: Any) -> Decimal:
        return Decimal(session.scalar(sa.select(sa.func.sum(what)).where(*where)) or 0)

    waits = [head for head in heads if place_of(head.station) < place_of(Station.PAID)]
    waiting = [head.id for head in waits]
    return (
        total(item.paid, item.state == ItemState.PAID)
        + total(settled.amount, settled.how == "set_off")
        - total(debt.amount, debt.statement_id.is_not(None))
        + sum((head.total for head in waits), ZERO)
        - total(settled.amount, settled.how == "set_off", settled.statement_id.in_(waiting))
    )

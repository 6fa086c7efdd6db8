"""What waits to be paid: approved statements, what each comes to, and what stands in the way (step 7)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.disputes import DisputeState
from portal.domain.payments import (
    ZERO,
    AccountState,
    Case,
    Debt,
    Hindrance,
    ItemState,
    Split,
    hindrance,
    split,
)
from portal.domain.roles import Actor
from portal.domain.statements import APPROVALS, Act, Station
from portal.models import tables as t
from portal.payments.debts import open_by_partner
from portal.statements.walk import done_on

MOST = 500
LIVE = (ItemState.WAITING, ItemState.PAID)


@dataclass(frozen=True)
class Due:
    """One approved statement: its row, what is paid of it, and what stands in the way, if anything."""

    row: Any
    parts: Split
    hindrance: Hindrance | None


def due_statements(
    session: Session, *, actor: Actor, statement_ids: Collection[int] | None = None
) -> list[Due]:
    """Approved statements, those due first, at most `MOST`; or those asked for, as far as they are approved.

    Debts of a partner are set off against its statements in this order: what one takes is no longer there
    for the next.
    """
    query = _waiting()
    if statement_ids is not None:
        query = query.where(t.statement.c.id.in_(sorted(statement_ids)))
    rows = session.execute(query.limit(MOST)).all()
    before, reserved = _set_offs(session, {row.id for row in rows})
    debts = open_by_partner(session, {row.partner_id for row in rows})
    left = {
        partner: [Debt(each.id, each.open - reserved.get(each.id, ZERO)) for each in owed]
        for partner, owed in debts.items()
    }
    own = _own_approvals(session, actor, [row.id for row in rows])
    return [_due(row, before, left, row.id in own) for row in rows]


def _due(row: Any, before: Mapping[int, Decimal], left: dict[int, list[Debt]], own: bool) -> Due:
    parts = split(row.total, before.get(row.id, ZERO), left.get(row.partner_id, []))
    case = Case(
        in_batch=row.batch_id is not None,
        disputes=row.disputes or 0,
        account=row.account_id is not None,
        frozen=row.pending_id is not None,
        own_approval=own,
    )
    found = hindrance(case, parts)
    if found in (None, Hindrance.NOTHING_DUE):
        taken = dict(parts.now)
        left[row.partner_id] = [
            Debt(each.id, each.open - taken.get(each.id, ZERO)) for each in left.get(row.partner_id, [])
        ]
    return Due(row, parts, found)


@lru_cache(maxsize=1)
def _waiting() -> Any:
    s, p = t.statement.c, t.partner.c
    current, pending = t.bank_account.alias("current"), t.bank_account.alias("pending")
    live, failed = t.payment_item.alias("live"), t.payment_item.alias("failed")
    last = (
        sa.select(sa.func.max(t.payment_item.c.id))
        .where(t.payment_item.c.statement_id == s.id, t.payment_item.c.state == ItemState.FAILED)
        .scalar_subquery()
    )
    d = t.dispute.c
    disputes = (
        sa.select(sa.func.count())
        .where(d.statement_id == s.id, d.state == DisputeState.OPEN, ~d.parked)
        .scalar_subquery()
    )
    return (
        sa.select(
            s.id, s.number, s.version, s.revision, s.period, s.total, s.due_on, s.station_since, s.partner_id,
            p.code, p.name.label("partner"), p.region, current.c.id.label("account_id"),
            current.c.number.label("account"), pending.c.id.label("pending_id"), live.c.batch_id,
            t.payment_batch.c.number.label("batch"), failed.c.reason.label("failure"),
            disputes.label("disputes"),
        )
        .join(t.partner, p.id == s.partner_id)
        .join(
            current,
            sa.and_(current.c.partner_id == p.id, current.c.state == AccountState.VERIFIED),
            isouter=True,
        )
        .join(
            pending,
            sa.and_(pending.c.partner_id == p.id, pending.c.state == AccountState.PROPOSED),
            isouter=True,
        )
        .join(live, sa.and_(live.c.statement_id == s.id, live.c.state.in_(LIVE)), isouter=True)
        .join(t.payment_batch, t.payment_batch.c.id == live.c.batch_id, isouter=True)
        .join(failed, failed.c.id == last, isouter=True)
        .where(s.station == Station.APPROVED)
        .order_by(s.due_on, s.id)
    )  # fmt: skip


def _set_offs(session: Session, ids: set[int]) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """What was set off against each statement so far, and what batches under way will take of each debt."""
    o, i = t.payment_set_off.c, t.payment_item.c
    rows = session.execute(
        sa.select(o.debt_id, o.amount, o.settled_at, i.statement_id)
        .join(t.payment_item, i.id == o.item_id)
        .where(
            sa.or_(
                sa.and_(o.settled_at.is_not(None), i.statement_id.in_(sorted(ids))),
                sa.and_(o.settled_at.is_(None), i.state == ItemState.WAITING),
            )
        )
    )
    before: dict[int, Decimal] = {}
    reserved: dict[int, Decimal] = {}
    for row in rows:
        if row.settled_at is not None:
            before[row.statement_id] = before.get(row.statement_id, ZERO) + row.amount
        else:
            reserved[row.debt_id] = reserved.get(row.debt_id, ZERO) + row.amount
    return before, reserved


def _own_approvals(session: Session, actor: Actor, ids: list[int]) -> set[int]:
    """The statements of which the person has done an approval that still counts (M10)."""
    c, others = t.statement_act.c, APPROVALS - {Act.PAY}
    some = session.scalars(
        sa.select(c.statement_id)
        .where(c.statement_id.in_(ids), c.actor_id == actor.user_id, c.act.in_(sorted(others)))
        .distinct()
    )
    return {
        each
        for each in some.all()
        if any(done.user_id == actor.user_id and done.act in others for done in done_on(session, each))
    }

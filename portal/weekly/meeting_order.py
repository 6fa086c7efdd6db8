"""The order in which a meeting takes the partners: as placed by those who hold it, then by name (W3)."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor
from portal.models import tables as t
from portal.weekly.review_scope import holds, partners_reviewed


def in_order() -> tuple[sa.ColumnElement[int], sa.ColumnElement[str], sa.ColumnElement[int]]:
    """By what to order partners joined with `meeting_place`."""
    last = sa.case((t.meeting_place.c.place.is_(None), 1), else_=0)
    return last, sa.func.coalesce(t.meeting_place.c.place, 0), t.partner.c.name


def move_in_meeting(session: Session, *, actor: Actor, now: datetime, partner_id: int, earlier: bool) -> None:
    """Swap a partner with the one before or after it, as the person sees them; at the end nothing moves.

    :raises RuleViolation: ``review.not_yours``.
    """
    lock_registry(session)
    p, m = t.partner.c, t.meeting_place.c
    query = (
        sa.select(p.id, p.region, p.manager_id, m.place)
        .join(t.meeting_place, m.partner_id == p.id, isouter=True)
        .where(partners_reviewed(actor), p.active)
        .order_by(*in_order(), p.id)
    )
    rows = {row.id: row for row in session.execute(query)}
    row = rows.get(partner_id)
    if row is None or not holds(actor, region=row.region, manager_id=row.manager_id):
        raise RuleViolation("review.not_yours")
    order = list(rows)
    here = order.index(partner_id)
    there = here - 1 if earlier else here + 1
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
    _write(session, actor, now, order, {each: rows[each].place for each in order})


def _write(
    session: Session, actor: Actor, now: datetime, order: Sequence[int], before: dict[int, int | None]
) -> None:
    for place, partner_id in enumerate(order, start=1):
        if before[partner_id] == place:
            continue
        where = t.meeting_place.c.partner_id == partner_id
        if before[partner_id] is None:
            session.execute(sa.insert(t.meeting_place).values(partner_id=partner_id, place=place))
        else:
            session.execute(sa.update(t.meeting_place).where(where).values(place=place))
        audit.record(
            session, actor=actor, action="meeting.placed", at=now, subject=("meeting_place", partner_id),
            after={"place": place},
        )  # fmt: skip

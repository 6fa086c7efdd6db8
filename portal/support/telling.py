"""Who is told of a request for support: whoever owes it, and whoever asked for it (L2, C3)."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.domain.notices import OLD_NEWS, NoticeKind
from portal.domain.periods import business_date, day_start
from portal.domain.roles import Actor, Role
from portal.domain.support import SupportState, department_of
from portal.models import tables as t
from portal.notices.people import holders, parties
from portal.notices.service import Note, tell, tell_many

_s = t.support_request.c


def tell_asked(session: Session, request_id: int, *, now: datetime, actor: Actor) -> None:
    """Tell whoever owes it, or the department it falls to, that support was asked for."""
    tell_all_asked(session, [request_id], now=now, actor=actor)


def tell_all_asked(session: Session, requests: Collection[int], *, now: datetime, actor: Actor) -> None:
    """The same for many requests at once."""
    rows = [
        row
        for part in db.chunks(requests)
        for row in session.execute(_requests().where(_s.id.in_(part)).order_by(_s.id))
    ]
    owing = _owing(session, rows)
    notes = [
        Note(
            owing[row.id] - {actor.user_id},
            {"customer": row.customer or "", "partner": row.partner or "", "need": row.need},
            _page(row),
            f"support:{row.id}",
        )
        for row in rows
    ]
    tell_many(session, now=now, kind=NoticeKind.SUPPORT_ASKED, notes=notes)


def tell_planned(session: Session, request_id: int, *, now: datetime, version: int) -> None:
    """Tell whoever asked who gives it and by when; a new owner that it owes it."""
    row = _request(session, request_id)
    about = {"customer": row.customer or row.partner or "", "who": row.owner or "", "due_on": row.due_on}
    tell(
        session, now=now, people=[row.asked_by_id], kind=NoticeKind.SUPPORT_PLANNED, about=about,
        link=_page(row), key=f"support:{row.id}:{version}",
    )  # fmt: skip
    if row.owner_id is not None:
        asked = {"customer": row.customer or "", "partner": row.partner or "", "need": row.need}
        tell(
            session, now=now, people=[row.owner_id], kind=NoticeKind.SUPPORT_ASKED, about=asked,
            link=_page(row), key=f"support:{row.id}",
        )  # fmt: skip


def tell_closed(session: Session, request_id: int, *, now: datetime) -> None:
    """Tell whoever asked what came of it."""
    row = _request(session, request_id)
    tell(
        session, now=now, people=[row.asked_by_id], kind=NoticeKind.SUPPORT_CLOSED,
        about={"customer": row.customer or row.partner or "", "result": row.result}, link=_page(row),
        key=f"support:{row.id}:closed",
    )  # fmt: skip


def tell_overdue(session: Session, *, now: datetime) -> int:
    """Tell whoever owes a request that its day has passed, once for each day it was due.

    What was due longer ago than `OLD_NEWS` is told of no more: the list of requests says it, and a tick
    costs the same however many of them there are.
    """
    rows = session.execute(_newly_overdue(session, business_date(now))).all()
    if not rows:
        return 0
    owing = _owing(session, rows)
    notes = [
        Note(
            owing[row.id],
            {"customer": row.customer or "", "partner": row.partner or "", "due_on": row.due_on},
            _page(row),
            f"overdue:{row.id}:{row.due_on}",
        )
        for row in rows
    ]
    return tell_many(session, now=now, kind=NoticeKind.SUPPORT_OVERDUE, notes=notes)


def _newly_overdue(session: Session, today: date) -> Any:
    """The overdue requests whose owner was not told yet; of those without one, that nobody was told of."""
    n, oldest = t.notice.c, today - OLD_NEWS
    day = sa.func.to_char(_s.due_on, "YYYY-MM-DD") if db.is_postgres(session) else sa.cast(_s.due_on, sa.Text)
    key = sa.literal("overdue:").concat(sa.cast(_s.id, sa.Text)).concat(":").concat(day)
    to_anybody = sa.select(n.key).where(n.kind == NoticeKind.SUPPORT_OVERDUE, n.at >= day_start(oldest))
    untold = sa.or_(
        sa.and_(_s.owner_id.is_not(None), ~sa.exists().where(n.user_id == _s.owner_id, n.key == key)),
        sa.and_(_s.owner_id.is_(None), key.not_in(to_anybody)),
    )
    late = sa.and_(_s.state == SupportState.OPEN, _s.due_on.between(oldest, today - timedelta(days=1)))
    return _requests().where(late, untold).order_by(_s.id)


def _page(row: Any) -> str:
    return f"/support/{row.id}"


def _requests() -> Any:
    c, p, owner = t.registration.c, t.partner.c, t.user.alias("owner")
    return (
        sa.select(
            _s.id, _s.kind, _s.need, _s.result, _s.due_on, _s.owner_id, _s.asked_by_id,
            c.customer_name.label("customer"), p.name.label("partner"),
            p.id.label("of_partner"), owner.c.name.label("owner"),
        )
        .join(t.registration, c.id == _s.registration_id, isouter=True)
        .join(t.partner, p.id == sa.func.coalesce(_s.partner_id, c.partner_id), isouter=True)
        .join(owner, owner.c.id == _s.owner_id, isouter=True)
    )  # fmt: skip


def _request(session: Session, request_id: int) -> Any:
    return session.execute(_requests().where(_s.id == request_id)).one()


def _owing(session: Session, rows: Iterable[Any]) -> dict[int, set[int]]:
    """By request: its owner; else who looks after the partner, or the people of the department."""
    rows = list(rows)
    roles = {
        row.id: department_of(row.kind, of_partner=row.of_partner is not None)
        for row in rows
        if row.owner_id is None
    }
    after = parties(session, {row.of_partner for row in rows if roles.get(row.id) is Role.CHANNEL_SALES})
    people = holders(session, set(roles.values()) - {Role.CHANNEL_SALES})

    def owing(row: Any) -> set[int]:
        if row.owner_id is not None:
            return {row.owner_id}
        role = roles[row.id]
        return after[row.of_partner].after if role is Role.CHANNEL_SALES else people[role]

    return {row.id: owing(row) for row in rows}

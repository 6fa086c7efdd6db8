"""What follows a project's moves by itself: installs are asked for, withdrawn, owed again (S4, C3)."""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.domain.support import INSTALLS, SupportKind, SupportState, Withdrawal, install_due
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.support.records import write_asked, write_closed, write_reopened

_s = t.support_request.c


def raise_install(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    kind: SupportKind,
    starts: date,
    agreed: str,
    move: int,
) -> None:
    """The install that a move to trial or to signed asks customer service for (S4), unless one is open.

    `agreed` says what was agreed on, `move` is the move's fact. The caller settles the customer.
    """
    there = sa.select(_s.id).where(
        _s.registration_id == registration_id, _s.kind == kind, _s.state == SupportState.OPEN
    )
    if session.scalar(there.limit(1)) is not None:
        return
    today = business_date(now)
    figures = policy_on(session, today).week
    assert figures is not None  # noqa: S101 - every policy is parsed with its week
    write_asked(
        session, actor=actor, now=now, registration_id=registration_id, partner_id=None, kind=kind,
        need=agreed, due=install_due(starts, today, figures.install_working_days), move=move,
    )  # fmt: skip


def withdraw_install(
    session: Session, *, actor: Actor, now: datetime, registration_id: int, move: int
) -> None:
    """The move that asked for an install was taken back. The caller settles the customer."""
    e = t.registration_event.c
    asked = sa.select(_s.id, e.data).join(t.registration_event, e.id == _s.event_id)
    asked = asked.where(_s.registration_id == registration_id, _s.kind.in_(INSTALLS))
    by_move = {row.id for row in session.execute(asked) if row.data.get("move") == move}
    _withdraw(session, by_move, actor=actor, now=now, why=Withdrawal.MOVE_UNDONE)


def withdraw_installs(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    kinds: Collection[SupportKind],
    move: int,
) -> None:
    """A move back left the stages that asked for these: nobody owes them, and stops a clock, any more (C3).

    Going there again asks anew, for the day that is agreed then. The caller settles the customer.
    """
    query = sa.select(_s.id).where(_s.registration_id == registration_id, _s.kind.in_(kinds))
    there = set(session.scalars(query.where(_s.state == SupportState.OPEN)))
    _withdraw(session, there, actor=actor, now=now, why=Withdrawal.MOVED_BACK, move=move)


def reopen_installs(
    session: Session, *, actor: Actor, now: datetime, registration_id: int, move: int
) -> None:
    """The move back that withdrew them was taken back. The caller settles the customer."""
    e = t.registration_event.c
    told = sa.select(e.id, e.data).where(
        e.registration_id == registration_id, e.kind == EventKind.SUPPORT_DONE
    )
    closed = {
        data.get("request", data.get("asked")): number
        for number, data in session.execute(told)
        if data and data.get("move") == move
    }
    if not closed:
        return
    query = sa.select(t.support_request).where(_s.registration_id == registration_id).order_by(_s.id)
    for row in session.execute(query).all():
        fact = closed.get(row.ref) or closed.get(row.event_id)
        if fact is not None:
            write_reopened(session, row, fact, actor=actor, now=now)


def withdraw_all(session: Session, *, actor: Actor | None, now: datetime, registration_id: int) -> None:
    """The claim has ended: nobody needs anything for it any more."""
    query = sa.select(_s.id).where(_s.registration_id == registration_id)
    every = set(session.scalars(query.where(_s.state == SupportState.OPEN)))
    _withdraw(session, every, actor=actor, now=now, why=Withdrawal.CLAIM_ENDED)


def _withdraw(
    session: Session,
    requests: Collection[int],
    *,
    actor: Actor | None,
    now: datetime,
    why: Withdrawal,
    move: int | None = None,
) -> None:
    c = t.support_request
    query = sa.select(c).where(_s.id.in_(requests), _s.state == SupportState.OPEN).order_by(_s.id)
    for row in session.execute(query).all():
        session.execute(sa.update(c).where(_s.id == row.id).values(version=_s.version + 1))
        write_closed(
            session, row, SupportState.DECLINED, actor=actor, now=now, result=why.value, why=why, move=move
        )

"""Reads for the registration pages: columns, never objects; one or few queries a page."""

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.facts import State
from portal.domain.protection import end_on, is_lapsed
from portal.domain.terms import FOR_DECIDERS, EventKind
from portal.models import tables as t
from portal.registrations.listing import effective_state


def state_now(row: Any, today: date) -> State:
    """The effective state of a registration row that was read whole."""
    late = is_lapsed(row.protected_until, row.paused_from, today)
    return State.LAPSED if row.state is State.ACTIVE and late else State(row.state)


def party_of(session: Session, row: Any) -> Any:
    """Names for a registration's page: partner, filer, and who works it; and its newest case.

    That is about taking over what this claim owns or waits for: `case_id` and what is said of it.
    """
    return session.execute(_PARTY, {"id": row.id}).one()


_FILER, _WORKER = t.user.alias("filer"), t.user.alias("worker")
_case = t.conflict_case.c
_NEWEST_CASE = (
    sa.select(sa.func.max(_case.id))
    .where(sa.or_(_case.owner_id == sa.bindparam("id"), _case.challenger_id == sa.bindparam("id")))
    .scalar_subquery()
)
_PARTY = (
    sa.select(
        t.partner.c.name.label("partner"), t.partner.c.code,
        _FILER.c.name.label("filer"), _WORKER.c.name.label("worker"),
        _case.id.label("case_id"), _case.ref.label("case_ref"), _case.kind.label("case_kind"),
        _case.is_open.label("case_is_open"), _case.outcome.label("case_outcome"), _case.appeal_outcome,
    )
    .select_from(t.registration)
    .join(t.partner, t.partner.c.id == t.registration.c.partner_id, isouter=True)
    .join(_FILER, _FILER.c.id == t.registration.c.filed_by_id, isouter=True)
    .join(_WORKER, _WORKER.c.id == t.registration.c.worker_id, isouter=True)
    .join(t.conflict_case, _case.id == _NEWEST_CASE, isouter=True)
    .where(t.registration.c.id == sa.bindparam("id"))
)  # fmt: skip


@dataclass(frozen=True)
class Neighbour:
    """The owner's claim as a waiting party may know it: two dates, no name (G4)."""

    since: Any
    protected_until: date | None
    signed: bool


def owner_of(session: Session, customer_id: int | None, today: date) -> Neighbour | None:
    """Since when a customer is held and until when it is protected; never by whom (G4, G6).

    Until when as things stand today: while its clock stands, every further day moves that on.
    """
    if customer_id is None:
        return None
    c = t.registration.c
    row = session.execute(
        sa.select(c.owned_since, c.protected_until, c.paused_from, c.state).where(
            c.customer_id == customer_id, c.is_owner
        )
    ).first()
    if row is None:
        return None
    until = row.protected_until and end_on(row.protected_until, row.paused_from, today)
    return Neighbour(row.owned_since, until, row.state is State.SIGNED)


def time_line(session: Session, registration_id: int) -> list[Any]:
    """The facts of a registration, newest first, with who recorded them."""
    return list(session.execute(_time_line(), {"id": registration_id}).all())


@cache
def _time_line() -> Any:
    e = t.registration_event.c
    own = e.registration_id == sa.bindparam("id")
    undone = sa.select(e.about_id).where(own, e.kind == EventKind.UNDONE)
    said = t.registration_event.alias("said").c
    hidden = sa.select(said.id).where(said.registration_id == sa.bindparam("id"), said.kind.in_(FOR_DECIDERS))
    return (
        sa.select(
            e.id, e.kind, e.at, e.recorded_at, e.stage, e.reason, e.note, e.data, e.actor_id,
            t.user.c.name.label("actor_name"), e.id.in_(undone).label("was_undone"),
        )
        .join(t.user, t.user.c.id == e.actor_id, isouter=True)
        # What it was compared with, what was stated of its customer and what other customers that is
        # not, is for those who decide (held queue, customer record), not for the parties (G6).
        .where(own, e.kind.not_in(FOR_DECIDERS), sa.or_(e.about_id.is_(None), e.about_id.not_in(hidden)))
        .order_by(e.at.desc(), e.id.desc())
    )  # fmt: skip


def files_of(session: Session, registration_id: int) -> list[Any]:
    """The files hung on a registration."""
    return list(session.execute(_FILES, {"id": registration_id}).all())


_FILES = (
    sa.select(
        t.attachment.c.id, t.attachment.c.name, t.attachment.c.size, t.attachment.c.uploaded_at,
        t.user.c.name.label("by"),
    )
    .join(t.user, t.user.c.id == t.attachment.c.uploaded_by_id)
    .where(t.attachment.c.registration_id == sa.bindparam("id"))
    .order_by(t.attachment.c.id.desc())
)  # fmt: skip


def claims_on(session: Session, customer_id: int, today: date) -> list[Any]:
    """All claims on a customer, for those who may see them: owner first, then the queue."""
    return list(session.execute(_claims(), {"customer": customer_id, "today": today}).all())


@cache
def _claims() -> Any:
    c = t.registration.c
    return (
        sa.select(
            c.id, c.ref, c.filed_at, c.stage, c.queue_position, c.protected_until, c.paused_from,
            c.owned_since, t.partner.c.name.label("partner_name"), effective_state(),
        )
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .where(c.customer_id == sa.bindparam("customer"))
        .order_by(sa.func.coalesce(c.queue_position, 9999), c.filed_at)
    )  # fmt: skip


def saved_views(session: Session, user_id: int, page: str) -> list[Any]:
    """A person's named filters of a page."""
    return list(session.execute(_SAVED_VIEWS, {"user": user_id, "page": page}).all())


_SAVED_VIEWS = (
    sa.select(t.saved_view.c.id, t.saved_view.c.name, t.saved_view.c.query)
    .where(t.saved_view.c.user_id == sa.bindparam("user"), t.saved_view.c.page == sa.bindparam("page"))
    .order_by(t.saved_view.c.name)
)


def recent_filings(session: Session, scope: Any, today: date) -> list[Any]:
    """The newest few registrations in sight."""
    return list(session.execute(_recent(scope), {"today": today}).all())


@lru_cache(maxsize=200)
def _recent(scope: Any) -> Any:
    c = t.registration.c
    return (
        sa.select(c.id, c.customer_name, c.filed_at, effective_state())
        .where(scope)
        .order_by(c.filed_at.desc(), c.id.desc())
        .limit(5)
    )

"""Reads for the registration pages: columns, never objects; one or few queries a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.facts import State
from portal.domain.pipeline import Stage
from portal.domain.terms import CustomerClass, EventKind
from portal.models import tables as t
from portal.paging import Page, page_by_key
from portal.registrations.search import found_by

PAGE_SIZE = 50
COUNT_LIMIT = 1000
# Counting what a search finds means reading names, so it stops sooner.
SEARCH_COUNT_LIMIT = 200
SORTS: Mapping[str, tuple[Any, bool]] = {
    "newest": (t.registration.c.filed_at, True),
    "oldest": (t.registration.c.filed_at, False),
    "lapse": (t.registration.c.protected_until, False),
    "revenue": (t.registration.c.yearly_revenue, True),
    "ports": (t.registration.c.ports, True),
    "name": (t.registration.c.full_key, False),
}


def effective_state(today: date) -> Any:
    """The state as it is today: a lapse counts from its day on, even where no tick wrote it down."""
    c = t.registration.c
    lapsed = sa.and_(c.state == State.ACTIVE, c.protected_until < today)
    return sa.case((lapsed, sa.literal(State.LAPSED.value)), else_=sa.cast(c.state, sa.String)).label(
        "state_now"
    )


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; every field comes from the address."""

    text: str = ""
    states: tuple[State, ...] = ()
    stages: tuple[Stage, ...] = ()
    partner_id: int | None = None
    customer_class: CustomerClass | None = None
    mine: bool = False
    support: bool = False
    correction: bool = False
    sort: str = "newest"
    extra: Mapping[str, str] = field(default_factory=dict)


_LISTED = (
    t.registration.c.id,
    t.registration.c.ref,
    t.registration.c.customer_name,
    t.registration.c.full_key,
    t.registration.c.city,
    t.registration.c.customer_class,
    t.registration.c.ports,
    t.registration.c.yearly_revenue,
    t.registration.c.stage,
    t.registration.c.filed_at,
    t.registration.c.protected_until,
    t.registration.c.queue_position,
    t.registration.c.correction_since,
    t.registration.c.support_since,
    t.partner.c.name.label("partner_name"),
)


def _narrowed(query: Any, scope: Any, filters: Filters, today: date, user_id: int, found: Any) -> Any:
    c = t.registration.c
    query = query.where(scope)
    if found is not None:
        query = query.where(found)
    if filters.states:
        query = query.where(sa.or_(*(_in_state(state, today) for state in filters.states)))
    if filters.stages:
        query = query.where(c.stage.in_(filters.stages))
    if filters.partner_id is not None:
        query = query.where(
            c.partner_id.is_(None) if filters.partner_id == 0 else c.partner_id == filters.partner_id
        )
    if filters.customer_class:
        query = query.where(c.customer_class == filters.customer_class)
    if filters.mine:
        query = query.where(c.worker_id == user_id)
    if filters.support:
        query = query.where(c.support_since.is_not(None))
    if filters.correction:
        query = query.where(c.correction_since.is_not(None))
    return query


def _in_state(state: State, today: date) -> Any:
    c = t.registration.c
    if state is State.ACTIVE:
        return sa.and_(c.state == State.ACTIVE, c.protected_until >= today)
    if state is State.LAPSED:
        late = sa.and_(c.state == State.ACTIVE, c.protected_until < today)
        return sa.or_(c.state == State.LAPSED, late)
    return c.state == state


def _found(session: Session, filters: Filters) -> Any:
    """`found_by`, asked once for the list and its count."""
    if not filters.text:
        return None
    known = session.info.setdefault("found_by", {})
    if filters.text not in known:
        known[filters.text] = found_by(session, filters.text)
    return known[filters.text]


def list_registrations(
    session: Session,
    *,
    scope: Any,
    filters: Filters,
    today: date,
    user_id: int,
    cursor: str | None,
    size: int = PAGE_SIZE,
) -> Page:
    """One page of registrations, by key."""
    c = t.registration.c
    query = sa.select(*_LISTED, effective_state(today)).join(
        t.partner, t.partner.c.id == c.partner_id, isouter=True
    )
    query = _narrowed(query, scope, filters, today, user_id, _found(session, filters))
    column, descending = SORTS[filters.sort]
    if filters.sort == "lapse":
        query = query.where(column.is_not(None))
    return page_by_key(
        session, query, column=column, key=c.id, descending=descending, size=size, cursor=cursor
    )


def count_limit(filters: Filters) -> int:
    """Up to how many rows are counted."""
    return SEARCH_COUNT_LIMIT if filters.text else COUNT_LIMIT


def count_registrations(session: Session, *, scope: Any, filters: Filters, today: date, user_id: int) -> int:
    """How many there are, counted up to `count_limit` + 1 (then: more than that)."""
    found = _found(session, filters)
    query = _narrowed(sa.select(t.registration.c.id), scope, filters, today, user_id, found)
    limited = query.limit(count_limit(filters) + 1).subquery()
    return int(session.scalar(sa.select(sa.func.count()).select_from(limited)) or 0)


def export_rows(session: Session, *, scope: Any, filters: Filters, today: date, user_id: int) -> Any:
    """Everything that is filtered, newest first, streamed."""
    c = t.registration.c
    query = sa.select(t.registration, effective_state(today), t.partner.c.code.label("partner_code")).join(
        t.partner, t.partner.c.id == c.partner_id, isouter=True
    )
    query = _narrowed(query, scope, filters, today, user_id, _found(session, filters))
    query = query.order_by(c.filed_at.desc(), c.id.desc())
    return session.execute(query.execution_options(yield_per=500))


def state_now(row: Any, today: date) -> State:
    """The effective state of a registration row that was read whole."""
    late = row.protected_until is not None and row.protected_until < today
    return State.LAPSED if row.state is State.ACTIVE and late else State(row.state)


def party_of(session: Session, row: Any) -> Any:
    """Names for a registration's page: partner, filer, and who works it."""
    filer, worker = t.user.alias("filer"), t.user.alias("worker")
    c = t.registration.c
    return session.execute(
        sa.select(
            t.partner.c.name.label("partner"), t.partner.c.code,
            filer.c.name.label("filer"), worker.c.name.label("worker"),
        )
        .select_from(t.registration)
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .join(filer, filer.c.id == c.filed_by_id, isouter=True)
        .join(worker, worker.c.id == c.worker_id, isouter=True)
        .where(c.id == row.id)
    ).one()  # fmt: skip


@dataclass(frozen=True)
class Neighbour:
    """The owner's claim as a waiting party may know it: two dates, no name (G4)."""

    since: Any
    protected_until: date | None
    signed: bool


def owner_of(session: Session, customer_id: int | None) -> Neighbour | None:
    """Since when a customer is held and until when it is protected; never by whom (G4, G6)."""
    if customer_id is None:
        return None
    c = t.registration.c
    row = session.execute(
        sa.select(c.owned_since, c.protected_until, c.state).where(c.customer_id == customer_id, c.is_owner)
    ).first()
    if row is None:
        return None
    return Neighbour(row.owned_since, row.protected_until, row.state is State.SIGNED)


def time_line(session: Session, registration_id: int) -> list[Any]:
    """The facts of a registration, newest first, with who recorded them."""
    e = t.registration_event.c
    undone = sa.select(e.about_id).where(e.registration_id == registration_id, e.kind == EventKind.UNDONE)
    return list(
        session.execute(
            sa.select(
                e.id, e.kind, e.at, e.recorded_at, e.stage, e.reason, e.note, e.data, e.actor_id,
                t.user.c.name.label("actor_name"), e.id.in_(undone).label("was_undone"),
            )
            .join(t.user, t.user.c.id == e.actor_id, isouter=True)
            .where(e.registration_id == registration_id)
            .order_by(e.at.desc(), e.id.desc())
        )
    )  # fmt: skip


def files_of(session: Session, registration_id: int) -> list[Any]:
    """The files hung on a registration."""
    c = t.attachment.c
    return list(
        session.execute(
            sa.select(c.id, c.name, c.size, c.uploaded_at, t.user.c.name.label("by"))
            .join(t.user, t.user.c.id == c.uploaded_by_id)
            .where(c.registration_id == registration_id)
            .order_by(c.id.desc())
        )
    )


def claims_on(session: Session, customer_id: int, today: date) -> list[Any]:
    """All claims on a customer, for those who may see them: owner first, then the queue."""
    c = t.registration.c
    return list(
        session.execute(
            sa.select(
                c.id, c.ref, c.filed_at, c.stage, c.queue_position, c.protected_until, c.owned_since,
                t.partner.c.name.label("partner_name"), effective_state(today),
            )
            .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
            .where(c.customer_id == customer_id)
            .order_by(sa.func.coalesce(c.queue_position, 9999), c.filed_at)
        )
    )  # fmt: skip


def saved_views(session: Session, user_id: int, page: str) -> list[Any]:
    """A person's named filters of a page."""
    c = t.saved_view.c
    return list(
        session.execute(
            sa.select(c.id, c.name, c.query).where(c.user_id == user_id, c.page == page).order_by(c.name)
        )
    )


def recent_filings(session: Session, scope: Any, today: date) -> list[Any]:
    """The newest few registrations in sight."""
    c = t.registration.c
    return list(
        session.execute(
            sa.select(c.id, c.customer_name, c.filed_at, effective_state(today))
            .where(scope)
            .order_by(c.filed_at.desc(), c.id.desc())
            .limit(5)
        )
    )

"""The list of registrations: narrowed, in an order, a page at a time; and all of it as a file.

What a list is narrowed to has few shapes and many values. A statement is built once per shape; the
values come as its parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts import clocks
from portal.domain.facts import State
from portal.domain.pipeline import Stage
from portal.domain.terms import CustomerClass
from portal.models import tables as t
from portal.paging import Page, page_by_key
from portal.registrations.search import Kind, Search, found, search_for

PAGE_SIZE = 50
COUNT_LIMIT = 1000
# Counting what a filter finds means reading rows, so it stops sooner.
NARROWED_COUNT_LIMIT = 100
_STATEMENTS = 512
# The parameter of every statement that shows a state as it is today.
TODAY = sa.bindparam("today", type_=sa.Date())
SORTS: Mapping[str, tuple[Any, bool]] = {
    "newest": (t.registration.c.filed_at, True),
    "oldest": (t.registration.c.filed_at, False),
    "lapse": (t.registration.c.protected_until, False),
    "revenue": (t.registration.c.yearly_revenue, True),
    "ports": (t.registration.c.ports, True),
    "name": (t.registration.c.full_key, False),
}


def effective_state() -> Any:
    """The state as it is today: a lapse counts from its day on, even where no tick wrote it down."""
    c = t.registration.c
    late = sa.and_(c.state == State.ACTIVE, clocks.lapsed(TODAY))
    return sa.case((late, sa.literal(State.LAPSED.value)), else_=sa.cast(c.state, sa.String)).label(
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


# In the order in which `rows.list_rows` takes them apart; the state as it is today comes last.
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
    t.registration.c.paused_from,
    t.registration.c.queue_position,
    t.registration.c.correction_since,
    t.registration.c.support_since,
    t.partner.c.name.label("partner_name"),
)


@dataclass(frozen=True)
class _Shape:
    """What a statement is built from: the filters without their values, and the kind of search."""

    filters: Filters
    search: tuple[Kind, bool] | None = None


def _shape(filters: Filters, search: Search | None) -> _Shape:
    party = filters.partner_id and 1  # None: any, 0: key accounts, else a partner
    anyone = filters.customer_class and CustomerClass.A
    bare = replace(filters, text="", partner_id=party, customer_class=anyone)
    return _Shape(bare, (search.kind, search.narrowed) if search else None)


def _values(filters: Filters, search: Search | None, today: date, user_id: int) -> dict[str, Any]:
    return {
        "today": today, "user": user_id, "partner": filters.partner_id,
        "customer_class": filters.customer_class, **(search.values if search else {}),
    }  # fmt: skip


def _narrowed(query: Any, scope: Any, shape: _Shape) -> Any:
    c, filters = t.registration.c, shape.filters
    query = query.where(scope)
    if shape.search:
        query = query.where(found(*shape.search))
    if filters.states:
        query = query.where(sa.or_(*(_in_state(state) for state in filters.states)))
    if filters.stages:
        query = query.where(sa.or_(*(_is(c.stage, stage) for stage in filters.stages)))
    if filters.partner_id is not None:
        of_partner = c.partner_id == sa.bindparam("partner")
        query = query.where(of_partner if filters.partner_id else c.partner_id.is_(None))
    if filters.customer_class:
        query = query.where(c.customer_class == sa.bindparam("customer_class"))
    if filters.mine:
        query = query.where(c.worker_id == sa.bindparam("user"))
    if filters.support:
        query = query.where(c.support_since.is_not(None))
    if filters.correction:
        query = query.where(c.correction_since.is_not(None))
    return query


def _in_state(state: State) -> Any:
    c = t.registration.c
    if state is State.ACTIVE:
        return sa.and_(_is(c.state, State.ACTIVE), clocks.protected(TODAY))
    if state is State.LAPSED:
        late = sa.and_(_is(c.state, State.ACTIVE), clocks.lapsed(TODAY))
        return sa.or_(_is(c.state, State.LAPSED), late)
    return _is(c.state, state)


def _is(column: Any, value: Any) -> Any:
    """`column` has this value, said in the statement itself.

    PostgreSQL plans a statement that it meets often without looking at its parameters, and cannot
    know then whether a state is rare.
    """
    return column == sa.literal(value, column.type, literal_execute=True)


def _search(session: Session, filters: Filters) -> Search | None:
    """How the text is searched, asked once for the list and its count."""
    if not filters.text:
        return None
    known: dict[str, Search] = session.info.setdefault("searches", {})
    if filters.text not in known:
        known[filters.text] = search_for(session, filters.text)
    return known[filters.text]


@lru_cache(maxsize=_STATEMENTS)
def _list_statement(scope: Any, shape: _Shape) -> Any:
    query = sa.select(*_LISTED, effective_state()).join(
        t.partner, t.partner.c.id == t.registration.c.partner_id, isouter=True
    )
    if shape.filters.sort == "lapse":
        # Only an owner's protection runs; a signed customer's has no end.
        query = query.where(t.registration.c.is_owner, t.registration.c.protected_until.is_not(None))
    return _narrowed(query, scope, shape)


@lru_cache(maxsize=_STATEMENTS)
def _count_statement(scope: Any, shape: _Shape, limit: int) -> Any:
    limited = _narrowed(sa.select(t.registration.c.id), scope, shape).limit(limit + 1).subquery()
    return sa.select(sa.func.count()).select_from(limited)


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
    search = _search(session, filters)
    column, descending = SORTS[filters.sort]
    return page_by_key(
        session,
        _list_statement(scope, _shape(filters, search)),
        column=column,
        key=t.registration.c.id,
        descending=descending,
        size=size,
        cursor=cursor,
        values=_values(filters, search, today, user_id),
    )


def count_limit(filters: Filters) -> int:
    """Up to how many rows are counted; of a search only whether there is more than a page."""
    if filters.text:
        return PAGE_SIZE
    return COUNT_LIMIT if filters == Filters(sort=filters.sort) else NARROWED_COUNT_LIMIT


def count_registrations(session: Session, *, scope: Any, filters: Filters, today: date, user_id: int) -> int:
    """How many there are, counted up to `count_limit` + 1 (then: more than that)."""
    search = _search(session, filters)
    statement = _count_statement(scope, _shape(filters, search), count_limit(filters))
    return int(session.execute(statement, _values(filters, search, today, user_id)).scalar() or 0)


def export_rows(session: Session, *, scope: Any, filters: Filters, today: date, user_id: int) -> Any:
    """Everything that is filtered, newest first, streamed."""
    c, search = t.registration.c, _search(session, filters)
    query = sa.select(t.registration, effective_state(), t.partner.c.code.label("partner_code")).join(
        t.partner, t.partner.c.id == c.partner_id, isouter=True
    )
    query = _narrowed(query, scope, _shape(filters, search)).order_by(c.filed_at.desc(), c.id.desc())
    values = _values(filters, search, today, user_id)
    return session.execute(query.execution_options(yield_per=500), values)

"""The list of requests: what I or my department owe, overdue, open, answered; counted, paged by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.access import Permission, allows
from portal.domain.roles import Actor, Role
from portal.domain.support import SupportKind, kinds_of
from portal.models import tables as t
from portal.paging import Page, page_by_key
from portal.support.queries import OPEN, request_rows
from portal.support.scope import PARTY

PAGE_SIZE = 30
COUNT_LIMIT = 999
_s, _p = t.support_request.c, t.partner.c
_ME = sa.bindparam("me", type_=sa.Integer())
_TODAY = sa.bindparam("today", type_=sa.Date())
# Requests from before there were due dates come last.
DUE = sa.func.coalesce(_s.due_on, sa.literal(date(9999, 12, 31), sa.Date()), type_=sa.Date()).label(
    "due_sort"
)


class Shown(StrEnum):
    """Which requests are listed."""

    MINE = "mine"
    DEPARTMENT = "department"
    OVERDUE = "overdue"
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Reader:
    """What decides which requests wait for a person: whether it gives support, and of which kinds."""

    gives: bool
    kinds: tuple[SupportKind, ...] = ()
    sells: bool = False
    manages: bool = False

    @property
    def tabs(self) -> tuple[Shown, ...]:
        """The lists that make sense for the person."""
        return tuple(Shown) if self.gives else tuple(each for each in Shown if each is not Shown.DEPARTMENT)


def reader_of(person: Actor) -> Reader:
    """The same for everybody with the same part in support, so that statements are found again."""
    roles = person.effective_roles
    if not allows(person, Permission.SUPPORT_GIVE):
        return Reader(gives=False)
    sells, manages = Role.CHANNEL_SALES in roles, Role.CHANNEL_MANAGER in roles
    return Reader(gives=True, kinds=kinds_of(roles), sells=sells, manages=manages)


def first_to_show(counts: Mapping[Shown, int]) -> Shown:
    """What a person is shown unasked: what it owes, else what its department does, else what is open."""
    return next((each for each in (Shown.MINE, Shown.DEPARTMENT) if counts.get(each)), Shown.OPEN)


def _is_one_of(column: Any, values: Any) -> Any:
    return column.in_([sa.literal(value, column.type, literal_execute=True) for value in values])


def _department(reader: Reader) -> Any:
    """What falls to the person's department: its kinds; to channel sales, of the partners looked after."""
    sold = kinds_of([Role.CHANNEL_SALES])
    others = [kind for kind in reader.kinds if kind not in sold]
    parts: list[Any] = [sa.false()]
    if others:
        parts.append(_is_one_of(_s.kind, others))
    if reader.sells:
        gone = sa.select(t.user.c.id).where(sa.not_(t.user.c.active))
        looked_after = sa.or_(_p.manager_id == _ME, _p.manager_id.is_(None), _p.manager_id.in_(gone))
        parts.append(sa.and_(_is_one_of(_s.kind, sold), PARTY.is_not(None), looked_after))
    if reader.manages:
        parts.append(sa.and_(_is_one_of(_s.kind, sold), PARTY.is_(None)))
    return sa.or_(*parts)


@lru_cache(maxsize=200)
def owed(reader: Reader) -> Any:
    """The open requests that the person owes: taken, or fallen to the department and not taken by anybody."""
    return sa.and_(OPEN, sa.or_(_s.owner_id == _ME, sa.and_(_s.owner_id.is_(None), _department(reader))))


@lru_cache(maxsize=1000)
def _condition(shown: Shown, reader: Reader) -> Any:
    if shown is Shown.DONE:
        return sa.not_(OPEN)
    if shown is Shown.OVERDUE:
        return sa.and_(OPEN, _s.due_on < _TODAY)
    if shown is Shown.DEPARTMENT:
        return sa.and_(OPEN, _department(reader))
    if shown is Shown.MINE:
        return owed(reader) if reader.gives else sa.and_(OPEN, _s.asked_by_id == _ME)
    return OPEN


@lru_cache(maxsize=1000)
def _listed(scope: Any, shown: Shown, reader: Reader) -> Any:
    return request_rows().add_columns(DUE).where(scope, _condition(shown, reader))


def list_requests(
    session: Session,
    scope: Any,
    reader: Reader,
    shown: Shown,
    *,
    user_id: int,
    today: date,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """One page of the requests in sight: open ones by their due date, answered ones from the newest."""
    over = shown is Shown.DONE
    return page_by_key(
        session, _listed(scope, shown, reader), column=_s.closed_at if over else DUE, key=_s.id,
        descending=over, size=size, cursor=cursor, values={"me": user_id, "today": today},
    )  # fmt: skip


def count_requests(
    session: Session, scope: Any, reader: Reader, *, user_id: int, today: date
) -> dict[Shown, int]:
    """How many there are of each, in one statement, up to `COUNT_LIMIT` + 1."""
    row = session.execute(_counts(scope, reader), {"me": user_id, "today": today}).one()
    return {shown: int(getattr(row, shown.value) or 0) for shown in reader.tabs}


@lru_cache(maxsize=1000)
def _counts(scope: Any, reader: Reader) -> Any:
    r = t.registration
    joined = t.support_request.join(r, r.c.id == _s.registration_id, isouter=True).join(
        t.partner, _p.id == PARTY, isouter=True
    )

    def number(shown: Shown) -> Any:
        limited = sa.select(_s.id).select_from(joined).where(scope, _condition(shown, reader))
        found = limited.limit(COUNT_LIMIT + 1).subquery()
        return sa.select(sa.func.count()).select_from(found).scalar_subquery().label(shown.value)

    return sa.select(*(number(shown) for shown in reader.tabs))


def owed_by(
    session: Session, scope: Any, reader: Reader, *, user_id: int, today: date, size: int
) -> list[Any]:
    """The first few requests that the person owes, what is due first."""
    if not reader.gives:
        return []
    page = list_requests(session, scope, reader, Shown.MINE, user_id=user_id, today=today, size=size)
    return page.rows


def answered_since(session: Session, scope: Any, *, since: datetime, size: int) -> list[Any]:
    """What was answered of the requests in sight lately, the latest first."""
    return list(session.execute(_answered(scope, size), {"since": since}).all())


@lru_cache(maxsize=200)
def _answered(scope: Any, size: int) -> Any:
    since = sa.bindparam("since", type_=_s.closed_at.type)
    query = request_rows().where(scope, _s.closed_at >= since, _s.closed_by_id.is_not(None))
    return query.order_by(_s.closed_at.desc(), _s.id.desc()).limit(size)

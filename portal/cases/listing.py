"""The list of cases: open, waiting for a person, overdue, decided; paged by key and counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.cases.queries import ASKER, OWNER, case_rows
from portal.domain.access import Permission, allows
from portal.domain.calendar import add_working_days
from portal.domain.cases import CaseKind, CaseStatus, Side, side_of
from portal.domain.periods import day_start
from portal.domain.policy import Policy
from portal.domain.roles import Actor
from portal.models import tables as t
from portal.paging import Page, page_by_key

PAGE_SIZE = 30
COUNT_LIMIT = 999
_DAY = timedelta(days=1)
_c = t.conflict_case.c


class Shown(StrEnum):
    """Which cases are listed."""

    OPEN = "open"
    MINE = "mine"
    OVERDUE = "overdue"
    DECIDED = "decided"


def first_to_show(counts: Mapping[Shown, int]) -> Shown:
    """What a person is shown unasked: what waits for it, else what is open, else what is over."""
    return next((shown for shown in (Shown.MINE, Shown.OPEN) if counts[shown]), Shown.DECIDED)


@dataclass(frozen=True, slots=True)
class Reader:
    """What decides which cases wait for a person: its party, and what it may decide."""

    partner_id: int | None
    claims: bool
    side: Side | None
    appeals: bool


def reader_of(person: Actor) -> Reader:
    """The same for everybody with the same part in cases, so that statements are found again."""
    return Reader(
        person.partner_id,
        claims=person.is_partner or person.is_key_accounts,
        side=side_of(person) if allows(person, Permission.CASE_VOTE) else None,
        appeals=allows(person, Permission.CASE_APPEAL_DECIDE),
    )


def edges(today: date, policy: Policy) -> dict[str, Any]:
    """What the statements need of today: whatever was due, answered or appealed before the edge is late."""
    days = policy.answer_working_days
    edge = _over_before(today, days)
    return {"today": today, "due_edge": edge, "edge": day_start(edge)}


def _over_before(today: date, working_days: int) -> date:
    """The first day from which `working_days` still reach `today`; any day before it is over."""
    day = today
    while add_working_days(day, working_days) >= today:
        day -= _DAY
    return day + _DAY


def _is(column: Any, value: Any) -> Any:
    return column == sa.literal(value, column.type, literal_execute=True)


_TODAY, _DUE_EDGE = sa.bindparam("today", type_=sa.Date()), sa.bindparam("due_edge", type_=sa.Date())
_EDGE = sa.bindparam("edge", type_=_c.opened_at.type)
_OPEN, _APPEALED = _is(_c.status, CaseStatus.OPEN), _is(_c.status, CaseStatus.APPEALED)
_TAKEOVER = _is(_c.kind, CaseKind.TAKEOVER)
# Whose turn it is, as `domain.cases.whose_turn` says: the owner's until it answered or its days are over.
_OWNERS_TURN = sa.and_(
    _OPEN, sa.or_(sa.not_(_TAKEOVER), sa.and_(_c.answered_at.is_(None), _c.answer_due >= _TODAY))
)
_DECIDERS_TURN = sa.and_(_OPEN, _TAKEOVER, sa.or_(_c.answered_at.is_not(None), _c.answer_due < _TODAY))
_LATE = sa.or_(
    sa.and_(_OPEN, sa.not_(_TAKEOVER), _c.answer_due < _TODAY),
    sa.and_(_DECIDERS_TURN, sa.or_(_c.answer_due < _DUE_EDGE, _c.answered_at < _EDGE)),
    sa.and_(_APPEALED, _c.appealed_at < _EDGE),
)


@lru_cache(maxsize=1000)
def _condition(shown: Shown, reader: Reader) -> Any:
    if shown is Shown.DECIDED:
        return sa.not_(_c.is_open)
    if shown is Shown.OPEN:
        return _c.is_open
    if shown is Shown.OVERDUE:
        return sa.and_(_c.is_open, _LATE)
    turns: list[Any] = [sa.false()]
    if reader.claims:
        own = OWNER.c.partner_id
        mine = own.is_(None) if reader.partner_id is None else own == reader.partner_id
        turns.append(sa.and_(_OWNERS_TURN, mine))
    if reader.side is not None:
        v = t.case_vote.c
        voted = sa.select(v.id).where(v.case_id == _c.id, _is(v.side, reader.side)).exists()
        turns.append(sa.and_(_DECIDERS_TURN, sa.not_(voted)))
    if reader.appeals:
        turns.append(_APPEALED)
    return sa.and_(_c.is_open, sa.or_(*turns))


@lru_cache(maxsize=1000)
def _listed(scope: Any, shown: Shown, reader: Reader) -> Any:
    return case_rows().where(scope, _condition(shown, reader))


def list_cases(
    session: Session,
    scope: Any,
    reader: Reader,
    shown: Shown,
    *,
    values: Mapping[str, Any],
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """One page of the cases in sight: what is open from the oldest on, what is over from the newest."""
    return page_by_key(
        session, _listed(scope, shown, reader), column=_c.opened_at, key=_c.id,
        descending=shown is Shown.DECIDED, size=size, cursor=cursor, values=values,
    )  # fmt: skip


def count_cases(
    session: Session, scope: Any, reader: Reader, *, values: Mapping[str, Any]
) -> dict[Shown, int]:
    """How many there are of each, in one statement; of what is over up to `COUNT_LIMIT` + 1."""
    row = session.execute(_counts(scope, reader), values).one()
    return {shown: int(getattr(row, shown.value) or 0) for shown in Shown}


@lru_cache(maxsize=1000)
def _counts(scope: Any, reader: Reader) -> Any:
    joined = t.conflict_case.join(OWNER, OWNER.c.id == _c.owner_id).join(
        ASKER, ASKER.c.id == _c.challenger_id
    )

    def number(shown: Shown) -> Any:
        limited = sa.select(_c.id).select_from(joined).where(scope, _condition(shown, reader))
        found = limited.limit(COUNT_LIMIT + 1).subquery()
        return sa.select(sa.func.count()).select_from(found).scalar_subquery().label(shown.value)

    return sa.select(*(number(shown) for shown in Shown))

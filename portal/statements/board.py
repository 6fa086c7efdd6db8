"""The board of all statements: counted and summed by step, the most urgent of each, and lists by step."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.statements import Station
from portal.models import tables as t
from portal.paging import Page, page_by_key
from portal.statements.scope import is_in

PAGE_SIZE = 50
CARDS = 5
MOST_AT_ONCE = 500
_STATEMENTS = 512
_PERIODS = 60
S = Station
COLUMNS: tuple[tuple[Station, ...], ...] = (
    (S.COLLECTED,),
    (S.GENERATED,),
    (S.PRINTED,),
    (S.SENT, S.DISPUTED),
    (S.CONFIRMED, S.PASSED_ON, S.MANAGER_APPROVED, S.DIRECTOR_APPROVED),
    (S.APPROVED,),
    (S.PAID,),
    (S.INVOICED,),
    (S.CLOSED,),
)
"""The stations by the step of §8 after which a statement stands there: the first column is step 1."""


def column_of(station: Station) -> int:
    """The step after which a statement stands at a station: 1 to 9."""
    return next(number for number, column in enumerate(COLUMNS, start=1) if station in column)


_s, _p, _u = t.statement.c, t.partner.c, t.user.c
_TODAY = sa.bindparam("today", type_=sa.Date())
_CARD = (
    sa.select(
        *(_s.id, _s.number, _s.period, _s.station, _s.station_since, _s.due_on, _s.revision, _s.version),
        *(_s.total, _s.lines, _s.withheld, _s.partner_id),
        *(_p.code.label("partner_code"), _p.name.label("partner_name"), _p.region),
        sa.case((_u.active, _u.name)).label("manager"),
    )
    .join(t.partner, _p.id == _s.partner_id)
    .join(t.user, _u.id == _p.manager_id, isouter=True)
)


@dataclass(frozen=True)
class Filters:
    """What the board is narrowed to; every field comes from the address. `step` 1 to 9, 0 for all."""

    step: int = 0
    text: str = ""
    period: str = ""
    partner_id: int | None = None
    region: str = ""
    overdue: bool = False
    mine: bool = False

    @property
    def stations(self) -> tuple[Station, ...]:
        """The stations of the chosen step."""
        return COLUMNS[self.step - 1] if self.step else tuple(Station)


@dataclass(frozen=True)
class Sum:
    """How many statements stand somewhere, what they come to in yuan, how many are overdue."""

    count: int = 0
    total: Decimal = Decimal("0.00")
    late: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.count + other.count, self.total + other.total, self.late + other.late)


@dataclass(frozen=True)
class Reader:
    """Whose board it is: what is in sight, and what waits for the person (both conditions)."""

    scope: Any
    turn: Any
    user_id: int


def sums(session: Session, reader: Reader, filters: Filters, *, today: date) -> list[Sum]:
    """The nine columns' figures under the filters, whatever step is chosen."""
    shape = _shape(replace(filters, step=0))
    found = {
        row.station: Sum(int(row.number), row.total or Decimal("0.00"), int(row.late or 0))
        for row in session.execute(_sums(reader.scope, reader.turn, shape), _values(reader, filters, today))
    }
    return [sum((found.get(station, Sum()) for station in column), Sum()) for column in COLUMNS]


def cards(session: Session, reader: Reader, filters: Filters, *, today: date) -> list[list[Any]]:
    """The statements of each column that are due first, `CARDS` of them; of closed ones the newest."""
    found: list[list[Any]] = [[] for _ in COLUMNS]
    place = {station: number for number, column in enumerate(COLUMNS) for station in column}
    shape = _shape(replace(filters, step=0))
    for row in session.execute(_cards(reader.scope, reader.turn, shape), _values(reader, filters, today)):
        found[place[row.station]].append(row)
    return found


def list_statements(
    session: Session, reader: Reader, filters: Filters, *, today: date, cursor: str | None = None
) -> Page:
    """One page of a step, what is due first on top; of everything, or of what is closed, the newest first."""
    newest = filters.step in (0, len(COLUMNS))
    return page_by_key(
        session,
        _listed(reader.scope, reader.turn, _shape(filters)),
        column=_s.station_since if newest else _s.due_on,
        key=_s.id,
        descending=newest,
        size=PAGE_SIZE,
        cursor=cursor,
        values=_values(reader, filters, today),
    )


def found_ids(session: Session, reader: Reader, filters: Filters, *, today: date) -> list[tuple[int, int]]:
    """Ids and versions of what a filter finds, what is due first on top; no more than may be done at once."""
    query = _listed(reader.scope, reader.turn, _shape(filters)).with_only_columns(_s.id, _s.version)
    query = query.order_by(_s.due_on, _s.id).limit(MOST_AT_ONCE)
    return [(row.id, row.version) for row in session.execute(query, _values(reader, filters, today))]


def in_sight(session: Session, scope: Any, ids: list[int]) -> dict[int, Any]:
    """The rows of these statements, as far as the person sees them."""
    rows = session.execute(_CARD.where(scope, _s.id.in_(ids))).all()
    return {row.id: row for row in rows}


def one_in_sight(session: Session, scope: Any, statement_id: int) -> Any:
    """One statement's row, or None where it does not exist for the person."""
    return session.execute(_one(scope), {"id": statement_id}).first()


@lru_cache(maxsize=_STATEMENTS)
def _one(scope: Any) -> Any:
    return _CARD.where(scope, _s.id == sa.bindparam("id", type_=_s.id.type))


def waiting(session: Session, reader: Reader) -> list[Any]:
    """What waits for the person, by station: how many statements, their sum in yuan, the first due day.

    `first_id` and `first_number` are of one of them: the one, where there is one.
    """
    return list(session.execute(_waiting(reader.scope, reader.turn), {"me": reader.user_id}))


@lru_cache(maxsize=_STATEMENTS)
def _waiting(scope: Any, turn: Any) -> Any:
    return (
        sa.select(
            _s.station,
            sa.func.count().label("number"),
            sa.func.sum(_s.total, type_=_s.total.type).label("total"),
            sa.func.min(_s.due_on).label("due_on"),
            sa.func.min(_s.id).label("first_id"),
            sa.func.min(_s.number).label("first_number"),
        )
        .where(scope, turn)
        .group_by(_s.station)
        .order_by(sa.func.min(_s.due_on))
    )


def periods(session: Session) -> list[str]:
    """The periods that have statements, the newest first."""
    query = sa.select(_s.period).distinct().order_by(_s.period.desc()).limit(_PERIODS)
    return list(session.scalars(query))


def partners(session: Session, scope: Any) -> list[Any]:
    """The partners that have statements in sight: id, code, name, region."""
    having = sa.exists().where(_s.partner_id == _p.id, scope)
    query = sa.select(_p.id, _p.code, _p.name, _p.region).where(having).order_by(_p.code)
    return list(session.execute(query))


def _shape(filters: Filters) -> Filters:
    """What a statement is built from: the filters without their values."""
    return replace(
        filters,
        text="x" if filters.text else "",
        period="x" if filters.period else "",
        partner_id=1 if filters.partner_id is not None else None,
        region="x" if filters.region else "",
    )


def _values(reader: Reader, filters: Filters, today: date) -> Mapping[str, Any]:
    typed = filters.text.casefold()
    for sign in "\\%_":
        typed = typed.replace(sign, "\\" + sign)
    return {
        "me": reader.user_id, "today": today, "period": filters.period, "partner": filters.partner_id,
        "region": filters.region, "text": f"%{typed}%",
    }  # fmt: skip


def _narrowed(query: Any, scope: Any, turn: Any, shape: Filters) -> Any:
    query = query.where(scope)
    if shape.step:
        query = query.where(is_in(_s.station, shape.stations))
    if shape.period:
        query = query.where(_s.period == sa.bindparam("period"))
    if shape.partner_id is not None:
        query = query.where(_s.partner_id == sa.bindparam("partner"))
    if shape.region:
        query = query.where(_s.partner_id.in_(sa.select(_p.id).where(_p.region == sa.bindparam("region"))))
    if shape.overdue:
        query = query.where(_s.due_on < _TODAY)
    if shape.mine:
        query = query.where(turn)
    if shape.text:
        query = query.where(sa.or_(_contains(_s.number), _s.partner_id.in_(_named())))
    return query


def _contains(column: Any) -> Any:
    return sa.func.lower(column).like(sa.bindparam("text", type_=sa.String()), escape="\\")


def _named() -> Any:
    return sa.select(_p.id).where(sa.or_(_contains(_p.name), _contains(_p.code)))


@lru_cache(maxsize=_STATEMENTS)
def _sums(scope: Any, turn: Any, shape: Filters) -> Any:
    late = sa.func.sum(sa.case((_s.due_on < _TODAY, 1), else_=0)).label("late")
    counted = sa.select(
        _s.station,
        sa.func.count().label("number"),
        sa.func.sum(_s.total, type_=_s.total.type).label("total"),
        late,
    )
    return _narrowed(counted, scope, turn, shape).group_by(_s.station)


@lru_cache(maxsize=_STATEMENTS)
def _cards(scope: Any, turn: Any, shape: Filters) -> Any:
    parts = []
    for number, _column in enumerate(COLUMNS, start=1):
        query = _narrowed(_CARD, scope, turn, replace(shape, step=number))
        first = _s.station_since.desc() if number == len(COLUMNS) else _s.due_on
        parts.append(query.order_by(first, _s.id).limit(CARDS))
    return sa.union_all(*(sa.select(part.subquery()) for part in parts))


@lru_cache(maxsize=_STATEMENTS)
def _listed(scope: Any, turn: Any, shape: Filters) -> Any:
    return _narrowed(_CARD, scope, turn, shape)

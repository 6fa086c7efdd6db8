"""Reads for the held queue: what waits, until when, and what each filing is compared with."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.alike import TOLD_FROM, Resemblance
from portal.domain.calendar import add_working_days
from portal.domain.differences import Compared, compare_field
from portal.domain.evidence import IdentifierKind, identifiers_of
from portal.domain.facts import State
from portal.domain.matching import MatchReason, compare
from portal.domain.periods import business_date, day_start
from portal.domain.terms import EventKind
from portal.matching.service import compare_names, find_customer, keys_for
from portal.models import tables as t
from portal.paging import Page, page_by_key

PAGE_SIZE = 30
_DAY = timedelta(days=1)
_SUSPECT = t.customer.alias("suspect")
_MOST = 5
_COMPARED = ("customer_name_en", "city", "website", "phone", "contact")


def is_held() -> Any:
    """The condition said in the statement itself: PostgreSQL cannot know from a parameter how rare it is."""
    column = t.registration.c.state
    return column == sa.literal(State.HELD, column.type, literal_execute=True)


@lru_cache(maxsize=1)
def _queue() -> Any:
    c = t.registration.c
    return (
        sa.select(
            c.id, c.ref, c.customer_name, c.city, c.filed_at, c.match_reason, c.correction_since, c.version,
            c.suspect_id, t.partner.c.name.label("partner_name"), _SUSPECT.c.name.label("suspect_name"),
            _SUSPECT.c.founder_key.label("suspect_founder"),
        )
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .join(_SUSPECT, _SUSPECT.c.id == c.suspect_id, isouter=True)
        .where(is_held())
    )  # fmt: skip


def held_page(session: Session, *, cursor: str | None) -> Page:
    """One page of filings that wait for a decision, oldest first."""
    c = t.registration.c
    return page_by_key(
        session, _queue(), column=c.filed_at, key=c.id, descending=False, size=PAGE_SIZE, cursor=cursor
    )


def decide_by(filed_at: Any, working_days: int) -> date:
    """The last day on which a decision is in time (G4)."""
    return add_working_days(business_date(filed_at), working_days)


def count_held(session: Session, *, today: date, working_days: int) -> tuple[int, int]:
    """How many filings wait for a decision, and how many of them too long already."""
    row = session.execute(_counts(), {"edge": overdue_edge(today, working_days)}).one()
    return int(row.waiting), int(row.overdue or 0)


def overdue_edge(today: date, working_days: int) -> datetime:
    """What has waited since before this instant is overdue today."""
    waits_since = today
    while add_working_days(waits_since, working_days) >= today:
        waits_since -= _DAY
    return day_start(waits_since + _DAY)


@lru_cache(maxsize=1)
def _counts() -> Any:
    c = t.registration.c
    late = c.filed_at < sa.bindparam("edge", type_=c.filed_at.type)
    return sa.select(
        sa.func.count().label("waiting"), sa.func.sum(sa.case((late, 1), else_=0)).label("overdue")
    ).where(is_held())


def neighbours(session: Session, row: Any) -> tuple[int | None, int | None]:
    """The held filings before and after this one in the queue."""
    c = t.registration.c
    here, place = (row.filed_at, row.id), sa.tuple_(c.filed_at, c.id)
    held = sa.select(c.id).where(is_held()).limit(1)
    before = session.scalar(held.where(place < here).order_by(c.filed_at.desc(), c.id.desc()))
    after = session.scalar(held.where(place > here).order_by(c.filed_at, c.id))
    return before, after


def next_held(session: Session, row: Any) -> int | None:
    """The held filing to look at after this one: the next in the queue, else the oldest."""
    c = t.registration.c
    after = neighbours(session, row)[1]
    others = sa.select(c.id).where(is_held(), c.id != row.id).order_by(c.filed_at, c.id).limit(1)
    return after or session.scalar(others)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known customer that a held filing may be the same as, and why."""

    id: int
    name: str
    uscc: str | None
    reason: MatchReason
    score: float | None = None
    why: Resemblance | None = None
    names: float | None = None
    shared: tuple[IdentifierKind, ...] = ()


def candidates(session: Session, row: Any) -> list[Candidate]:
    """The nearest customers, the suspect first; without those decided to be others.

    By key, by what the filing was found to be like when it was filed, and by what is known since.
    """
    excluded = _decided_different(session, row.id)
    found, known = find_customer(session, keys_for(row.customer_name, row.uscc), excluded)
    alike = _compared(session, row.id) | _learned_since(session, row, excluded)
    alike = dict(sorted(alike.items(), key=lambda each: -each[1][0]))
    nearest = [each for each in (*found.nearest, *alike) if each not in excluded]
    ids = list(dict.fromkeys(([row.suspect_id] if row.suspect_id else []) + nearest))[:_MOST]
    c = t.customer.c
    rows = {
        each.id: each
        for each in session.execute(sa.select(c.id, c.name, c.uscc).where(c.id.in_(ids), _alive()))
    }
    keys = keys_for(row.customer_name, row.uscc)
    reasons = {
        each: compare(keys, known[each])[1] if each in known else MatchReason.LIKELY_NAME for each in rows
    }
    return [
        Candidate(each, rows[each].name, rows[each].uscc, reasons[each], *alike.get(each, ()))
        for each in ids
        if each in rows
    ]


def _compared(session: Session, registration_id: int) -> dict[int, tuple[Any, ...]]:
    """What customers were found to be like when it was filed, the likest first: as `Candidate` ends."""
    e, c = t.registration_event.c, t.customer.c
    data = session.scalar(
        sa.select(e.data)
        .where(e.registration_id == registration_id, e.kind == EventKind.COMPARED)
        .order_by(e.at.desc(), e.id.desc())
        .limit(1)
    )
    told = {each["founder"]: _told(each) for each in (data or {}).get("nearest", ())}
    rows = session.execute(sa.select(c.id, c.founder_key, c.merged_into_id).where(c.founder_key.in_(told)))
    ids = {row.founder_key: row.merged_into_id or row.id for row in rows}
    return {ids[founder]: alike for founder, alike in told.items() if founder in ids}


def _told(near: dict[str, Any]) -> tuple[float, Resemblance, float | None, tuple[IdentifierKind, ...]]:
    names = float(near["names"]) if "names" in near else None
    shared = tuple(IdentifierKind(kind) for kind in near.get("shared", ()))
    return float(near["score"]), Resemblance(near["why"]), names, shared


def found_like(session: Session, rows: Iterable[Any]) -> dict[int, tuple[Any, ...]]:
    """What the suspects of held filings were found to be like, by filing, where a comparison told."""
    founders = {row.id: row.suspect_founder for row in rows if row.suspect_id}
    e = t.registration_event.c
    query = sa.select(e.registration_id, e.data).where(
        e.registration_id.in_(founders), e.kind == EventKind.COMPARED
    )
    found: dict[int, tuple[Any, ...]] = {}
    for row in session.execute(query.order_by(e.at, e.id)):
        found.pop(row.registration_id, None)
        for near in row.data["nearest"]:
            if near["founder"] == founders[row.registration_id]:
                found[row.registration_id] = _told(near)
    return found


def _learned_since(session: Session, row: Any, excluded: Collection[int]) -> dict[int, tuple[Any, ...]]:
    """What customers are like now: some have learned names or identifiers since it was filed."""
    told = identifiers_of(row.website, row.phone, row.uscc)
    nearest = compare_names(
        session, row.customer_name, row.uscc, excluded, told, english=row.customer_name_en
    )
    return {
        near.customer: (near.alike.score, near.alike.why, near.names and near.names.score, near.shared)
        for near in nearest
        if near.alike.score >= TOLD_FROM
    }


def _alive() -> Any:
    return t.customer.c.merged_into_id.is_(None)


def _decided_different(session: Session, registration_id: int) -> set[int]:
    """Customers that somebody said this filing is not on; merged ones by what they became."""
    e, c = t.registration_event.c, t.customer.c
    told = session.scalars(
        sa.select(e.data).where(e.registration_id == registration_id, e.kind == EventKind.DECIDED_DIFFERENT)
    )
    ids = {data["customer_id"] for data in told if data.get("customer_id")}
    if not ids:
        return set()
    rows = session.execute(sa.select(c.id, c.merged_into_id).where(c.id.in_(ids)))
    return {row.merged_into_id or row.id for row in rows}


def side_by_side(row: Any, candidate: Any, names: Iterable[str], claims: Iterable[Any]) -> list[Compared]:
    """Every field of the filing beside what is known of the customer from all its filings."""
    filings = list(claims)
    lines = [
        compare_field("customer_name", row.customer_name, [candidate.name, *names]),
        compare_field("uscc", row.uscc, [candidate.uscc]),
    ]
    for field in _COMPARED:
        known = (getattr(each, field) for each in filings)
        lines.append(compare_field(field, getattr(row, field), known))
    return lines

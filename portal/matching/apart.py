"""What people said of two customers: not the same, one company that signed twice, parent and subsidiary.

"Not the same" is said of a filing and a customer (held queue), or of two customers. Both hold for
good: whatever either is merged into, and after that was taken back.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.identity_events import filing_of
from portal.domain.suspicions import Settled
from portal.domain.terms import EventKind
from portal.matching.stated import customers_now
from portal.models import tables as t

Pair = tuple[int, int]
"""Two customers' ids, the lesser first."""

_SETTLES = {
    EventKind.DECIDED_DIFFERENT: Settled.TOLD_APART,
    EventKind.TOLD_APART: Settled.TOLD_APART,
    EventKind.LINKED: Settled.LINKED,
    EventKind.BELONGS: Settled.BELONGS,
}


def pair_of(one: int, other: int) -> Pair:
    """The two in their order."""
    return (one, other) if one < other else (other, one)


@dataclass(frozen=True, slots=True)
class Said:
    """A fact about two sides, each any of several customers, as they are called today."""

    event_id: int
    registration_id: int
    kind: EventKind
    one: frozenset[int]
    other: frozenset[int]

    @property
    def pairs(self) -> Iterator[Pair]:
        """Every two customers that it is about."""
        return (pair_of(one, other) for one in self.one for other in self.other if one != other)


def relations(session: Session, customers: Collection[int]) -> dict[Pair, Settled]:
    """What was said of `customers` and any others."""
    found: dict[Pair, Settled] = {}
    for said in said_of(session, customers):
        found |= dict.fromkeys(said.pairs, _SETTLES[said.kind])
    return found


def told_apart(session: Session, one: int, other: int) -> bool:
    """Whether somebody said of two customers that they are not the same."""
    return relations(session, [one, other]).get(pair_of(one, other)) is Settled.TOLD_APART


def said_of(session: Session, customers: Collection[int]) -> list[Said]:
    """The facts on the filings of `customers` that tell them apart from others or link them, and hold."""
    rows = _facts(session, _seats(session, customers))
    if not rows:
        return []
    founders = {key for row in rows for key in (*_sides(row)[0], *_sides(row)[1])}
    known, now_on = customers_now(session, founders), _now_on(session, [row.registration_id for row in rows])
    linked = [row.data["other_id"] for row in rows if row.kind is EventKind.LINKED]
    became = _became(session, linked)
    return [_said(row, known, now_on, became) for row in rows]


def _said(row: Any, known: Mapping[int, int], now_on: Mapping[int, int], became: Mapping[int, int]) -> Said:
    here = {now_on[row.registration_id]} if row.registration_id in now_on else set()
    one, other = ({known[each] for each in side if each in known} for side in _sides(row))
    if row.kind is EventKind.LINKED:
        there = row.data["other_id"]
        one, other = here, {became[there]} if there in became else set()
    elif row.kind is EventKind.DECIDED_DIFFERENT:
        one = here
    return Said(row.id, row.registration_id, row.kind, frozenset(one), frozenset(other))


def _sides(row: Any) -> tuple[list[int], list[int]]:
    """The founders of both sides, with what was part of either when it was said."""
    data = row.data
    if row.kind is EventKind.TOLD_APART:
        return [data["founder"], *data["with"]], [data["other"], *data["other_with"]]
    if row.kind is EventKind.DECIDED_DIFFERENT and data.get("founder") is not None:
        return [], [data["founder"], *data.get("with", ())]
    if row.kind is EventKind.BELONGS:
        return [data["founder"]], [data["parent_founder"]]
    return [], []


def _seats(session: Session, customers: Collection[int]) -> set[int]:
    """The filings on which facts about `customers` stand: theirs, and those that founded them."""
    r, c = t.registration.c, t.customer.c
    seats: set[int] = set()
    for part in chunks(customers):
        seats.update(session.scalars(sa.select(r.id).where(r.customer_id.in_(part))))
        founders = sa.select(c.founder_key).where(sa.or_(c.id.in_(part), c.merged_into_id.in_(part)))
        seats.update(filing_of(key) for key in session.scalars(founders))
    return seats


def _facts(session: Session, seats: Collection[int]) -> list[Any]:
    e = t.registration_event.c
    rows: list[Any] = []
    for part in chunks(seats):
        rows += session.execute(
            sa.select(e.id, e.kind, e.registration_id, e.data, e.about_id)
            .where(e.registration_id.in_(part), e.kind.in_((*_SETTLES, EventKind.UNDONE)))
            .order_by(e.id)
        )
    undone = {row.about_id for row in rows if row.kind is EventKind.UNDONE}
    return [row for row in rows if row.kind in _SETTLES and row.id not in undone]


def _now_on(session: Session, registrations: Collection[int]) -> dict[int, int]:
    r = t.registration.c
    found: dict[int, int] = {}
    for part in chunks(set(registrations)):
        rows = session.execute(
            sa.select(r.id, r.customer_id).where(r.id.in_(part), r.customer_id.is_not(None))
        )
        found |= {row.id: row.customer_id for row in rows}
    return found


def _became(session: Session, customers: Collection[int]) -> dict[int, int]:
    c = t.customer.c
    found: dict[int, int] = {}
    for part in chunks(set(customers)):
        rows = session.execute(sa.select(c.id, c.merged_into_id).where(c.id.in_(part)))
        found |= {row.id: row.merged_into_id or row.id for row in rows}
    return found


def part_of(session: Session, customer: int) -> list[int]:
    """The founders of what became part of a customer: what is said of it is said of them too."""
    c = t.customer.c
    return sorted(session.scalars(sa.select(c.founder_key).where(c.merged_into_id == customer)))

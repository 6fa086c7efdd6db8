"""Filings that hang together, loaded for the identity fold.

It answers for them what it would answer for all: whoever bears or bore a key of theirs is among
them, and whoever founded what a fact on one of them is about, and the other way round.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.identity import (
    Corrected,
    DecidedDifferent,
    DecidedSame,
    Filed,
    IdentityEvent,
    Merged,
    Unmerged,
)
from portal.domain.identity_events import founder_keys
from portal.domain.matching import Keys, Outcome
from portal.domain.terms import EventKind, NameKind
from portal.domain.ties import TieKind
from portal.models import RegistrationEvent
from portal.models import tables as t

_KINDS = (
    EventKind.CORRECTED,
    EventKind.DECIDED_SAME,
    EventKind.DECIDED_DIFFERENT,
    EventKind.MERGED,
    EventKind.UNDONE,
    EventKind.COMPARED,
    EventKind.NAMED,
)
# Beyond this many filings at once, reading everything beats following links.
_ALL_FROM = 2000


@dataclass(frozen=True, slots=True)
class Stated:
    """A name that a person stated for the customer founded by `founder`, by the fact `event`."""

    event: int
    founder: int
    kind: NameKind
    name: str


@dataclass
class Component:
    """Filings that hang together, their identity events, the names they bear and those stated."""

    rows: dict[int, Any] = field(default_factory=dict)
    events: list[IdentityEvent] = field(default_factory=list)
    names: dict[int, list[tuple[str, Keys]]] = field(default_factory=dict)
    stated: list[Stated] = field(default_factory=list)
    customers: dict[int, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison of names found when it was made: the likely ones' founders, and lesser ones."""

    likely: tuple[int, ...] = ()
    related: bool = False

    @classmethod
    def told(cls, data: dict[str, Any]) -> "Compared":
        """Read the data of a `compared` fact."""
        outcomes = [(each["founder"], Outcome(each["outcome"])) for each in data["nearest"]]
        likely = tuple(founder for founder, outcome in outcomes if outcome is Outcome.POSSIBLY)
        return cls(likely, any(outcome is not Outcome.DIFFERENT for _founder, outcome in outcomes))


_NOT_COMPARED = Compared()

_FILINGS = sa.select(
    t.registration.c.id,
    t.registration.c.ref,
    t.registration.c.filed_at,
    t.registration.c.customer_name,
    t.registration.c.customer_name_en,
    t.registration.c.uscc,
    t.registration.c.full_key,
    t.registration.c.core_key,
    t.registration.c.customer_id,
    t.registration.c.suspect_id,
    t.registration.c.match_outcome,
    t.registration.c.match_reason,
)


_CUSTOMERS = sa.select(
    t.customer.c.id, t.customer.c.founder_key, t.customer.c.name, t.customer.c.uscc,
    t.customer.c.merged_into_id, t.customer.c.founder_at, t.customer.c.founder_ref,
)  # fmt: skip


def load_component(session: Session, seeds: Collection[int]) -> Component:
    """The filings linked with `seeds` by a key, a customer or a fact, now or ever, transitively."""
    if len(seeds) >= _ALL_FROM:
        return load_everything(session)
    component = Component()
    _follow_links(session, component, set(seeds))
    _load_customers(session, component)
    _load_events(session, component)
    return component


def load_everything(session: Session) -> Component:
    """All filings, and all customers."""
    component = Component()
    component.rows.update({row.id: row for row in session.execute(_FILINGS)})
    component.customers.update({row.id: row for row in session.execute(_CUSTOMERS)})
    _load_events(session, component)
    return component


def _follow_links(session: Session, component: Component, wanted: set[int]) -> None:
    seen_keys: set[tuple[str, Any]] = set()
    while wanted:
        fresh: list[Any] = []
        for part in chunks(wanted):
            fresh += session.execute(_FILINGS.where(t.registration.c.id.in_(part))).all()
        component.rows.update({row.id: row for row in fresh})
        keys = {key for row in fresh for key in _links(row)}
        keys |= _earlier_customers(session, fresh) | _ties(session, fresh)
        keys -= seen_keys
        seen_keys |= keys
        wanted = _linked(session, keys) - set(component.rows)


def _links(row: Any) -> list[tuple[str, Any]]:
    links = [("full_key", row.full_key), ("filing", str(row.id))]
    if row.core_key:
        links.append(("core_key", row.core_key))
    if row.uscc:
        links.append(("uscc", row.uscc))
    for customer in (row.customer_id, row.suspect_id):
        if customer is not None:
            links += [("customer_id", customer), ("suspect_id", customer)]
    return links


def _earlier_customers(session: Session, rows: list[Any]) -> set[tuple[str, Any]]:
    """Links to the customers that filings were on before: a merge undone leaves two with one past."""
    links: set[tuple[str, Any]] = set()
    c = t.placement.c
    for part in chunks([row.id for row in rows]):
        stays = sa.select(c.customer_id).where(c.registration_id.in_(part), c.customer_id.is_not(None))
        links |= {("customer_id", customer) for customer in session.scalars(stays)}
    return links


def _ties(session: Session, rows: list[Any]) -> set[tuple[str, Any]]:
    """Links by what facts on filings tie them to."""
    links: set[tuple[str, Any]] = set()
    c = t.tie.c
    for part in chunks([row.id for row in rows]):
        tied = session.execute(sa.select(c.kind, c.value).where(c.registration_id.in_(part)))
        links |= {(row.kind.value, row.value) for row in tied}
    return links


def _linked(session: Session, keys: set[tuple[str, Any]]) -> set[int]:
    by_column: defaultdict[str, list[Any]] = defaultdict(list)
    for column, value in keys:
        by_column[column].append(value)
    found: set[int] = set(map(int, by_column["filing"]))
    for column, values in by_column.items():
        for part in chunks(values):
            found.update(*(session.scalars(query) for query in _bearing(column, part)))
    return found


def _bearing(column: str, values: Collection[Any]) -> Iterator[Any]:
    """Queries for the filings that have one of these values, or had it or are tied to it."""
    r, c, stays = t.registration.c, t.tie.c, t.placement.c
    if column != TieKind.FILING:
        yield sa.select(r.id).where(r[column].in_(values))
    if column == "customer_id":
        yield sa.select(stays.registration_id).where(stays.customer_id.in_(values))
    elif column != "suspect_id":
        yield sa.select(c.registration_id).where(c.kind == TieKind(column), c.value.in_(values))


def _load_customers(session: Session, component: Component) -> None:
    """The customers that these filings are on, may be on or founded, and what was merged into them."""
    c = t.customer.c
    ids = {row.customer_id for row in component.rows.values()}
    ids |= {row.suspect_id for row in component.rows.values()}
    ids.discard(None)
    founders = {founder for filing in component.rows for founder in islice(founder_keys(filing), 2)}
    for column, values in ((c.id, ids), (c.founder_key, founders), (c.merged_into_id, ids)):
        for part in chunks(values):
            for row in session.execute(_CUSTOMERS.where(column.in_(part))):
                component.customers[row.id] = row


def _load_events(session: Session, component: Component) -> None:
    original: dict[int, Keys] = {}
    compared: dict[tuple[int, Any], Compared] = {}
    undone: set[int | None] = set()
    for part in chunks(component.rows):
        query = (
            sa.select(RegistrationEvent)
            .where(
                t.registration_event.c.registration_id.in_(part),
                t.registration_event.c.kind.in_(_KINDS),
            )
            .order_by(t.registration_event.c.at, t.registration_event.c.id)
        )
        for event in session.scalars(query):
            if event.kind is EventKind.COMPARED:
                compared[event.registration_id, event.at] = Compared.told(event.data)
            else:
                undone.add(event.about_id)
                _take_event(component, event, original)
    component.stated = sorted(
        (each for each in component.stated if each.event not in undone), key=lambda each: each.event
    )
    for place, each in enumerate(component.events):
        if isinstance(each, Corrected) and (found := compared.get((each.filing, each.at))):
            component.events[place] = replace(each, likely=found.likely, related=found.related)
    for row in component.rows.values():
        keys = Keys(row.uscc, row.full_key, row.core_key)
        component.names.setdefault(row.id, []).append((row.customer_name, keys))
        keys = original.get(row.id, keys)
        found = compared.get((row.id, row.filed_at), _NOT_COMPARED)
        filed = Filed(row.id, row.filed_at, row.ref, keys, found.likely, found.related)
        component.events.append(filed)


def _take_event(component: Component, event: Any, original: dict[int, Keys]) -> None:
    filing, data = event.registration_id, event.data
    if event.kind is EventKind.UNDONE:
        if "unmerged" in data:
            component.events.append(Unmerged(event.at, data["unmerged"]["loser"]))
    elif event.kind is EventKind.NAMED:
        stated = Stated(event.id, data["founder"], NameKind(data["kind"]), data["name"])
        component.stated.append(stated)
    elif event.kind is EventKind.MERGED:
        component.events.append(Merged(event.at, data["loser"], data["winner"]))
    elif event.kind is EventKind.CORRECTED:
        if "keys" in data:
            before, after = (Keys(*data["keys"][which]) for which in ("before", "after"))
            original.setdefault(filing, before)
            component.names.setdefault(filing, []).append((data["name_before"], before))
            component.events.append(Corrected(filing, event.at, after))
    else:
        same = event.kind is EventKind.DECIDED_SAME
        decided = DecidedSame if same else DecidedDifferent
        component.events.append(decided(filing, event.at, data["founder"]))

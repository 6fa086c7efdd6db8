"""The names customers are known by: what filings bear, their English names, what people state.

A projection of the facts, like where filings are. The whole name of a filing is a key of the identity
fold; every other name is looked at for likeness alone. One text stands once with a customer: as it
was filed, else as a person stated it, else as the English name of a filing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.identity import Assignment
from portal.domain.identity_events import filing_of
from portal.domain.names import keys_of, normalise
from portal.domain.terms import NameKind
from portal.matching import index
from portal.matching.component import Component
from portal.models import tables as t


class Name(NamedTuple):
    """A row of `customer_alias`; it comes from a filing, or from a fact that states it."""

    customer_id: int
    name: str
    full_key: str
    core_key: str | None
    kind: NameKind
    registration_id: int | None
    event_id: int | None


def name_row(
    customer: int, name: str, kind: NameKind, *, filing: int | None = None, event: int | None = None
) -> Name:
    """A name with the keys it is compared by."""
    keys = keys_of(name)
    return Name(customer, name, keys.full, keys.core, kind, filing, event)


def english_row(customer: int, name: str, filing: int) -> Name | None:
    """The English name of a filing as a name of its customer; None where it has no letters."""
    return name_row(customer, name, NameKind.ENGLISH, filing=filing) if normalise(name) else None


def names_of(
    component: Component, assignment: Assignment, ids: Mapping[int, int]
) -> Mapping[int, Mapping[str, Name]]:
    """Every customer's names by their full key."""
    wanted: defaultdict[int, dict[str, Name]] = defaultdict(dict)
    for each in _in_order_of_weight(component, assignment, ids):
        wanted[each.customer_id].setdefault(each.full_key, each)
    return wanted


def _in_order_of_weight(
    component: Component, assignment: Assignment, ids: Mapping[int, int]
) -> Iterator[Name]:
    on = {
        filing: ids[founder]
        for filing, history in assignment.filings.items()
        if (founder := history.placed[-1].founder) is not None
    }
    for filing, customer in on.items():
        borne = {keys.full for keys in assignment.filings[filing].borne}
        for name, keys in component.names[filing]:
            if keys.full not in borne:
                continue  # corrected before it came there
            yield Name(customer, name, keys.full, keys.core, NameKind.FILED, filing, None)
    for stated in component.stated:
        founder = _stands_for(assignment, stated.founder)
        if founder is not None:
            yield name_row(ids[founder], stated.name, stated.kind, event=stated.event)
    for filing, customer in on.items():
        english = english_row(customer, component.rows[filing].customer_name_en, filing)
        if english:
            yield english


def _stands_for(assignment: Assignment, founder: int) -> int | None:
    """The customer that a founder names by now; None while its filing is held.

    Merged: what it went into. No customer any more, as an older filing came to light: where it is.
    """
    while founder in assignment.merged:
        founder = assignment.merged[founder]
    if founder in assignment.customers:
        return founder
    history = assignment.filings.get(filing_of(founder))
    return history.placed[-1].founder if history else None


def keep_names(
    session: Session, component: Component, assignment: Assignment, ids: Mapping[int, int]
) -> set[int]:
    """Bring the names of all customers of a replay in line with what its facts say.

    Answers the customers that learned names, or have names no more.
    """
    wanted = names_of(component, assignment, ids)
    customers = set(ids.values()) | {row.id for row in component.customers.values()}
    stale: list[Any] = []
    stored: set[tuple[int, str]] = set()
    c = t.customer_alias.c
    for part in chunks(customers):
        for row in session.execute(sa.select(t.customer_alias).where(c.customer_id.in_(part))):
            told = wanted.get(row.customer_id, {}).get(row.full_key)
            if told is not None and agrees(row, told):
                stored.add((row.customer_id, row.full_key))
            else:
                stale.append(row)
    forget(session, stale)
    fresh = [
        each
        for names in wanted.values()
        for each in names.values()
        if (each.customer_id, each.full_key) not in stored
    ]
    enter(session, fresh)
    return {each.customer_id for each in (*fresh, *stale)}


def agrees(row: Any, told: Name) -> bool:
    """Whether a stored name is what is told: another spelling with the same keys is."""
    here = (row.core_key, row.kind, row.registration_id, row.event_id)
    there = (told.core_key, told.kind, told.registration_id, told.event_id)
    return here == there and keys_of(row.name).full == row.full_key


def enter(session: Session, names: Collection[Name]) -> None:
    """Write names and file them in the index: every row of `customer_alias` comes through here.

    None of them may be there yet.
    """
    if not names:
        return
    c = t.customer_alias.c
    written = sa.insert(t.customer_alias).returning(c.id, c.name)
    index.enter_names(
        session, [tuple(row) for row in session.execute(written, [each._asdict() for each in names])]
    )


def forget(session: Session, rows: Collection[Any]) -> None:
    """Take names away, and what the index has of them: no foreign key does that."""
    index.forget_names(session, [(row.id, row.name) for row in rows])
    for part in chunks([row.id for row in rows]):
        session.execute(sa.delete(t.customer_alias).where(t.customer_alias.c.id.in_(part)))


def enter_filed(session: Session, customer: int, filing: int, name: str, english: str) -> bool:
    """Let a customer learn the names of its newest filing; whether it was not known by one of them."""
    told = [name_row(customer, name, NameKind.FILED, filing=filing)]
    if english and (row := english_row(customer, english, filing)):
        told.append(row)
    c = t.customer_alias.c
    keys = {each.full_key for each in told}
    known = {
        row.full_key: row
        for row in session.execute(
            sa.select(c.id, c.name, c.full_key, c.kind).where(c.customer_id == customer, c.full_key.in_(keys))
        )
    }
    filed = known.get(told[0].full_key)
    if filed is not None and filed.kind is not NameKind.FILED:
        forget(session, [filed])
        del known[filed.full_key]
    fresh = {each.full_key: each for each in reversed(told) if each.full_key not in known}
    enter(session, list(fresh.values()))
    return bool(fresh)

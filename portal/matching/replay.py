"""Re-run the identity fold over all filings that hang together, and write where each belongs.

Needed whenever something older than the newest filing comes in: an import of history, a decision
on a held filing, a correction, a merge.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.identity import Assignment, FilingHistory, assign
from portal.domain.identity_events import filing_of
from portal.domain.matching import RULESET
from portal.matching.component import Component, load_component
from portal.matching.identifiers import write_identifiers
from portal.matching.naming import keep_names
from portal.matching.pairs import due, refresh
from portal.models import tables as t


@dataclass
class Reassigned:
    """What a replay touched: customers to settle, claims that are held, customers to compare with others."""

    customers: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    learned: set[int] = field(default_factory=set)


def reassign(
    session: Session, seeds: Collection[int], before_moving: Callable[[Collection[int]], None]
) -> Reassigned:
    """Replay the identity of everything linked with `seeds`; the caller settles what is returned.

    `before_moving` is told which claims are about to change customer, so that none of them stands
    as an owner meanwhile. The caller holds the registry lock.
    """
    component = load_component(session, seeds)
    assignment = assign(component.events)
    touched = Reassigned()
    ids = _write_customers(session, component, assignment, touched)
    _write_placements(session, component, assignment, ids, touched)
    _write_filings(session, component, assignment, ids, touched, before_moving)
    touched.learned |= keep_names(session, component, assignment, ids)
    _drop_orphans(session, component, set(ids.values()), touched)
    touched.learned |= write_identifiers(session, set(ids.values()))
    touched.learned &= {ids[founder] for founder in assignment.customers}
    due(session, touched.learned)
    refresh(session, {*ids, *(row.founder_key for row in component.customers.values())})
    return touched


def _write_customers(
    session: Session, component: Component, assignment: Assignment, touched: Reassigned
) -> dict[int, int]:
    """Rows for all founders; an existing row follows its founding filing. Answers their ids."""
    by_founder = {row.founder_key: row.id for row in component.customers.values()}
    founders = [*assignment.customers, *assignment.merged]
    ids = {founder: by_founder[founder] for founder in founders if founder in by_founder}
    touched.learned |= _adopt(session, component, assignment, ids)
    fresh = [founder for founder in founders if founder not in ids]
    # Codes move between customers: free them before any is set anew (they are unique).
    for part in chunks(component.customers):
        session.execute(sa.update(t.customer).where(t.customer.c.id.in_(part)).values(uscc=None))
    rows = [_founded(component, founder) for founder in fresh]
    if rows:
        session.execute(sa.insert(t.customer), rows)
        for part in chunks(fresh):
            found = sa.select(t.customer.c.founder_key, t.customer.c.id).where(
                t.customer.c.founder_key.in_(part)
            )
            ids.update({row.founder_key: row.id for row in session.execute(found)})
    _update_customers(session, assignment, ids)
    touched.learned |= _lost_code(component, assignment, ids)
    return ids


def _lost_code(component: Component, assignment: Assignment, ids: Mapping[int, int]) -> set[int]:
    """Customers without the code that told them from others so far: they may be one with them now."""
    codes = {ids[founder]: known.code for founder, known in assignment.customers.items()}
    return {row.id for row in component.customers.values() if row.uscc and row.uscc != codes.get(row.id)}


def _founded(component: Component, founder: int) -> dict[str, Any]:
    row = component.rows[filing_of(founder)]
    return {
        "name": row.customer_name,
        "founder_key": founder,
        "founder_at": row.filed_at,
        "founder_ref": row.ref,
        "created_at": row.filed_at,
    }


def _adopt(session: Session, component: Component, assignment: Assignment, ids: dict[int, int]) -> set[int]:
    """Keep a customer's row when an older filing turns out to be its founder; answers which were kept so."""
    taken, adopted = set(ids.values()), set[int]()
    for row in component.customers.values():
        history = assignment.filings.get(filing_of(row.founder_key))
        founder = history.placed[-1].founder if history else None
        if row.id in taken or founder is None or founder in ids:
            continue
        ids[founder] = row.id
        taken.add(row.id)
        adopted.add(row.id)
        session.execute(
            sa.update(t.customer).where(t.customer.c.id == row.id).values(**_founded(component, founder))
        )
    return adopted


def _update_customers(session: Session, assignment: Assignment, ids: dict[int, int]) -> None:
    table = t.customer
    coded = [
        {"row_id": ids[founder], "code": known.code}
        for founder, known in assignment.customers.items()
        if known.code
    ]
    if coded:
        update = sa.update(table).where(table.c.id == sa.bindparam("row_id"))
        session.connection().execute(update.values(uscc=sa.bindparam("code")), coded)
    for part in chunks([ids[founder] for founder in assignment.customers]):
        apart = sa.and_(table.c.id.in_(part), table.c.merged_into_id.is_not(None))
        session.execute(sa.update(table).where(apart).values(merged_into_id=None))
    for loser in assignment.merged:
        winner = ids[last_winner(assignment, loser)]
        session.execute(
            sa.update(t.customer).where(t.customer.c.id == ids[loser]).values(merged_into_id=winner)
        )


def last_winner(assignment: Assignment, loser: int) -> int:
    """The customer into which a merged one went in the end."""
    while loser in assignment.merged:
        loser = assignment.merged[loser]
    return loser


def stays(history: FilingHistory, filing: int, ids: Mapping[int, int]) -> Iterator[tuple[Any, ...]]:
    """The rows of `placement` of a filing: registration, since when, customer, by which rule."""
    for placed in history.placed:
        founder = placed.founder
        yield (filing, placed.at, None if founder is None else ids[founder], placed.rule)


_STAY = ("registration_id", "at", "customer_id", "rule")


def _write_placements(
    session: Session,
    component: Component,
    assignment: Assignment,
    ids: dict[int, int],
    touched: Reassigned,
) -> None:
    stored: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for part in chunks(component.rows):
        query = (
            sa.select(
                t.placement.c.registration_id,
                t.placement.c.at,
                t.placement.c.customer_id,
                t.placement.c.rule,
            )
            .where(t.placement.c.registration_id.in_(part))
            .order_by(t.placement.c.at)
        )
        for row in session.execute(query):
            stored[row.registration_id].append(tuple(row))
    changed: list[int] = []
    rows: list[dict[str, Any]] = []
    for filing, history in assignment.filings.items():
        placed = list(stays(history, filing, ids))
        if placed != stored[filing]:
            changed.append(filing)
            rows += [dict(zip(_STAY, stay, strict=True)) for stay in placed]
            touched.customers |= {stay[2] for stay in placed + stored[filing]} - {None}
    for part in chunks(changed):
        session.execute(sa.delete(t.placement).where(t.placement.c.registration_id.in_(part)))
    if rows:
        session.execute(sa.insert(t.placement), rows)


def _write_filings(
    session: Session,
    component: Component,
    assignment: Assignment,
    ids: dict[int, int],
    touched: Reassigned,
    before_moving: Callable[[Collection[int]], None],
) -> None:
    rows: list[dict[str, Any]] = []
    moving: list[int] = []
    for filing, history in assignment.filings.items():
        founder = history.placed[-1].founder
        customer = None if founder is None else ids[founder]
        suspect = None if history.suspect is None else ids[history.suspect]
        if customer is None:
            touched.held.add(filing)
        wanted = (customer, suspect, history.match.outcome.value, history.match.reason.value)
        stored = component.rows[filing]
        if stored.customer_id is not None and stored.customer_id != customer:
            moving.append(filing)
        if wanted != tuple(getattr(stored, column) for column in _MATCHED):
            rows.append({"row_id": filing, **dict(zip(_MATCHED, wanted, strict=True))})
    if not rows:
        return
    before_moving(moving)
    table = t.registration
    update = sa.update(table).where(table.c.id == sa.bindparam("row_id"))
    values: dict[str, Any] = {column: sa.bindparam(column) for column in _MATCHED}
    session.connection().execute(update.values(match_ruleset=RULESET, **values), rows)


_MATCHED = ("customer_id", "suspect_id", "match_outcome", "match_reason")


def _drop_orphans(session: Session, component: Component, live: set[int], touched: Reassigned) -> None:
    """Customers whose every filing turned out to be on another one."""
    orphans = {row.id for row in component.customers.values()} - live
    for part in chunks(orphans):
        # Its names are gone already; what was once owned of it goes with it (ON DELETE CASCADE).
        session.execute(sa.delete(t.customer).where(t.customer.c.id.in_(part)))
    touched.customers -= orphans

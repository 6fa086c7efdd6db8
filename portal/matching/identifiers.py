"""What customers are known by beside their names: kept with them, and asked for when a filing comes (§6)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks, insert_plain
from portal.domain.alike import SHARED_FROM
from portal.domain.company import Company, parse
from portal.domain.evidence import (
    Holder,
    Identifier,
    IdentifierKind,
    Weighed,
    identifiers_of,
    is_shared,
    weigh_names,
)
from portal.domain.terms import EventKind
from portal.matching.apart import relations
from portal.matching.pairs import due
from portal.matching.stated import stated_of
from portal.models import tables as t

Row = tuple[IdentifierKind, str, int]
_AT_ONCE = 8


def identifier_rows(session: Session, customers: Collection[int] | None) -> set[Row]:
    """The rows that customers (None: all) should have: what their filings state, and what people did."""
    r = t.registration.c
    query = sa.select(r.customer_id, r.website, r.phone).where(r.customer_id.is_not(None))
    wanted: set[Row] = set()
    for part in [None] if customers is None else chunks(customers):
        for row in session.execute(query if part is None else query.where(r.customer_id.in_(part))):
            wanted |= {(*each, row.customer_id) for each in identifiers_of(row.website, row.phone)}
    for fact in stated_of(session, customers, EventKind.IDENTIFIED):
        wanted.add((IdentifierKind(fact.data["kind"]), fact.data["value"], fact.customer))
    return wanted


def write_identifiers(session: Session, customers: Collection[int]) -> set[int]:
    """Bring the identifiers of these customers in line with what is stated of them; who learned one."""
    c = t.customer_identifier.c
    wanted, stored = identifier_rows(session, customers), set[Row]()
    for part in chunks(customers):
        rows = session.execute(sa.select(c.kind, c.value, c.customer_id).where(c.customer_id.in_(part)))
        stored |= {(row.kind, row.value, row.customer_id) for row in rows}
    for kind, value, customer in stored - wanted:
        gone = sa.and_(c.kind == kind, c.value == value, c.customer_id == customer)
        session.execute(sa.delete(t.customer_identifier).where(gone))
    _insert(session, sorted(wanted - stored))
    return {customer for _kind, _value, customer in wanted - stored}


def rebuild_identifiers(session: Session) -> None:
    """Derive the identifiers of all customers anew: after a change of how they are read, or for repair."""
    session.execute(sa.delete(t.customer_identifier))
    _insert(session, sorted(identifier_rows(session, None)))


def teach_identifiers(
    session: Session, customer_id: int, told: Collection[Identifier], *, fresh: bool
) -> None:
    """Let a customer learn a new filing's website and telephone; a `fresh` one knows none yet.

    What one that is known learns was compared with nobody yet.
    """
    c, known = t.customer_identifier.c, set[Identifier]()
    if told and not fresh:
        rows = session.execute(sa.select(c.kind, c.value).where(c.customer_id == customer_id))
        known = {(row.kind, row.value) for row in rows}
    news = set(told) - known
    _insert(session, sorted((*each, customer_id) for each in news))
    if news and not fresh:
        due(session, [customer_id])


def _insert(session: Session, rows: Sequence[Row]) -> None:
    if rows:
        plain = [(kind.value, value, customer) for kind, value, customer in rows]
        insert_plain(session, t.customer_identifier, ("kind", "value", "customer_id"), plain)


@dataclass(slots=True)
class Bearer:
    """A known customer with identifiers of a filing: those that tell something, those that are shared."""

    row: Any
    equal: set[IdentifierKind] = field(default_factory=set)
    shared: set[IdentifierKind] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Standing:
    """The customers that an identifier stands at, as many as it takes to see whether it is shared."""

    rows: Sequence[Any]
    shared: bool


def standing_of(session: Session, identifiers: Collection[Identifier]) -> dict[Identifier, Standing]:
    """Where identifiers stand, those that stand anywhere."""
    found: defaultdict[Identifier, list[Any]] = defaultdict(list)
    ordered = sorted(identifiers)
    for start in range(0, len(ordered), _AT_ONCE):
        asked = dict[str, str]()
        for at, (kind, value) in enumerate(ordered[start : start + _AT_ONCE]):
            asked |= {f"kind{at}": kind, f"value{at}": value}
        for row in session.execute(_standing(len(asked) // 2), asked):
            found[IdentifierKind(row.kind), row.value].append(row)
    apart = set[frozenset[int]]()
    if any(len(rows) == SHARED_FROM - 1 for rows in found.values()):
        apart = _apart(session, {row.id for rows in found.values() for row in rows})
    return {
        identifier: Standing(rows, is_shared([Holder(row.id, row.uscc) for row in rows], apart))
        for identifier, rows in found.items()
    }


def _apart(session: Session, customers: Collection[int]) -> set[frozenset[int]]:
    """Pairs of which somebody said that they are two companies, or two that signed."""
    return {frozenset(pair) for pair in relations(session, customers)}


def bearers_of(session: Session, identifiers: Collection[Identifier]) -> dict[int, Bearer]:
    """The customers that have one of these identifiers, a few for each; by customer."""
    found: dict[int, Bearer] = {}
    for (kind, _value), standing in standing_of(session, identifiers).items() if identifiers else ():
        for row in standing.rows:
            bearer = found.setdefault(row.id, Bearer(row))
            (bearer.shared if standing.shared else bearer.equal).add(kind)
    return found


@lru_cache(maxsize=8)
def _standing(number: int) -> Any:
    """So many customers for each as it takes to see that it is shared, one look-up each."""
    i, c = t.customer_identifier.c, t.customer.c
    parts = []
    for at in range(number):
        of_one = (
            sa.select(i.kind, i.value, c.id, c.name, c.founder_key, c.uscc)
            .join(t.customer, c.id == i.customer_id)
            .where(i.kind == sa.bindparam(f"kind{at}"), i.value == sa.bindparam(f"value{at}"))
            .where(c.merged_into_id.is_(None))
            .order_by(i.customer_id)
            .limit(SHARED_FROM)
            .subquery()
        )
        parts.append(sa.select(of_one))
    return sa.union_all(*parts)


def shared_values(session: Session) -> set[Identifier]:
    """Every identifier that is shared: for taking all of them along."""
    i, c = t.customer_identifier.c, t.customer.c
    several = (
        sa.select(i.kind, i.value).group_by(i.kind, i.value).having(sa.func.count() > 1).subquery("several")
    )
    rows = session.execute(
        sa.select(i.kind, i.value, c.id, c.uscc)
        .join(several, sa.and_(several.c.kind == i.kind, several.c.value == i.value))
        .join(t.customer, c.id == i.customer_id)
    )
    standing: defaultdict[Identifier, list[Holder]] = defaultdict(list)
    for row in rows:
        standing[IdentifierKind(row.kind), row.value].append(Holder(row.id, row.uscc))
    two = {each.customer for holders in standing.values() if len(holders) < SHARED_FROM for each in holders}
    apart = _apart(session, two)
    return {identifier for identifier, holders in standing.items() if is_shared(holders, apart)}


def weigh_bearers(
    session: Session, asked: Company, bearers: Mapping[int, Bearer]
) -> dict[int, tuple[str, Weighed]]:
    """Compare a name with all names of the customers that have an identifier of it which tells something.

    Answers what it comes to and with which name, by customer.
    """
    alias = t.customer_alias.c
    known: defaultdict[int, list[str]] = defaultdict(list)
    for part in chunks(customer for customer, each in bearers.items() if each.equal):
        query = sa.select(alias.customer_id, alias.name).where(alias.customer_id.in_(part)).order_by(alias.id)
        for row in session.execute(query):
            known[row.customer_id].append(row.name)
    found = {}
    for customer, names in known.items():
        weighed = weigh_names(asked, [parse(name) for name in names], bearers[customer].equal)
        found[customer] = (names[weighed.place], weighed)
    return found

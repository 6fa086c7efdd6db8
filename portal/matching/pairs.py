"""Pairs of customers that may be one: which customers are still to be compared, which pairs are open."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.names import keys_of
from portal.domain.suspicions import Settled, Side, settled_by
from portal.matching.apart import Pair, pair_of, relations
from portal.models import tables as t

# Beyond this many customers at once, reading all pairs beats asking for theirs.
_ALL_FROM = 2000


def due(session: Session, customer_ids: Collection[int]) -> None:
    """Note that customers learned a name or lost a code: they are compared with the others later.

    Belongs into the transaction that teaches them; the caller holds the registry lock.
    """
    c, noted = t.customer.c, t.comparison_due.c.customer_id
    for part in chunks(set(customer_ids)):
        fresh = sa.select(c.id).where(c.id.in_(part), ~sa.exists().where(noted == c.id))
        session.execute(sa.insert(t.comparison_due).from_select(["customer_id"], fresh))


def refresh(session: Session, founders: Collection[int] | None) -> None:
    """Bring in line with the facts which pairs of these customers are open; None: all pairs."""
    rows = _rows(session, founders)
    flips = [
        {"row_id": row.id, "open_now": why is None}
        for row, why in judged(session, rows)
        if row.is_open != (why is None)
    ]
    if flips:
        table = t.suspicion
        update = sa.update(table).where(table.c.id == sa.bindparam("row_id"))
        values = {"is_open": sa.bindparam("open_now"), "version": table.c.version + 1}
        session.connection().execute(update.values(values), flips)


def refresh_customers(session: Session, customers: Collection[int]) -> None:
    """The same, for customers by their ids."""
    c = t.customer.c
    refresh(session, list(session.scalars(sa.select(c.founder_key).where(c.id.in_(customers)))))


def _rows(session: Session, founders: Collection[int] | None) -> list[Any]:
    query, c = sa.select(t.suspicion), t.suspicion.c
    if founders is None or len(founders) >= _ALL_FROM:
        return list(session.execute(query.order_by(c.id)))
    found: dict[int, Any] = {}
    for part in chunks(set(founders)):
        about = query.where(sa.or_(c.one.in_(part), c.other.in_(part)))
        found |= {row.id: row for row in session.execute(about)}
    return list(found.values())


def judged(session: Session, rows: Collection[Any]) -> Iterator[tuple[Any, Settled | None]]:
    """Each pair with what has settled it; None: a person still has to say whether they are one."""
    if not rows:
        return
    ids = customers_by(session, {key for row in rows for key in (row.one, row.other)})
    sides = _sides(session, ids.values())
    told = relations(session, ids.values())
    for row in rows:
        one, other = ids.get(row.one), ids.get(row.other)
        said = told.get(_pair(one, other))
        names = (keys_of(row.one_name).full, keys_of(row.other_name).full)
        yield row, settled_by(sides.get(one), sides.get(other), names=names, told=said)


def _pair(one: int | None, other: int | None) -> Pair:
    return pair_of(one or 0, other or 0)


def customers_by(session: Session, founders: Iterable[int]) -> dict[int, int]:
    """The customers that these filings founded and that are not merged, by founder."""
    c = t.customer.c
    found: dict[int, int] = {}
    for part in chunks(set(founders)):
        query = sa.select(c.founder_key, c.id).where(c.founder_key.in_(part), c.merged_into_id.is_(None))
        found |= {row.founder_key: row.id for row in session.execute(query)}
    return found


def _sides(session: Session, customers: Iterable[int]) -> dict[int | None, Side]:
    c, alias = t.customer.c, t.customer_alias.c
    sides: dict[int | None, Side] = {}
    for part in chunks(set(customers)):
        names: dict[int, set[str]] = {}
        bears = sa.select(alias.customer_id, alias.full_key).where(alias.customer_id.in_(part))
        for row in session.execute(bears):
            names.setdefault(row.customer_id, set()).add(row.full_key)
        for row in session.execute(sa.select(c.id, c.uscc).where(c.id.in_(part))):
            sides[row.id] = Side(row.uscc, names.get(row.id, set()))
    return sides

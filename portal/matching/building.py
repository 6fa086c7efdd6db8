"""Build the index of names anew: after a change of the rules that take names apart, or for repair.

Taking names apart is most of the work: where there are many it is shared out to processes.
"""

import multiprocessing
from array import array
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import insert_plain
from portal.domain.company import parse
from portal.matching.index import grams_of
from portal.models import tables as t

# Names taken apart at a time by one process; batches of them written at a time. Each writing goes
# through the whole table once: the more at once, the fewer.
_BATCH = 5000
_AT_ONCE = 60
_ALIAS_BITS = 32
_ALIAS = (1 << _ALIAS_BITS) - 1

Batch = list[tuple[int, str]]


def rebuild_index(session: Session, *, processes: int = 1) -> int:
    """File every known name anew; how many. Nobody can file a name meanwhile: hold the registry's lock."""
    number: int = session.scalar(sa.select(sa.func.count()).select_from(t.customer_alias)) or 0
    connection = session.connection()
    # Made anew at the end, at a tenth of what keeping them up row by row costs.
    by_alias = next(each for each in t.name_gram.indexes if "alias_id" in each.columns)
    postgres = connection.dialect.name == "postgresql"
    constraints = [t.name_gram.primary_key, *t.name_gram.foreign_key_constraints] if postgres else []
    if postgres:
        connection.exec_driver_sql("TRUNCATE name_gram, gram_count")
        by_alias.drop(connection)
    else:
        # Deleting row by row takes longer than writing them; a new table is empty at once.
        t.name_gram.drop(connection)
        t.name_gram.create(connection)
        by_alias.drop(connection)
        session.execute(sa.delete(t.gram_count))
    for each in constraints:
        connection.execute(sa.schema.DropConstraint(each))
    with _pieces(_batches(session), processes if number > _BATCH else 1) as found:
        while parts := list(islice(found, _AT_ONCE)):
            pairs = sorted(chain.from_iterable(parts))
            rows = ((pair >> _ALIAS_BITS, pair & _ALIAS) for pair in pairs)
            insert_plain(session, t.name_gram, ("gram", "alias_id"), rows)
    for each in constraints:
        connection.execute(sa.schema.AddConstraint(each, isolate_from_table=False))
    by_alias.create(connection)
    c = t.name_gram.c
    counted = sa.select(c.gram, sa.func.count()).group_by(c.gram)
    session.execute(sa.insert(t.gram_count).from_select(["gram", "names"], counted))
    if postgres:
        connection.exec_driver_sql("ANALYZE name_gram, gram_count")
    return number


def _batches(session: Session) -> Iterator[Batch]:
    alias = t.customer_alias.c
    last = 0
    while True:
        query = sa.select(alias.id, alias.name).where(alias.id > last).order_by(alias.id).limit(_BATCH)
        batch = [(row.id, row.name) for row in session.execute(query)]
        if not batch:
            return
        yield batch
        last = batch[-1][0]


@contextmanager
def _pieces(batches: Iterator[Batch], processes: int) -> Iterator[Iterator[Any]]:
    """Each batch's pairs of piece and name, a pair in one number."""
    if processes < 2:
        yield map(_pairs, batches)
        return
    # A fresh interpreter each: a forked one would share the database's connection.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=fresh) as pool:
        yield _ahead(pool, batches, _AT_ONCE)


def _ahead(pool: ProcessPoolExecutor, batches: Iterable[Batch], most: int) -> Iterator[Any]:
    """Results in order, with at most so many batches under way: names are read as they are needed."""
    waiting: list[Any] = []
    for batch in batches:
        waiting.append(pool.submit(_pairs, batch))
        if len(waiting) >= most:
            yield waiting.pop(0).result()
    for each in waiting:
        yield each.result()


def _pairs(batch: Batch) -> "array[int]":
    found: list[int] = []
    for alias_id, name in batch:
        # Past the cache, which is for names that are asked for again.
        found.extend([gram << _ALIAS_BITS | alias_id for gram in grams_of(parse.__wrapped__(name))])
    found.sort()
    return array("Q", found)

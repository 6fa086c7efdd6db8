"""Build the index of names anew: after a change of the rules that take names apart, or for repair.

Taking names apart is most of the work: where there are many it is shared with other processes. What
is found is cut into ranges of pieces, so that each table is written once, in its own order.
"""

import struct
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.company import parse
from portal.matching.bulk import emptied, fill
from portal.matching.helpers import helpers
from portal.matching.index import grams_of
from portal.models import tables as t

# Names taken apart at a time; names in all from which other processes are worth their start.
_BATCH = 2000
_SHARED_FROM = 40_000
# The pieces of about so many names are put in order and written at a time.
_AT_ONCE = 40_000
_ALIAS_BITS = 32
_GRAMS = 1 << 32

Batch = list[tuple[int, str]]


def rebuild_index(session: Session, *, processes: int = 1) -> int:
    """File every known name anew; how many. Nobody can file a name meanwhile: hold the registry's lock."""
    with emptied(session, t.name_gram, t.gram_count):
        return fill_index(session, processes=processes)


def fill_index(session: Session, *, processes: int = 1) -> int:
    """File every known name in an index that was made or emptied in this transaction; how many."""
    number: int = session.scalar(sa.select(sa.func.count()).select_from(t.customer_alias)) or 0
    with helpers(processes - 1 if number >= _SHARED_FROM else 0) as others:
        found = list(others.in_any_order(_pairs, _batches(session)))
        ranges = _ranges(found, number // _AT_ONCE + 1)
        for rows, counts in others.in_order(_rows, ranges):
            fill(session, t.name_gram, rows)
            fill(session, t.gram_count, counts)
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


def _pairs(batch: Batch) -> "array[int]":
    """The batch's pairs of piece and name, a pair in one number, in order."""
    found: list[int] = []
    for alias_id, name in batch:
        # Past the cache, which is for names that are asked for again.
        found += [gram << _ALIAS_BITS | alias_id for gram in grams_of(parse.__wrapped__(name))]
    found.sort()
    return array("Q", found)


def _ranges(found: "list[array[int]]", number: int) -> "Iterator[list[array[int]]]":
    """All pairs in so many parts, one range of pieces after the other."""
    ends = [(_GRAMS * part // number) << _ALIAS_BITS for part in range(1, number + 1)]
    begun = [0] * len(found)
    for end in ends:
        starts, begun = begun, [bisect_left(pairs, end) for pairs in found]
        yield [pairs[start:stop] for pairs, start, stop in zip(found, starts, begun, strict=True)]


def _rows(parts: "Iterable[array[int]]") -> tuple[bytes, bytes]:
    """The rows of both tables for a range of pieces, as `bulk.fill` takes them."""
    pairs = array("Q", sorted(chain.from_iterable(parts)))
    if sys.byteorder == "little":
        pairs.byteswap()
    rows = pairs.tobytes()
    grams = struct.unpack(f">{len(rows) // 4}I", rows)[::2]
    counts = list(chain.from_iterable(Counter(grams).items()))
    return rows, struct.pack(f">{len(counts)}I", *counts)

"""Whether the index of names holds what the names are filed under.

That every name has pieces, every piece a name, and that the counts are right is asked of the
database in sets. Whether a name's pieces are the right ones takes the name apart; of very many
names so many, spread evenly.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.company import parse
from portal.domain.errors import RuleViolation
from portal.matching.index import grams_of
from portal.models import tables as t

Problem = tuple[str, Any, RuleViolation]
"""Table, row, and what is wrong with it."""

# Names taken apart: in a second.
_TAKEN_APART = 20_000
# Rows named of each kind: where the index is missing, that are all.
_NAMED = 20
_HIGHEST = (1 << 32) - 1


def problems(session: Session) -> Iterator[Problem]:
    """Where names and index differ; `portal rebuild index` repairs it."""
    g = t.name_gram.c
    # Numbers are below 2³²; what was slipped in may be so high that their sum is none.
    total = sa.cast(sa.func.sum(g.gram.bitwise_and(_HIGHEST)), sa.BigInteger)
    held = sa.select(g.alias_id, sa.func.count(), total)
    found = {alias: (pieces, total) for alias, pieces, total in session.execute(held.group_by(g.alias_id))}
    yield from _some("customer_alias", "check.not_indexed", _misfiled(session, found))
    yield from _some("name_gram", "check.nobodys_pieces", sorted(found))
    yield from _some("gram_count", "check.pieces_counted", session.scalars(_counted_wrong()))


def _some(table: str, code: str, rows: Iterable[int]) -> Iterator[Problem]:
    remaining = iter(rows)
    for row in islice(remaining, _NAMED):
        yield table, row, RuleViolation(code)
    more = sum(1 for _row in remaining)
    if more:
        yield table, "*", RuleViolation("check.more", number=more)


def _misfiled(session: Session, found: dict[int, tuple[int, int]]) -> Iterator[int]:
    """Names that have no pieces in the index or others than they should; takes theirs out of `found`."""
    c = t.customer_alias.c
    number = session.scalar(sa.select(sa.func.count()).select_from(t.customer_alias)) or 0
    step = -(-number // _TAKEN_APART)
    for place, row in enumerate(session.execute(sa.select(c.id, c.name).order_by(c.id))):
        held = found.pop(row.id, None)
        if held is None or (place % step == 0 and held != _pieces(row.name)):
            yield row.id


def _pieces(name: str) -> tuple[int, int]:
    """How many pieces a name has, and the sum of their numbers: no piece is changed without it."""
    grams = grams_of(parse.__wrapped__(name))
    return len(grams), sum(grams)


def _counted_wrong() -> Any:
    """Pieces that are in another number of names than is written, and such as are in none."""
    g, n = t.name_gram.c, t.gram_count.c
    counted = sa.select(g.gram, sa.func.count().label("names")).group_by(g.gram).subquery()
    written = sa.func.coalesce(n.names, 0)
    wrong = (
        sa.select(counted.c.gram)
        .join(t.gram_count, n.gram == counted.c.gram, isouter=True)
        .where(written != counted.c.names)
    )
    nowhere = sa.select(n.gram).where(~sa.exists().where(g.gram == n.gram))
    return sa.union_all(wrong, nowhere)

"""The index of known names: filed under numbered pieces, asked for the names that share the rarest.

Ordinary tables of whole numbers, the same on SQLite and PostgreSQL. The index only proposes; how
alike two names are is `domain.likeness`'s business, so a piece too many or too few does no harm.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import insert_plain, is_postgres
from portal.domain.company import Company, parse
from portal.domain.grams import Family, asked_of, numbers, pieces_of
from portal.models import tables as t

# What a question may cost: entries read in a family of pieces, in one piece; names brought back.
_ENTRIES = 4000
_ENTRIES_OF_ONE = 2000
_NAMES = 60
_NAMES_BY_SKIPPED = 20
# Rows sent to PostgreSQL at a time.
_TOGETHER = 100_000
_FILED_ON = "ON CONFLICT (gram, alias_id) DO NOTHING"
_COUNT_ON = "ON CONFLICT (gram) DO UPDATE SET names = gram_count.names + excluded.names"
# Both tables at once: PostgreSQL is asked one question instead of two, in words it keeps a plan for.
_FILE_BOTH = f"""
    WITH filed AS (
        INSERT INTO name_gram (gram, alias_id) SELECT * FROM unnest(%s::bigint[], %s::int[]) {_FILED_ON}
        RETURNING gram
    )
    INSERT INTO gram_count (gram, names)
    SELECT gram, count(*) FROM filed GROUP BY gram ORDER BY gram {_COUNT_ON}
"""  # noqa: S608 - no value in it

Names = Iterable[tuple[int, str]]
"""Ids of `customer_alias`, and what is written there."""


def enter_names(session: Session, names: Names) -> None:
    """File names under their pieces."""
    rows, counts = _pieces(names)
    if is_postgres(session):
        for start in range(0, len(rows), _TOGETHER):
            columns = zip(*rows[start : start + _TOGETHER], strict=True)
            session.connection().exec_driver_sql(_FILE_BOTH, tuple(map(list, columns)))
    elif rows:
        insert_plain(session, t.name_gram, ("gram", "alias_id"), rows, ending=_FILED_ON)
        insert_plain(session, t.gram_count, ("gram", "names"), sorted(counts.items()), ending=_COUNT_ON)


def forget_names(session: Session, names: Names) -> None:
    """Take names out of the index that are about to be deleted: their pieces follow from what they are."""
    rows, counts = _pieces(names)
    if not rows:
        return
    c, n = t.name_gram.c, t.gram_count.c
    run = session.connection().execute
    run(
        sa.delete(t.name_gram).where(c.gram == sa.bindparam("g"), c.alias_id == sa.bindparam("a")),
        [{"g": gram, "a": alias_id} for gram, alias_id in rows],
    )
    this = n.gram == sa.bindparam("g")
    fewer = [{"g": gram, "less": number} for gram, number in sorted(counts.items())]
    run(sa.update(t.gram_count).where(this).values(names=n.names - sa.bindparam("less")), fewer)
    run(sa.delete(t.gram_count).where(this, n.names <= 0), [{"g": each["g"]} for each in fewer])


def _pieces(names: Names) -> tuple[list[tuple[int, int]], Counter[int]]:
    """The names' rows of the index, in the order of the table: a page is then written once, not
    once per piece. And how often each piece occurs."""
    rows: list[tuple[int, int]] = []
    counts: Counter[int] = Counter()
    for alias_id, name in names:
        grams = grams_of(parse(name))
        counts.update(grams)
        rows += [(gram, alias_id) for gram in grams]
    rows.sort()
    return rows, counts


def grams_of(name: Company) -> set[int]:
    """The numbers of the pieces a name is filed under."""
    found: set[int] = set()
    for family, pieces in pieces_of(name).items():
        found.update(numbers(family, pieces))
    return found


def names_near(session: Session, name: Company) -> list[Any]:
    """Known names worth comparing with this one: rows of alias, customer, its founder and code."""
    aliases: set[int] = set()
    asked = {family: set(numbers(family, pieces)) for family, pieces in asked_of(name).items()}
    counts = _counts(session, {gram for grams in asked.values() for gram in grams})
    for family, grams in asked.items():
        chosen = _rarest([(counts[gram], gram) for gram in grams if gram in counts])
        if chosen:
            most = _NAMES_BY_SKIPPED if family is Family.SKIPPED else _NAMES
            aliases.update(session.scalars(_sharing(), {"grams": chosen, "most": most}))
    return list(session.execute(_named(), {"ids": sorted(aliases)})) if aliases else []


def _counts(session: Session, grams: Collection[int]) -> dict[int, int]:
    return {row.gram: row.names for row in session.execute(_counted(), {"grams": sorted(grams)})}


def _rarest(pieces: list[tuple[int, int]]) -> list[int]:
    """The rarest pieces, as many as may be read."""
    chosen: list[int] = []
    spent = 0
    for names, gram in sorted(pieces):
        if spent + names > _ENTRIES or (chosen and names > _ENTRIES_OF_ONE):
            break
        chosen.append(gram)
        spent += names
    return chosen


@lru_cache(maxsize=1)
def _counted() -> Any:
    c = t.gram_count.c
    return sa.select(c.gram, c.names).where(c.gram.in_(sa.bindparam("grams", expanding=True)))


@lru_cache(maxsize=1)
def _sharing() -> Any:
    c = t.name_gram.c
    return (
        sa.select(c.alias_id)
        .where(c.gram.in_(sa.bindparam("grams", expanding=True)))
        .group_by(c.alias_id)
        .order_by(sa.func.count().desc(), c.alias_id)
        .limit(sa.bindparam("most"))
    )


@lru_cache(maxsize=1)
def _named() -> Any:
    alias, customer = t.customer_alias.c, t.customer.c
    return (
        sa.select(alias.name, customer.id, customer.founder_key, customer.uscc)
        .join(t.customer, customer.id == alias.customer_id)
        .where(alias.id.in_(sa.bindparam("ids", expanding=True)), customer.merged_into_id.is_(None))
    )

"""A PostgreSQL database that serves test after test.

Copying the schema takes hundreds of files and a third of a second; emptying the few tables that a
test wrote to takes some milliseconds. What a test cannot undo by that (a table added, a trigger
switched off) is noticed, and the database made anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString, cast

import psycopg

from tests.support.postgres import Cluster

_OURS = "relnamespace = 'public'::regnamespace"
# Rows of the catalogues carry who wrote them last: whatever is added, changed or dropped shows.
_SHAPE = " UNION ALL ".join(
    f"SELECT count(*), coalesce(sum(xmin::text::bigint), 0) FROM {catalogue} WHERE {of_ours}"  # noqa: S608
    for catalogue, of_ours in (
        ("pg_class", "oid >= 16384"),
        ("pg_attribute", "attrelid >= 16384"),
        ("pg_constraint", "oid >= 16384"),
        ("pg_trigger", "oid >= 16384"),
        ("pg_proc", "oid >= 16384"),
        ("pg_db_role_setting", "true"),
    )
)
_WRITTEN = (
    f"SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND {_OURS} AND pg_relation_size(oid) > 0"  # noqa: S608
)
_NUMBERS = (
    f"SELECT oid::regclass::text, pg_sequence_last_value(oid) FROM pg_class WHERE relkind = 'S' AND {_OURS}"  # noqa: S608
)
_SEND_AWAY = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True)
class Kept:
    """What the tables held that held anything, and the last number that each sequence gave out."""

    rows: dict[str, bytes]
    numbers: dict[str, int | None]


class Rewound:
    """The database; `rewind` makes it what it was when it was copied from the template."""

    def __init__(self, cluster: Cluster, template: str, name: str) -> None:
        self._cluster, self._template, self._name = cluster, template, name
        self._remembered: dict[str, Kept] = {}
        self._make()
        self.remember("")

    def _make(self) -> None:
        self.url = self._cluster.create(self._template, name=self._name)
        with self._cluster.connect(self._name) as link:
            self._shape = _all(link, _SHAPE)

    def remember(self, state: str) -> None:
        """Keep what is in the database now, to rewind to."""
        with self._cluster.connect(self._name) as link:
            rows = {table: _copied(link, table) for (table,) in _all(link, _WRITTEN)}
            self._remembered[state] = Kept(rows, dict(_all(link, _NUMBERS)))

    def rewind(self, state: str = "") -> None:
        """Take back all that was done; whoever is still connected is sent away.

        `state`: what was remembered by that name; as copied from the template unless given.
        """
        with self._cluster.connect(self._name) as link:
            link.execute(_SEND_AWAY)
            if _all(link, _SHAPE) == self._shape:
                self._put(link, self._remembered[state])
                return
        self._cluster.drop(self.url)
        self._make()
        with self._cluster.connect(self._name) as link:
            self._put(link, self._remembered[state])

    def _put(self, link: psycopg.Connection, kept: Kept) -> None:
        written = [table for (table,) in _all(link, _WRITTEN)]
        wrong = [
            (name, kept.numbers[name]) for name, last in _all(link, _NUMBERS) if last != kept.numbers[name]
        ]
        link.execute("SET session_replication_role = replica")  # no foreign keys, no triggers
        _do(link, [f"DELETE FROM {table}" for table in written])  # noqa: S608 - names of ours
        _do(link, [f"SELECT {_back_to(name, last)}" for name, last in wrong])
        _do(link, [f"VACUUM {', '.join(written)}"])  # before the first rows: they go to the first page
        for table, rows in kept.rows.items():
            with link.cursor().copy(cast("LiteralString", f"COPY {table} FROM STDIN")) as copy:
                copy.write(rows)


def _back_to(sequence: str, last: int | None) -> str:
    return f"setval('{sequence}', {last or 1}, {'false' if last is None else 'true'})"


def _all(link: psycopg.Connection, query: str) -> list[Any]:
    return link.execute(cast("LiteralString", query)).fetchall()


def _do(link: psycopg.Connection, statements: Iterable[str]) -> None:
    link.execute(cast("LiteralString", ";".join(statements)))


def _copied(link: psycopg.Connection, table: str) -> bytes:
    with link.cursor().copy(cast("LiteralString", f"COPY {table} TO STDOUT")) as copy:
        return b"".join(bytes(block) for block in copy)

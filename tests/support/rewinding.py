"""A PostgreSQL database that serves test after test.

Copying the schema takes hundreds of files and a third of a second; emptying the few tables that a
test wrote to takes some milliseconds. What a test cannot undo by that (a table added, a trigger
switched off) is noticed, and the database made anew.
"""

from collections.abc import Iterable
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


class Rewound:
    """The database; `rewind` makes it what it was when it was copied from the template."""

    def __init__(self, cluster: Cluster, template: str, name: str) -> None:
        self._cluster, self._template, self._name = cluster, template, name
        self._make()

    def _make(self) -> None:
        self.url = self._cluster.create(self._template, name=self._name)
        with self._cluster.connect(self._name) as link:
            self._shape = _all(link, _SHAPE)
            self._numbers = dict(_all(link, _NUMBERS))
            self._rows = {table: _copied(link, table) for (table,) in _all(link, _WRITTEN)}

    def rewind(self) -> None:
        """Take back all that a test did; whoever is still connected is sent away."""
        with self._cluster.connect(self._name) as link:
            link.execute(_SEND_AWAY)
            same = _all(link, _SHAPE) == self._shape
            if same:
                self._empty(link)
        if not same:
            self._cluster.drop(self.url)
            self._make()

    def _empty(self, link: psycopg.Connection) -> None:
        written = [table for (table,) in _all(link, _WRITTEN)]
        wrong = [name for name, last in _all(link, _NUMBERS) if last != self._numbers[name]]
        with link.transaction():
            link.execute("SET LOCAL session_replication_role = replica")  # no foreign keys, no triggers
            _do(link, [f"DELETE FROM {table}" for table in written])  # noqa: S608 - names of ours
            _do(link, [f"SELECT {_back_to(name, self._numbers[name])}" for name in wrong])
        _do(link, [f"VACUUM {', '.join(written)}"])  # before the first rows: they go to the first page
        for table, rows in self._rows.items():
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

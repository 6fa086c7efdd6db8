"""Importing in tests: `bring(kind, rows or bytes)` imports and answers the report, refused or not."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.imports.report import Report
from portal.imports.run import DryRun, Refusal, import_file
from portal.registrations.export import registrations_as_of
from tests.imports.files import FILES, Rows, as_csv

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Bring = Callable[..., Report]
Exported = Callable[..., dict[str, dict[str, Any]]]


def importing(engine: sa.Engine, kind: str, content: bytes, **how: Any) -> Report:
    """Import a file's bytes in a transaction of its own."""
    arguments = {"file_name": f"{kind}.csv", "actor": None, "now": NOW} | how
    try:
        with db.transaction(engine) as session:
            return import_file(session, kind=kind, content=content, **arguments)
    except (Refusal, DryRun) as outcome:
        return outcome.report


@pytest.fixture
def bring(engine: sa.Engine) -> Bring:
    """`bring("partners", rows, dry_run=True)`; the file may be bytes, a shipped kind needs none."""

    def run(kind: str, rows: Rows | bytes | None = None, **how: Any) -> Report:
        given = FILES[kind] if rows is None else rows
        return importing(engine, kind, given if isinstance(given, bytes) else as_csv(given), **how)

    return run


@pytest.fixture
def moved_in(bring: Bring) -> Mapping[str, Report]:
    """The small files of `tests/imports/files.py`, imported."""
    return {kind: bring(kind) for kind in FILES}


@pytest.fixture
def exported(engine: sa.Engine) -> Exported:
    """The registrations at the end of a day, by reference."""

    def read(day: date = date(2026, 6, 1)) -> dict[str, dict[str, Any]]:
        with db.reading(engine) as session:
            return {row["ref"]: row for row in registrations_as_of(session, day)}

    return read


@pytest.fixture
def counts(engine: sa.Engine) -> Callable[[], Mapping[str, int]]:
    """How many rows every table has."""

    def count() -> Mapping[str, int]:
        names = sorted(set(sa.inspect(engine).get_table_names()) - {"alembic_version"})
        with engine.connect() as connection:
            return {
                name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name)))
                for name in names
            }

    return count

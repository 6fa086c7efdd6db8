"""What is changed by hand: every column of every row is tried against the database and a part of check."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from portal import db
from portal.commands.checking import UNREADABLE
from portal.models import tables as t

Part = Callable[[Session], Iterable[Any]]
"""A part of `portal check` at the instant of the test: what it finds."""


def other(column: Any, value: Any, connection: Session) -> Iterator[Any]:
    """Other values that the column's type can hold."""
    for key in column.foreign_keys:
        target = key.column
        yield from connection.scalars(sa.select(target).where(target.is_distinct_from(value)).limit(2))
        if column.nullable and value is not None:
            yield None
        return
    kind = type(value)
    if value is None:
        kind = column.type.python_type
        value = {str: "", int: 0, date: date(2026, 1, 1), Decimal: Decimal(0)}.get(kind)
    if issubclass(kind, StrEnum):
        yield from (each for each in kind if each is not value)
    elif kind is bool:
        yield not value
    elif issubclass(kind, int | Decimal):
        yield value + 1
    elif kind is datetime:
        yield (value or datetime.fromisoformat("2026-01-01T00:00:00+00:00")) - timedelta(hours=1)
    elif kind is date:
        yield value + timedelta(days=1)
    elif kind is str:
        yield f"{value}x" if len(value) < 18 else value[:-1] + ("y" if value[-1] != "y" else "z")
    else:
        yield {"tampered": True}


def unguarded(session: Session, triggers: Iterable[str]) -> None:
    """Past the triggers of these tables, as somebody who opens the file by hand may be."""
    for name in triggers:
        session.execute(sa.text(f"DROP TRIGGER {name}_stays"))


def noticed(session: Session, statement: Any, part: Part) -> bool:
    """Whether the database refuses the change, or check tells of it; it is taken back.

    `portal check` tells of what it cannot read as well. SQLite hears all that it tells: it must not fall over
    whatever stands there. PostgreSQL, where that takes minutes, the first of it.
    """
    place = session.begin_nested()
    try:
        changed = session.execute(statement)
        told = iter(part(session))
        return not changed.rowcount or bool(list(islice(told, 1) if db.is_postgres(session) else told))
    except (DBAPIError, *UNREADABLE):
        return True
    finally:
        place.rollback()


def unnoticed_in(session: Session, table: Any, part: Part, *, most: int | None = None) -> Iterator[str]:
    """The columns of a table that can be changed, and the rows that can be taken away, and nobody tells.

    A row's own number is left alone: it names the row. `most`: try so many rows.
    """
    here = list(table.primary_key.columns)
    for row in session.execute(sa.select(table).limit(most)).all():
        is_row = sa.and_(*(column == getattr(row, column.name) for column in here))
        for column in table.columns:
            if column in here and len(here) == 1 and not column.foreign_keys:
                continue
            for value in other(column, getattr(row, column.name), session):
                change = sa.update(table).where(is_row).values({column.name: value})
                if not noticed(session, change, part):
                    yield f"{table.name}.{column.name}"
        if not noticed(session, sa.delete(table).where(is_row), part):
            yield f"{table.name} (a row taken away)"


def unnoticed(
    session: Session, tables: Iterable[str], part: Part, *, triggers: Iterable[str] = (),
    most: int | None = None,
) -> set[str]:  # fmt: skip
    """The same for several tables with rows in them, of which check finds nothing wrong to begin with."""
    assert list(part(session)) == []
    unguarded(session, triggers)
    found: set[str] = set()
    for name in tables:
        table = getattr(t, name)
        assert session.execute(sa.select(table).limit(1)).first() is not None, f"nothing to try in {name}"
        found |= set(unnoticed_in(session, table, part, most=most))
    return found

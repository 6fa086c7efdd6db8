"""Fill a table of two whole numbers from nothing, as fast as its database takes them.

Rows come as bytes: two unsigned numbers of four bytes each, the high byte first, in the order of
the table's key. So they are sorted, sent between processes and copied without being looked at.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import is_postgres

ROW = 8
# Rows in one INSERT of SQLite's: its own work per statement is then small beside that per row.
_TOGETHER = 100
# COPY's binary format: what begins a file; a row of an eight- and a four-byte number; what ends it.
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_FRAME = struct.pack(">hiqii", 2, 8, 0, 4, 0)
_FIRST, _SECOND = 10, 18
_END = b"\xff\xff"


@contextmanager
def emptied(session: Session, *tables: sa.Table) -> Iterator[None]:
    """The tables without a row, to be filled inside; on PostgreSQL their keys are made anew at the end."""
    connection = session.connection()
    if not is_postgres(session):
        for table in tables:
            # Deleting row by row takes longer than writing them; a new table is empty at once.
            table.drop(connection)
            table.create(connection)
        yield
        return
    names = ", ".join(table.name for table in tables)
    connection.exec_driver_sql(f"TRUNCATE {names}")
    for table in tables:
        connection.execute(sa.schema.DropConstraint(table.primary_key))
    yield
    for table in tables:
        connection.execute(sa.schema.AddConstraint(table.primary_key, isolate_from_table=False))
    connection.exec_driver_sql(f"ANALYZE {names}")


def fill(session: Session, table: sa.Table, rows: bytes) -> None:
    """Add rows to a table that was emptied; all of them behind those that are there."""
    into = f"{table.name} ({', '.join(table.columns.keys())})"
    driver: Any = session.connection().connection.driver_connection
    if is_postgres(session):
        # Frozen: nobody sees a table that was emptied until the transaction ends.
        statement = f"COPY {into} FROM STDIN (FORMAT BINARY, FREEZE)"
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(_HEAD + _framed(rows) + _END)
        return
    numbers = struct.unpack(f">{len(rows) // 4}I", rows)
    width = 2 * _TOGETHER
    whole = len(numbers) // width * width
    insert = f"INSERT INTO {into} VALUES "  # noqa: S608 - no value in it
    parts = (numbers[at : at + width] for at in range(0, whole, width))
    driver.executemany(insert + ", ".join(["(?, ?)"] * _TOGETHER), parts)
    driver.executemany(insert + "(?, ?)", zip(numbers[whole::2], numbers[whole + 1 :: 2], strict=True))


def _framed(rows: bytes) -> bytearray:
    """The rows as COPY reads them: each byte of the numbers put in its place in all rows at once."""
    framed = bytearray(_FRAME * (len(rows) // ROW))
    for byte in range(4):
        framed[_FIRST + byte :: len(_FRAME)] = rows[byte::ROW]
        framed[_SECOND + byte :: len(_FRAME)] = rows[4 + byte :: ROW]
    return framed

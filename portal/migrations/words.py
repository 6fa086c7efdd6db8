"""Let a column of words hold other words than before, on both databases."""

import sqlalchemy as sa
from alembic import op


def change_words(table: str, column: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Replace the list of words that a column may hold."""
    change_check(table, column, _listed(column, before), _listed(column, after))


def change_check(table: str, column: str, old: str, new: str) -> None:
    """Replace a column's CHECK. SQLite: in the schema's text, since copying a million rows takes long."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, new)
        return
    schema = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = ? AND instr(sql, ?)",
        (old, new, table, old),
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"{table}.{column} does not list the words it should")
    connection.exec_driver_sql(f"PRAGMA schema_version={int(schema) + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")


def refuse_losing(table: str, column: str, *words: str) -> None:
    """Stop a downgrade to a schema that has no place for what was written with these words since.

    :raises RuntimeError: there is something; nothing is changed.
    """
    there = sa.table(table, sa.column(column))
    lost = sa.select(sa.func.count()).select_from(there).where(there.c[column].in_(words))
    if number := op.get_bind().scalar(lost):
        raise RuntimeError(f"{number} rows of {table} would be lost: {', '.join(words)}")


def _listed(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"

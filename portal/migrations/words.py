"""Let a column of words hold other words than before, on both databases."""

from alembic import op


def change_words(table: str, column: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Replace a column's CHECK. SQLite: in the schema's text, since copying a million rows takes long."""
    old, new = _listed(column, before), _listed(column, after)
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


def _listed(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"

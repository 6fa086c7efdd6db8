"""Link customers that both signed; index what customers share and what they were merged into

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KINDS = (
    *("filed", "moved", "progress", "released", "lost", "undone", "note", "edited", "next_step"),
    *("support_asked", "support_done", "file_added", "correction_asked", "corrected"),
    *("decided_same", "decided_different", "merged"),
    *("case_asked", "case_opened", "case_answered", "case_closed", "reassigned", "restored"),
)
_NEW_KINDS = (*_KINDS, "linked")
_INDEXES = (
    ("ix_registration_website", "registration", ["website", "id"], "website <> ''"),
    ("ix_registration_phone", "registration", ["phone", "id"], "phone <> ''"),
    ("ix_customer_merged_into", "customer", ["merged_into_id", "id"], "merged_into_id IS NOT NULL"),
)


def _listed(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _change_check(table: str, column: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Let a column hold other words. SQLite: in the schema's text, since copying a million rows takes long."""
    old, new = _listed(column, before), _listed(column, after)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, new)
        return
    connection = op.get_bind()
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


def upgrade() -> None:
    _change_check("registration_event", "kind", _KINDS, _NEW_KINDS)
    for name, table, columns, condition in _INDEXES:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _columns, _condition in _INDEXES:
        op.drop_index(name, table)
    _change_check("registration_event", "kind", _NEW_KINDS, _KINDS)

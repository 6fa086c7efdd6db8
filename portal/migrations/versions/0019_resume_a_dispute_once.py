"""Let a resumed line settle its dispute, once

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _set_rule(settles: str) -> None:
    with op.batch_alter_table("statement_line") as batch:
        batch.drop_constraint(op.f("ck_statement_line_settles"), type_="check")
        batch.create_check_constraint(op.f("ck_statement_line_settles"), sa.text(settles))


def upgrade() -> None:
    _set_rule("NOT settles OR kind <> 'granted'")
    op.create_index(
        "uq_statement_line_resumed_once",
        "statement_line",
        ["dispute_id"],
        unique=True,
        sqlite_where=sa.text("settles = 1 AND kind = 'resumed'"),
        postgresql_where=sa.text("settles AND kind = 'resumed'"),
    )


def downgrade() -> None:
    op.drop_index("uq_statement_line_resumed_once", table_name="statement_line")
    _set_rule("NOT settles OR kind = 'receipt'")

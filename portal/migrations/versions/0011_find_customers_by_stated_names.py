"""Find customers by the names that people stated of them

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATED = sa.text("event_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        'ix_customer_alias_stated', 'customer_alias', ['full_key', 'customer_id', 'id'],
        sqlite_where=_STATED, postgresql_where=_STATED,
    )


def downgrade() -> None:
    op.drop_index("ix_customer_alias_stated", "customer_alias")

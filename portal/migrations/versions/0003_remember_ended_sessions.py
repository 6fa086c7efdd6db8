"""Remember sessions that were logged out

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

import portal.models.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_session",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("ended_at", portal.models.columns.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ended_session")),
    )


def downgrade() -> None:
    op.drop_table("ended_session")

"""Index what a roll-up reads

Revision ID: 0027
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None

_SIGNED = sa.text("signed_on IS NOT NULL")
_STEPS = sa.text(
    "kind IN ('moved', 'undone', 'next_step', 'support_asked', 'support_planned', 'support_done')"
)


def upgrade() -> None:
    op.create_index(
        "ix_week_project_signed", "week_project", ["signed_on"],
        sqlite_where=_SIGNED, postgresql_where=_SIGNED,
    )
    op.create_index(
        "ix_registration_event_steps", "registration_event", ["at", "id"],
        sqlite_where=_STEPS, postgresql_where=_STEPS,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_registration_event_steps", table_name="registration_event",
        sqlite_where=_STEPS, postgresql_where=_STEPS,
    )
    op.drop_index(
        "ix_week_project_signed", table_name="week_project", sqlite_where=_SIGNED, postgresql_where=_SIGNED
    )

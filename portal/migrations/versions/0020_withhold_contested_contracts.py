"""Withhold receipts of a contract that is in question; know which contracts were stated with another first day

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.words import change_check, refuse_losing
from portal.models.columns import UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_FLAGS = (
    *("under_floor", "past_term", "before_contract", "wholesale", "key_accounts", "no_tier", "no_policy"),
    *("no_rate", "no_floor_price", "no_minutes", "refunded_withheld", "disputed", "unknown_contract"),
)
_NEW = "contested_contract"


def _rule(*flags: str) -> str:
    values = " OR ".join(f"flag = '{flag}'" for flag in flags)
    return f"flag IS NULL OR {values}"


def upgrade() -> None:
    change_check("statement_line", "flag", _rule(*_FLAGS), _rule(*_FLAGS, _NEW))
    # Filled by `portal rebuild ownership`: until then check names each contract that lacks it.
    op.add_column("contract", sa.Column("restated_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    refuse_losing("statement_line", "flag", _NEW)
    with op.batch_alter_table("contract") as batch:
        batch.drop_column("restated_at")
    change_check("statement_line", "flag", _rule(*_FLAGS, _NEW), _rule(*_FLAGS))

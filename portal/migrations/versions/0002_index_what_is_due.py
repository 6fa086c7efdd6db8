"""Index what is due, for everybody and for each party

Revision ID: 0002
Revises: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OWNED: dict[str, Any] = {"sqlite_where": sa.text("is_owner = 1"), "postgresql_where": sa.text("is_owner")}
_TO_CORRECT = sa.text("correction_since IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_registration_lapse", "registration")
    op.create_index("ix_registration_lapse", "registration", ["protected_until", "id"], **_OWNED)
    op.create_index(
        "ix_registration_party_lapse", "registration", ["partner_id", "protected_until", "id"], **_OWNED
    )
    op.create_index(
        "ix_registration_party_step", "registration", ["partner_id", "next_step_on", "id"], **_OWNED
    )
    op.create_index(
        "ix_registration_party_correction",
        "registration",
        ["partner_id", "correction_since", "id"],
        sqlite_where=_TO_CORRECT,
        postgresql_where=_TO_CORRECT,
    )


def downgrade() -> None:
    for name in ("party_correction", "party_step", "party_lapse", "lapse"):
        op.drop_index(f"ix_registration_{name}", "registration")
    op.create_index("ix_registration_lapse", "registration", ["protected_until", "id"])

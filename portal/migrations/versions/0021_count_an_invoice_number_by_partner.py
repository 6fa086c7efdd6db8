"""Let an invoice number count once for each partner

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_CURRENT = sa.text("state = 'current'")


def _count_by(*columns: str) -> None:
    op.create_index(
        "uq_invoice_number", "invoice", list(columns), unique=True, sqlite_where=_CURRENT,
        postgresql_where=_CURRENT,
    )


def upgrade() -> None:
    op.drop_index("uq_invoice_number", table_name="invoice")
    op.add_column("invoice", sa.Column("partner_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE invoice SET partner_id ="
        " (SELECT partner_id FROM statement WHERE statement.id = invoice.statement_id)"
    )
    with op.batch_alter_table("invoice") as batch:
        batch.alter_column("partner_id", existing_type=sa.Integer(), nullable=False)
        batch.create_foreign_key(op.f("fk_invoice_partner_id_partner"), "partner", ["partner_id"], ["id"])
    _count_by("partner_id", "number")


def downgrade() -> None:
    op.drop_index("uq_invoice_number", table_name="invoice")
    with op.batch_alter_table("invoice") as batch:
        batch.drop_constraint(op.f("fk_invoice_partner_id_partner"), type_="foreignkey")
        batch.drop_column("partner_id")
    _count_by("number")

"""Keep batches of papers

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

import portal.models.columns

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("verify_at", sa.String(length=300), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", portal.models.columns.UTCDateTime(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("file_key", sa.String(length=100), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("finished_at", portal.models.columns.UTCDateTime(), nullable=True),
        sa.CheckConstraint("done >= 0 AND done <= total AND total > 0", name=op.f("ck_paper_job_done")),
        sa.CheckConstraint(
            "file_key IS NULL OR (done = total AND pages IS NOT NULL)", name=op.f("ck_paper_job_whole")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_paper_job_made_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_job")),
        sa.UniqueConstraint("key", name=op.f("uq_paper_job_key")),
    )
    op.create_index("ix_paper_job_made_at", "paper_job", ["made_at"], unique=False)
    op.create_table(
        "paper_job_item",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["paper_job.id"], name=op.f("fk_paper_job_item_job_id_paper_job")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_paper_job_item_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("job_id", "ordinal", name=op.f("pk_paper_job_item")),
        sa.UniqueConstraint("job_id", "statement_id", name=op.f("uq_paper_job_item_job_id_statement_id")),
    )


def downgrade() -> None:
    op.drop_table("paper_job_item")
    op.drop_table("paper_job")

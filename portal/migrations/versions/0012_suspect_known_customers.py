"""Suspect known customers of being one; whatever is known was not compared yet

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.words import change_words, refuse_losing
from portal.models.columns import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KINDS = (
    *("filed", "moved", "progress", "released", "lost", "undone", "note", "edited", "next_step"),
    *("support_asked", "support_done", "file_added", "correction_asked", "corrected"),
    *("decided_same", "decided_different", "merged"),
    *("case_asked", "case_opened", "case_answered", "case_closed", "reassigned", "restored", "linked"),
    *("compared", "named", "identified", "belongs"),
)
_NEW_KINDS = (*_KINDS, "told_apart")
_RESEMBLANCES = (
    *("whole", "core", "core_elsewhere", "sound", "slip", "slip_in_brand", "brand", "brand_elsewhere"),
    *("short_form", "letters", "words", "translated", "website", "telephone", "tax_id", "none"),
)


def upgrade() -> None:
    change_words("registration_event", "kind", _KINDS, _NEW_KINDS)
    op.create_table('comparison_due',
    sa.Column('customer_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_comparison_due_customer_id_customer'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_comparison_due'))
    )
    op.create_table('suspicion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('one', sa.Integer(), nullable=False),
    sa.Column('other', sa.Integer(), nullable=False),
    sa.Column('one_name', sa.String(length=200), nullable=False),
    sa.Column('other_name', sa.String(length=200), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('why', sa.Enum(*_RESEMBLANCES, name='why', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('ruleset', sa.String(length=20), nullable=False),
    sa.Column('found_at', UTCDateTime(), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('one < other', name=op.f('ck_suspicion_order')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suspicion')),
    sa.UniqueConstraint('one', 'other', name=op.f('uq_suspicion_one_other'))
    )
    op.create_index('ix_suspicion_other', 'suspicion', ['other'])
    op.create_index('ix_suspicion_open', 'suspicion', ['found_at', 'id'], sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))
    op.execute("INSERT INTO comparison_due (customer_id) SELECT id FROM customer WHERE merged_into_id IS NULL")


def downgrade() -> None:
    refuse_losing("registration_event", "kind", "told_apart")
    op.drop_table("suspicion")
    op.drop_table("comparison_due")
    change_words("registration_event", "kind", _NEW_KINDS, _KINDS)

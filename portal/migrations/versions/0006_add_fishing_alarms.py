"""Add alarms about checks that look like fishing

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from portal.models.columns import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('fishing_alarm',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('raised_at', UTCDateTime(), nullable=False),
    sa.Column('patterns', sa.String(length=80), nullable=False),
    sa.Column('names', sa.Integer(), nullable=False),
    sa.Column('taken', sa.Integer(), nullable=False),
    sa.Column('seen_at', UTCDateTime(), nullable=True),
    sa.Column('seen_by_id', sa.Integer(), nullable=True),
    sa.Column('seen_note', sa.String(length=2000), nullable=False),
    sa.ForeignKeyConstraint(['seen_by_id'], ['user_account.id'], name=op.f('fk_fishing_alarm_seen_by_id_user_account')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_fishing_alarm_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fishing_alarm')),
    sa.UniqueConstraint('user_id', 'day', name=op.f('uq_fishing_alarm_user_id_day'))
    )
    op.create_index('ix_fishing_alarm_day', 'fishing_alarm', ['day'])


def downgrade() -> None:
    op.drop_table("fishing_alarm")

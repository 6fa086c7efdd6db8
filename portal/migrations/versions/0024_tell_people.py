"""Tell people: inbox, outbox, choices and addresses

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

import portal.models.columns

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('params', sa.JSON(), nullable=False),
    sa.Column('link', sa.String(length=300), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('read_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.CheckConstraint("link LIKE '/%' AND link NOT LIKE '//%'", name=op.f('ck_notice_link')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_notice_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('user_id', 'key', name=op.f('uq_notice_user_id_key'))
    )
    op.create_index('ix_notice_kind', 'notice', ['kind', 'at'], unique=False)
    op.create_index('ix_notice_unread', 'notice', ['user_id', 'at', 'id'], unique=False, sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
    op.create_index('ix_notice_user', 'notice', ['user_id', 'at', 'id'], unique=False)
    op.create_table('notice_address',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('email_on', sa.Boolean(), nullable=False),
    sa.Column('wecom_key', sa.String(length=64), nullable=False),
    sa.Column('dingtalk_token', sa.String(length=128), nullable=False),
    sa.Column('dingtalk_secret', sa.String(length=128), nullable=False),
    sa.Column('hours', sa.JSON(), nullable=False),
    sa.Column('tested_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.CheckConstraint("dingtalk_secret = '' OR dingtalk_token <> ''", name=op.f('ck_notice_address_dingtalk')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_notice_address_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_notice_address'))
    )
    op.create_table('notice_choice',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('channel', sa.Enum('inbox', 'email', 'wecom', 'dingtalk', name='channel', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('wanted', sa.Boolean(), nullable=False),
    sa.CheckConstraint("channel <> 'inbox'", name=op.f('ck_notice_choice_outer')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_notice_choice_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'kind', 'channel', name=op.f('pk_notice_choice'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('notice_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.Enum('inbox', 'email', 'wecom', 'dingtalk', name='channel', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('due_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'sent', 'failed', 'dropped', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('last_error', sa.String(length=300), nullable=False),
    sa.Column('sent_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('batch', sa.String(length=32), nullable=True),
    sa.Column('lease_until', portal.models.columns.UTCDateTime(), nullable=True),
    sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f('ck_outbox_sent')),
    sa.CheckConstraint("channel <> 'inbox'", name=op.f('ck_outbox_outer')),
    sa.CheckConstraint("lease_until IS NULL OR (state = 'waiting' AND batch IS NOT NULL)", name=op.f('ck_outbox_lease')),
    sa.CheckConstraint("state <> 'sent' OR (batch IS NOT NULL AND attempts > 0)", name=op.f('ck_outbox_batch')),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_outbox_attempts')),
    sa.ForeignKeyConstraint(['notice_id'], ['notice.id'], name=op.f('fk_outbox_notice_id_notice'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_outbox_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('notice_id', 'channel', name=op.f('uq_outbox_notice_id_channel'))
    )
    op.create_index('ix_outbox_batch', 'outbox', ['batch'], unique=False)
    op.create_index('ix_outbox_due', 'outbox', ['due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_outbox_group', 'outbox', ['user_id', 'channel', 'id'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_outbox_state', 'outbox', ['state', 'id'], unique=False)


def downgrade() -> None:
    op.drop_table("outbox")
    op.drop_table("notice_choice")
    op.drop_table("notice_address")
    op.drop_table("notice")

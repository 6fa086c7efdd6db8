"""Pay statements and take in invoices

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

import portal.models.columns

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('bank_account',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('holder', sa.String(length=200), nullable=False),
    sa.Column('bank', sa.String(length=100), nullable=False),
    sa.Column('branch', sa.String(length=200), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('state', sa.Enum('proposed', 'verified', 'refused', 'withdrawn', 'replaced', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('proposed_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('proposed_by_id', sa.Integer(), nullable=False),
    sa.Column('decided_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('verified_by_id', sa.Integer(), nullable=True),
    sa.Column('refused_by_id', sa.Integer(), nullable=True),
    sa.Column('word', sa.String(length=500), nullable=False),
    sa.Column('replaced_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f('ck_bank_account_decided')),
    sa.CheckConstraint("(state = 'refused') = (refused_by_id IS NOT NULL)", name=op.f('ck_bank_account_refused')),
    sa.CheckConstraint("(state IN ('verified', 'replaced')) = (verified_by_id IS NOT NULL)", name=op.f('ck_bank_account_verified')),
    sa.CheckConstraint('verified_by_id <> proposed_by_id', name=op.f('ck_bank_account_two_people')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_bank_account_partner_id_partner')),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['user_account.id'], name=op.f('fk_bank_account_proposed_by_id_user_account')),
    sa.ForeignKeyConstraint(['refused_by_id'], ['user_account.id'], name=op.f('fk_bank_account_refused_by_id_user_account')),
    sa.ForeignKeyConstraint(['verified_by_id'], ['user_account.id'], name=op.f('fk_bank_account_verified_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_account'))
    )
    op.create_index('ix_bank_account_partner', 'bank_account', ['partner_id', 'id'], unique=False)
    op.create_index('ix_bank_account_state', 'bank_account', ['state', 'proposed_at', 'id'], unique=False)
    op.create_index('uq_bank_account_current', 'bank_account', ['partner_id'], unique=True, sqlite_where=sa.text("state = 'verified'"), postgresql_where=sa.text("state = 'verified'"))
    op.create_index('uq_bank_account_waiting', 'bank_account', ['partner_id'], unique=True, sqlite_where=sa.text("state = 'proposed'"), postgresql_where=sa.text("state = 'proposed'"))
    op.create_table('payment_batch',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('state', sa.Enum('prepared', 'released', 'answered', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('payments', sa.Integer(), nullable=False),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('set_off', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('prepared_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('prepared_by_id', sa.Integer(), nullable=False),
    sa.Column('released_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('released_by_id', sa.Integer(), nullable=True),
    sa.Column('taken', sa.Integer(), nullable=False),
    sa.Column('taken_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('taken_by_id', sa.Integer(), nullable=True),
    sa.Column('withdrawn_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('withdrawn_by_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.CheckConstraint("state NOT IN ('released', 'answered') OR released_by_id IS NOT NULL", name=op.f('ck_payment_batch_released')),
    sa.CheckConstraint("taken = 0 OR state IN ('released', 'answered')", name=op.f('ck_payment_batch_taken_when_released')),
    sa.CheckConstraint('(taken > 0) = (taken_by_id IS NOT NULL)', name=op.f('ck_payment_batch_taken')),
    sa.CheckConstraint('payments > 0 AND amount > 0 AND set_off >= 0', name=op.f('ck_payment_batch_sums')),
    sa.CheckConstraint('released_by_id <> prepared_by_id', name=op.f('ck_payment_batch_four_eyes')),
    sa.ForeignKeyConstraint(['prepared_by_id'], ['user_account.id'], name=op.f('fk_payment_batch_prepared_by_id_user_account')),
    sa.ForeignKeyConstraint(['released_by_id'], ['user_account.id'], name=op.f('fk_payment_batch_released_by_id_user_account')),
    sa.ForeignKeyConstraint(['taken_by_id'], ['user_account.id'], name=op.f('fk_payment_batch_taken_by_id_user_account')),
    sa.ForeignKeyConstraint(['withdrawn_by_id'], ['user_account.id'], name=op.f('fk_payment_batch_withdrawn_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_batch')),
    sa.UniqueConstraint('number', name=op.f('uq_payment_batch_number'))
    )
    op.create_index('ix_payment_batch_prepared', 'payment_batch', ['prepared_at', 'id'], unique=False)
    op.create_table('invoice',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('statement_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('reference', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('tax_no', sa.String(length=20), nullable=False),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=False),
    sa.Column('entered_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('entered_by_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('current', 'returned', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('returned_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('returned_by_id', sa.Integer(), nullable=True),
    sa.Column('return_reason', sa.String(length=2000), nullable=False),
    sa.CheckConstraint("(state = 'returned') = (returned_by_id IS NOT NULL)", name=op.f('ck_invoice_returned')),
    sa.ForeignKeyConstraint(['entered_by_id'], ['user_account.id'], name=op.f('fk_invoice_entered_by_id_user_account')),
    sa.ForeignKeyConstraint(['file_id'], ['statement_file.id'], name=op.f('fk_invoice_file_id_statement_file')),
    sa.ForeignKeyConstraint(['returned_by_id'], ['user_account.id'], name=op.f('fk_invoice_returned_by_id_user_account')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_invoice_statement_id_statement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice'))
    )
    op.create_index('ix_invoice_statement', 'invoice', ['statement_id', 'id'], unique=False)
    op.create_index('uq_invoice_current', 'invoice', ['statement_id'], unique=True, sqlite_where=sa.text("state = 'current'"), postgresql_where=sa.text("state = 'current'"))
    op.create_index('uq_invoice_number', 'invoice', ['number'], unique=True, sqlite_where=sa.text("state = 'current'"), postgresql_where=sa.text("state = 'current'"))
    op.create_table('payment_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=50), nullable=False),
    sa.Column('statement_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('total', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('set_off', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('paid', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'paid', 'failed', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('answered_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('bank_ref', sa.String(length=80), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.CheckConstraint("(batch_id IS NULL AND paid = 0 AND state = 'paid') OR (batch_id IS NOT NULL AND account_id IS NOT NULL AND paid > 0 AND set_off >= 0)", name=op.f('ck_payment_item_by_bank')),
    sa.CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name=op.f('ck_payment_item_paid_on')),
    sa.CheckConstraint("batch_id IS NULL OR state <> 'paid' OR bank_ref <> ''", name=op.f('ck_payment_item_bank_ref')),
    sa.CheckConstraint('paid = total - set_off', name=op.f('ck_payment_item_sum')),
    sa.CheckConstraint('paid >= 0', name=op.f('ck_payment_item_paid')),
    sa.ForeignKeyConstraint(['account_id'], ['bank_account.id'], name=op.f('fk_payment_item_account_id_bank_account')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user_account.id'], name=op.f('fk_payment_item_answered_by_id_user_account')),
    sa.ForeignKeyConstraint(['batch_id'], ['payment_batch.id'], name=op.f('fk_payment_item_batch_id_payment_batch')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_payment_item_statement_id_statement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_item')),
    sa.UniqueConstraint('batch_id', 'line', name=op.f('uq_payment_item_batch_id_line')),
    sa.UniqueConstraint('reference', name=op.f('uq_payment_item_reference'))
    )
    op.create_index('ix_payment_item_statement', 'payment_item', ['statement_id', 'id'], unique=False)
    op.create_index('uq_payment_item_live', 'payment_item', ['statement_id'], unique=True, sqlite_where=sa.text("state IN ('waiting', 'paid')"), postgresql_where=sa.text("state IN ('waiting', 'paid')"))
    op.create_table('payment_set_off',
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('debt_id', sa.Integer(), nullable=False),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('settled_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.CheckConstraint('amount > 0', name=op.f('ck_payment_set_off_amount')),
    sa.ForeignKeyConstraint(['debt_id'], ['debt.id'], name=op.f('fk_payment_set_off_debt_id_debt')),
    sa.ForeignKeyConstraint(['item_id'], ['payment_item.id'], name=op.f('fk_payment_set_off_item_id_payment_item')),
    sa.PrimaryKeyConstraint('item_id', 'debt_id', name=op.f('pk_payment_set_off'))
    )
    op.create_index('ix_payment_set_off_debt', 'payment_set_off', ['debt_id'], unique=False)


def downgrade() -> None:
    op.drop_table('payment_set_off')
    op.drop_table('payment_item')
    op.drop_table('invoice')
    op.drop_table('payment_batch')
    op.drop_table('bank_account')

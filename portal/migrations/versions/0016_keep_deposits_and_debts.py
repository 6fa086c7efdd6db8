"""Keep deposits, debts and wholesale traffic

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

import portal.models.columns

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('traffic_day',
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_traffic_day_amount')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_traffic_day_partner_id_partner')),
    sa.PrimaryKeyConstraint('partner_id', 'day', name=op.f('pk_traffic_day'))
    )
    op.create_table('wholesale_state',
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('running', 'suspended', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('since', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('warned', sa.String(length=8), nullable=True),
    sa.Column('unpaid', portal.models.columns.MoneyType(), nullable=False),
    sa.CheckConstraint('unpaid >= 0', name=op.f('ck_wholesale_state_unpaid')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_wholesale_state_partner_id_partner')),
    sa.PrimaryKeyConstraint('partner_id', name=op.f('pk_wholesale_state'))
    )
    op.create_table('debt',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('statement_id', sa.Integer(), nullable=True),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('remaining', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('open', 'settled', 'written_off', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.CheckConstraint("(state = 'open') = (remaining > 0)", name=op.f('ck_debt_open')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_debt_amount')),
    sa.CheckConstraint('remaining >= 0 AND remaining <= amount', name=op.f('ck_debt_remaining')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_debt_partner_id_partner')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_debt_statement_id_statement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_debt')),
    sa.UniqueConstraint('statement_id', name=op.f('uq_debt_statement_id'))
    )
    op.create_index('ix_debt_partner', 'debt', ['partner_id', 'state', 'due_on'], unique=False)
    op.create_table('deposit_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('storage_key', sa.String(length=64), nullable=False),
    sa.Column('uploaded_by_id', sa.Integer(), nullable=False),
    sa.Column('uploaded_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_deposit_file_partner_id_partner')),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['user_account.id'], name=op.f('fk_deposit_file_uploaded_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deposit_file')),
    sa.UniqueConstraint('storage_key', name=op.f('uq_deposit_file_storage_key'))
    )
    op.create_table('deposit_waiver',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('waived_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('waived_by_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_deposit_waiver_amount')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_deposit_waiver_partner_id_partner')),
    sa.ForeignKeyConstraint(['waived_by_id'], ['user_account.id'], name=op.f('fk_deposit_waiver_waived_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deposit_waiver'))
    )
    op.create_index(op.f('ix_deposit_waiver_partner_id'), 'deposit_waiver', ['partner_id'], unique=False)
    op.create_table('traffic_payment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('reference', sa.String(length=80), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('recorded_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('recorded_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('amount > 0', name=op.f('ck_traffic_payment_amount')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_traffic_payment_partner_id_partner')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['user_account.id'], name=op.f('fk_traffic_payment_recorded_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_traffic_payment')),
    sa.UniqueConstraint('partner_id', 'reference', name=op.f('uq_traffic_payment_partner_id_reference'))
    )
    op.create_table('deposit_deduction',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('cause', sa.Enum('overdue_debt', 'customer_arrears', name='cause', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('debt_id', sa.Integer(), nullable=True),
    sa.Column('document', sa.String(length=80), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('state', sa.Enum('proposed', 'approved', 'announced', 'objected', 'effective', 'refused', 'dropped', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('proposed_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('proposed_by_id', sa.Integer(), nullable=False),
    sa.Column('approved_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('approved_by_id', sa.Integer(), nullable=True),
    sa.Column('announced_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('takes_effect_on', sa.Date(), nullable=True),
    sa.Column('objection', sa.String(length=2000), nullable=False),
    sa.Column('objected_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('objected_by_id', sa.Integer(), nullable=True),
    sa.Column('decision', sa.String(length=2000), nullable=False),
    sa.Column('decided_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('effective_on', sa.Date(), nullable=True),
    sa.Column('taken', portal.models.columns.MoneyType(), nullable=True),
    sa.Column('rest_debt_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(cause = 'overdue_debt') = (debt_id IS NOT NULL)", name=op.f('ck_deposit_deduction_debt')),
    sa.CheckConstraint("(state = 'effective') = (taken IS NOT NULL)", name=op.f('ck_deposit_deduction_effective')),
    sa.CheckConstraint("rest_debt_id IS NULL OR cause = 'customer_arrears'", name=op.f('ck_deposit_deduction_rest')),
    sa.CheckConstraint("state NOT IN ('announced', 'objected', 'effective') OR takes_effect_on IS NOT NULL", name=op.f('ck_deposit_deduction_announced')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_deposit_deduction_amount')),
    sa.CheckConstraint('approved_by_id IS NULL OR approved_by_id <> proposed_by_id', name=op.f('ck_deposit_deduction_four_eyes')),
    sa.CheckConstraint('taken IS NULL OR (taken >= 0 AND taken <= amount)', name=op.f('ck_deposit_deduction_taken')),
    sa.ForeignKeyConstraint(['approved_by_id'], ['user_account.id'], name=op.f('fk_deposit_deduction_approved_by_id_user_account')),
    sa.ForeignKeyConstraint(['debt_id'], ['debt.id'], name=op.f('fk_deposit_deduction_debt_id_debt')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user_account.id'], name=op.f('fk_deposit_deduction_decided_by_id_user_account')),
    sa.ForeignKeyConstraint(['file_id'], ['deposit_file.id'], name=op.f('fk_deposit_deduction_file_id_deposit_file')),
    sa.ForeignKeyConstraint(['objected_by_id'], ['user_account.id'], name=op.f('fk_deposit_deduction_objected_by_id_user_account')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_deposit_deduction_partner_id_partner')),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['user_account.id'], name=op.f('fk_deposit_deduction_proposed_by_id_user_account')),
    sa.ForeignKeyConstraint(['rest_debt_id'], ['debt.id'], name=op.f('fk_deposit_deduction_rest_debt_id_debt')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deposit_deduction')),
    sa.UniqueConstraint('file_id', name=op.f('uq_deposit_deduction_file_id')),
    sa.UniqueConstraint('partner_id', 'document', name=op.f('uq_deposit_deduction_partner_id_document')),
    sa.UniqueConstraint('rest_debt_id', name=op.f('uq_deposit_deduction_rest_debt_id'))
    )
    op.create_index('ix_deposit_deduction_due', 'deposit_deduction', ['takes_effect_on', 'id'], unique=False, sqlite_where=sa.text("state = 'announced'"), postgresql_where=sa.text("state = 'announced'"))
    op.create_index('uq_deposit_deduction_one_open', 'deposit_deduction', ['debt_id'], unique=True, sqlite_where=sa.text("debt_id IS NOT NULL AND state IN ('proposed', 'approved', 'announced', 'objected')"), postgresql_where=sa.text("debt_id IS NOT NULL AND state IN ('proposed', 'approved', 'announced', 'objected')"))
    op.create_table('debt_settlement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('debt_id', sa.Integer(), nullable=False),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('how', sa.Enum('set_off', 'deduction', 'cash', 'written_off', name='how', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('statement_id', sa.Integer(), nullable=True),
    sa.Column('deduction_id', sa.Integer(), nullable=True),
    sa.Column('reference', sa.String(length=80), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('settled_on', sa.Date(), nullable=False),
    sa.Column('settled_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('settled_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(how = 'cash') = (reference IS NOT NULL)", name=op.f('ck_debt_settlement_reference')),
    sa.CheckConstraint("(how = 'deduction') = (deduction_id IS NOT NULL)", name=op.f('ck_debt_settlement_deduction')),
    sa.CheckConstraint("(how = 'set_off') = (statement_id IS NOT NULL)", name=op.f('ck_debt_settlement_statement')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_debt_settlement_amount')),
    sa.ForeignKeyConstraint(['debt_id'], ['debt.id'], name=op.f('fk_debt_settlement_debt_id_debt')),
    sa.ForeignKeyConstraint(['deduction_id'], ['deposit_deduction.id'], name=op.f('fk_debt_settlement_deduction_id_deposit_deduction')),
    sa.ForeignKeyConstraint(['settled_by_id'], ['user_account.id'], name=op.f('fk_debt_settlement_settled_by_id_user_account')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_debt_settlement_statement_id_statement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_debt_settlement')),
    sa.UniqueConstraint('debt_id', 'reference', name=op.f('uq_debt_settlement_debt_id_reference')),
    sa.UniqueConstraint('debt_id', 'statement_id', name=op.f('uq_debt_settlement_debt_id_statement_id')),
    sa.UniqueConstraint('deduction_id', name=op.f('uq_debt_settlement_deduction_id'))
    )
    op.create_index(op.f('ix_debt_settlement_statement_id'), 'debt_settlement', ['statement_id'], unique=False)
    op.create_table('deposit_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('payment', 'top_up', 'deduction', 'return', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('balance_after', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('reference', sa.String(length=80), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('deduction_id', sa.Integer(), nullable=True),
    sa.Column('recorded_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('recorded_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(kind = 'deduction') = (deduction_id IS NOT NULL)", name=op.f('ck_deposit_entry_deduction')),
    sa.CheckConstraint("(kind IN ('payment', 'top_up') AND amount > 0) OR (kind IN ('deduction', 'return') AND amount < 0)", name=op.f('ck_deposit_entry_sign')),
    sa.CheckConstraint('balance_after >= 0', name=op.f('ck_deposit_entry_balance')),
    sa.CheckConstraint('seq >= 1', name=op.f('ck_deposit_entry_seq')),
    sa.ForeignKeyConstraint(['deduction_id'], ['deposit_deduction.id'], name=op.f('fk_deposit_entry_deduction_id_deposit_deduction')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_deposit_entry_partner_id_partner')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['user_account.id'], name=op.f('fk_deposit_entry_recorded_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deposit_entry')),
    sa.UniqueConstraint('deduction_id', name=op.f('uq_deposit_entry_deduction_id')),
    sa.UniqueConstraint('partner_id', 'reference', name=op.f('uq_deposit_entry_partner_id_reference')),
    sa.UniqueConstraint('partner_id', 'seq', name=op.f('uq_deposit_entry_partner_id_seq'))
    )


def downgrade() -> None:
    op.drop_table('deposit_entry')
    op.drop_table('debt_settlement')
    op.drop_table('deposit_deduction')
    op.drop_table('traffic_payment')
    op.drop_table('deposit_waiver')
    op.drop_table('deposit_file')
    op.drop_table('debt')
    op.drop_table('wholesale_state')
    op.drop_table('traffic_day')

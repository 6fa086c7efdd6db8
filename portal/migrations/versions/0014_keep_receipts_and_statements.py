"""Keep receipts, contracts and statements

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

import portal.models.columns

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('statement',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('period', sa.String(length=7), nullable=False),
    sa.Column('station', sa.Enum('collected', 'generated', 'printed', 'sent', 'disputed', 'confirmed', 'passed_on', 'manager_approved', 'director_approved', 'approved', 'paid', 'invoiced', 'closed', name='station', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('station_since', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('total', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('received', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('withheld', sa.Integer(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('generated_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_statement_partner_id_partner')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement')),
    sa.UniqueConstraint('number', name=op.f('uq_statement_number')),
    sa.UniqueConstraint('partner_id', 'period', name=op.f('uq_statement_partner_id_period'))
    )
    op.create_index('ix_statement_period', 'statement', ['period', 'number'], unique=False)
    op.create_index('ix_statement_station', 'statement', ['station', 'due_on', 'id'], unique=False)
    op.create_table('collected_period',
    sa.Column('period', sa.String(length=7), nullable=False),
    sa.Column('collected_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('collected_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['collected_by_id'], ['user_account.id'], name=op.f('fk_collected_period_collected_by_id_user_account')),
    sa.PrimaryKeyConstraint('period', name=op.f('pk_collected_period'))
    )
    op.create_table('receipt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('ref', sa.String(length=80), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('contract_no', sa.String(length=60), nullable=False),
    sa.Column('contract_key', sa.String(length=120), nullable=False),
    sa.Column('product', sa.Enum('port', 'conference', 'ddd', 'idd', name='product', native_enum=False, length=32), nullable=False),
    sa.Column('amount', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=True),
    sa.Column('refund_of_id', sa.Integer(), nullable=True),
    sa.Column('recorded_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('recorded_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("product IS NULL OR product = 'port' OR product = 'conference' OR product = 'ddd' OR product = 'idd'", name=op.f('ck_receipt_product')),
    sa.CheckConstraint('(refund_of_id IS NULL AND amount > 0) OR (refund_of_id IS NOT NULL AND amount < 0)', name=op.f('ck_receipt_sign')),
    sa.CheckConstraint('minutes IS NULL OR minutes >= 0', name=op.f('ck_receipt_minutes')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['user_account.id'], name=op.f('fk_receipt_recorded_by_id_user_account')),
    sa.ForeignKeyConstraint(['refund_of_id'], ['receipt.id'], name=op.f('fk_receipt_refund_of_id_receipt')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt')),
    sa.UniqueConstraint('source', 'ref', name=op.f('uq_receipt_source_ref'))
    )
    op.create_index('ix_receipt_contract', 'receipt', ['contract_key', 'received_on'], unique=False)
    op.create_index('ix_receipt_day', 'receipt', ['received_on', 'id'], unique=False)
    op.create_index('ix_receipt_refund', 'receipt', ['refund_of_id'], unique=False, sqlite_where=sa.text('refund_of_id IS NOT NULL'), postgresql_where=sa.text('refund_of_id IS NOT NULL'))
    op.create_table('statement_act',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('statement_id', sa.Integer(), nullable=False),
    sa.Column('act', sa.Enum('generate', 'print', 'send', 'confirm', 'dispute', 'answer', 'pass_on', 'approve_manager', 'approve_director', 'approve_coo', 'pay', 'invoice', 'close', 'refuse', name='act', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('from_station', sa.Enum('collected', 'generated', 'printed', 'sent', 'disputed', 'confirmed', 'passed_on', 'manager_approved', 'director_approved', 'approved', 'paid', 'invoiced', 'closed', name='from_station', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('to_station', sa.Enum('collected', 'generated', 'printed', 'sent', 'disputed', 'confirmed', 'passed_on', 'manager_approved', 'director_approved', 'approved', 'paid', 'invoiced', 'closed', name='to_station', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['user_account.id'], name=op.f('fk_statement_act_actor_id_user_account')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_statement_act_statement_id_statement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_act'))
    )
    op.create_index('ix_statement_act_statement', 'statement_act', ['statement_id', 'id'], unique=False)
    op.create_table('statement_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('statement_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('storage_key', sa.String(length=64), nullable=False),
    sa.Column('uploaded_by_id', sa.Integer(), nullable=False),
    sa.Column('uploaded_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_statement_file_statement_id_statement')),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['user_account.id'], name=op.f('fk_statement_file_uploaded_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_file')),
    sa.UniqueConstraint('storage_key', name=op.f('uq_statement_file_storage_key'))
    )
    op.create_index(op.f('ix_statement_file_statement_id'), 'statement_file', ['statement_id'], unique=False)
    op.create_table('statement_revision',
    sa.Column('statement_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('made_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('total', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('received', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['made_by_id'], ['user_account.id'], name=op.f('fk_statement_revision_made_by_id_user_account')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_statement_revision_statement_id_statement')),
    sa.PrimaryKeyConstraint('statement_id', 'revision', name=op.f('pk_statement_revision'))
    )
    op.create_table('contract_match',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number_key', sa.String(length=120), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=True),
    sa.Column('contract_key', sa.String(length=120), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('matched_by_id', sa.Integer(), nullable=True),
    sa.Column('matched_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['matched_by_id'], ['user_account.id'], name=op.f('fk_contract_match_matched_by_id_user_account')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_contract_match_registration_id_registration')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contract_match'))
    )
    op.create_index(op.f('ix_contract_match_number_key'), 'contract_match', ['number_key'], unique=False)
    op.create_table('deferred_receipt',
    sa.Column('statement_id', sa.Integer(), nullable=False),
    sa.Column('receipt_id', sa.Integer(), nullable=False),
    sa.Column('deferred_by_id', sa.Integer(), nullable=False),
    sa.Column('deferred_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['deferred_by_id'], ['user_account.id'], name=op.f('fk_deferred_receipt_deferred_by_id_user_account')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_deferred_receipt_receipt_id_receipt')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_deferred_receipt_statement_id_statement')),
    sa.PrimaryKeyConstraint('statement_id', 'receipt_id', name=op.f('pk_deferred_receipt'))
    )
    op.create_table('dispute',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('statement_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('receipt_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('amount', 'rate', 'missing', 'customer', 'other', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('expected', portal.models.columns.MoneyType(), nullable=True),
    sa.Column('text', sa.String(length=2000), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.Column('opened_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('opened_by_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('open', 'granted', 'refused', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('parked', sa.Boolean(), nullable=False),
    sa.Column('granted', portal.models.columns.MoneyType(), nullable=True),
    sa.Column('answer', sa.String(length=2000), nullable=False),
    sa.Column('answered_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user_account.id'], name=op.f('fk_dispute_answered_by_id_user_account')),
    sa.ForeignKeyConstraint(['file_id'], ['statement_file.id'], name=op.f('fk_dispute_file_id_statement_file')),
    sa.ForeignKeyConstraint(['opened_by_id'], ['user_account.id'], name=op.f('fk_dispute_opened_by_id_user_account')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_dispute_receipt_id_receipt')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_dispute_statement_id_statement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute'))
    )
    op.create_index('ix_dispute_state', 'dispute', ['state', 'opened_at'], unique=False)
    op.create_index('ix_dispute_statement', 'dispute', ['statement_id'], unique=False)
    op.create_index('uq_dispute_one_open', 'dispute', ['statement_id', 'receipt_id'], unique=True, sqlite_where=sa.text("state = 'open' AND receipt_id IS NOT NULL"), postgresql_where=sa.text("state = 'open' AND receipt_id IS NOT NULL"))
    op.create_table('unsettled_receipt',
    sa.Column('receipt_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_unsettled_receipt_receipt_id_receipt')),
    sa.PrimaryKeyConstraint('receipt_id', name=op.f('pk_unsettled_receipt'))
    )
    op.create_table('contract',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('number_key', sa.String(length=120), nullable=False),
    sa.Column('signed_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ports', sa.Integer(), nullable=False),
    sa.Column('yearly_amount', portal.models.columns.MoneyType(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['registration_event.id'], name=op.f('fk_contract_event_id_registration_event')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_contract_registration_id_registration')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contract')),
    sa.UniqueConstraint('registration_id', 'number_key', name=op.f('uq_contract_registration_id_number_key'))
    )
    op.create_index('ix_contract_number_key', 'contract', ['number_key', 'signed_at', 'id'], unique=False)
    op.create_table('statement_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('statement_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('receipt', 'granted', 'resumed', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('counted', sa.Boolean(), nullable=False),
    sa.Column('settles', sa.Boolean(), nullable=False),
    sa.Column('receipt_id', sa.Integer(), nullable=True),
    sa.Column('registration_id', sa.Integer(), nullable=True),
    sa.Column('customer_name', sa.String(length=200), nullable=False),
    sa.Column('contract_on', sa.Date(), nullable=True),
    sa.Column('tier', sa.Enum('gold', 'silver', 'ordinary', name='tier', native_enum=False, length=32), nullable=True),
    sa.Column('policy_id', sa.Integer(), nullable=True),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('rate', sa.String(length=12), nullable=True),
    sa.Column('floor_price', sa.String(length=16), nullable=True),
    sa.Column('refunded_before', portal.models.columns.MoneyType(), nullable=True),
    sa.Column('taken_before', portal.models.columns.MoneyType(), nullable=True),
    sa.Column('commission', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('rule', sa.String(length=4), nullable=False),
    sa.Column('flag', sa.Enum('under_floor', 'past_term', 'before_contract', 'wholesale', 'key_accounts', 'no_tier', 'no_policy', 'no_rate', 'no_floor_price', 'no_minutes', 'refunded_withheld', 'disputed', 'unknown_contract', name='flag', native_enum=False, length=32), nullable=True),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('dispute_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(kind = 'receipt') = (receipt_id IS NOT NULL)", name=op.f('ck_statement_line_receipt')),
    sa.CheckConstraint("NOT settles OR kind = 'receipt'", name=op.f('ck_statement_line_settles')),
    sa.CheckConstraint("flag IS NULL OR flag = 'under_floor' OR flag = 'past_term' OR flag = 'before_contract' OR flag = 'wholesale' OR flag = 'key_accounts' OR flag = 'no_tier' OR flag = 'no_policy' OR flag = 'no_rate' OR flag = 'no_floor_price' OR flag = 'no_minutes' OR flag = 'refunded_withheld' OR flag = 'disputed' OR flag = 'unknown_contract'", name=op.f('ck_statement_line_flag')),
    sa.CheckConstraint("kind IS NULL OR kind = 'receipt' OR kind = 'granted' OR kind = 'resumed'", name=op.f('ck_statement_line_kind')),
    sa.CheckConstraint("tier IS NULL OR tier = 'gold' OR tier = 'silver' OR tier = 'ordinary'", name=op.f('ck_statement_line_tier')),
    sa.CheckConstraint('counted OR commission = 0', name=op.f('ck_statement_line_counted')),
    sa.ForeignKeyConstraint(['dispute_id'], ['dispute.id'], name=op.f('fk_statement_line_dispute_id_dispute')),
    sa.ForeignKeyConstraint(['policy_id'], ['policy_version.id'], name=op.f('fk_statement_line_policy_id_policy_version')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_statement_line_receipt_id_receipt')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_statement_line_registration_id_registration')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_statement_line_statement_id_statement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_line')),
    sa.UniqueConstraint('statement_id', 'revision', 'ordinal', name=op.f('uq_statement_line_statement_id_revision_ordinal'))
    )
    op.create_index('ix_statement_line_dispute', 'statement_line', ['dispute_id', 'id'], unique=False, sqlite_where=sa.text('dispute_id IS NOT NULL'), postgresql_where=sa.text('dispute_id IS NOT NULL'))
    op.create_index('uq_statement_line_settled_once', 'statement_line', ['receipt_id'], unique=True, sqlite_where=sa.text('settles = 1'), postgresql_where=sa.text('settles'))


def downgrade() -> None:
    op.drop_table('statement_line')
    op.drop_table('contract')
    op.drop_table('unsettled_receipt')
    op.drop_table('dispute')
    op.drop_table('deferred_receipt')
    op.drop_table('contract_match')
    op.drop_table('statement_revision')
    op.drop_table('statement_file')
    op.drop_table('statement_act')
    op.drop_table('receipt')
    op.drop_table('collected_period')
    op.drop_table('statement')

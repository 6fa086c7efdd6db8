"""Add takeover cases and their votes; know the facts and rules that they bring

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from portal.models.columns import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_RULES = ("C1", "C2", "C3", "C7", "C9", "C10", "C12", "G4", "G8", "S3", "S2")
_NEW_RULES = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C12", "G4", "G8", "S3", "S2")
_KINDS = (
    *("filed", "moved", "progress", "released", "lost", "undone", "note", "edited", "next_step"),
    *("support_asked", "support_done", "file_added", "correction_asked", "corrected"),
    *("decided_same", "decided_different", "merged"),
)
_CASE_KINDS = ("case_asked", "case_opened", "case_answered", "case_closed", "reassigned", "restored")
_CHECKS = (
    ("registration", "state_rule", _RULES, _NEW_RULES),
    ("ownership", "rule", _RULES, _NEW_RULES),
    ("placement", "rule", _RULES, _NEW_RULES),
    ("registration_event", "kind", _KINDS, (*_KINDS, *_CASE_KINDS)),
)


def _listed(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _change_check(table: str, column: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Let a column hold other words. SQLite: in the schema's text, since copying a million rows takes long."""
    old, new = _listed(column, before), _listed(column, after)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, new)
        return
    connection = op.get_bind()
    schema = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = ? AND instr(sql, ?)",
        (old, new, table, old),
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"{table}.{column} does not list the words it should")
    connection.exec_driver_sql(f"PRAGMA schema_version={int(schema) + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")


def upgrade() -> None:
    for table, column, before, after in _CHECKS:
        _change_check(table, column, before, after)
    op.create_table('conflict_case',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.Enum('takeover', 'handover', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('status', sa.Enum('open', 'decided', 'appealed', 'closed', name='status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('challenger_id', sa.Integer(), nullable=False),
    sa.Column('opened_at', UTCDateTime(), nullable=False),
    sa.Column('opened_by_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('answer_due', sa.Date(), nullable=False),
    sa.Column('answer', sa.String(length=4000), nullable=False),
    sa.Column('answered_at', UTCDateTime(), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.Enum('reassigned', 'refused', 'handed_over', 'declined', 'withdrawn', 'signed', 'owner_gone', 'challenger_gone', 'protected', name='outcome', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('next_owner_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', UTCDateTime(), nullable=True),
    sa.Column('decision', sa.JSON(), nullable=True),
    sa.Column('decision_digest', sa.String(length=64), nullable=True),
    sa.Column('appeal_until', sa.Date(), nullable=True),
    sa.Column('appeal', sa.String(length=4000), nullable=False),
    sa.Column('appealed_at', UTCDateTime(), nullable=True),
    sa.Column('appealed_by_id', sa.Integer(), nullable=True),
    sa.Column('appeal_outcome', sa.Enum('upheld', 'overturned', name='appeal_outcome', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('appeal_reason', sa.String(length=2000), nullable=False),
    sa.Column('appeal_decided_by_id', sa.Integer(), nullable=True),
    sa.Column('closed_at', UTCDateTime(), nullable=True),
    sa.CheckConstraint("(is_open AND status IN ('open', 'appealed')) OR (NOT is_open AND status IN ('decided', 'closed'))", name=op.f('ck_conflict_case_open_status')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user_account.id'], name=op.f('fk_conflict_case_answered_by_id_user_account')),
    sa.ForeignKeyConstraint(['appeal_decided_by_id'], ['user_account.id'], name=op.f('fk_conflict_case_appeal_decided_by_id_user_account')),
    sa.ForeignKeyConstraint(['appealed_by_id'], ['user_account.id'], name=op.f('fk_conflict_case_appealed_by_id_user_account')),
    sa.ForeignKeyConstraint(['challenger_id'], ['registration.id'], name=op.f('fk_conflict_case_challenger_id_registration')),
    sa.ForeignKeyConstraint(['next_owner_id'], ['registration.id'], name=op.f('fk_conflict_case_next_owner_id_registration')),
    sa.ForeignKeyConstraint(['opened_by_id'], ['user_account.id'], name=op.f('fk_conflict_case_opened_by_id_user_account')),
    sa.ForeignKeyConstraint(['owner_id'], ['registration.id'], name=op.f('fk_conflict_case_owner_id_registration')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conflict_case')),
    sa.UniqueConstraint('ref', name=op.f('uq_conflict_case_ref'))
    )
    with op.batch_alter_table('conflict_case', schema=None) as batch_op:
        batch_op.create_index('ix_conflict_case_challenger', ['challenger_id', 'opened_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_conflict_case_customer_id'), ['customer_id'], unique=False)
        batch_op.create_index('ix_conflict_case_owner', ['owner_id', 'opened_at'], unique=False)
        batch_op.create_index('ix_conflict_case_status', ['status', 'opened_at'], unique=False)
        batch_op.create_index('uq_conflict_case_one_open', ['customer_id'], unique=True, sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))

    op.create_table('case_vote',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.Enum('channel', 'key_accounts', name='side', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('agrees', sa.Boolean(), nullable=False),
    sa.Column('next_owner_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('voter_id', sa.Integer(), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['conflict_case.id'], name=op.f('fk_case_vote_case_id_conflict_case')),
    sa.ForeignKeyConstraint(['next_owner_id'], ['registration.id'], name=op.f('fk_case_vote_next_owner_id_registration')),
    sa.ForeignKeyConstraint(['voter_id'], ['user_account.id'], name=op.f('fk_case_vote_voter_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_vote')),
    sa.UniqueConstraint('case_id', 'side', name=op.f('uq_case_vote_case_id_side'))
    )


def downgrade() -> None:
    op.drop_table("case_vote")
    op.drop_table("conflict_case")
    for table, column, before, after in _CHECKS:
        _change_check(table, column, after, before)

"""Tie filings to the keys they bore before and to the customers that facts on them are about

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from portal.domain.terms import EventKind
from portal.domain.ties import ties_of

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TYING = sa.text(
    "SELECT id, registration_id, kind, data FROM registration_event WHERE id > :after AND kind IN"
    " ('compared', 'corrected', 'decided_same', 'decided_different', 'merged') ORDER BY id LIMIT 1000"
).columns(data=sa.JSON)


def upgrade() -> None:
    tie = op.create_table('tie',
    sa.Column('kind', sa.Enum('uscc', 'full_key', 'core_key', 'filing', name='kind', native_enum=False, length=32, create_constraint=True), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_tie_registration_id_registration')),
    sa.PrimaryKeyConstraint('kind', 'value', 'registration_id', name=op.f('pk_tie')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_tie_registration_id', 'tie', ['registration_id'])
    connection, after = op.get_bind(), 0
    known: set[tuple[str, str, int]] = set()
    while facts := connection.execute(_TYING, {"after": after}).all():
        for fact in facts:
            ties = ties_of(fact.registration_id, EventKind(fact.kind), fact.data)
            known |= {(kind.value, value, fact.registration_id) for kind, value in ties}
        after = facts[-1].id
    if known:
        columns = ("kind", "value", "registration_id")
        connection.execute(sa.insert(tie), [dict(zip(columns, each, strict=True)) for each in sorted(known)])


def downgrade() -> None:
    op.drop_table("tie")

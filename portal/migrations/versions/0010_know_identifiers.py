"""Know customers by website, telephone and tax id; let one belong to another

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from portal.domain.evidence import identifiers_of
from portal.migrations.words import change_words, refuse_losing

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KINDS = (
    *("filed", "moved", "progress", "released", "lost", "undone", "note", "edited", "next_step"),
    *("support_asked", "support_done", "file_added", "correction_asked", "corrected"),
    *("decided_same", "decided_different", "merged"),
    *("case_asked", "case_opened", "case_answered", "case_closed", "reassigned", "restored", "linked"),
    *("compared", "named"),
)
_NEW_KINDS = (*_KINDS, "identified", "belongs")
_STATED = sa.text("kind IN ('identified', 'belongs')")


def upgrade() -> None:
    change_words("registration_event", "kind", _KINDS, _NEW_KINDS)
    op.create_index(
        'ix_registration_event_stated', 'registration_event', ['registration_id', 'id'],
        sqlite_where=_STATED, postgresql_where=_STATED,
    )
    identifier = op.create_table('customer_identifier',
    sa.Column('kind', sa.Enum('tax_id', 'website', 'phone', name='kind', native_enum=False, length=32, create_constraint=True), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('customer_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_customer_identifier_customer_id_customer'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('kind', 'value', 'customer_id', name=op.f('pk_customer_identifier')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_customer_identifier_customer_id', 'customer_identifier', ['customer_id'])
    connection = op.get_bind()
    filings = connection.execute(
        sa.text("SELECT customer_id, website, phone FROM registration WHERE customer_id IS NOT NULL")
    )
    known = {
        (kind.value, value, row.customer_id)
        for row in filings
        for kind, value in identifiers_of(row.website, row.phone)
    }
    if known:
        columns = ("kind", "value", "customer_id")
        connection.execute(sa.insert(identifier), [dict(zip(columns, each, strict=True)) for each in sorted(known)])


def downgrade() -> None:
    refuse_losing("registration_event", "kind", "identified", "belongs")
    op.drop_table("customer_identifier")
    op.drop_index("ix_registration_event_stated", "registration_event")
    change_words("registration_event", "kind", _NEW_KINDS, _KINDS)

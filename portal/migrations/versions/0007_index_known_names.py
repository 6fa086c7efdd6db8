"""Index known names by their pieces; keep what a filing was compared with

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import Session

from portal.matching.index import enter_names
from portal.migrations.words import change_words

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KINDS = (
    *("filed", "moved", "progress", "released", "lost", "undone", "note", "edited", "next_step"),
    *("support_asked", "support_done", "file_added", "correction_asked", "corrected"),
    *("decided_same", "decided_different", "merged"),
    *("case_asked", "case_opened", "case_answered", "case_closed", "reassigned", "restored", "linked"),
)
_NEW_KINDS = (*_KINDS, "compared")


def upgrade() -> None:
    change_words("registration_event", "kind", _KINDS, _NEW_KINDS)
    op.create_table('name_gram',
    sa.Column('gram', sa.BigInteger(), nullable=False),
    sa.Column('alias_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['alias_id'], ['customer_alias.id'], name=op.f('fk_name_gram_alias_id_customer_alias'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('gram', 'alias_id', name=op.f('pk_name_gram')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_name_gram_alias_id', 'name_gram', ['alias_id'])
    op.create_table('gram_count',
    sa.Column('gram', sa.BigInteger(), nullable=False),
    sa.Column('names', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('gram', name=op.f('pk_gram_count')),
    sqlite_with_rowid=False
    )
    known = op.get_bind().execute(sa.text("SELECT id, name FROM customer_alias ORDER BY id")).all()
    with Session(op.get_bind()) as session:
        enter_names(session, [(row.id, row.name) for row in known])
        session.flush()


def downgrade() -> None:
    op.drop_table("gram_count")
    op.drop_table("name_gram")
    change_words("registration_event", "kind", _NEW_KINDS, _KINDS)

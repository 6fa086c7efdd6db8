"""Let the index of names stand alone: no foreign key, no index by name; file all names anew

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import Session

from portal.matching.building import fill_index

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_anew()


def downgrade() -> None:
    _make_anew(
        sa.ForeignKeyConstraint(['alias_id'], ['customer_alias.id'], name=op.f('fk_name_gram_alias_id_customer_alias'), ondelete='CASCADE'),
    )
    op.create_index('ix_name_gram_alias_id', 'name_gram', ['alias_id'])


def _make_anew(*constraints: sa.Constraint) -> None:
    op.drop_table("name_gram")
    op.drop_table("gram_count")
    op.create_table('name_gram',
    sa.Column('gram', sa.BigInteger(), nullable=False),
    sa.Column('alias_id', sa.Integer(), nullable=False),
    *constraints,
    sa.PrimaryKeyConstraint('gram', 'alias_id', name=op.f('pk_name_gram')),
    sqlite_with_rowid=False
    )
    op.create_table('gram_count',
    sa.Column('gram', sa.BigInteger(), nullable=False),
    sa.Column('names', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('gram', name=op.f('pk_gram_count')),
    sqlite_with_rowid=False
    )
    with Session(op.get_bind()) as session:
        fill_index(session)
        session.flush()

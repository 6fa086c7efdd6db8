"""Draft policy versions; let nobody change one that is written

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

import portal.models.columns

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STAYS = "policy versions are never changed"
_SQLITE = (
    "CREATE TRIGGER policy_version_stays BEFORE UPDATE ON policy_version"
    f" BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END",
)
_POSTGRES = (
    "CREATE OR REPLACE FUNCTION policy_version_stays() RETURNS trigger LANGUAGE plpgsql"
    f" AS $$ BEGIN RAISE EXCEPTION '{_STAYS}'; END $$",
    "CREATE TRIGGER policy_version_stays BEFORE UPDATE ON policy_version"
    " FOR EACH ROW EXECUTE FUNCTION policy_version_stays()",
)


def upgrade() -> None:
    op.create_table('policy_draft',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('effective_from', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('created_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('changed_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['user_account.id'], name=op.f('fk_policy_draft_author_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_draft'))
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER policy_version_stays")
    else:
        op.execute("DROP TRIGGER policy_version_stays ON policy_version")
        op.execute("DROP FUNCTION policy_version_stays()")
    op.drop_table('policy_draft')

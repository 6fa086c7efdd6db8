"""Room for sealed keys of robots; find quickly what is old enough to be forgotten

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_KEYS = {"wecom_key": 64, "dingtalk_token": 128, "dingtalk_secret": 128}
_SEALED = 300
_READ = sa.text("read_at IS NOT NULL")
_SENT = sa.text("sent_at IS NOT NULL")


def upgrade() -> None:
    # What is kept plain stays so until the next tick seals it: no migration knows the portal's secret.
    _resize({name: (length, _SEALED) for name, length in _KEYS.items()})
    op.create_index("ix_notice_read", "notice", ["read_at", "id"], sqlite_where=_READ, postgresql_where=_READ)
    op.create_index("ix_outbox_sent", "outbox", ["sent_at", "id"], sqlite_where=_SENT, postgresql_where=_SENT)


def downgrade() -> None:
    op.drop_index("ix_outbox_sent", table_name="outbox", sqlite_where=_SENT, postgresql_where=_SENT)
    op.drop_index("ix_notice_read", table_name="notice", sqlite_where=_READ, postgresql_where=_READ)
    # An older version cannot read what is sealed: its owner states it again.
    op.execute("UPDATE notice_address SET wecom_key = '', dingtalk_secret = '', dingtalk_token = ''")
    _resize({name: (_SEALED, length) for name, length in _KEYS.items()})


def _resize(lengths: dict[str, tuple[int, int]]) -> None:
    with op.batch_alter_table("notice_address") as batch:
        for name, (before, after) in lengths.items():
            batch.alter_column(
                name, existing_type=sa.String(length=before), type_=sa.String(length=after),
                existing_nullable=False,
            )

"""Say of every name of a customer what kind it is and where it comes from; English names too

Revision ID: 0009
Revises: 0008
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel import Session

from portal.domain.names import keys_of, normalise
from portal.matching.index import enter_names
from portal.migrations.words import change_words, refuse_losing
from portal.models import tables as t

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KINDS = (
    *("filed", "moved", "progress", "released", "lost", "undone", "note", "edited", "next_step"),
    *("support_asked", "support_done", "file_added", "correction_asked", "corrected"),
    *("decided_same", "decided_different", "merged"),
    *("case_asked", "case_opened", "case_answered", "case_closed", "reassigned", "restored", "linked"),
    "compared",
)
_NEW_KINDS = (*_KINDS, "named")
_NAMES = "kind IN ('filed', 'legal', 'short', 'english', 'former', 'brand')"
# Said here, not taken from the models: they may have other columns by the time this runs.
_ALIAS = sa.table(
    "customer_alias",
    *(sa.column(name) for name in ("id", "customer_id", "name", "full_key", "core_key", "kind")),
    sa.column("registration_id"),
)
_FIRST_FILED = """
UPDATE customer_alias SET registration_id = (
    SELECT r.id FROM registration r
    WHERE r.customer_id = customer_alias.customer_id AND r.full_key = customer_alias.full_key
    ORDER BY r.filed_at, r.ref LIMIT 1
)
"""
_BORNE_BEFORE = """
SELECT e.data, r.customer_id, r.id, r.filed_at, r.ref FROM registration_event e
JOIN registration r ON r.id = e.registration_id
WHERE e.kind = 'corrected' AND r.customer_id IS NOT NULL ORDER BY r.filed_at, r.ref
"""


def upgrade() -> None:
    change_words("registration_event", "kind", _KINDS, _NEW_KINDS)
    with op.batch_alter_table("customer_alias") as batch:
        batch.add_column(sa.Column("kind", sa.String(length=32), nullable=False, server_default="filed"))
        batch.add_column(sa.Column("registration_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("event_id", sa.Integer(), nullable=True))
        batch.create_check_constraint(op.f("ck_customer_alias_kind"), _NAMES)
        for column, table in (("registration_id", "registration"), ("event_id", "registration_event")):
            name = op.f(f"fk_customer_alias_{column}_{table}")
            batch.create_foreign_key(name, table, [column], ["id"])
    with op.batch_alter_table("customer_alias") as batch:
        batch.alter_column("kind", server_default=None)
    connection = op.get_bind()
    connection.execute(sa.text(_FIRST_FILED))
    with Session(connection) as session:
        _remember_corrected(session)
        _add_english(session)
        _index(session)


def _remember_corrected(session: Session) -> None:
    """Names that filings bore before a correction come from the first filing that ever bore them."""
    told = sa.text(_BORNE_BEFORE).columns(data=sa.JSON(), filed_at=t.registration.c.filed_at.type)
    alias, r = _ALIAS.c, t.registration.c
    for row in session.execute(told).all():
        if "keys" not in row.data:
            continue
        here = sa.and_(
            alias.customer_id == row.customer_id, alias.full_key == row.data["keys"]["before"][1]
        )
        source = sa.select(r.filed_at, r.ref).join(_ALIAS, alias.registration_id == r.id)
        first = session.execute(source.where(here)).first()
        if first is None or (row.filed_at, row.ref) < (first.filed_at, first.ref):
            session.execute(sa.update(_ALIAS).where(here).values(registration_id=row.id))


def _add_english(session: Session) -> None:
    """The English names that filings state become names of their customers."""
    rows = list(_english(session))
    for start in range(0, len(rows), 500):
        session.execute(sa.insert(_ALIAS), rows[start : start + 500])


def _index(session: Session) -> None:
    """File the names that are not in the index; on SQLite all, as copying their table emptied it."""
    if session.connection().dialect.name == "sqlite":
        session.execute(sa.text("DELETE FROM name_gram"))
        session.execute(sa.text("DELETE FROM gram_count"))
    c = _ALIAS.c
    filed = sa.text("NOT EXISTS (SELECT 1 FROM name_gram g WHERE g.alias_id = customer_alias.id)")
    fresh = session.execute(sa.select(c.id, c.name).where(filed).order_by(c.id))
    enter_names(session, [(row.id, row.name) for row in fresh.all()])
    session.flush()


def _english(session: Session) -> Iterator[dict[str, Any]]:
    r, c = t.registration.c, _ALIAS.c
    stated = session.execute(
        sa.select(r.id, r.customer_id, r.customer_name_en)
        .where(r.customer_name_en != "", r.customer_id.is_not(None))
        .order_by(r.filed_at, r.ref)
    ).all()
    if not stated:
        return
    known = {tuple(row) for row in session.execute(sa.select(c.customer_id, c.full_key))}
    for row in stated:
        keys = keys_of(row.customer_name_en)
        if not normalise(row.customer_name_en) or (row.customer_id, keys.full) in known:
            continue
        known.add((row.customer_id, keys.full))
        yield {
            "customer_id": row.customer_id, "name": row.customer_name_en, "full_key": keys.full,
            "core_key": keys.core, "kind": "english", "registration_id": row.id,
        }  # fmt: skip


def downgrade() -> None:
    refuse_losing("registration_event", "kind", "named")
    op.execute("DELETE FROM name_gram WHERE alias_id IN (SELECT id FROM customer_alias WHERE kind <> 'filed')")
    op.execute("DELETE FROM customer_alias WHERE kind <> 'filed'")
    with op.batch_alter_table("customer_alias") as batch:
        for column, table in (("registration_id", "registration"), ("event_id", "registration_event")):
            batch.drop_constraint(op.f(f"fk_customer_alias_{column}_{table}"), type_="foreignkey")
        batch.drop_constraint(op.f("ck_customer_alias_kind"), type_="check")
        for column in ("kind", "registration_id", "event_id"):
            batch.drop_column(column)
    with Session(op.get_bind()) as session:
        _index(session)
    change_words("registration_event", "kind", _NEW_KINDS, _KINDS)

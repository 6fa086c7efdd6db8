"""Keep support requests: who owes what by when, on a project or a partner

Revision ID: 0023
Revises: 0022
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import portal.models.columns

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('support_request',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=40), nullable=False),
    sa.Column('request_key', sa.String(length=36), nullable=True),
    sa.Column('registration_id', sa.Integer(), nullable=True),
    sa.Column('partner_id', sa.Integer(), nullable=True),
    sa.Column('event_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('joint_visit', 'solution', 'training', 'marketing', 'price', 'trial_install', 'production_install', 'other', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('need', sa.String(length=500), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('asked_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('week', sa.Date(), nullable=True),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('open', 'done', 'declined', name='state', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('result', sa.String(length=2000), nullable=False),
    sa.Column('closed_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('closed_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f('ck_support_request_closed')),
    sa.CheckConstraint('(registration_id IS NULL) <> (partner_id IS NULL)', name=op.f('ck_support_request_about')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['user_account.id'], name=op.f('fk_support_request_asked_by_id_user_account')),
    sa.ForeignKeyConstraint(['closed_by_id'], ['user_account.id'], name=op.f('fk_support_request_closed_by_id_user_account')),
    sa.ForeignKeyConstraint(['event_id'], ['registration_event.id'], name=op.f('fk_support_request_event_id_registration_event')),
    sa.ForeignKeyConstraint(['owner_id'], ['user_account.id'], name=op.f('fk_support_request_owner_id_user_account')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_support_request_partner_id_partner')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_support_request_registration_id_registration')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_support_request')),
    sa.UniqueConstraint('event_id', name=op.f('uq_support_request_event_id')),
    sa.UniqueConstraint('ref', name=op.f('uq_support_request_ref')),
    sa.UniqueConstraint('request_key', name=op.f('uq_support_request_request_key'))
    )
    op.create_index('ix_support_request_closed', 'support_request', ['closed_at', 'id'], unique=False)
    op.create_index('ix_support_request_due', 'support_request', ['due_on', 'id'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_support_request_owner', 'support_request', ['owner_id', 'due_on', 'id'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_support_request_partner', 'support_request', ['partner_id', 'asked_at'], unique=False)
    op.create_index('ix_support_request_registration', 'support_request', ['registration_id', 'asked_at'], unique=False)
    op.create_index('ix_support_request_week', 'support_request', ['week'], unique=False)
    op.add_column('registration', sa.Column('paused_from', sa.Date(), nullable=True))
    op.create_index('ix_registration_paused', 'registration', ['paused_from', 'id'], unique=False, sqlite_where=sa.text('paused_from IS NOT NULL'), postgresql_where=sa.text('paused_from IS NOT NULL'))
    _take_over()


def _take_over() -> None:
    """Make rows of what was asked so far: one at a time, of no kind, due on no day."""
    events = sa.table(
        "registration_event", *map(sa.column, ("id", "registration_id", "kind", "note", "actor_id")),
        sa.column("at", portal.models.columns.UTCDateTime()),
    )
    kinds = ("support_asked", "support_done")
    known = sa.select(events).where(events.c.kind.in_(kinds)).order_by(events.c.at, events.c.id)
    found: list[dict[str, Any]] = []
    still_open: dict[int, list[dict[str, Any]]] = {}
    for event in op.get_bind().execute(known):
        here = still_open.setdefault(event.registration_id, [])
        if event.kind == "support_done":
            for row in here:
                row |= {"state": "done", "closed_at": event.at, "closed_by_id": event.actor_id}
            here.clear()
            continue
        row = {
            "version": 1, "ref": f"S{len(found) + 1:08d}", "registration_id": event.registration_id,
            "event_id": event.id, "kind": "other", "need": event.note[:500], "asked_by_id": event.actor_id,
            "asked_at": event.at, "state": "open", "result": "", "closed_at": None, "closed_by_id": None,
        }
        found.append(row)
        here.append(row)
    if not found:
        return
    requests = sa.table(
        "support_request",
        *(sa.column(name) for name in found[0] if name not in ("asked_at", "closed_at")),
        *(sa.column(name, portal.models.columns.UTCDateTime()) for name in ("asked_at", "closed_at")),
    )
    # In order, so that the numbers that the database gives are those in the references.
    op.get_bind().execute(sa.insert(requests), found)
    _show_the_oldest([each for each in still_open.values() if len(each) > 1])


def _show_the_oldest(several: list[list[dict[str, Any]]]) -> None:
    """Asked again while it was open, a project showed the newer one; from now on it shows the oldest."""
    registration = sa.table(
        "registration", *map(sa.column, ("id", "support_note")),
        sa.column("support_since", portal.models.columns.UTCDateTime()),
    )
    for oldest, *_later in several:
        values = {"support_note": oldest["need"], "support_since": oldest["asked_at"]}
        here = registration.c.id == oldest["registration_id"]
        op.get_bind().execute(sa.update(registration).where(here).values(values))


def downgrade() -> None:
    requests = sa.table("support_request", sa.column("partner_id"))
    on_partners = sa.select(sa.func.count()).select_from(requests).where(requests.c.partner_id.is_not(None))
    if number := op.get_bind().scalar(on_partners):
        raise RuntimeError(f"{number} rows of support_request would be lost: those on partners")
    op.drop_index("ix_registration_paused", "registration")
    with op.batch_alter_table("registration") as batch:
        batch.drop_column("paused_from")
    op.drop_table("support_request")

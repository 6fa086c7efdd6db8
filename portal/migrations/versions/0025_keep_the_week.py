"""Keep the ends of weeks, reports, reviews and roll-ups

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

import portal.models.columns

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_FROZEN = ("week_end", "week_project", "weekly_revision", "rollup")


def _stays(table: str) -> dict[str, tuple[str, ...]]:
    says = f"rows of {table} are never changed"
    return {
        "sqlite": (
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{says}'); END",
        ),
        "postgresql": (
            f"CREATE OR REPLACE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN RAISE EXCEPTION '{says}'; END $$",
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_stays()",
        ),
    }


def upgrade() -> None:
    op.create_table('week_end',
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('taken_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('projects', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('week', name=op.f('pk_week_end'))
    )
    op.create_table('meeting_place',
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_meeting_place_partner_id_partner')),
    sa.PrimaryKeyConstraint('partner_id', name=op.f('pk_meeting_place'))
    )
    op.create_table('weekly_report',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('submitted_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('remark', sa.String(length=4000), nullable=False),
    sa.Column('opened_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.CheckConstraint('(revision = 0) = (submitted_at IS NULL)', name=op.f('ck_weekly_report_sent')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_weekly_report_partner_id_partner')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_weekly_report')),
    sa.UniqueConstraint('partner_id', 'week', name=op.f('uq_weekly_report_partner_id_week'))
    )
    op.create_index('ix_weekly_report_week', 'weekly_report', ['week'], unique=False)
    op.create_table('review',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('notes', sa.String(length=20000), nullable=False),
    sa.Column('noted_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('noted_by_id', sa.Integer(), nullable=True),
    sa.Column('done_at', portal.models.columns.UTCDateTime(), nullable=True),
    sa.Column('done_by_id', sa.Integer(), nullable=True),
    sa.Column('opened_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['done_by_id'], ['user_account.id'], name=op.f('fk_review_done_by_id_user_account')),
    sa.ForeignKeyConstraint(['noted_by_id'], ['user_account.id'], name=op.f('fk_review_noted_by_id_user_account')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_review_partner_id_partner')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review')),
    sa.UniqueConstraint('partner_id', 'week', name=op.f('uq_review_partner_id_week'))
    )
    op.create_index('ix_review_week', 'review', ['week'], unique=False)
    op.create_table('rollup',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('region', sa.String(length=40), nullable=False),
    sa.Column('made_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['made_by_id'], ['user_account.id'], name=op.f('fk_rollup_made_by_id_user_account')),
    sa.ForeignKeyConstraint(['week'], ['week_end.week'], name=op.f('fk_rollup_week_week_end')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rollup')),
    sa.UniqueConstraint('week', 'region', name=op.f('uq_rollup_week_region'))
    )
    op.create_table('weekly_revision',
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('submitted_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.Column('submitted_by_id', sa.Integer(), nullable=True),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('imported', sa.Boolean(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['weekly_report.id'], name=op.f('fk_weekly_revision_report_id_weekly_report')),
    sa.ForeignKeyConstraint(['submitted_by_id'], ['user_account.id'], name=op.f('fk_weekly_revision_submitted_by_id_user_account')),
    sa.PrimaryKeyConstraint('report_id', 'revision', name=op.f('pk_weekly_revision'))
    )
    op.create_table('week_project',
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=False),
    sa.Column('stage', sa.Enum('interest', 'meeting', 'solution', 'trial', 'signed', name='stage', native_enum=False, length=32), nullable=False),
    sa.Column('ports', sa.Integer(), nullable=False),
    sa.Column('yearly_revenue', portal.models.columns.MoneyType(), nullable=False),
    sa.Column('protected_until', sa.Date(), nullable=True),
    sa.Column('clock_from', sa.Date(), nullable=False),
    sa.Column('paused', sa.Boolean(), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.CheckConstraint("stage IS NULL OR stage = 'interest' OR stage = 'meeting' OR stage = 'solution' OR stage = 'trial' OR stage = 'signed'", name=op.f('ck_week_project_stage')),
    sa.CheckConstraint('ports >= 0', name=op.f('ck_week_project_ports')),
    sa.CheckConstraint('yearly_revenue >= 0', name=op.f('ck_week_project_revenue')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_week_project_partner_id_partner')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_week_project_registration_id_registration')),
    sa.ForeignKeyConstraint(['week'], ['week_end.week'], name=op.f('fk_week_project_week_week_end')),
    sa.PrimaryKeyConstraint('week', 'registration_id', name=op.f('pk_week_project')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_week_project_partner', 'week_project', ['partner_id', 'week'], unique=False)
    op.create_table('weekly_entry',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('happened', sa.String(length=2000), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('support', sa.String(length=500), nullable=False),
    sa.Column('next_step', sa.String(length=500), nullable=False),
    sa.Column('next_step_on', sa.Date(), nullable=True),
    sa.Column('ports', sa.Integer(), nullable=True),
    sa.Column('yearly_revenue', portal.models.columns.MoneyType(), nullable=True),
    sa.Column('written_by_id', sa.Integer(), nullable=True),
    sa.Column('written_at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_weekly_entry_registration_id_registration')),
    sa.ForeignKeyConstraint(['report_id'], ['weekly_report.id'], name=op.f('fk_weekly_entry_report_id_weekly_report')),
    sa.ForeignKeyConstraint(['written_by_id'], ['user_account.id'], name=op.f('fk_weekly_entry_written_by_id_user_account')),
    sa.PrimaryKeyConstraint('report_id', 'registration_id', name=op.f('pk_weekly_entry'))
    )
    op.create_index(op.f('ix_weekly_entry_registration_id'), 'weekly_entry', ['registration_id'], unique=False)
    op.create_table('review_line',
    sa.Column('review_id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.Enum('noted', 'progress', 'returned', name='verdict', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('sentence', sa.String(length=2000), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', portal.models.columns.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_review_line_by_id_user_account')),
    sa.ForeignKeyConstraint(['event_id'], ['registration_event.id'], name=op.f('fk_review_line_event_id_registration_event')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_review_line_registration_id_registration')),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_review_line_review_id_review')),
    sa.PrimaryKeyConstraint('review_id', 'registration_id', name=op.f('pk_review_line')),
    sa.UniqueConstraint('event_id', name=op.f('uq_review_line_event_id'))
    )
    op.create_index(op.f('ix_review_line_registration_id'), 'review_line', ['registration_id'], unique=False)
    op.create_index('ix_registration_event_later', 'registration_event', ['at', 'id'], unique=False, sqlite_where=sa.text("kind IN ('edited', 'corrected', 'support_asked', 'support_planned', 'support_done', 'undone')"), postgresql_where=sa.text("kind IN ('edited', 'corrected', 'support_asked', 'support_planned', 'support_done', 'undone')"))
    engine = op.get_bind().dialect.name
    for table in _FROZEN:
        for statement in _stays(table)[engine]:
            op.execute(statement)


def downgrade() -> None:
    op.drop_index('ix_registration_event_later', table_name='registration_event', sqlite_where=sa.text("kind IN ('edited', 'corrected', 'support_asked', 'support_planned', 'support_done', 'undone')"), postgresql_where=sa.text("kind IN ('edited', 'corrected', 'support_asked', 'support_planned', 'support_done', 'undone')"))
    op.drop_index(op.f('ix_review_line_registration_id'), table_name='review_line')
    op.drop_table('review_line')
    op.drop_index(op.f('ix_weekly_entry_registration_id'), table_name='weekly_entry')
    op.drop_table('weekly_entry')
    op.drop_index('ix_week_project_partner', table_name='week_project')
    op.drop_table('week_project')
    op.drop_table('weekly_revision')
    op.drop_table('rollup')
    op.drop_index('ix_review_week', table_name='review')
    op.drop_table('review')
    op.drop_index('ix_weekly_report_week', table_name='weekly_report')
    op.drop_table('weekly_report')
    op.drop_table('meeting_place')
    op.drop_table('week_end')
    if op.get_bind().dialect.name == "postgresql":
        for table in _FROZEN:
            op.execute(f"DROP FUNCTION {table}_stays()")

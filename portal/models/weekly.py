"""The channel's week (§7): what stood where at its end, reports, reviews, roll-ups."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.pipeline import Stage
from portal.domain.weekly import LineVerdict
from portal.models.base import Versioned
from portal.models.columns import MoneyType, UTCDateTime, enum_type, one_of


class WeekEnd(SQLModel, table=True):
    """A reporting week whose end was written down: its projects are in `week_project`, sealed by `digest`."""

    __tablename__ = "week_end"

    week: date = Field(primary_key=True)
    taken_at: datetime = Field(sa_type=UTCDateTime)
    projects: int
    digest: str = Field(max_length=64)


class WeekProject(SQLModel, table=True):
    """A partner's project as it stood at the end of a reporting week (W2–W4); never changed.

    What is open then, and what was signed in that week.
    """

    __tablename__ = "week_project"
    __table_args__ = (
        one_of(Stage, "stage"),
        sa.CheckConstraint("ports >= 0", name="ports"),
        sa.CheckConstraint("yearly_revenue >= 0", name="revenue"),
        sa.Index("ix_week_project_partner", "partner_id", "week"),
        # What was closed in a month: a handful of rows among those of its weeks.
        sa.Index(
            "ix_week_project_signed",
            "signed_on",
            sqlite_where=sa.text("signed_on IS NOT NULL"),
            postgresql_where=sa.text("signed_on IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    week: date = Field(primary_key=True, foreign_key="week_end.week")
    registration_id: int = Field(primary_key=True, foreign_key="registration.id")
    partner_id: int = Field(foreign_key="partner.id")
    stage: Stage = Field(sa_type=enum_type(Stage, "stage", checked=False))
    ports: int
    yearly_revenue: Decimal = Field(sa_type=MoneyType)
    protected_until: date | None = Field(default=None)
    clock_from: date
    paused: bool = Field(default=False)
    signed_on: date | None = Field(default=None)


class WeeklyReport(Versioned, table=True):
    """A partner's report of one week (W2). `revision` 0: being written, not sent yet."""

    __tablename__ = "weekly_report"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "week"),
        sa.Index("ix_weekly_report_week", "week"),
        sa.CheckConstraint("(revision = 0) = (submitted_at IS NULL)", name="sent"),
    )

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    week: date
    revision: int = Field(default=0)
    submitted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    late: bool = Field(default=False)
    remark: str = Field(default="", max_length=4000)
    opened_at: datetime = Field(sa_type=UTCDateTime)


class WeeklyEntry(Versioned, table=True):
    """What the partner's people wrote about one project in a report, sent or not."""

    __tablename__ = "weekly_entry"

    report_id: int = Field(foreign_key="weekly_report.id", primary_key=True)
    registration_id: int = Field(foreign_key="registration.id", primary_key=True, index=True)
    happened: str = Field(default="", max_length=2000)
    reason: str = Field(default="", max_length=500)
    support: str = Field(default="", max_length=500)
    next_step: str = Field(default="", max_length=500)
    next_step_on: date | None = Field(default=None)
    ports: int | None = Field(default=None)
    yearly_revenue: Decimal | None = Field(default=None, sa_type=MoneyType)
    written_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    written_at: datetime = Field(sa_type=UTCDateTime)


class WeeklyRevision(SQLModel, table=True):
    """A report as it was sent: canonical JSON, sealed by its digest; the database refuses to change one."""

    __tablename__ = "weekly_revision"

    report_id: int = Field(foreign_key="weekly_report.id", primary_key=True)
    revision: int = Field(primary_key=True)
    submitted_at: datetime = Field(sa_type=UTCDateTime)
    submitted_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    late: bool
    imported: bool = Field(default=False)
    content: str = Field(sa_type=sa.Text)
    digest: str = Field(max_length=64)


class Review(Versioned, table=True):
    """The Thursday review of one partner's week (W3): notes as typed, and whether it is done."""

    __tablename__ = "review"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "week"),
        sa.Index("ix_review_week", "week"),
    )

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    week: date
    notes: str = Field(default="", max_length=20000)
    noted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    noted_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    done_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    done_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    opened_at: datetime = Field(sa_type=UTCDateTime)


class ReviewLine(SQLModel, table=True):
    """What a review said of one project; a projection of the fact on its time line (`event_id`)."""

    __tablename__ = "review_line"

    review_id: int = Field(foreign_key="review.id", primary_key=True)
    registration_id: int = Field(foreign_key="registration.id", primary_key=True, index=True)
    verdict: LineVerdict = Field(sa_type=enum_type(LineVerdict, "verdict"))
    sentence: str = Field(default="", max_length=2000)
    event_id: int = Field(foreign_key="registration_event.id", unique=True)
    by_id: int = Field(foreign_key="user_account.id")
    at: datetime = Field(sa_type=UTCDateTime)


class MeetingPlace(SQLModel, table=True):
    """Where a partner stands in the order of the meeting; who has none comes after, by name."""

    __tablename__ = "meeting_place"

    partner_id: int = Field(foreign_key="partner.id", primary_key=True)
    place: int


class Rollup(SQLModel, table=True):
    """Friday's roll-up of one region's week, '' for all (W4): frozen; the database refuses to change one."""

    __tablename__ = "rollup"
    __table_args__ = (sa.UniqueConstraint("week", "region"),)

    id: int | None = Field(default=None, primary_key=True)
    week: date = Field(foreign_key="week_end.week")
    region: str = Field(default="", max_length=40)
    made_at: datetime = Field(sa_type=UTCDateTime)
    made_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    content: str = Field(sa_type=sa.Text)
    digest: str = Field(max_length=64)


FROZEN = ("week_end", "week_project", "weekly_revision", "rollup")
"""Tables whose rows are written once."""


def stays(table: str) -> dict[str, tuple[str, ...]]:
    """The statements, by engine, that make the database refuse to change a row of `table`."""
    says = f"rows of {table} are never changed"
    return {
        "sqlite": (
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{says}'); END",
        ),
        "postgresql": (
            f"CREATE OR REPLACE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN RAISE EXCEPTION '{says}'; END $$",
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_stays()",
        ),
    }


for _name in FROZEN:
    for _dialect, _statements in stays(_name).items():
        for _statement in _statements:
            _ddl: Any = sa.DDL(_statement)  # type: ignore[no-untyped-call]
            sa.event.listen(
                SQLModel.metadata.tables[_name], "after_create", _ddl.execute_if(dialect=_dialect)
            )

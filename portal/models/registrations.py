"""Customers, the claims on them, and the facts that decide between the claims."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.facts import Rule, State
from portal.domain.pipeline import LostReason, Stage
from portal.domain.terms import CustomerClass, EventKind, Source
from portal.domain.ties import TieKind
from portal.models.base import Versioned
from portal.models.columns import MoneyType, UTCDateTime, enum_type, partial_index

_OWNING = sa.text("is_owner")


LATER = "kind IN ('edited', 'corrected', 'support_asked', 'support_planned', 'support_done', 'undone')"
"""Facts that no column tells the time of: a week that is written down late must not take them (W2)."""


def _owned(name: str, *columns: str) -> sa.Index:
    # SQLite uses such an index only where the query says the same words: it has no booleans.
    return sa.Index(name, *columns, sqlite_where=sa.text("is_owner = 1"), postgresql_where=_OWNING)


class Registration(Versioned, table=True):
    """One party's claim on a customer (客户报备). `partner_id` NULL: key accounts.

    What was filed stays; what people may edit is versioned; the last block is a projection of
    the facts, written by `portal.conflicts.service` alone and rebuilt from them at will.
    """

    __tablename__ = "registration"
    __table_args__ = (
        # C11: the database itself refuses a second owner of one customer.
        sa.Index(
            "uq_registration_one_owner",
            "customer_id",
            unique=True,
            sqlite_where=_OWNING,
            postgresql_where=_OWNING,
        ),
        sa.CheckConstraint(
            "(is_owner AND state IN ('active', 'lapsed', 'signed') AND customer_id IS NOT NULL)"
            " OR (NOT is_owner AND state NOT IN ('active', 'lapsed', 'signed'))",
            name="owner_state",
        ),
        sa.CheckConstraint("ports >= 0", name="ports"),
        sa.CheckConstraint("yearly_revenue >= 0", name="revenue"),
        sa.Index("ix_registration_customer", "customer_id", "filed_at"),
        sa.Index("ix_registration_filed", "filed_at", "id"),
        sa.Index("ix_registration_party_filed", "partner_id", "filed_at", "id"),
        sa.Index("ix_registration_party_stage", "partner_id", "stage", "filed_at", "id"),
        sa.Index("ix_registration_state_filed", "state", "filed_at", "id"),
        # The board's columns and the home page's lists, each in its order, over what is owned.
        _owned("ix_registration_lapse", "protected_until", "id"),
        _owned("ix_registration_party_lapse", "partner_id", "protected_until", "id"),
        _owned("ix_registration_party_step", "partner_id", "next_step_on", "id"),
        _owned("ix_registration_board", "stage", "protected_until", "id"),
        _owned("ix_registration_board_signed", "stage", "filed_at", "id"),
        _owned("ix_registration_board_party", "partner_id", "stage", "protected_until", "id"),
        partial_index("ix_registration_paused", "paused_from IS NOT NULL", "paused_from"),
        partial_index("ix_registration_support", "support_since IS NOT NULL", "support_since"),
        partial_index("ix_registration_correction", "correction_since IS NOT NULL", "correction_since"),
        partial_index(
            "ix_registration_party_correction",
            "correction_since IS NOT NULL",
            "partner_id",
            "correction_since",
        ),
        sa.Index("ix_registration_uscc", "uscc"),
        partial_index("ix_registration_website", "website <> ''", "website"),
        partial_index("ix_registration_phone", "phone <> ''", "phone"),
        sa.Index("ix_registration_full_key", "full_key"),
        sa.Index("ix_registration_core_key", "core_key"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(max_length=40, unique=True)
    request_key: str | None = Field(default=None, max_length=36, unique=True)
    partner_id: int | None = Field(default=None, foreign_key="partner.id")
    filed_at: datetime = Field(sa_type=UTCDateTime)
    filed_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    filed_stage: Stage = Field(sa_type=enum_type(Stage, "filed_stage"))
    imported: bool = Field(default=False)

    customer_name: str = Field(max_length=200)
    customer_name_en: str = Field(default="", max_length=200)
    uscc: str | None = Field(default=None, max_length=18)
    full_key: str = Field(max_length=200)
    core_key: str | None = Field(default=None, max_length=200)
    website: str = Field(default="", max_length=200)
    contact: str = Field(default="", max_length=100)
    phone: str = Field(default="", max_length=40)
    city: str = Field(default="", max_length=60)
    customer_class: CustomerClass | None = Field(
        default=None, sa_type=enum_type(CustomerClass, "customer_class")
    )
    ports: int = Field(default=0)
    yearly_revenue: Decimal = Field(default=Decimal("0.00"), sa_type=MoneyType)
    source: Source | None = Field(default=None, sa_type=enum_type(Source, "source"))

    worker_id: int | None = Field(default=None, foreign_key="user_account.id")
    next_step: str = Field(default="", max_length=500)
    next_step_on: date | None = Field(default=None)
    support_note: str = Field(default="", max_length=500)
    support_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    correction_fields: list[str] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    correction_note: str = Field(default="", max_length=1000)
    correction_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    contract_no: str = Field(default="", max_length=60)
    contract_on: date | None = Field(default=None)
    trial_ends_on: date | None = Field(default=None)
    lost_reason: LostReason | None = Field(default=None, sa_type=enum_type(LostReason, "lost_reason"))

    customer_id: int | None = Field(default=None, foreign_key="customer.id")
    suspect_id: int | None = Field(
        default=None,
        sa_column=sa.Column(sa.Integer, sa.ForeignKey("customer.id"), nullable=True, index=True),
    )
    match_outcome: str = Field(default="different", max_length=16)
    match_reason: str = Field(default="", max_length=60)
    match_ruleset: str = Field(default="", max_length=20)
    state: State = Field(sa_type=enum_type(State, "state"))
    state_rule: Rule = Field(sa_type=enum_type(Rule, "state_rule"))
    state_since: datetime = Field(sa_type=UTCDateTime)
    is_owner: bool = Field(default=False)
    ever_owned: bool = Field(default=False)
    owned_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    queue_position: int | None = Field(default=None)
    stage: Stage = Field(sa_type=enum_type(Stage, "stage"))
    highest_stage: Stage = Field(sa_type=enum_type(Stage, "highest_stage"))
    stage_since: datetime = Field(sa_type=UTCDateTime)
    last_progress_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    protected_until: date | None = Field(default=None)
    # Its clock stands from this day on until what is owed is given (C3); `domain.protection.Clock`.
    paused_from: date | None = Field(default=None)


class RegistrationEvent(SQLModel, table=True):
    """A fact on a registration's time line. Immutable; its digest is sealed in the audit trail.

    `at` is when it happened, `recorded_at` when the portal learned of it (an import brings old
    facts). `data` holds the kind's own figures: the gate of a stage move, what was filed, …
    """

    __tablename__ = "registration_event"
    __table_args__ = (
        sa.Index("ix_registration_event_registration", "registration_id", "at"),
        sa.Index("ix_registration_event_import_key", "import_key", unique=True),
        # The few facts that are about a customer rather than the filing they stand on.
        partial_index("ix_registration_event_later", LATER, "at"),
        # Who moved, planned or asked for support lately: a roll-up that is made late tells of before (W4).
        partial_index(
            "ix_registration_event_steps",
            "kind IN ('moved', 'undone', 'next_step', 'support_asked', 'support_planned', 'support_done')",
            "at",
        ),
        partial_index("ix_registration_event_stated", "kind IN ('identified', 'belongs')", "registration_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    registration_id: int = Field(foreign_key="registration.id")
    kind: EventKind = Field(sa_type=enum_type(EventKind, "kind"))
    at: datetime = Field(sa_type=UTCDateTime)
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id")
    stage: Stage | None = Field(default=None, sa_type=enum_type(Stage, "stage"))
    reason: str = Field(default="", max_length=2000)
    note: str = Field(default="", max_length=10000)
    about_id: int | None = Field(default=None, foreign_key="registration_event.id")
    data: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    import_key: str | None = Field(default=None, max_length=64)
    digest: str = Field(max_length=64)


class Tie(SQLModel, table=True):
    """What ties a filing to others besides its row: a key it bore before, who founded what a fact is about.

    A projection of the facts, written with them (`journal.write`)."""

    __tablename__ = "tie"
    __table_args__ = {"sqlite_with_rowid": False}

    kind: TieKind = Field(sa_column=sa.Column(enum_type(TieKind, "kind"), primary_key=True, nullable=False))
    value: str = Field(max_length=200, primary_key=True)
    registration_id: int = Field(foreign_key="registration.id", primary_key=True, index=True)


class Ownership(SQLModel, table=True):
    """Who owned a customer from when to when, and by which rule; the fold's outcome as rows."""

    __tablename__ = "ownership"
    __table_args__ = (
        sa.Index(
            "uq_ownership_one_open",
            "customer_id",
            unique=True,
            sqlite_where=sa.text("ends_at IS NULL"),
            postgresql_where=sa.text("ends_at IS NULL"),
        ),
        sa.CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="order"),
        sa.Index("ix_ownership_customer", "customer_id", "starts_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", ondelete="CASCADE")
    registration_id: int = Field(foreign_key="registration.id", index=True)
    starts_at: datetime = Field(sa_type=UTCDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    rule: Rule = Field(sa_type=enum_type(Rule, "rule"))


class Placement(SQLModel, table=True):
    """From when on a claim belonged to which customer; no customer: it was held (identity fold).

    One row for nearly every registration; more where a held filing was decided, a correction
    or a merge moved it. The ownership fold takes its joins and leaves from here.
    """

    __tablename__ = "placement"
    __table_args__ = (sa.Index("ix_placement_customer", "customer_id", "at"),)

    registration_id: int = Field(foreign_key="registration.id", primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime, primary_key=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id")
    rule: Rule = Field(sa_type=enum_type(Rule, "rule"))


class PipelineStat(SQLModel, table=True):
    """Running totals of owned projects per party and stage: pages cost the same at any size.

    `party_id` 0 is key accounts. `reached` counts every claim that ever owned and got at least
    this far; the rest count what is owned now.
    """

    __tablename__ = "pipeline_stat"

    party_id: int = Field(primary_key=True)
    stage: Stage = Field(sa_type=enum_type(Stage, "stage"), primary_key=True)
    projects: int = Field(default=0)
    ports: int = Field(default=0)
    yearly_revenue: Decimal = Field(default=Decimal("0.00"), sa_type=MoneyType)
    reached: int = Field(default=0)


class SearchGram(SQLModel, table=True):
    """Two-character pieces of a registration's names and reference, for search at any size."""

    __tablename__ = "search_gram"
    __table_args__ = {"sqlite_with_rowid": False}

    gram: str = Field(max_length=2, primary_key=True)
    registration_id: int = Field(
        foreign_key="registration.id", primary_key=True, ondelete="CASCADE", index=True
    )


class Attachment(SQLModel, table=True):
    """A file hung on a registration; the bytes lie under PORTAL_FILES by a random name."""

    __tablename__ = "attachment"

    id: int | None = Field(default=None, primary_key=True)
    registration_id: int = Field(foreign_key="registration.id", index=True)
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(max_length=64)
    storage_key: str = Field(max_length=64, unique=True)
    uploaded_by_id: int = Field(foreign_key="user_account.id")
    uploaded_at: datetime = Field(sa_type=UTCDateTime)


class CheckLog(SQLModel, table=True):
    """Every live check of a name or code: for the daily quota and to see fishing (G6)."""

    __tablename__ = "check_log"
    __table_args__ = (sa.Index("ix_check_log_user_day", "user_id", "day"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user_account.id")
    day: date
    at: datetime = Field(sa_type=UTCDateTime)
    typed: str = Field(max_length=300)
    outcome: str = Field(max_length=16)

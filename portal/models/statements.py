"""Commission statements: their revisions, their lines, and what was done to them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.commissions import Flag
from portal.domain.disputes import DisputeKind, DisputeState
from portal.domain.lines import LineKind
from portal.domain.statements import Act, Station
from portal.domain.terms import Tier
from portal.models.base import Versioned
from portal.models.columns import MoneyType, UTCDateTime, enum_type, one_of, partial_index


class Statement(Versioned, table=True):
    """What one partner earned in one period, and where it stands in the nine steps (§8).

    `revision`, `total`, `received` and `content_hash` are those of the revision in force.
    """

    __tablename__ = "statement"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "period"),
        sa.Index("ix_statement_station", "station", "due_on", "id"),
        sa.Index("ix_statement_period", "period", "number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=40, unique=True)
    partner_id: int = Field(foreign_key="partner.id")
    period: str = Field(max_length=7)
    station: Station = Field(sa_type=enum_type(Station, "station"))
    station_since: datetime = Field(sa_type=UTCDateTime)
    due_on: date | None = Field(default=None)
    revision: int = Field(default=1)
    total: Decimal = Field(default=Decimal("0.00"), sa_type=MoneyType)
    received: Decimal = Field(default=Decimal("0.00"), sa_type=MoneyType)
    lines: int = Field(default=0)
    withheld: int = Field(default=0)
    content_hash: str = Field(max_length=64)
    generated_at: datetime = Field(sa_type=UTCDateTime)


class StatementRevision(SQLModel, table=True):
    """One revision of a statement: what its paper says. Written when it is made, never changed once out."""

    __tablename__ = "statement_revision"

    statement_id: int = Field(foreign_key="statement.id", primary_key=True)
    revision: int = Field(primary_key=True)
    made_at: datetime = Field(sa_type=UTCDateTime)
    made_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    reason: str = Field(default="", max_length=2000)
    total: Decimal = Field(sa_type=MoneyType)
    received: Decimal = Field(sa_type=MoneyType)
    lines: int
    content_hash: str = Field(max_length=64)


class StatementLine(SQLModel, table=True):
    """One line of a revision, or one thing that is not on it and why (M13, M14).

    `flag` says why nothing is earned, or not yet. A line that `settles` takes its receipt out of the pool:
    no other statement can take it up. `kind` other than a receipt: what a decided dispute adds.
    """

    __tablename__ = "statement_line"
    __table_args__ = (
        sa.UniqueConstraint("statement_id", "revision", "ordinal"),
        # One receipt is settled once, whoever generates what at the same time (M4, M12).
        sa.Index(
            "uq_statement_line_settled_once",
            "receipt_id",
            unique=True,
            sqlite_where=sa.text("settles = 1"),
            postgresql_where=sa.text("settles"),
        ),
        partial_index("ix_statement_line_dispute", "dispute_id IS NOT NULL", "dispute_id"),
        one_of(LineKind, "kind"),
        one_of(Tier, "tier"),
        one_of(Flag, "flag"),
        sa.CheckConstraint("counted OR commission = 0", name="counted"),
        sa.CheckConstraint("(kind = 'receipt') = (receipt_id IS NOT NULL)", name="receipt"),
        sa.CheckConstraint("NOT settles OR kind = 'receipt'", name="settles"),
    )

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    revision: int
    ordinal: int
    kind: LineKind = Field(sa_type=enum_type(LineKind, "kind", checked=False))
    counted: bool
    settles: bool
    receipt_id: int | None = Field(default=None, foreign_key="receipt.id")
    registration_id: int | None = Field(default=None, foreign_key="registration.id")
    customer_name: str = Field(default="", max_length=200)
    contract_on: date | None = Field(default=None)
    tier: Tier | None = Field(default=None, sa_type=enum_type(Tier, "tier", checked=False))
    policy_id: int | None = Field(default=None, foreign_key="policy_version.id")
    year: int | None = Field(default=None)
    rate: str | None = Field(default=None, max_length=12)
    floor_price: str | None = Field(default=None, max_length=16)
    # Of a refund: what earlier refunds of its receipt came to, and took back (M5).
    refunded_before: Decimal | None = Field(default=None, sa_type=MoneyType)
    taken_before: Decimal | None = Field(default=None, sa_type=MoneyType)
    commission: Decimal = Field(sa_type=MoneyType)
    rule: str = Field(max_length=4)
    flag: Flag | None = Field(default=None, sa_type=enum_type(Flag, "flag", checked=False))
    late: bool = Field(default=False)
    dispute_id: int | None = Field(default=None, foreign_key="dispute.id")


class StatementAct(SQLModel, table=True):
    """What was done to a statement: the walk through the nine steps, in order. Immutable.

    `data` holds the act's own figures: the typed name of a confirmation, the hash confirmed, where a refusal
    sent it back to.
    """

    __tablename__ = "statement_act"
    __table_args__ = (sa.Index("ix_statement_act_statement", "statement_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    act: Act = Field(sa_type=enum_type(Act, "act"))
    from_station: Station | None = Field(default=None, sa_type=enum_type(Station, "from_station"))
    to_station: Station = Field(sa_type=enum_type(Station, "to_station"))
    revision: int
    at: datetime = Field(sa_type=UTCDateTime)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id")
    reason: str = Field(default="", max_length=2000)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


class DeferredReceipt(SQLModel, table=True):
    """A withheld receipt that finance deferred by name, so that the statement may go out without it (M2)."""

    __tablename__ = "deferred_receipt"

    statement_id: int = Field(foreign_key="statement.id", primary_key=True)
    receipt_id: int = Field(foreign_key="receipt.id", primary_key=True)
    deferred_by_id: int = Field(foreign_key="user_account.id")
    deferred_at: datetime = Field(sa_type=UTCDateTime)
    reason: str = Field(max_length=500)


class Dispute(Versioned, table=True):
    """A partner's objection to the line of a receipt, or to one that is missing, and finance's answer (M9).

    `parked` once the rest of the statement went on without its line: then what comes of it is a line
    of the next statement.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        sa.Index(
            "uq_dispute_one_open",
            "statement_id",
            "receipt_id",
            unique=True,
            sqlite_where=sa.text("state = 'open' AND receipt_id IS NOT NULL"),
            postgresql_where=sa.text("state = 'open' AND receipt_id IS NOT NULL"),
        ),
        sa.Index("ix_dispute_statement", "statement_id"),
        sa.Index("ix_dispute_state", "state", "opened_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    revision: int
    receipt_id: int | None = Field(default=None, foreign_key="receipt.id")
    kind: DisputeKind = Field(sa_type=enum_type(DisputeKind, "kind"))
    expected: Decimal | None = Field(default=None, sa_type=MoneyType)
    text: str = Field(max_length=2000)
    file_id: int | None = Field(default=None, foreign_key="statement_file.id")
    opened_at: datetime = Field(sa_type=UTCDateTime)
    opened_by_id: int = Field(foreign_key="user_account.id")
    state: DisputeState = Field(sa_type=enum_type(DisputeState, "state"))
    parked: bool = Field(default=False)
    granted: Decimal | None = Field(default=None, sa_type=MoneyType)
    answer: str = Field(default="", max_length=2000)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    answered_by_id: int | None = Field(default=None, foreign_key="user_account.id")


class StatementFile(SQLModel, table=True):
    """A file that belongs to one revision of a statement: stamped scan, evidence, invoice."""

    __tablename__ = "statement_file"

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id", index=True)
    revision: int
    purpose: str = Field(max_length=20)
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(max_length=64)
    storage_key: str = Field(max_length=64, unique=True)
    uploaded_by_id: int = Field(foreign_key="user_account.id")
    uploaded_at: datetime = Field(sa_type=UTCDateTime)

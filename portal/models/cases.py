"""Takeover and handover cases (C4–C9) and the votes of those who decide them."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.cases import AppealOutcome, CaseKind, CaseStatus, Outcome, Side
from portal.models.base import Versioned
from portal.models.columns import UTCDateTime, enum_type


class ConflictCase(Versioned, table=True):
    """One dispute about one customer: who asked, what was answered, what was decided and why.

    Who owns the customer is no business of this table: that is what its facts on the
    registrations' time lines say. `decision` is what the deciders saw, sealed by its digest.
    """

    __tablename__ = "conflict_case"
    __table_args__ = (
        # C4: one open case per customer, whoever asks first.
        sa.Index(
            "uq_conflict_case_one_open",
            "customer_id",
            unique=True,
            sqlite_where=sa.text("is_open = 1"),
            postgresql_where=sa.text("is_open"),
        ),
        sa.CheckConstraint(
            "(is_open AND status IN ('open', 'appealed'))"
            " OR (NOT is_open AND status IN ('decided', 'closed'))",
            name="open_status",
        ),
        sa.Index("ix_conflict_case_owner", "owner_id", "opened_at"),
        sa.Index("ix_conflict_case_challenger", "challenger_id", "opened_at"),
        sa.Index("ix_conflict_case_status", "status", "opened_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(max_length=40, unique=True)
    kind: CaseKind = Field(sa_type=enum_type(CaseKind, "kind"))
    status: CaseStatus = Field(sa_type=enum_type(CaseStatus, "status"))
    is_open: bool = Field(default=True)
    # No foreign key: an identity that is found anew may do away with a customer, never with a case.
    customer_id: int = Field(index=True)
    owner_id: int = Field(foreign_key="registration.id")
    challenger_id: int = Field(foreign_key="registration.id")
    opened_at: datetime = Field(sa_type=UTCDateTime)
    opened_by_id: int = Field(foreign_key="user_account.id")
    reason: str = Field(max_length=2000)
    answer_due: date
    answer: str = Field(default="", max_length=4000)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    answered_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    outcome: Outcome | None = Field(default=None, sa_type=enum_type(Outcome, "outcome"))
    next_owner_id: int | None = Field(default=None, foreign_key="registration.id")
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    decision: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    decision_digest: str | None = Field(default=None, max_length=64)
    appeal_until: date | None = Field(default=None)
    appeal: str = Field(default="", max_length=4000)
    appealed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    appealed_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    appeal_outcome: AppealOutcome | None = Field(
        default=None, sa_type=enum_type(AppealOutcome, "appeal_outcome")
    )
    appeal_reason: str = Field(default="", max_length=2000)
    appeal_decided_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class CaseVote(SQLModel, table=True):
    """One side's yes or no; a side votes once."""

    __tablename__ = "case_vote"
    __table_args__ = (sa.UniqueConstraint("case_id", "side"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="conflict_case.id")
    side: Side = Field(sa_type=enum_type(Side, "side"))
    agrees: bool
    next_owner_id: int | None = Field(default=None, foreign_key="registration.id")
    reason: str = Field(max_length=2000)
    voter_id: int = Field(foreign_key="user_account.id")
    at: datetime = Field(sa_type=UTCDateTime)

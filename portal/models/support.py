"""Support requests (L2): what is asked of the vendor, who owes it by when, and what came of it."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from portal.domain.support import LONGEST_NEED, LONGEST_RESULT, SupportKind, SupportState
from portal.models.base import Versioned
from portal.models.columns import UTCDateTime, enum_type, partial_index

_OPEN = "state = 'open'"


class SupportRequest(Versioned, table=True):
    """One request, on a project or on a partner.

    On a project it is a projection of facts on the registration's time line, of which `event_id` is the
    one that asked; on a partner the audit trail tells of it. `owner_id` NULL: nobody has taken it, so it
    is the department's (`domain.support.department_of`). `due_on` NULL: from before there were due dates.
    """

    __tablename__ = "support_request"
    __table_args__ = (
        sa.CheckConstraint("(registration_id IS NULL) <> (partner_id IS NULL)", name="about"),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        partial_index("ix_support_request_due", _OPEN, "due_on"),
        partial_index("ix_support_request_owner", _OPEN, "owner_id", "due_on"),
        sa.Index("ix_support_request_registration", "registration_id", "asked_at"),
        sa.Index("ix_support_request_partner", "partner_id", "asked_at"),
        sa.Index("ix_support_request_closed", "closed_at", "id"),
        sa.Index("ix_support_request_week", "week"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(max_length=40, unique=True)
    request_key: str | None = Field(default=None, max_length=36, unique=True)
    registration_id: int | None = Field(default=None, foreign_key="registration.id")
    partner_id: int | None = Field(default=None, foreign_key="partner.id")
    event_id: int | None = Field(default=None, foreign_key="registration_event.id", unique=True)
    kind: SupportKind = Field(sa_type=enum_type(SupportKind, "kind"))
    need: str = Field(max_length=LONGEST_NEED)
    asked_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    asked_at: datetime = Field(sa_type=UTCDateTime)
    week: date | None = Field(default=None)
    owner_id: int | None = Field(default=None, foreign_key="user_account.id")
    due_on: date | None = Field(default=None)
    state: SupportState = Field(default=SupportState.OPEN, sa_type=enum_type(SupportState, "state"))
    result: str = Field(default="", max_length=LONGEST_RESULT)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    closed_by_id: int | None = Field(default=None, foreign_key="user_account.id")

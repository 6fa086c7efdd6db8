"""Alarms about people whose checks look like fishing (G6)."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from portal.models.base import Versioned
from portal.models.columns import UTCDateTime


class FishingAlarm(Versioned, table=True):
    """One person on one day; what was looked up stands in `check_log`. Never shown to the person.

    `patterns` are those of the first moment that was conspicuous, separated by blanks.
    """

    __tablename__ = "fishing_alarm"
    __table_args__ = (sa.UniqueConstraint("user_id", "day"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user_account.id")
    day: date = Field(index=True)
    raised_at: datetime = Field(sa_type=UTCDateTime)
    patterns: str = Field(max_length=80)
    names: int
    taken: int
    seen_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    seen_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    seen_note: str = Field(default="", max_length=2000)

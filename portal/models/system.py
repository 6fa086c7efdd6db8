"""The audit trail and the record of imports."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.models.columns import UTCDateTime


class AuditEntry(SQLModel, table=True):
    """Who did what, when, from what, to what, why. Each row carries the hash of the one before."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry_subject", "subject_type", "subject_id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime, index=True)
    actor_id: int | None = Field(default=None)
    actor: str = Field(max_length=120)
    action: str = Field(max_length=60)
    subject_type: str = Field(max_length=40)
    subject_id: int | None = Field(default=None)
    details: dict[str, Any] = Field(sa_type=sa.JSON)
    reason: str = Field(default="", max_length=2000)
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64, unique=True)


class ImportRun(SQLModel, table=True):
    """One accepted import: which file, by whom, how many rows."""

    __tablename__ = "import_run"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20)
    file_name: str = Field(max_length=200)
    sha256: str = Field(max_length=64)
    at: datetime = Field(sa_type=UTCDateTime)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id")
    rows: int
    accepted: int
    skipped: int

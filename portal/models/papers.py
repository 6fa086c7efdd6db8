"""Batches of statements set as one PDF."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.models.columns import UTCDateTime


class PaperJob(SQLModel, table=True):
    """Statements to be set as one PDF, a part at a time: whoever looks at its page moves it on.

    `done` statements are in the files of `parts`; with all of them done they are joined into `file_key`. A
    part counts once its row says so, so that a job goes on after a crash where it was.
    """

    __tablename__ = "paper_job"
    __table_args__ = (
        sa.CheckConstraint("done >= 0 AND done <= total AND total > 0", name="done"),
        sa.CheckConstraint("file_key IS NULL OR (done = total AND pages IS NOT NULL)", name="whole"),
        sa.Index("ix_paper_job_made_at", "made_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    # In the names of its files: nobody guesses them.
    key: str = Field(max_length=32, unique=True)
    language: str = Field(max_length=2)
    verify_at: str = Field(max_length=300)
    made_by_id: int = Field(foreign_key="user_account.id")
    made_at: datetime = Field(sa_type=UTCDateTime)
    total: int
    done: int = Field(default=0)
    parts: list[Any] = Field(default_factory=list, sa_type=sa.JSON)
    file_key: str | None = Field(default=None, max_length=100)
    pages: int | None = Field(default=None)
    size: int | None = Field(default=None)
    finished_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class PaperJobItem(SQLModel, table=True):
    """One statement of a batch; what was set of it, once it was."""

    __tablename__ = "paper_job_item"
    __table_args__ = (sa.UniqueConstraint("job_id", "statement_id"),)

    job_id: int = Field(foreign_key="paper_job.id", primary_key=True)
    ordinal: int = Field(primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    revision: int | None = Field(default=None)
    content_hash: str | None = Field(default=None, max_length=64)

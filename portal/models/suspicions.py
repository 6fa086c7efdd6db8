"""Known customers that may be one company, and customers whose names are still to be compared."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.alike import Resemblance
from portal.models.columns import UTCDateTime, enum_type


class ComparisonDue(SQLModel, table=True):
    """A customer that has learned a name, or lost a code, and was not compared with the others since.

    Written in the transaction that taught it; taken out in the one that compares.
    """

    __tablename__ = "comparison_due"

    customer_id: int = Field(
        sa_column=sa.Column(
            sa.Integer,
            sa.ForeignKey("customer.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        )
    )


class Suspicion(SQLModel, table=True):
    """Two customers whose names are so alike that a person has to say whether they are one (§6).

    `one` and `other` name them as the identity fold does (`customer.founder_key`). `is_open` is a
    projection of the facts: whether the question still has to be asked.
    """

    __tablename__ = "suspicion"
    __table_args__ = (
        sa.UniqueConstraint("one", "other"),
        sa.CheckConstraint("one < other", name="order"),
        sa.Index("ix_suspicion_other", "other"),
        sa.Index(
            "ix_suspicion_open",
            "found_at",
            "id",
            sqlite_where=sa.text("is_open = 1"),
            postgresql_where=sa.text("is_open"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    one: int
    other: int
    one_name: str = Field(max_length=200)
    other_name: str = Field(max_length=200)
    score: int
    why: Resemblance = Field(sa_type=enum_type(Resemblance, "why"))
    ruleset: str = Field(max_length=20)
    found_at: datetime = Field(sa_type=UTCDateTime)
    is_open: bool = Field(default=True)
    version: int = Field(default=1)

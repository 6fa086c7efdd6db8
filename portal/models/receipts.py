"""Cash received, and the contracts it was received for."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.rates import Product
from portal.models.columns import MoneyType, UTCDateTime, enum_type, one_of


class Contract(SQLModel, table=True):
    """What a signed move stated (S2, stage 5), of claims that owned their customer then (S6).

    A projection of the facts, written by `portal.conflicts.contracts` alone. Of two contracts with one
    number the one signed first bears it.
    """

    __tablename__ = "contract"
    __table_args__ = (
        sa.UniqueConstraint("registration_id", "number_key"),
        sa.Index("ix_contract_number_key", "number_key", "signed_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    registration_id: int = Field(foreign_key="registration.id")
    event_id: int = Field(foreign_key="registration_event.id")
    number: str = Field(max_length=60)
    number_key: str = Field(max_length=120)
    signed_at: datetime = Field(sa_type=UTCDateTime)
    starts_on: date
    # When the last move came that stated another first day than the one before it (M1).
    restated_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ports: int
    yearly_amount: Decimal = Field(sa_type=MoneyType)


class ContractMatch(SQLModel, table=True):
    """Finance says which contract a number on receipts means (M14); the newest row of a number holds."""

    __tablename__ = "contract_match"

    id: int | None = Field(default=None, primary_key=True)
    number_key: str = Field(max_length=120, index=True)
    # No contract: the match is taken back.
    registration_id: int | None = Field(default=None, foreign_key="registration.id")
    contract_key: str | None = Field(default=None, max_length=120)
    reason: str = Field(max_length=500)
    matched_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    matched_at: datetime = Field(sa_type=UTCDateTime)


class Receipt(SQLModel, table=True):
    """Cash received from a customer, or paid back to it (M5, M7). Immutable; a refund is negative."""

    __tablename__ = "receipt"
    __table_args__ = (
        sa.UniqueConstraint("source", "ref"),
        sa.CheckConstraint(
            "(refund_of_id IS NULL AND amount > 0) OR (refund_of_id IS NOT NULL AND amount < 0)", name="sign"
        ),
        one_of(Product, "product"),
        sa.CheckConstraint("minutes IS NULL OR minutes >= 0", name="minutes"),
        sa.Index("ix_receipt_contract", "contract_key", "received_on"),
        sa.Index("ix_receipt_day", "received_on", "id"),
        sa.Index(
            "ix_receipt_refund",
            "refund_of_id",
            sqlite_where=sa.text("refund_of_id IS NOT NULL"),
            postgresql_where=sa.text("refund_of_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=40)
    ref: str = Field(max_length=80)
    received_on: date
    contract_no: str = Field(max_length=60)
    contract_key: str = Field(max_length=120)
    product: Product = Field(sa_type=enum_type(Product, "product", checked=False))
    amount: Decimal = Field(sa_type=MoneyType)
    minutes: int | None = Field(default=None)
    refund_of_id: int | None = Field(default=None, foreign_key="receipt.id")
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    recorded_by_id: int | None = Field(default=None, foreign_key="user_account.id")


class UnsettledReceipt(SQLModel, table=True):
    """Receipts that are on no issued statement yet: what the next statements are made of.

    A projection: everything without a settling line. It makes a statement cost what is on it, not what
    was ever received.
    """

    __tablename__ = "unsettled_receipt"

    receipt_id: int = Field(foreign_key="receipt.id", primary_key=True)


class CollectedPeriod(SQLModel, table=True):
    """A period whose receipts finance called complete (step 1): what comes later waits for the next (M6)."""

    __tablename__ = "collected_period"

    period: str = Field(max_length=7, primary_key=True)
    collected_at: datetime = Field(sa_type=UTCDateTime)
    collected_by_id: int | None = Field(default=None, foreign_key="user_account.id")

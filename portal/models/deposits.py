"""Deposits, what is deducted from them, debts, and wholesale traffic (B1–B5, M11)."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.deposits import Cause, DebtState, DeductionState, EntryKind, Settling
from portal.domain.wholesale import Service
from portal.models.base import Versioned
from portal.models.columns import MoneyType, UTCDateTime, enum_type, partial_index

_OPEN = "state IN ('proposed', 'approved', 'announced', 'objected')"


class DepositEntry(SQLModel, table=True):
    """One line of a partner's deposit ledger (B2). Append-only; paid in is positive, taken out negative.

    `seq` counts a partner's entries: of two writers at once the second is refused, and with it a
    running balance that forgets the other.
    """

    __tablename__ = "deposit_entry"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "seq"),
        sa.UniqueConstraint("partner_id", "reference"),
        sa.CheckConstraint("balance_after >= 0", name="balance"),
        sa.CheckConstraint("seq >= 1", name="seq"),
        sa.CheckConstraint(
            "(kind IN ('payment', 'top_up') AND amount > 0)"
            " OR (kind IN ('deduction', 'return') AND amount < 0)",
            name="sign",
        ),
        sa.CheckConstraint("(kind = 'deduction') = (deduction_id IS NOT NULL)", name="deduction"),
    )

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    seq: int
    kind: EntryKind = Field(sa_type=enum_type(EntryKind, "kind"))
    amount: Decimal = Field(sa_type=MoneyType)
    balance_after: Decimal = Field(sa_type=MoneyType)
    booked_on: date
    reference: str = Field(max_length=80)
    note: str = Field(default="", max_length=500)
    deduction_id: int | None = Field(default=None, foreign_key="deposit_deduction.id", unique=True)
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    recorded_by_id: int | None = Field(default=None, foreign_key="user_account.id")


class DepositDeduction(Versioned, table=True):
    """What is to be taken from a deposit, and how far that has come (B3).

    `taken` is what the balance covered when it took effect. Of a debt there is one open deduction.
    """

    __tablename__ = "deposit_deduction"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "document"),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("approved_by_id IS NULL OR approved_by_id <> proposed_by_id", name="four_eyes"),
        sa.CheckConstraint("(cause = 'overdue_debt') = (debt_id IS NOT NULL)", name="debt"),
        sa.CheckConstraint("(state = 'effective') = (taken IS NOT NULL)", name="effective"),
        sa.CheckConstraint("rest_debt_id IS NULL OR cause = 'customer_arrears'", name="rest"),
        sa.CheckConstraint("taken IS NULL OR (taken >= 0 AND taken <= amount)", name="taken"),
        sa.CheckConstraint(
            "state NOT IN ('announced', 'objected', 'effective') OR takes_effect_on IS NOT NULL",
            name="announced",
        ),
        sa.Index(
            "uq_deposit_deduction_one_open",
            "debt_id",
            unique=True,
            sqlite_where=sa.text(f"debt_id IS NOT NULL AND {_OPEN}"),
            postgresql_where=sa.text(f"debt_id IS NOT NULL AND {_OPEN}"),
        ),
        partial_index("ix_deposit_deduction_due", "state = 'announced'", "takes_effect_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    cause: Cause = Field(sa_type=enum_type(Cause, "cause"))
    debt_id: int | None = Field(default=None, foreign_key="debt.id")
    document: str = Field(max_length=80)
    file_id: int | None = Field(default=None, foreign_key="deposit_file.id", unique=True)
    amount: Decimal = Field(sa_type=MoneyType)
    note: str = Field(default="", max_length=2000)
    state: DeductionState = Field(sa_type=enum_type(DeductionState, "state"))
    proposed_at: datetime = Field(sa_type=UTCDateTime)
    proposed_by_id: int = Field(foreign_key="user_account.id")
    approved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    approved_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    announced_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    takes_effect_on: date | None = Field(default=None)
    objection: str = Field(default="", max_length=2000)
    objected_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    objected_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    decision: str = Field(default="", max_length=2000)
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    decided_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    effective_on: date | None = Field(default=None)
    taken: Decimal | None = Field(default=None, sa_type=MoneyType)
    # Arrears that the balance did not cover: they stay owed as a debt of their own (B3).
    rest_debt_id: int | None = Field(default=None, foreign_key="debt.id", unique=True)


class DepositFile(SQLModel, table=True):
    """The document of a deduction: the bytes lie in the file store. Immutable."""

    __tablename__ = "deposit_file"

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(max_length=64)
    storage_key: str = Field(max_length=64, unique=True)
    uploaded_by_id: int = Field(foreign_key="user_account.id")
    uploaded_at: datetime = Field(sa_type=UTCDateTime)


class DepositWaiver(SQLModel, table=True):
    """The coo waives a shortfall up to an amount (B4); the newest row of a partner holds. Append-only."""

    __tablename__ = "deposit_waiver"
    __table_args__ = (sa.CheckConstraint("amount >= 0", name="amount"),)

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id", index=True)
    # Nothing: the waiver is taken back.
    amount: Decimal = Field(sa_type=MoneyType)
    reason: str = Field(max_length=500)
    waived_at: datetime = Field(sa_type=UTCDateTime)
    waived_by_id: int = Field(foreign_key="user_account.id")


class Debt(Versioned, table=True):
    """What a partner owes (M11): a statement below nothing; without one, arrears beyond the deposit (B3).

    `remaining` is the amount less its settlements: the database lets it go no lower than nothing.
    """

    __tablename__ = "debt"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("remaining >= 0 AND remaining <= amount", name="remaining"),
        sa.CheckConstraint("(state = 'open') = (remaining > 0)", name="open"),
        sa.Index("ix_debt_partner", "partner_id", "state", "due_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    statement_id: int | None = Field(default=None, foreign_key="statement.id", unique=True)
    amount: Decimal = Field(sa_type=MoneyType)
    remaining: Decimal = Field(sa_type=MoneyType)
    opened_on: date
    due_on: date
    state: DebtState = Field(sa_type=enum_type(DebtState, "state"))


class DebtSettlement(SQLModel, table=True):
    """How a part of a debt was settled. Append-only; a statement or deduction settles a debt once."""

    __tablename__ = "debt_settlement"
    __table_args__ = (
        sa.UniqueConstraint("debt_id", "statement_id"),
        sa.UniqueConstraint("debt_id", "reference"),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("(how = 'set_off') = (statement_id IS NOT NULL)", name="statement"),
        sa.CheckConstraint("(how = 'deduction') = (deduction_id IS NOT NULL)", name="deduction"),
        sa.CheckConstraint("(how = 'cash') = (reference IS NOT NULL)", name="reference"),
    )

    id: int | None = Field(default=None, primary_key=True)
    debt_id: int = Field(foreign_key="debt.id")
    amount: Decimal = Field(sa_type=MoneyType)
    how: Settling = Field(sa_type=enum_type(Settling, "how"))
    statement_id: int | None = Field(default=None, foreign_key="statement.id", index=True)
    deduction_id: int | None = Field(default=None, foreign_key="deposit_deduction.id", unique=True)
    reference: str | None = Field(default=None, max_length=80)
    reason: str = Field(default="", max_length=500)
    settled_on: date
    settled_at: datetime = Field(sa_type=UTCDateTime)
    settled_by_id: int | None = Field(default=None, foreign_key="user_account.id")


class TrafficDay(SQLModel, table=True):
    """A wholesale partner's traffic of one day (B5), from the billing system. Immutable."""

    __tablename__ = "traffic_day"
    __table_args__ = (sa.CheckConstraint("amount >= 0", name="amount"),)

    partner_id: int = Field(foreign_key="partner.id", primary_key=True)
    day: date = Field(primary_key=True)
    amount: Decimal = Field(sa_type=MoneyType)


class TrafficPayment(SQLModel, table=True):
    """What a wholesale partner paid for its traffic. Append-only."""

    __tablename__ = "traffic_payment"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "reference"),
        sa.CheckConstraint("amount > 0", name="amount"),
    )

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    amount: Decimal = Field(sa_type=MoneyType)
    paid_on: date
    reference: str = Field(max_length=80)
    note: str = Field(default="", max_length=500)
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    recorded_by_id: int | None = Field(default=None, foreign_key="user_account.id")


class WholesaleState(SQLModel, table=True):
    """How a wholesale partner's unpaid traffic stands against its deposit (B5); its history is in the trail.

    A projection of ledger and traffic, written by `portal.deposits.traffic` alone. `warned` is the
    highest warning reached, a share of the balance.
    """

    __tablename__ = "wholesale_state"
    __table_args__ = (sa.CheckConstraint("unpaid >= 0", name="unpaid"),)

    partner_id: int = Field(foreign_key="partner.id", primary_key=True)
    state: Service = Field(sa_type=enum_type(Service, "state"))
    since: datetime = Field(sa_type=UTCDateTime)
    warned: str | None = Field(default=None, max_length=8)
    unpaid: Decimal = Field(sa_type=MoneyType)

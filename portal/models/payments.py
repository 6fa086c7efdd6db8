"""Partners' bank accounts, payment batches, invoices (§8 steps 7–9, M16)."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.invoices import InvoiceState
from portal.domain.payments import AccountState, BatchState, ItemState
from portal.models.base import Versioned
from portal.models.columns import MoneyType, UTCDateTime, enum_type


class BankAccount(Versioned, table=True):
    """A bank account stated for a partner. What it says never changes; a change is another row.

    It counts once a second person has verified it, and `word` says how; of a refusal it says why.
    """

    __tablename__ = "bank_account"
    __table_args__ = (
        sa.Index(
            "uq_bank_account_current",
            "partner_id",
            unique=True,
            sqlite_where=sa.text("state = 'verified'"),
            postgresql_where=sa.text("state = 'verified'"),
        ),
        sa.Index(
            "uq_bank_account_waiting",
            "partner_id",
            unique=True,
            sqlite_where=sa.text("state = 'proposed'"),
            postgresql_where=sa.text("state = 'proposed'"),
        ),
        sa.CheckConstraint("verified_by_id <> proposed_by_id", name="two_people"),
        sa.CheckConstraint(
            "(state IN ('verified', 'replaced')) = (verified_by_id IS NOT NULL)", name="verified"
        ),
        sa.CheckConstraint("(state = 'refused') = (refused_by_id IS NOT NULL)", name="refused"),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        sa.Index("ix_bank_account_partner", "partner_id", "id"),
        sa.Index("ix_bank_account_state", "state", "proposed_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    holder: str = Field(max_length=200)
    bank: str = Field(max_length=100)
    branch: str = Field(max_length=200)
    number: str = Field(max_length=40)
    state: AccountState = Field(sa_type=enum_type(AccountState, "state"))
    proposed_at: datetime = Field(sa_type=UTCDateTime)
    proposed_by_id: int = Field(foreign_key="user_account.id")
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    verified_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    refused_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    word: str = Field(default="", max_length=500)
    replaced_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class PaymentBatch(Versioned, table=True):
    """Statements that finance pays together: prepared by one person, released by another (four eyes).

    `taken`: how often its file was handed out; the first time says when and by whom.
    """

    __tablename__ = "payment_batch"
    __table_args__ = (
        sa.CheckConstraint("released_by_id <> prepared_by_id", name="four_eyes"),
        sa.CheckConstraint(
            "state NOT IN ('released', 'answered') OR released_by_id IS NOT NULL", name="released"
        ),
        sa.CheckConstraint("(taken > 0) = (taken_by_id IS NOT NULL)", name="taken"),
        sa.CheckConstraint("taken = 0 OR state IN ('released', 'answered')", name="taken_when_released"),
        sa.CheckConstraint("payments > 0 AND amount > 0 AND set_off >= 0", name="sums"),
        sa.Index("ix_payment_batch_prepared", "prepared_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=40, unique=True)
    state: BatchState = Field(sa_type=enum_type(BatchState, "state"))
    payments: int
    amount: Decimal = Field(sa_type=MoneyType)
    set_off: Decimal = Field(sa_type=MoneyType)
    prepared_at: datetime = Field(sa_type=UTCDateTime)
    prepared_by_id: int = Field(foreign_key="user_account.id")
    released_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    released_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    taken: int = Field(default=0)
    taken_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    taken_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    withdrawn_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    reason: str = Field(default="", max_length=500)


class PaymentItem(SQLModel, table=True):
    """The payment of one statement: a line of a batch, or, without a batch, one that needed no bank.

    Always paid = total − set_off. Of a total that became a debt `set_off` is that total.
    """

    __tablename__ = "payment_item"
    __table_args__ = (
        # Nobody is paid twice, whoever pays what at the same time.
        sa.Index(
            "uq_payment_item_live",
            "statement_id",
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'paid')"),
            postgresql_where=sa.text("state IN ('waiting', 'paid')"),
        ),
        sa.UniqueConstraint("batch_id", "line"),
        sa.UniqueConstraint("reference"),
        sa.CheckConstraint("paid = total - set_off", name="sum"),
        sa.CheckConstraint("paid >= 0", name="paid"),
        sa.CheckConstraint(
            "(batch_id IS NULL AND paid = 0 AND state = 'paid')"
            " OR (batch_id IS NOT NULL AND account_id IS NOT NULL AND paid > 0 AND set_off >= 0)",
            name="by_bank",
        ),
        sa.CheckConstraint("batch_id IS NULL OR state <> 'paid' OR bank_ref <> ''", name="bank_ref"),
        sa.CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_on"),
        sa.Index("ix_payment_item_statement", "statement_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    batch_id: int | None = Field(default=None, foreign_key="payment_batch.id")
    line: int
    reference: str = Field(max_length=50)
    statement_id: int = Field(foreign_key="statement.id")
    revision: int
    account_id: int | None = Field(default=None, foreign_key="bank_account.id")
    total: Decimal = Field(sa_type=MoneyType)
    set_off: Decimal = Field(sa_type=MoneyType)
    paid: Decimal = Field(sa_type=MoneyType)
    state: ItemState = Field(sa_type=enum_type(ItemState, "state"))
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    answered_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    paid_on: date | None = Field(default=None)
    bank_ref: str = Field(default="", max_length=80)
    reason: str = Field(default="", max_length=500)


class PaymentSetOff(SQLModel, table=True):
    """So much of a debt is set off against the statement of a payment (M11).

    Planned when the batch is prepared, done (`settled_at`) when it is released; then it stands, even if the
    bank cannot make the payment: the next batch pays what is left.
    """

    __tablename__ = "payment_set_off"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.Index("ix_payment_set_off_debt", "debt_id"),
    )

    item_id: int = Field(foreign_key="payment_item.id", primary_key=True)
    debt_id: int = Field(foreign_key="debt.id", primary_key=True)
    amount: Decimal = Field(sa_type=MoneyType)
    settled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Invoice(Versioned, table=True):
    """A partner's invoice for one statement as it was entered. A corrected one is another row (M16)."""

    __tablename__ = "invoice"
    __table_args__ = (
        sa.Index(
            "uq_invoice_current",
            "statement_id",
            unique=True,
            sqlite_where=sa.text("state = 'current'"),
            postgresql_where=sa.text("state = 'current'"),
        ),
        # One invoice never serves two statements. Whoever asks learns nothing of other partners' numbers.
        sa.Index(
            "uq_invoice_number",
            "partner_id",
            "number",
            unique=True,
            sqlite_where=sa.text("state = 'current'"),
            postgresql_where=sa.text("state = 'current'"),
        ),
        sa.CheckConstraint("(state = 'returned') = (returned_by_id IS NOT NULL)", name="returned"),
        sa.Index("ix_invoice_statement", "statement_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    # The statement's.
    partner_id: int = Field(foreign_key="partner.id")
    number: str = Field(max_length=40)
    reference: str = Field(max_length=60)
    title: str = Field(max_length=200)
    tax_no: str = Field(max_length=20)
    amount: Decimal = Field(sa_type=MoneyType)
    issued_on: date
    file_id: int = Field(foreign_key="statement_file.id")
    entered_at: datetime = Field(sa_type=UTCDateTime)
    entered_by_id: int = Field(foreign_key="user_account.id")
    state: InvoiceState = Field(sa_type=enum_type(InvoiceState, "state"))
    returned_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    returned_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    return_reason: str = Field(default="", max_length=2000)

"""Every table of the portal. Import from here: all must be known before the first query."""

from portal.models.base import Versioned
from portal.models.cases import CaseVote, ConflictCase
from portal.models.customers import Customer, CustomerAlias, CustomerIdentifier, GramCount, NameGram
from portal.models.deposits import (
    Debt,
    DebtSettlement,
    DepositDeduction,
    DepositEntry,
    DepositFile,
    DepositWaiver,
    TrafficDay,
    TrafficPayment,
    WholesaleState,
)
from portal.models.fishing import FishingAlarm
from portal.models.notices import Notice, NoticeAddress, NoticeChoice, Outbox
from portal.models.papers import PaperJob, PaperJobItem
from portal.models.partners import Partner, PolicyDraft, PolicyVersion, TierTerm
from portal.models.payments import BankAccount, Invoice, PaymentBatch, PaymentItem, PaymentSetOff
from portal.models.people import Draft, EndedSession, LoginAttempt, PasswordLink, SavedView, User, UserRole
from portal.models.receipts import CollectedPeriod, Contract, ContractMatch, Receipt, UnsettledReceipt
from portal.models.registrations import (
    Attachment,
    CheckLog,
    Ownership,
    PipelineStat,
    Placement,
    Registration,
    RegistrationEvent,
    SearchGram,
    Tie,
)
from portal.models.statements import (
    DeferredReceipt,
    Dispute,
    Statement,
    StatementAct,
    StatementFile,
    StatementLine,
    StatementRevision,
)
from portal.models.suspicions import ComparisonDue, Suspicion
from portal.models.system import AuditEntry, ImportRun

__all__ = [
    "Attachment",
    "AuditEntry",
    "BankAccount",
    "CaseVote",
    "CheckLog",
    "CollectedPeriod",
    "ComparisonDue",
    "ConflictCase",
    "Contract",
    "ContractMatch",
    "Customer",
    "CustomerAlias",
    "CustomerIdentifier",
    "Debt",
    "DebtSettlement",
    "DeferredReceipt",
    "DepositDeduction",
    "DepositEntry",
    "DepositFile",
    "DepositWaiver",
    "Dispute",
    "Draft",
    "EndedSession",
    "FishingAlarm",
    "GramCount",
    "ImportRun",
    "Invoice",
    "LoginAttempt",
    "NameGram",
    "Notice",
    "NoticeAddress",
    "NoticeChoice",
    "Outbox",
    "Ownership",
    "PaperJob",
    "PaperJobItem",
    "Partner",
    "PasswordLink",
    "PaymentBatch",
    "PaymentItem",
    "PaymentSetOff",
    "PipelineStat",
    "Placement",
    "PolicyDraft",
    "PolicyVersion",
    "Receipt",
    "Registration",
    "RegistrationEvent",
    "SavedView",
    "SearchGram",
    "Statement",
    "StatementAct",
    "StatementFile",
    "StatementLine",
    "StatementRevision",
    "Suspicion",
    "Tie",
    "TierTerm",
    "TrafficDay",
    "TrafficPayment",
    "UnsettledReceipt",
    "User",
    "UserRole",
    "Versioned",
    "WholesaleState",
]

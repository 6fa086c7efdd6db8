"""The same tables for queries that select columns: ``t.registration.c.state``.

Pages and rules read columns, not objects; through here such queries are short, fast, and do not
fight the type checker, which takes a model's attribute for its Python value.
"""

from typing import Any

import sqlmodel

import portal.models as models


def _table(model: type[sqlmodel.SQLModel]) -> Any:
    return model.__table__  # type: ignore[attr-defined]


attachment = _table(models.Attachment)
audit_entry = _table(models.AuditEntry)
bank_account = _table(models.BankAccount)
case_vote = _table(models.CaseVote)
check_log = _table(models.CheckLog)
collected_period = _table(models.CollectedPeriod)
comparison_due = _table(models.ComparisonDue)
conflict_case = _table(models.ConflictCase)
contract = _table(models.Contract)
contract_match = _table(models.ContractMatch)
customer = _table(models.Customer)
customer_alias = _table(models.CustomerAlias)
customer_identifier = _table(models.CustomerIdentifier)
debt = _table(models.Debt)
debt_settlement = _table(models.DebtSettlement)
deferred_receipt = _table(models.DeferredReceipt)
deposit_deduction = _table(models.DepositDeduction)
deposit_entry = _table(models.DepositEntry)
deposit_file = _table(models.DepositFile)
deposit_waiver = _table(models.DepositWaiver)
dispute = _table(models.Dispute)
draft = _table(models.Draft)
ended_session = _table(models.EndedSession)
fishing_alarm = _table(models.FishingAlarm)
gram_count = _table(models.GramCount)
import_run = _table(models.ImportRun)
invoice = _table(models.Invoice)
login_attempt = _table(models.LoginAttempt)
name_gram = _table(models.NameGram)
notice = _table(models.Notice)
notice_address = _table(models.NoticeAddress)
notice_choice = _table(models.NoticeChoice)
outbox = _table(models.Outbox)
ownership = _table(models.Ownership)
paper_job = _table(models.PaperJob)
paper_job_item = _table(models.PaperJobItem)
partner = _table(models.Partner)
password_link = _table(models.PasswordLink)
payment_batch = _table(models.PaymentBatch)
payment_item = _table(models.PaymentItem)
payment_set_off = _table(models.PaymentSetOff)
pipeline_stat = _table(models.PipelineStat)
placement = _table(models.Placement)
policy_draft = _table(models.PolicyDraft)
policy_version = _table(models.PolicyVersion)
receipt = _table(models.Receipt)
registration = _table(models.Registration)
registration_event = _table(models.RegistrationEvent)
saved_view = _table(models.SavedView)
search_gram = _table(models.SearchGram)
statement = _table(models.Statement)
statement_act = _table(models.StatementAct)
statement_file = _table(models.StatementFile)
statement_line = _table(models.StatementLine)
statement_revision = _table(models.StatementRevision)
suspicion = _table(models.Suspicion)
tie = _table(models.Tie)
tier_term = _table(models.TierTerm)
traffic_day = _table(models.TrafficDay)
traffic_payment = _table(models.TrafficPayment)
unsettled_receipt = _table(models.UnsettledReceipt)
user = _table(models.User)
user_role = _table(models.UserRole)
wholesale_state = _table(models.WholesaleState)

"""What each permission lets a person do, in words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.access import Permission
from portal.web import dispute_labels

RIGHTS: Mapping[Permission, Any] = {
    Permission.ACCOUNT_STATE: _l("state bank accounts"),
    **dispute_labels.RIGHTS,
    Permission.ALARM_VIEW: _l("see who seems to look for other parties' customers"),
    Permission.AUDIT_VIEW: _l("read the audit trail"),
    Permission.CASE_ACT: _l("ask for customers and answer in cases"),
    Permission.CASE_APPEAL_DECIDE: _l("decide appeals"),
    Permission.CASE_VIEW: _l("see cases"),
    Permission.CASE_VOTE: _l("vote in cases"),
    Permission.CUSTOMER_MERGE: _l("merge customers"),
    Permission.DEPOSIT_BOOK: _l("book deposits, debts and traffic"),
    Permission.DEPOSIT_DECIDE: _l("approve deductions and decide objections"),
    Permission.DEPOSIT_OBJECT: _l("object to deductions"),
    Permission.DEPOSIT_VIEW: _l("see deposits and debts"),
    Permission.DEPOSIT_WAIVE: _l("waive a shortfall of a deposit"),
    Permission.HELD_DECIDE: _l("decide held filings"),
    Permission.IMPORT_MOVE_IN: _l("import partners, registrations and what belongs to them"),
    Permission.IMPORT_RUN: _l("import files"),
    Permission.INVOICE_ENTER: _l("hand in invoices"),
    Permission.PARTNER_EDIT: _l("change partners"),
    Permission.PARTNER_VIEW: _l("see partners"),
    Permission.PAYMENT_RUN: _l("pay and write off"),
    Permission.PAYMENT_VIEW: _l("see payments and invoices"),
    Permission.POLICY_EDIT: _l("change the policy"),
    Permission.POLICY_VIEW: _l("read the policy"),
    Permission.PROFILE: _l("use the portal"),
    Permission.RECEIPT_IMPORT: _l("import receipts"),
    Permission.RECEIPT_VIEW: _l("see receipts"),
    Permission.RECEIPT_WORK: _l("enter, refund and match receipts"),
    Permission.REGISTRATION_CORRECT_ASK: _l("ask for corrections"),
    Permission.REGISTRATION_EXPORT: _l("export registrations"),
    Permission.REGISTRATION_FILE: _l("register customers"),
    Permission.REGISTRATION_NOTE: _l("write notes"),
    Permission.REGISTRATION_VIEW: _l("see registrations"),
    Permission.REGISTRATION_WORK: _l("work on projects"),
    Permission.ROLLUP_MAKE: _l("make Friday’s roll-up"),
    Permission.ROLLUP_VIEW: _l("read Friday’s roll-ups"),
    Permission.STATEMENT_ACT: _l("take statements through their steps"),
    Permission.STATEMENT_AUDIT: _l("take everything about a statement out for an audit"),
    Permission.STATEMENT_BOARD: _l("see the board of statements"),
    Permission.STATEMENT_DEFER: _l("defer receipts to a later statement"),
    Permission.STATEMENT_GENERATE: _l("generate statements"),
    Permission.STATEMENT_PRINT: _l("print statements"),
    Permission.STATEMENT_VIEW: _l("see statements"),
    Permission.TIER_EDIT: _l("decide tiers"),
    Permission.TRAFFIC_IMPORT: _l("import wholesale traffic"),
    Permission.USER_MANAGE_ALL: _l("manage everybody's access"),
    Permission.USER_MANAGE_OWN: _l("manage the own company's people"),
}

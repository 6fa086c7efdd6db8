"""Words about deposits, debts and wholesale traffic: enum labels, refusals, what the trail notes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.deposits import Blame, Cause, DebtState, DeductionState, EntryKind, Settling
from portal.domain.wholesale import Service

LABELS: tuple[tuple[StrEnum, Any], ...] = (
    (EntryKind.PAYMENT, _l("Deposit paid")),
    (EntryKind.TOP_UP, _l("Top-up")),
    (EntryKind.DEDUCTION, _l("Deduction")),
    (EntryKind.RETURN, _l("Returned on exit")),
    (Cause.OVERDUE_DEBT, _l("Overdue debt")),
    (Cause.CUSTOMER_ARREARS, _l("Customer arrears on conferencing")),
    (Blame.CUSTOMER, _l("The customer does not pay")),
    (Blame.SERVICE, _l("The quality of our service")),
    (DeductionState.PROPOSED, _l("Proposed")),
    (DeductionState.APPROVED, _l("Approved, not announced yet")),
    (DeductionState.ANNOUNCED, _l("Announced")),
    (DeductionState.OBJECTED, _l("The partner objects")),
    (DeductionState.EFFECTIVE, _l("Took effect")),
    (DeductionState.REFUSED, _l("Not approved")),
    (DeductionState.DROPPED, _l("Dropped after an objection")),
    (DebtState.OPEN, _l("Owed")),
    (DebtState.SETTLED, _l("Settled")),
    (DebtState.WRITTEN_OFF, _l("Written off")),
    (Settling.SET_OFF, _l("Set off against a statement")),
    (Settling.DEDUCTION, _l("Deducted from the deposit")),
    (Settling.CASH, _l("Paid")),
    (Settling.WRITTEN_OFF, _l("Written off")),
    (Service.RUNNING, _l("Service runs")),
    (Service.SUSPENDED, _l("Suspended")),
)

SUBJECTS: Mapping[str, Any] = {
    "debt": _l("Debt"),
    "debt_settlement": _l("Settlement of a debt"),
    "deposit_deduction": _l("Deduction"),
    "deposit_entry": _l("Deposit ledger"),
    "deposit_file": _l("Document of a deduction"),
    "deposit_waiver": _l("Waiver"),
    "traffic": _l("Wholesale traffic"),
    "traffic_payment": _l("Payment for traffic"),
    "wholesale": _l("Wholesale service"),
}

ACTS: Mapping[str, Any] = {
    "debt.cash": _l("Recorded a payment of a debt"),
    "debt.deduction": _l("Settled a debt from the deposit"),
    "debt.opened": _l("Opened a debt"),
    "debt.set_off": _l("Set a debt off against a statement"),
    "debt.settled": _l("Counted what is left of a debt"),
    "debt.written_off": _l("Wrote a debt off"),
    "deduction.announce": _l("Announced a deduction"),
    "deduction.approve": _l("Approved a deduction"),
    "deduction.drop": _l("Dropped a deduction after an objection"),
    "deduction.effective": _l("A deduction took effect"),
    "deduction.file_added": _l("Added the document of a deduction"),
    "deduction.object": _l("Objected to a deduction"),
    "deduction.proposed": _l("Proposed a deduction"),
    "deduction.refuse": _l("Did not approve a deduction"),
    "deduction.uphold": _l("Upheld a deduction against an objection"),
    "deposit.deduction": _l("Took a deduction from a deposit"),
    "deposit.payment": _l("Recorded a deposit"),
    "deposit.return": _l("Returned a deposit on exit"),
    "deposit.top_up": _l("Recorded a top-up of a deposit"),
    "deposit.waived": _l("Waived a shortfall of a deposit"),
    "deposit.waiver_ended": _l("Took a waiver back"),
    "import.traffic": _l("Imported wholesale traffic"),
    "traffic.added": _l("Took in wholesale traffic"),
    "traffic.paid": _l("Recorded a payment for traffic"),
    "wholesale.counted": _l("Counted unpaid traffic anew"),
    "wholesale.resumed": _l("Wholesale service runs"),
    "wholesale.suspended": _l("Wholesale service was suspended"),
    "wholesale.warned": _l("Unpaid traffic reached a warning"),
}

MESSAGES: Mapping[str, Any] = {
    "check.debt": _l("What is left of it is not its amount less what was settled."),
    "check.deduction": _l("The deposit ledger does not say the same as this deduction."),
    "check.ledger": _l("It does not follow from the entry before it."),
    "check.wholesale": _l("The state is not what traffic, payments and deposit come to."),
    "debt.amount": _l("A debt and what settles it are more than nothing."),
    "debt.deducting": _l("A deduction for this debt is under way: let it end first."),
    "debt.opened": _l("This statement has its debt already. Nothing was changed."),
    "debt.other_partner": _l("The debt is another partner’s: a statement settles debts of its own partner."),
    "debt.set_off": _l("This statement was set off against the debt already."),
    "debt.too_much": _l("Only ¥%(remaining)s of this debt is left."),
    "deduction.document_known": _l("A deduction of this partner with document “%(value)s” exists already."),
    "deduction.four_eyes": _l("You proposed this deduction. Four eyes: another person decides."),
    "deduction.not_now": _l("The deduction has moved on: it stands at “%(state)s”. Look at how it stands."),
    "deduction.not_overdue": _l("Only a debt that is overdue can be deducted."),
    "deduction.not_yours": _l("This step is another role’s."),
    "deduction.proposed": _l("A deduction for this debt is under way already."),
    "deduction.too_late": _l("The time to object is over: the deduction takes effect on %(day)s."),
    "deduction.vendors_fault": _l(
        "Arrears that the service’s quality caused are not the partner’s to bear: nothing can be deducted."
    ),
    "deposit.amount": _l("The amount must be more than nothing."),
    "deposit.exit_open": _l("The deposit cannot be returned yet: see what the checklist still asks for."),
    "deposit.future": _l("This day is still to come: give the day on which the money came in."),
    "deposit.no_shortfall": _l("Nothing is missing to the required deposit."),
    "deposit.not_waived": _l("Nothing is waived for this partner."),
    "deposit.nothing_to_return": _l("There is no deposit to return."),
    "deposit.overdrawn": _l("The deposit is ¥%(balance)s: ¥%(amount)s cannot be taken from it."),
    "deposit.partner_left": _l("This partner has left the channel: nothing is paid in any more."),
    "deposit.reference_known": _l("Reference “%(value)s” is recorded for this partner already."),
    "traffic.amount": _l("The payment must be more than nothing."),
    "traffic.future": _l("%(day)s is still to come: traffic is of days that are over or of today."),
    "traffic.not_wholesale": _l("“%(value)s” is no wholesale partner."),
    "traffic.other_amount": _l("The traffic of %(day)s is known already, with another amount: ¥%(amount)s."),
    "traffic.overpaid": _l("Only ¥%(unpaid)s of traffic is unpaid."),
}

"""Words about payment and invoices: enum labels, refusals, what the trail notes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.invoices import Age, Compared, InvoiceState
from portal.domain.payments import AccountState, BatchState, Hindrance, ItemState, Result

LABELS: tuple[tuple[StrEnum, Any], ...] = (
    (AccountState.PROPOSED, _l("Waits for a second person")),
    (AccountState.VERIFIED, _l("Verified")),
    (AccountState.REFUSED, _l("Refused")),
    (AccountState.WITHDRAWN, _l("Withdrawn")),
    (AccountState.REPLACED, _l("Replaced")),
    (BatchState.PREPARED, _l("Prepared, waits for release")),
    (BatchState.RELEASED, _l("Released")),
    (BatchState.ANSWERED, _l("Answered by the bank")),
    (BatchState.WITHDRAWN, _l("Withdrawn")),
    (ItemState.WAITING, _l("Waits for the bank")),
    (ItemState.PAID, _l("Paid")),
    (ItemState.FAILED, _l("Failed")),
    (ItemState.WITHDRAWN, _l("Withdrawn")),
    (Result.PAID, _l("Paid")),
    (Result.FAILED, _l("Failed")),
    (Hindrance.IN_BATCH, _l("In a batch already")),
    (Hindrance.DISPUTED, _l("A dispute is open")),
    (Hindrance.NOTHING_DUE, _l("Nothing is to be paid")),
    (Hindrance.OWED, _l("The partner owes")),
    (Hindrance.NO_ACCOUNT, _l("No verified bank account")),
    (Hindrance.FROZEN, _l("Frozen: an account waits to be verified")),
    (Hindrance.FOUR_EYES, _l("You approved it yourself")),
    (Compared.REFERENCE, _l("Statement number")),
    (Compared.TITLE, _l("Title")),
    (Compared.TAX_NO, _l("Tax number")),
    (Compared.AMOUNT, _l("Amount")),
    (InvoiceState.CURRENT, _l("Handed in")),
    (InvoiceState.RETURNED, _l("Sent back")),
    (Age.IN_TIME, _l("In time")),
    (Age.LATE, _l("Up to 5 working days late")),
    (Age.LATER, _l("Up to 20 working days late")),
    (Age.LATEST, _l("More than 20 working days late")),
)

MESSAGES: Mapping[str, Any] = {
    "account.how": _l("Say how you verified it: whom you called, under which number, what was said."),
    "account.not_waiting": _l("This account does not wait any more: look at how it stands."),
    "account.not_yours": _l("This account is for others to state or decide."),
    "account.number": _l(
        "“%(value)s” is not an account number: 6 to 34 digits or letters, blanks do not matter."
    ),
    "account.same": _l("This is the verified account already."),
    "account.two_people": _l("You stated this account yourself: another person has to verify it."),
    "check.invoice": _l("Its invoice is not the one that the statement was closed with, or is missing."),
    "check.paid": _l("It was paid, but does not stand there."),
    "check.pay_act": _l("Its walk names another payment."),
    "check.set_off": _l("It is not what was set off against the debts."),
    "check.sum": _l("It is not the sum of its lines."),
    "check.two_people": _l("One person stated and verified it."),
    "check.unpaid": _l("It counts as paid, but there is no payment of this total."),
    "file.not_an_invoice": _l("This is no invoice file: send a PDF, an OFD or a picture (JPG, PNG)."),
    "invoice.differs": _l("The invoice differs, so it cannot be closed: %(numbers)s. Send it back."),
    "invoice.future": _l("The invoice is dated after today."),
    "invoice.missing": _l("There is no invoice for this statement."),
    "invoice.none": _l("This statement paid nothing: it needs no invoice."),
    "invoice.number": _l("“%(value)s” is not an invoice number: 4 to 40 digits or letters."),
    "invoice.taken": _l("Invoice %(number)s stands for another statement already."),
    "invoice.tax_no": _l("“%(value)s” is not a tax number: 15 to 20 digits or letters."),
    "payment.accounts": _l(
        "The bank account changed, or a change waits: %(partners)s. Withdraw the batch, or wait."
        " It goes on once the account is verified."
    ),
    "payment.answered_otherwise": _l(
        "The bank answered otherwise before: %(known)s. Nothing is taken over; ask the bank."
    ),
    "payment.by_bank": _l("Something is to be paid, so the bank pays it: %(numbers)s."),
    "payment.cannot": _l("Cannot be paid now: %(numbers)s. The list says why."),
    "payment.debt_changed": _l(
        "A debt changed since the batch was prepared. Withdraw it and prepare another."
    ),
    "payment.four_eyes": _l("You prepared this batch: another person of finance has to release it."),
    "payment.future": _l("%(day)s is after today."),
    "payment.not_now": _l("The batch does not stand there any more: look at how it stands."),
    "payment.not_yours": _l("Payments are for finance."),
    "payment.nothing_chosen": _l("Tick at least one statement."),
    "payment.result": _l("“%(value)s” is no result: write paid or failed."),
    "payment.sent": _l("The file is with the bank: its answer decides."),
    "payment.too_many": _l("At most %(most)s statements go into one batch."),
    "payment.unknown": _l("No payment that went to the bank has the reference “%(value)s”."),
    "statement.in_payment": _l("The statement is in a payment batch: withdraw the batch first."),
    "statement.invoice_stands": _l("Send the invoice itself back, on its own page."),
    "statement.invoice_first": _l(
        "The invoice comes first; only a statement that paid nothing closes without."
    ),
}

ACTS: Mapping[str, Any] = {
    "account.proposed": _l("Stated a bank account"),
    "account.refused": _l("Refused a bank account"),
    "account.replaced": _l("A bank account was replaced"),
    "account.verified": _l("Verified a bank account"),
    "account.withdrawn": _l("Withdrew a bank account"),
    "import.bank_answer": _l("Imported a bank's answer"),
    "invoice.entered": _l("Handed in an invoice"),
    "invoice.returned": _l("Sent an invoice back"),
    "payment.answered": _l("The bank answered a whole batch"),
    "payment.failed": _l("A payment failed"),
    "payment.file_taken": _l("Took the file of a payment batch"),
    "payment.paid": _l("A payment was made"),
    "payment.prepared": _l("Prepared a payment batch"),
    "payment.released": _l("Released a payment batch"),
    "payment.settled": _l("Settled a statement without a payment"),
    "statement.file_added": _l("Added a file to a statement"),
    "payment.withdrawn": _l("Withdrew a payment batch"),
}
SUBJECTS: Mapping[str, Any] = {
    "account": _l("Bank account"),
    "invoice": _l("Invoice"),
    "payment": _l("Payment batch"),
    "payment_item": _l("Payment"),
}

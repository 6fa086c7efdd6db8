"""What a refusal about receipts, contract numbers and periods says, by the code of its `RuleViolation`."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

RECEIPTS: Mapping[str, Any] = {
    "check.receipt_gap": _l("No entry of the audit trail vouches for this receipt."),
    "check.receipt_seal": _l(
        "The receipts %(first)s to %(last)s are not what was recorded: number, sum or content differ."
    ),
    "check.refund_differs": _l("It has a refund of another contract or product, or dated before it."),
    "check.refunds_exceed": _l("More of it was refunded than was received."),
    "receipt.before_its_receipt": _l("A refund cannot be dated before its receipt (%(day)s)."),
    "receipt.in_the_future": _l("“%(value)s” lies in the future: nothing can have been received then."),
    "receipt.negative": _l(
        "“%(value)s” is negative. Money paid back names in refund_of the receipt that it refunds."
    ),
    "receipt.no_minutes": _l("Long distance is paid by the minute: the minutes are missing."),
    "receipt.not_matched": _l(
        "This number is not matched to a contract by hand, or it was taken back already."
    ),
    "receipt.other_content": _l(
        "%(ref)s is known with other content. Known: %(known)s. Here: %(stated)s. "
        "A receipt is never changed: correct it by a refund and a receipt of its own."
    ),
    "receipt.other_contract": _l("The receipt that this refunds is of another contract."),
    "receipt.other_product": _l("The receipt that this refunds is for another product."),
    "receipt.ref_taken": _l("There is a receipt with this reference already."),
    "receipt.refund_of_refund": _l("This names a refund. Name the receipt that was refunded."),
    "receipt.refunds_exceed": _l(
        "More than was received: %(received)s came in, %(refunded)s went back before, "
        "%(asked)s are to go back now."
    ),
    "receipt.unknown_contract_choice": _l("There is no such contract any more: choose another."),
    "receipt.unknown_receipt": _l("There is no receipt “%(value)s” of this source to refund."),
    "receipt.warn_before_contract": _l(
        "%(rows)s receipts are dated before their contract (%(sum)s yuan in all, the first in this row): "
        "they earn nothing."
    ),
    "receipt.warn_collected": _l(
        "%(rows)s receipts are dated in a period that finance called complete "
        "(%(sum)s yuan in all, the first in this row): they will be adjustments on the next statement."
    ),
    "receipt.warn_unknown_contract": _l(
        "%(rows)s receipts name contracts that nobody signed (%(numbers)s numbers, %(sum)s yuan in all, "
        "the first in this row). Match them under Receipts."
    ),
    "receipt.zero": _l("An amount of zero is no receipt."),
    "period.collected": _l("The receipts of this period were called complete before."),
    "period.issued": _l("Statements of this period are out: it cannot be opened again."),
    "period.not_collected": _l("The receipts of this period are not called complete."),
    "period.running": _l("The period is not over before %(day)s: its receipts cannot be complete yet."),
}

ACTS: Mapping[str, Any] = {
    "import.receipts": _l("Imported receipts"),
    "period.collected": _l("Called the receipts of a period complete"),
    "period.reopened": _l("Opened a period again"),
    "receipt.entered": _l("Entered a receipt by hand"),
    "receipt.match_taken_back": _l("Took the match of a contract number back"),
    "receipt.matched": _l("Matched a contract number"),
}

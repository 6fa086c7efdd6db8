"""Words about the lines of statements, disputes over them, and confirmations."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.access import Permission
from portal.domain.disputes import DisputeKind, DisputeState
from portal.domain.lines import LineKind

LABELS: tuple[tuple[StrEnum, Any], ...] = (
    (DisputeKind.AMOUNT, _l("The amount received is wrong")),
    (DisputeKind.RATE, _l("The rate or tier is wrong")),
    (DisputeKind.MISSING, _l("A receipt is missing")),
    (DisputeKind.CUSTOMER, _l("The customer or contract is wrong")),
    (DisputeKind.OTHER, _l("Something else")),
    (DisputeState.OPEN, _l("Not answered yet")),
    (DisputeState.GRANTED, _l("Granted")),
    (DisputeState.REFUSED, _l("Refused")),
    (DisputeState.WITHDRAWN, _l("Withdrawn")),
    (LineKind.RECEIPT, _l("Receipt")),
    (LineKind.GRANTED, _l("Granted in a dispute")),
    (LineKind.RESUMED, _l("Resumed after a dispute")),
)

ACTS: Mapping[str, Any] = {
    "dispute.granted": _l("Granted a dispute"),
    "dispute.opened": _l("Disputed a line"),
    "dispute.parked": _l("Took a line in dispute off a statement"),
    "dispute.refused": _l("Refused a dispute"),
    "dispute.withdrawn": _l("Withdrew a dispute"),
    "statement.file_added": _l("Added a file to a statement"),
    "statement.revised": _l("Made a new revision of a statement"),
}

SUBJECTS: Mapping[str, Any] = {"dispute": _l("Dispute")}

RIGHTS: Mapping[Permission, Any] = {
    Permission.DISPUTE_ANSWER: _l("answer disputes over statements"),
    Permission.STATEMENT_CONFIRM: _l("confirm or dispute statements"),
    Permission.STATEMENT_VIEW: _l("see statements"),
}

MESSAGES: Mapping[str, Any] = {
    "check.dispute": _l("What the dispute brought is not a line where it belongs."),
    "dispute.answered": _l("This dispute is answered or withdrawn already. Nothing was changed."),
    "dispute.not_more": _l(
        "A grant gives more: without it the receipt comes to %(so_far)s. Refuse if it stays as it is."
    ),
    "dispute.not_now": _l("Lines can be disputed from the day the statement is sent until you confirm it."),
    "dispute.nothing_open": _l("No dispute is open any more: look at the statement and confirm it as it is."),
    "dispute.open_already": _l("This line is in dispute already."),
    "dispute.parked": _l("This line is off the statement until its dispute is answered."),
    "dispute.waits": _l(
        "This receipt lacks a term and waits for a later statement; it is not decided yet, so there is "
        "nothing to dispute."
    ),
    "dispute.which_line": _l("Choose what fits: something about a line, or about a receipt that is missing."),
    "file.not_a_scan": _l(
        "Send the scan as PDF, JPG or PNG; this file is none of them, whatever its name says."
    ),
    "statement.not_confirmed": _l("The statement is not confirmed yet: send the scan with the confirmation."),
    "statement.other_name": _l("This is not the name in your account. Type it as it stands there: %(name)s."),
}

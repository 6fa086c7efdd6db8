"""Words about statements: why receipts earn nothing, the nine steps, acts in the trail, refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.commissions import Flag
from portal.domain.statements import Act, Station

LABELS: tuple[tuple[StrEnum, Any], ...] = (
    (Flag.UNDER_FLOOR, _l("Under the floor price: earns nothing")),
    (Flag.PAST_TERM, _l("The customer is past its two years")),
    (Flag.BEFORE_CONTRACT, _l("Received before the contract began")),
    (Flag.WHOLESALE, _l("Wholesale partners earn no commission")),
    (Flag.KEY_ACCOUNTS, _l("The customer belonged to key accounts")),
    (Flag.NO_TIER, _l("No tier decided for that day")),
    (Flag.NO_POLICY, _l("No policy in force on that day")),
    (Flag.NO_RATE, _l("The policy has no rate for this tier")),
    (Flag.NO_FLOOR_PRICE, _l("No floor price for that day")),
    (Flag.NO_MINUTES, _l("The minutes are missing")),
    (Flag.REFUNDED_WITHHELD, _l("Refunds a receipt that is withheld itself")),
    (Flag.DISPUTED, _l("Disputed")),
    (Flag.UNKNOWN_CONTRACT, _l("No contract with this number is known")),
    (Flag.CONTESTED_CONTRACT, _l("Finance checks the contract")),
    (Station.COLLECTED, _l("Receipts collected")),
    (Station.GENERATED, _l("Generated")),
    (Station.PRINTED, _l("Printed")),
    (Station.SENT, _l("Sent to the partner")),
    (Station.DISPUTED, _l("Lines disputed")),
    (Station.CONFIRMED, _l("Confirmed")),
    (Station.PASSED_ON, _l("Passed on")),
    (Station.MANAGER_APPROVED, _l("Approved by the manager")),
    (Station.DIRECTOR_APPROVED, _l("Approved by the director")),
    (Station.APPROVED, _l("Approved for payment")),
    (Station.PAID, _l("Paid")),
    (Station.INVOICED, _l("Invoice received")),
    (Station.CLOSED, _l("Written off")),
    (Act.GENERATE, _l("Generate")),
    (Act.PRINT, _l("Mark as printed")),
    (Act.SEND, _l("Send to the partner")),
    (Act.CONFIRM, _l("Confirm the statement")),
    (Act.DISPUTE, _l("Dispute lines")),
    (Act.ANSWER, _l("Answer the disputes")),
    (Act.PASS_ON, _l("Pass on for approval")),
    (Act.APPROVE_MANAGER, _l("Approve as channel manager")),
    (Act.APPROVE_DIRECTOR, _l("Approve as channel director")),
    (Act.APPROVE_COO, _l("Approve as COO")),
    (Act.PAY, _l("Audit and pay")),
    (Act.INVOICE, _l("Hand in the invoice")),
    (Act.CLOSE, _l("Write off")),
    (Act.REFUSE, _l("Send back")),
)

ACTS: Mapping[str, Any] = {
    "period.collected": _l("Called the receipts of a period complete"),
    "statement.answer": _l("Answered the disputes about a statement"),
    "statement.approve_coo": _l("Approved a statement as COO"),
    "statement.approve_director": _l("Approved a statement as channel director"),
    "statement.approve_manager": _l("Approved a statement as channel manager"),
    "statement.close": _l("Wrote a statement off"),
    "statement.confirm": _l("Confirmed a statement"),
    "statement.deferred": _l("Deferred a receipt to a later statement"),
    "statement.dispute": _l("Disputed lines of a statement"),
    "statement.exported": _l("Took everything about a statement out for an audit"),
    "statement.generate": _l("Generated a statement"),
    "statement.invoice": _l("Handed in the invoice of a statement"),
    "statement.pass_on": _l("Passed a statement on for approval"),
    "statement.pay": _l("Paid a statement"),
    "statement.print": _l("Marked a statement as printed"),
    "statement.refuse": _l("Sent a statement back"),
    "statement.send": _l("Sent a statement to the partner"),
}

MESSAGES: Mapping[str, Any] = {
    "check.walk": _l("The nine steps do not allow this act here, or not by this person: “%(act)s”."),
    "period.running": _l("The period is not over before %(day)s: its receipts cannot be complete yet."),
    "statement.deferred_already": _l("This receipt is deferred already. Nothing was changed."),
    "statement.done_already": _l("Done already by %(by)s at %(at)s: “%(act)s”. Nothing was done twice."),
    "statement.four_eyes": _l(
        "You have had a hand in approving this statement before. Four eyes: this step is another person’s."
    ),
    "statement.gone": _l("There is no such statement."),
    "statement.not_now": _l("It is not the time for this step: the statement stands at “%(station)s”."),
    "statement.not_withheld": _l("This receipt is not withheld on the statement."),
    "statement.not_your_partner": _l("Another colleague looks after this partner."),
    "statement.not_yours": _l("This step is another role’s: %(roles)s."),
    "statement.out_already": _l("The statement was sent already: nothing on it is changed any more."),
    "statement.return_where": _l("It cannot go back there. Choose one of the steps in the list."),
    "statement.return_why": _l("Say why it goes back: whoever is due next reads it."),
    "statement.contested": _l(
        "Contracts came into question or were matched elsewhere since it was generated: %(numbers)s. "
        "Generate it anew."
    ),
    "statement.refund_first": _l(
        "It refunds a receipt that is on %(number)s, which is not sent yet. Send that one first."
    ),
    "statement.outdated": _l(
        "What it is computed from has changed since it was generated: a receipt, a tier, a price or an "
        "owner. Finance generates it anew; then it can be sent."
    ),
    "statement.withheld": _l(
        "It cannot be sent: of %(count)s receipts a term is missing. Add the term and generate it anew, "
        "or finance defers each by name."
    ),
}

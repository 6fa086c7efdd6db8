"""Words about cases: enum labels, refusals, what the trail notes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.cases import AppealOutcome, CaseKind, CaseStatus, Outcome, Side, Turn

LABELS: tuple[tuple[StrEnum, Any], ...] = (
    (CaseKind.TAKEOVER, _l("Takeover")),
    (CaseKind.HANDOVER, _l("Handover")),
    (CaseStatus.OPEN, _l("Open")),
    (CaseStatus.DECIDED, _l("Decided")),
    (CaseStatus.APPEALED, _l("Appealed")),
    (CaseStatus.CLOSED, _l("Closed")),
    (Outcome.REASSIGNED, _l("Taken over")),
    (Outcome.REFUSED, _l("Refused: the owner keeps the customer")),
    (Outcome.HANDED_OVER, _l("Handed over by agreement")),
    (Outcome.DECLINED, _l("The owner does not hand it over")),
    (Outcome.WITHDRAWN, _l("Withdrawn")),
    (Outcome.SIGNED, _l("Ended: the customer was signed")),
    (Outcome.OWNER_GONE, _l("Ended: the owner gave the customer up or lost its place")),
    (Outcome.CHALLENGER_GONE, _l("Ended: the challenger does not wait any more")),
    (Outcome.PROTECTED, _l("Ended: the owner was still protected")),
    (AppealOutcome.UPHELD, _l("Upheld on appeal")),
    (AppealOutcome.OVERTURNED, _l("Turned round on appeal")),
    (Side.CHANNEL, _l("Channel side")),
    (Side.KEY_ACCOUNTS, _l("Key accounts side")),
    (Turn.OWNER, _l("The owner’s answer is awaited")),
    (Turn.DECIDERS, _l("Awaits the decision")),
    (Turn.DIRECTOR, _l("Awaits the word on the appeal")),
    (Turn.NOBODY, _l("Over")),
)

ACTS: Mapping[str, Any] = {
    "case.answered": _l("Answered a case"),
    "case.appeal_decided": _l("Decided an appeal"),
    "case.appealed": _l("Appealed against a decision"),
    "case.closed": _l("Closed a case"),
    "case.decided": _l("Decided a case"),
    "case.declined": _l("Declined to hand a customer over"),
    "case.ended": _l("A case ended by itself"),
    "case.handed_over": _l("Agreed to hand a customer over"),
    "case.opened": _l("Opened a case"),
    "case.voted": _l("Voted in a case"),
    "case.withdrawn": _l("Withdrew a case"),
}

MESSAGES: Mapping[str, Any] = {
    "case.answer_awaited": _l("The owner can answer until %(day)s; vote when it has, or after that day."),
    "case.answered": _l(
        "The answer is given already. Add what is new as a note or a file on the registration."
    ),
    "case.challenger_left": _l("The party that asked has left the channel: close the case."),
    "case.challenger_stays": _l(
        "The party that asked still belongs to the channel: decide the case by a vote."
    ),
    "case.final": _l("This decision is final: the time for an appeal is over."),
    "case.nobody_waits": _l("No claim waits any more that could take the customer over."),
    "case.not_final": _l(
        "The last decision on this customer can be appealed until %(day)s. Ask after that day."
    ),
    "case.not_in_line": _l("The claim you chose does not wait for this customer any more: choose another."),
    "case.not_lapsed": _l("The customer is still protected. A takeover can be asked for from %(day)s on."),
    "case.not_now": _l("The case has moved on: look at how it stands."),
    "case.not_waiting": _l("Only a claim that waits for a customer can ask for it."),
    "case.not_your_side": _l("This case is not yours to decide."),
    "case.not_yours": _l("Only the party concerned can do this."),
    "case.open_already": _l("A case about this customer is open already. Ask again when it is over."),
    "case.other_choice": _l(
        "The other side agreed to another next owner: choose the same, or say no and the case ends."
    ),
    "case.overtaken": _l("What happened meanwhile does not allow this any more: look at the case anew."),
    "case.own_customer": _l("Your own party owns this customer already, by another registration."),
    "case.own_matter": _l("You took part in this case: somebody else has to decide it."),
    "case.signed": _l("The customer is signed and stays with its owner."),
    "case.too_early_again": _l("The last request was refused. You can ask again from %(day)s on."),
    "case.voted": _l("You or your side voted already."),
    "case.votes_cast": _l("Votes are cast already: it is too late for an answer."),
}

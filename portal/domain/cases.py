"""The procedure of a case (C4–C9): who may do what when, as tables over plain data.

A takeover is asked for after the lapse, answered, voted on, decided and, once, appealed. A
handover is asked for at any time and needs nothing but the owner's agreement.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.domain.calendar import add_working_days
from portal.domain.errors import RuleViolation
from portal.domain.facts import Rule, State
from portal.domain.policy import Policy
from portal.domain.protection import reassignable_from
from portal.domain.roles import Actor, Role


class CaseKind(StrEnum):
    """What is asked for."""

    TAKEOVER = "takeover"
    HANDOVER = "handover"


class CaseStatus(StrEnum):
    """Where a case stands; what is due in it follows from dates."""

    OPEN = "open"
    DECIDED = "decided"
    APPEALED = "appealed"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended: by decision, by agreement, or because something else settled it."""

    REASSIGNED = "reassigned"
    REFUSED = "refused"
    HANDED_OVER = "handed_over"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    SIGNED = "signed"
    OWNER_GONE = "owner_gone"
    CHALLENGER_GONE = "challenger_gone"
    PROTECTED = "protected"


class AppealOutcome(StrEnum):
    """What the channel director made of an appeal (C8)."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"


class Side(StrEnum):
    """A department that decides (C4)."""

    CHANNEL = "channel"
    KEY_ACCOUNTS = "key_accounts"


class Turn(StrEnum):
    """Whose move it is."""

    OWNER = "owner"
    DECIDERS = "deciders"
    DIRECTOR = "director"
    NOBODY = "nobody"


class Act(StrEnum):
    """What somebody can do in a case."""

    ANSWER = "answer"
    VOTE = "vote"
    WITHDRAW = "withdraw"
    AGREE = "agree"
    DECLINE = "decline"
    CLOSE = "close"
    APPEAL = "appeal"
    DECIDE_APPEAL = "decide_appeal"


_BOTH = frozenset(CaseKind)
_TAKEOVER, _HANDOVER = frozenset({CaseKind.TAKEOVER}), frozenset({CaseKind.HANDOVER})
_TABLE: Mapping[Act, tuple[CaseStatus, frozenset[CaseKind]]] = {
    Act.ANSWER: (CaseStatus.OPEN, _TAKEOVER),
    Act.VOTE: (CaseStatus.OPEN, _TAKEOVER),
    Act.WITHDRAW: (CaseStatus.OPEN, _BOTH),
    Act.AGREE: (CaseStatus.OPEN, _BOTH),
    Act.DECLINE: (CaseStatus.OPEN, _HANDOVER),
    Act.CLOSE: (CaseStatus.OPEN, _BOTH),
    Act.APPEAL: (CaseStatus.DECIDED, _TAKEOVER),
    Act.DECIDE_APPEAL: (CaseStatus.APPEALED, _TAKEOVER),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim that waits for the customer, in its place; `party` None is key accounts.

    `active`: it can take over. Not once its party has left the channel, nor from its own party.
    """

    claim: int
    party: int | None
    active: bool


@dataclass(frozen=True, slots=True)
class Vote:
    """What one side said; `next_owner` is the claim it wants to follow."""

    side: Side
    agrees: bool
    next_owner: int | None
    voter_id: int


def check_act(act: Act, kind: CaseKind, status: CaseStatus) -> None:
    """Refuse what a case of this kind does not know where it stands.

    :raises RuleViolation: ``case.not_now``.
    """
    wanted, kinds = _TABLE[act]
    if status is not wanted or kind not in kinds:
        raise RuleViolation("case.not_now")


def possible_acts(kind: CaseKind, status: CaseStatus) -> frozenset[Act]:
    """Everything that somebody could do now."""
    return frozenset(act for act, (wanted, kinds) in _TABLE.items() if status is wanted and kind in kinds)


def check_request(
    kind: CaseKind,
    *,
    own: State,
    owner: State | None,
    protected_until: date | None,
    refused_on: date | None,
    not_final_until: date | None,
    today: date,
    policy: Policy,
) -> None:
    """Whether a claim may ask now (C4): a takeover after the lapse, a handover at any time.

    `refused_on` is the day of the last "no" to the same challenger, `not_final_until` the last
    day on which the last decision on this customer can be appealed.

    :raises RuleViolation: ``case.not_waiting``, ``case.signed``, ``case.not_lapsed`` with `day`,
        ``case.too_early_again`` with `day`, ``case.not_final`` with `day`.
    """
    if own is not State.WAITING or owner is None:
        raise RuleViolation("case.not_waiting")
    if owner is State.SIGNED:
        raise RuleViolation("case.signed")
    if kind is CaseKind.TAKEOVER and owner is not State.LAPSED:
        raise RuleViolation("case.not_lapsed", day=protected_until and reassignable_from(protected_until))
    if refused_on is not None and today < (again := refused_on + timedelta(days=policy.reopen_days)):
        raise RuleViolation("case.too_early_again", day=again)
    if not_final_until is not None and today <= not_final_until:
        raise RuleViolation("case.not_final", day=not_final_until)


def answer_due(opened: date, policy: Policy) -> date:
    """The last day for the owner's answer; the deciders then have as many working days."""
    return add_working_days(opened, policy.answer_working_days)


def decision_due(answered: date | None, due: date, policy: Policy) -> date:
    """The day by which the deciders owe their decision: nothing happens by itself after it."""
    return add_working_days(min(answered or due, due), policy.answer_working_days)


def whose_turn(
    kind: CaseKind,
    status: CaseStatus,
    *,
    answered: date | None,
    due: date,
    appealed: date | None,
    today: date,
    policy: Policy,
) -> tuple[Turn, date | None]:
    """Who owes the next step, and until when; a day that is over is overdue, and nothing else."""
    if status is CaseStatus.APPEALED and appealed is not None:
        return Turn.DIRECTOR, add_working_days(appealed, policy.answer_working_days)
    if status is not CaseStatus.OPEN:
        return Turn.NOBODY, None
    if kind is CaseKind.HANDOVER or (answered is None and today <= due):
        return Turn.OWNER, due
    return Turn.DECIDERS, decision_due(answered, due, policy)


def check_answered(answered: bool, due: date, today: date) -> None:
    """Nobody votes before the owner had its say.

    :raises RuleViolation: ``case.answer_awaited`` with `day`.
    """
    if not answered and today <= due:
        raise RuleViolation("case.answer_awaited", day=due)


def sides_needed(parties: Collection[int | None]) -> frozenset[Side]:
    """Whose agreement it takes (C4): both departments' where key accounts is a party."""
    return frozenset(Side) if None in parties else frozenset({Side.CHANNEL})


def side_of(actor: Actor) -> Side | None:
    """The side a person decides for."""
    if actor.is_partner:
        return None
    if Role.CHANNEL_MANAGER in actor.roles:
        return Side.CHANNEL
    return Side.KEY_ACCOUNTS if Role.KEY_ACCOUNTS_MANAGER in actor.roles else None


def check_voter(actor: Actor, needed: Collection[Side], votes: Sequence[Vote], involved: set[int]) -> Side:
    """The side a person votes for; each side once, nobody twice, and nobody in an own matter.

    :raises RuleViolation: ``case.not_your_side``, ``case.voted``, ``case.own_matter``.
    """
    side = side_of(actor)
    if side is None or side not in needed:
        raise RuleViolation("case.not_your_side")
    if any(vote.side is side or vote.voter_id == actor.user_id for vote in votes):
        raise RuleViolation("case.voted")
    if actor.user_id in involved:
        raise RuleViolation("case.own_matter")
    return side


def next_owner(waiting: Sequence[Waiting], chosen: int | None, reason: str) -> Waiting:
    """Who takes over (C5): the earliest waiting claim, or another with a reason.

    A claim whose partner has left the channel does not take over, nor another claim of the owner's.

    :raises RuleViolation: ``case.nobody_waits``, ``case.not_in_line``, ``reason.required``.
    """
    able = [each for each in waiting if each.active]
    if not able:
        raise RuleViolation("case.nobody_waits")
    found = next((each for each in able if each.claim == (chosen or able[0].claim)), None)
    if found is None:
        raise RuleViolation("case.not_in_line")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    return found


def check_same_choice(votes: Sequence[Vote], chosen: int) -> None:
    """Two sides that agree must mean the same next owner.

    :raises RuleViolation: ``case.other_choice``.
    """
    if any(vote.agrees and vote.next_owner != chosen for vote in votes):
        raise RuleViolation("case.other_choice")


def verdict(votes: Sequence[Vote], needed: Collection[Side]) -> Outcome | None:
    """What the votes come to so far: either side's "no" ends it, all sides' "yes" grants it."""
    if any(not vote.agrees for vote in votes):
        return Outcome.REFUSED
    agreed = {vote.side for vote in votes}
    return Outcome.REASSIGNED if agreed >= set(needed) else None


def deciding_rule(outcome: Outcome, *, earliest: bool) -> Rule:
    """The rule that a decision names."""
    if outcome in (Outcome.HANDED_OVER, Outcome.DECLINED):
        return Rule.VOLUNTARY
    return Rule.NEXT_OWNER if outcome is Outcome.REASSIGNED and not earliest else Rule.TAKEOVER


def appealable_until(decided: date, policy: Policy) -> date:
    """The last day for an appeal; then the decision is final (C8)."""
    return decided + timedelta(days=policy.appeal_days)


def check_appeal(until: date | None, today: date) -> None:
    """Refuse an appeal against what is final.

    :raises RuleViolation: ``case.final``.
    """
    if until is None or today > until:
        raise RuleViolation("case.final", day=until)


def refile_from(released: date, policy: Policy) -> date:
    """The first day on which a party that lost a customer to a takeover may file again (C6)."""
    return released + timedelta(days=policy.refile_days)

"""Vote, appeal, decide the appeal: what those do who settle a case (C4, C5, C8)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.cases.files import (
    check_own,
    claim_of,
    in_the_channel,
    note_case,
    pass_on,
    take_case,
    votes_of,
    waiting_for,
)
from portal.cases.snapshot import decision_of
from portal.conflicts.open_cases import change_case
from portal.conflicts.service import settle
from portal.domain.cases import (
    Act,
    AppealOutcome,
    CaseStatus,
    Outcome,
    Vote,
    appealable_until,
    check_answered,
    check_appeal,
    check_same_choice,
    check_voter,
    next_owner,
    sides_needed,
    verdict,
)
from portal.domain.errors import RuleViolation
from portal.domain.facts import Rule
from portal.domain.periods import business_date
from portal.domain.roles import Actor, Role
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.policy.service import policy_on


def cast_vote(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    case_id: int,
    version: int,
    agrees: bool,
    reason: str,
    next_owner_id: int | None = None,
) -> Outcome | None:
    """One side's yes or no, with its reason; answers the outcome once the votes make one (C4, C5).

    :raises StaleVersion: somebody voted or acted in the case since; nothing was changed.
    :raises RuleViolation: ``case.not_now``, ``case.answer_awaited``, ``case.not_your_side``,
        ``case.voted``, ``case.own_matter``, ``case.challenger_left``, ``case.not_in_line``,
        ``case.other_choice``, ``reason.required``.
    """
    case, now = take_case(session, case_id, version, Act.VOTE, now)
    owner, challenger = claim_of(session, case.owner_id), claim_of(session, case.challenger_id)
    votes = votes_of(session, case_id)
    if not in_the_channel(challenger):
        raise RuleViolation("case.challenger_left")
    check_answered(case.answered_at is not None, case.answer_due, business_date(now))
    parties = {owner.partner_id, challenger.partner_id}
    chosen = None
    if agrees:
        chosen = next_owner(waiting_for(session, case), next_owner_id, reason)
        check_same_choice(votes, chosen.claim)
        parties.add(chosen.party)
    elif not reason:
        raise RuleViolation("reason.required", "reason")
    needed = sides_needed(parties)
    side = check_voter(actor, needed, votes, {case.opened_by_id, case.answered_by_id})
    vote = Vote(side, agrees, chosen.claim if chosen else None, actor.user_id)
    _write_vote(session, case, vote, actor, reason, now)
    outcome = verdict([*votes, vote], needed)
    if outcome is not None:
        _decide(session, case, outcome, vote.next_owner, actor, now)
    return outcome


def _write_vote(session: Session, case: Any, vote: Vote, actor: Actor, reason: str, now: datetime) -> None:
    row = {
        "case_id": case.id,
        "side": vote.side,
        "agrees": vote.agrees,
        "next_owner_id": vote.next_owner,
        "reason": reason,
        "voter_id": vote.voter_id,
        "at": now,
    }
    session.execute(sa.insert(t.case_vote), [row])
    audit.record(
        session, actor=actor, action="case.voted", at=now, subject=("case", case.id), reason=reason,
        vote=audit.plain(row),
    )  # fmt: skip


def _decide(
    session: Session, case: Any, outcome: Outcome, next_id: int | None, actor: Actor, now: datetime
) -> None:
    decision = decision_of(session, case, outcome, next_owner=next_id, now=now)
    after = {
        "status": CaseStatus.DECIDED,
        "is_open": False,
        "outcome": outcome,
        "next_owner_id": next_id,
        "decided_at": now,
        "decision": decision,
        "decision_digest": audit.digest(decision),
        "appeal_until": appealable_until(business_date(now), policy_on(session, business_date(now))),
    }
    change_case(session, case_id=case.id, actor=actor, now=now, action="case.decided", after=after)
    if next_id is None:
        note_case(
            session, case.owner_id, EventKind.CASE_CLOSED, actor=actor, now=now, case=case.ref,
            outcome=outcome,
        )  # fmt: skip
        settle(session, {case.customer_id}, now=now)
    else:
        pass_on(session, case, to=next_id, rule=Rule.TAKEOVER, actor=actor, now=now)


def appeal_case(
    session: Session, *, actor: Actor, now: datetime, case_id: int, version: int, text: str
) -> None:
    """Whoever the decision went against appeals, once and before it is final (C8).

    :raises StaleVersion: somebody acted in the case since.
    :raises RuleViolation: ``case.not_now``, ``case.final``, ``case.not_yours``,
        ``case.open_already``, ``required``.
    """
    case, now = take_case(session, case_id, version, Act.APPEAL, now)
    check_appeal(case.appeal_until, business_date(now))
    loser = case.owner_id if case.outcome is Outcome.REASSIGNED else case.challenger_id
    check_own(actor, claim_of(session, loser))
    if not text:
        raise RuleViolation("required", "appeal")
    c = t.conflict_case.c
    if session.scalar(sa.select(c.id).where(c.customer_id == case.customer_id, c.is_open)):
        raise RuleViolation("case.open_already")
    after = {
        "status": CaseStatus.APPEALED,
        "is_open": True,
        "appeal": text,
        "appealed_at": now,
        "appealed_by_id": actor.user_id,
    }
    change_case(session, case_id=case_id, actor=actor, now=now, action="case.appealed", after=after)
    settle(session, {case.customer_id}, now=now)  # what was signed meanwhile ends the appeal


def decide_appeal(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    case_id: int,
    version: int,
    overturn: bool,
    reason: str,
) -> AppealOutcome:
    """The channel director's one word on an appeal (C8): it stands, or it is turned round.

    A takeover that is turned round gives the customer back to its old owner; a refusal that is
    turned round gives it to the earliest waiting claim.

    :raises StaleVersion: somebody acted in the case since.
    :raises RuleViolation: ``case.not_now``, ``case.not_your_side``, ``case.own_matter``,
        ``case.nobody_waits``, ``case.overtaken``, ``reason.required``.
    """
    case, now = take_case(session, case_id, version, Act.DECIDE_APPEAL, now)
    if actor.is_partner or Role.CHANNEL_DIRECTOR not in actor.roles:
        raise RuleViolation("case.not_your_side")
    involved = {case.opened_by_id, case.answered_by_id, case.appealed_by_id}
    if actor.user_id in involved | {vote.voter_id for vote in votes_of(session, case_id)}:
        raise RuleViolation("case.own_matter")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    outcome = AppealOutcome.OVERTURNED if overturn else AppealOutcome.UPHELD
    after = {
        "status": CaseStatus.CLOSED,
        "is_open": False,
        "appeal_outcome": outcome,
        "appeal_reason": reason,
        "appeal_decided_by_id": actor.user_id,
        "closed_at": now,
    }
    change_case(
        session, case_id=case_id, actor=actor, now=now, action="case.appeal_decided", reason=reason,
        after=after,
    )  # fmt: skip
    if overturn and case.outcome is Outcome.REASSIGNED:
        _give_back(session, case, actor, now)
    elif overturn:
        to = next_owner(waiting_for(session, case), None, reason)
        pass_on(session, case, to=to.claim, rule=Rule.APPEAL, actor=actor, now=now)
    return outcome


def _give_back(session: Session, case: Any, actor: Actor, now: datetime) -> None:
    note_case(session, case.owner_id, EventKind.RESTORED, actor=actor, now=now, case=case.ref)
    if settle(session, {case.customer_id}, now=now)[case.customer_id].owner != case.owner_id:
        raise RuleViolation("case.overtaken")

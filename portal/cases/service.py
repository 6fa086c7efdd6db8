"""Ask for a customer, answer, withdraw, hand over: what the two parties of a case do."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit, journal
from portal.cases.files import check_own, claim_of, close, in_the_channel, pass_on, take_case
from portal.cases.snapshot import decision_of
from portal.conflicts.claims import next_instant
from portal.conflicts.open_cases import change_case
from portal.conflicts.service import settle
from portal.db import lock_registry
from portal.domain.cases import (
    Act,
    CaseKind,
    CaseStatus,
    Outcome,
    answer_due,
    check_request,
)
from portal.domain.errors import RuleViolation
from portal.domain.facts import Rule
from portal.domain.periods import business_date
from portal.domain.protection import end_on
from portal.domain.roles import Actor, Role
from portal.domain.terms import EventKind
from portal.models import ConflictCase
from portal.models import tables as t
from portal.policy.service import policy_on


def open_case(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    kind: CaseKind,
    reason: str,
) -> int:
    """Ask for the customer of an own waiting claim (C4, C9); answers the case's id.

    :raises RuleViolation: ``case.not_yours``, ``case.open_already``, ``case.own_customer``,
        ``reason.required`` and those of `check_request`.
    """
    lock_registry(session)
    own = claim_of(session, registration_id)
    check_own(actor, own)
    if not reason:
        raise RuleViolation("reason.required", "reason")
    if own.customer_id is None or not in_the_channel(own):
        raise RuleViolation("case.not_waiting")
    now = next_instant(session, now)
    timeline = settle(session, {own.customer_id}, now=now)[own.customer_id]  # a lapse is written down
    _refuse_second_case(session, own.customer_id)
    owner = timeline.claims[timeline.owner] if timeline.owner is not None else None
    today = business_date(now)
    policy = policy_on(session, today)
    check_request(
        kind,
        own=timeline.claims[own.id].state,
        owner=owner.state if owner else None,
        protected_until=end_on(owner.protected_until, owner.paused_from, today)
        if owner and owner.protected_until
        else None,
        refused_on=_refused_on(session, own, kind),
        not_final_until=_not_final_until(session, own.customer_id),
        today=today,
        policy=policy,
    )
    assert timeline.owner is not None  # noqa: S101 - just checked
    if claim_of(session, timeline.owner).partner_id == own.partner_id:
        raise RuleViolation("case.own_customer")
    case = ConflictCase(
        ref=f"pending-{registration_id}",
        kind=kind,
        status=CaseStatus.OPEN,
        customer_id=own.customer_id,
        owner_id=timeline.owner,
        challenger_id=own.id,
        opened_at=now,
        opened_by_id=actor.user_id,
        reason=reason,
        answer_due=answer_due(today, policy),
    )
    _store(session, case, actor, now)
    _tell(session, case, actor, now)
    settle(session, {own.customer_id}, now=now)
    assert case.id is not None  # noqa: S101 - flushed
    return case.id


def _store(session: Session, case: ConflictCase, actor: Actor, now: datetime) -> None:
    session.add(case)
    session.flush()  # the serial number becomes the reference
    case.ref = f"C{case.id:08d}"
    session.flush()
    row = session.execute(sa.select(t.conflict_case).where(t.conflict_case.c.id == case.id)).one()
    after = {name: value for name, value in row._mapping.items() if name not in ("id", "version")}
    audit.record(
        session, actor=actor, action="case.opened", at=now, subject=("case", case.id), reason=case.reason,
        after=audit.plain(after),
    )  # fmt: skip


def _tell(session: Session, case: ConflictCase, actor: Actor, now: datetime) -> None:
    """Note the request on both claims' time lines."""
    asked = journal.fact(
        case.challenger_id, EventKind.CASE_ASKED, at=now, now=now, actor=actor, reason=case.reason,
        data={"case": case.ref},
    )  # fmt: skip
    journal.write(session, [asked], actor=actor)
    if case.kind is CaseKind.TAKEOVER:
        # Its party reads it: no name of whoever asked, neither in the row nor in the reason.
        opened = journal.fact(
            case.owner_id, EventKind.CASE_OPENED, at=now, now=now,
            data={"case": case.ref, "by": case.challenger_id},
        )  # fmt: skip
        journal.write(session, [opened], actor=actor)


def _refuse_second_case(session: Session, customer: int) -> None:
    c = t.conflict_case.c
    if session.scalar(sa.select(c.id).where(c.customer_id == customer, c.is_open)):
        raise RuleViolation("case.open_already")


def _refused_on(session: Session, own: Any, kind: CaseKind) -> date | None:
    """The day of the last "no" to the same party about this customer."""
    c, r = t.conflict_case.c, t.registration.c
    no = Outcome.REFUSED if kind is CaseKind.TAKEOVER else Outcome.DECLINED
    last = session.scalar(
        sa.select(sa.func.max(sa.func.coalesce(c.decided_at, c.closed_at)))
        .join(t.registration, r.id == c.challenger_id)
        .where(
            c.customer_id == own.customer_id,
            c.outcome == no,
            r.partner_id.is_not_distinct_from(own.partner_id),
        )
    )
    return business_date(last) if last else None


def _not_final_until(session: Session, customer: int) -> date | None:
    c = t.conflict_case.c
    until: date | None = session.scalar(
        sa.select(sa.func.max(c.appeal_until)).where(
            c.customer_id == customer, c.status == CaseStatus.DECIDED
        )
    )
    return until


def answer_case(
    session: Session, *, actor: Actor, now: datetime, case_id: int, version: int, text: str
) -> None:
    """The owner's answer with its evidence (C4); late is better than never, as long as nobody voted.

    :raises StaleVersion: somebody acted in the case since.
    :raises RuleViolation: ``case.not_now``, ``case.not_yours``, ``case.answered``,
        ``case.votes_cast``, ``required``.
    """
    case, now = take_case(session, case_id, version, Act.ANSWER, now)
    check_own(actor, claim_of(session, case.owner_id))
    if case.answered_at is not None:
        raise RuleViolation("case.answered")
    if session.scalar(sa.select(t.case_vote.c.id).where(t.case_vote.c.case_id == case_id).limit(1)):
        raise RuleViolation("case.votes_cast")
    if not text:
        raise RuleViolation("required", "answer")
    after = {"answer": text, "answered_at": now, "answered_by_id": actor.user_id}
    change_case(session, case_id=case_id, actor=actor, now=now, action="case.answered", after=after)
    told = journal.fact(
        case.owner_id,
        EventKind.CASE_ANSWERED,
        at=now,
        now=now,
        actor=actor,
        note=text,
        data={"case": case.ref},
    )
    journal.write(session, [told], actor=actor)


def withdraw_case(session: Session, *, actor: Actor, now: datetime, case_id: int, version: int) -> None:
    """The challenger asks no longer; the customer stays where it is.

    :raises RuleViolation: ``case.not_now``, ``case.not_yours``.
    """
    case, now = take_case(session, case_id, version, Act.WITHDRAW, now)
    check_own(actor, claim_of(session, case.challenger_id))
    close(session, case, Outcome.WITHDRAWN, actor=actor, now=now, action="case.withdrawn")


def decline_handover(
    session: Session, *, actor: Actor, now: datetime, case_id: int, version: int, reason: str
) -> None:
    """The owner keeps a customer that somebody asked to be handed (C9).

    :raises RuleViolation: ``case.not_now``, ``case.not_yours``.
    """
    case, now = take_case(session, case_id, version, Act.DECLINE, now)
    check_own(actor, claim_of(session, case.owner_id))
    close(session, case, Outcome.DECLINED, actor=actor, now=now, action="case.declined", reason=reason)


def agree_handover(session: Session, *, actor: Actor, now: datetime, case_id: int, version: int) -> None:
    """The owner agrees that the customer goes to whoever asked (C9), at once and without a vote.

    :raises RuleViolation: ``case.not_now``, ``case.not_yours``, ``case.challenger_left``.
    """
    case, now = take_case(session, case_id, version, Act.AGREE, now)
    check_own(actor, claim_of(session, case.owner_id))
    if not in_the_channel(claim_of(session, case.challenger_id)):
        raise RuleViolation("case.challenger_left")
    decision = decision_of(session, case, Outcome.HANDED_OVER, next_owner=case.challenger_id, now=now)
    after = {
        "status": CaseStatus.CLOSED,
        "is_open": False,
        "outcome": Outcome.HANDED_OVER,
        "next_owner_id": case.challenger_id,
        "decided_at": now,
        "closed_at": now,
        "decision": decision,
        "decision_digest": audit.digest(decision),
    }
    change_case(session, case_id=case_id, actor=actor, now=now, action="case.handed_over", after=after)
    pass_on(session, case, to=case.challenger_id, rule=Rule.VOLUNTARY, actor=actor, now=now)


def close_abandoned(
    session: Session, *, actor: Actor, now: datetime, case_id: int, version: int, reason: str
) -> None:
    """End a case whose challenger has left the channel.

    :raises RuleViolation: ``case.not_now``, ``case.not_your_side``, ``case.challenger_stays``.
    """
    case, now = take_case(session, case_id, version, Act.CLOSE, now)
    if actor.is_partner or Role.CHANNEL_MANAGER not in actor.roles:
        raise RuleViolation("case.not_your_side")
    if in_the_channel(claim_of(session, case.challenger_id)):
        raise RuleViolation("case.challenger_stays")
    close(session, case, Outcome.CHALLENGER_GONE, actor=actor, now=now, action="case.closed", reason=reason)

"""What every act in a case starts from and ends with: the rows, the turn, the facts."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.claims import next_instant
from portal.conflicts.open_cases import change_case
from portal.conflicts.service import settle
from portal.db import lock_registry
from portal.domain.access import works_for
from portal.domain.cases import Act, CaseStatus, Outcome, Vote, Waiting, check_act
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.facts import Rule, State
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.support.following import withdraw_all


def take_case(session: Session, case_id: int, version: int, act: Act, now: datetime) -> tuple[Any, datetime]:
    """Take the registry's turn and the right to act on the case as the person saw it.

    Answers the case and the instant of the act: later than every fact before it (G3).

    :raises StaleVersion: somebody acted in it since; nothing was changed.
    :raises RuleViolation: ``case.not_now``.
    """
    lock_registry(session)
    c = t.conflict_case.c
    bumped: Any = session.execute(
        sa.update(t.conflict_case).where(c.id == case_id, c.version == version).values(version=c.version + 1)
    )
    if not bumped.rowcount:
        raise StaleVersion("stale")
    case = session.execute(sa.select(t.conflict_case).where(c.id == case_id)).one()
    check_act(act, case.kind, case.status)
    return case, next_instant(session, now)


def claim_of(session: Session, registration_id: int) -> Any:
    """A claim in a case, with its party."""
    c = t.registration.c
    return session.execute(
        sa.select(t.registration, t.partner.c.code, t.partner.c.active)
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .where(c.id == registration_id)
    ).one()


def in_the_channel(claim: Any) -> bool:
    """Whether the claim's party still belongs to the channel; key accounts always does."""
    return claim.partner_id is None or bool(claim.active)


def check_own(actor: Actor, claim: Any) -> None:
    """Refuse people of another party.

    :raises RuleViolation: ``case.not_yours``.
    """
    if not works_for(actor, partner_id=claim.partner_id):
        raise RuleViolation("case.not_yours")


def waiting_for(session: Session, case: Any) -> list[Waiting]:
    """The claims that wait for a case's customer, first in line first."""
    party = session.scalar(sa.select(t.registration.c.partner_id).where(t.registration.c.id == case.owner_id))
    c = t.registration.c
    rows = session.execute(
        sa.select(c.id, c.partner_id, t.partner.c.active)
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .where(c.customer_id == case.customer_id, c.state == State.WAITING)
        .order_by(c.queue_position)
    )
    return [
        Waiting(row.id, row.partner_id, row.partner_id != party and (row.partner_id is None or row.active))
        for row in rows
    ]


def votes_of(session: Session, case_id: int) -> list[Vote]:
    """The votes cast so far."""
    c = t.case_vote.c
    rows = session.execute(
        sa.select(c.side, c.agrees, c.next_owner_id, c.voter_id).where(c.case_id == case_id).order_by(c.id)
    )
    return [Vote(*row) for row in rows]


def note_case(
    session: Session, claim: int, kind: EventKind, *, actor: Actor, now: datetime, case: str, **data: Any
) -> None:
    """Put a fact of a case on a claim's time line: without a name, for its party reads it."""
    fact = journal.fact(claim, kind, at=now, now=now, data={"case": case, **data})
    journal.write(session, [fact], actor=actor)


def close(
    session: Session,
    case: Any,
    outcome: Outcome,
    *,
    actor: Actor,
    now: datetime,
    action: str,
    reason: str = "",
) -> None:
    """End a case that leaves the customer where it is."""
    after = {"status": CaseStatus.CLOSED, "is_open": False, "outcome": outcome, "closed_at": now}
    change_case(session, case_id=case.id, actor=actor, now=now, action=action, reason=reason, after=after)
    note_case(
        session, case.owner_id, EventKind.CASE_CLOSED, actor=actor, now=now, case=case.ref, outcome=outcome
    )
    settle(session, {case.customer_id}, now=now)


def pass_on(session: Session, case: Any, *, to: int, rule: Rule, actor: Actor, now: datetime) -> None:
    """Write that the customer passes to another claim, and see that it did; nobody helps the old one on.

    :raises RuleViolation: ``case.overtaken``: what happened meanwhile does not allow it any more.
    """
    note_case(
        session, case.owner_id, EventKind.REASSIGNED, actor=actor, now=now, case=case.ref, to=to, rule=rule
    )
    if settle(session, {case.customer_id}, now=now)[case.customer_id].owner != to:
        raise RuleViolation("case.overtaken")
    withdraw_all(session, actor=None, now=now, registration_id=case.owner_id)

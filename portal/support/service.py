"""Ask for support, plan it, give it or decline it (L2); an install follows a move by itself (S4)."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.claims import next_of_claim
from portal.db import lock_registry
from portal.domain.access import Permission, allows, can_see
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.policy import Policy
from portal.domain.roles import Actor
from portal.domain.support import (
    SupportKind,
    SupportState,
    check_due,
    check_plan,
    default_due,
)
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.support.records import (
    settle_customer,
    take_version,
    write_asked,
    write_change,
    write_closed,
)
from portal.support.scope import ENDED, Party, may_ask, may_withdraw, party_of, party_of_claim
from portal.support.telling import tell_asked, tell_closed, tell_planned

_s = t.support_request.c


def ask(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int | None = None,
    partner_id: int | None = None,
    kind: SupportKind,
    need: str,
    due: date | None = None,
    owner_id: int | None = None,
    week: date | None = None,
    request_key: str | None = None,
) -> int:
    """Ask for support on a project or a partner; answers the request's id.

    Due as the policy of the day says, unless the vendor says another day. `week`: raised in the review
    of that week. The same form sent twice asks once.

    :raises RuleViolation: ``support.not_yours``; ``pipeline.ended``; ``required``; ``support.owner``;
        ``support.due_in_the_past``; ``support.due_not_yours``.
    """
    if (registration_id is None) == (partner_id is None):
        raise ValueError("a request is about a registration or about a partner")
    lock_registry(session)
    if (known := _asked_already(session, request_key)) is not None:
        return known
    about = (
        party_of(session, partner_id) if registration_id is None else party_of_claim(session, registration_id)
    )
    if not may_ask(actor, about):
        raise RuleViolation("support.not_yours")
    if about.state in ENDED:
        raise RuleViolation("pipeline.ended")
    if not need:
        raise RuleViolation("required", "need")
    today = business_date(now)
    gives = allows(actor, Permission.SUPPORT_GIVE)
    if (due is not None or owner_id is not None) and not gives:
        raise RuleViolation("support.due_not_yours", "due")
    if due is None:
        due = default_due(today, _figures(policy_on(session, today)).support_working_days)
    check_due(due, today)
    _check_owner(session, owner_id, about)
    if registration_id is not None:
        now = next_of_claim(session, registration_id, now)
    request_id = write_asked(
        session, actor=actor, now=now, registration_id=registration_id, partner_id=partner_id, kind=kind,
        need=need, due=due, owner_id=owner_id, week=week, request_key=request_key,
    )  # fmt: skip
    settle_customer(session, about.customer_id, now=now)
    tell_asked(session, request_id, now=now, actor=actor)
    return request_id


def _asked_already(session: Session, request_key: str | None) -> int | None:
    if not request_key:
        return None
    found: int | None = session.scalar(sa.select(_s.id).where(_s.request_key == request_key))
    return found


def _figures(policy: Policy) -> Any:
    assert policy.week is not None  # noqa: S101 - every policy is parsed with its week
    return policy.week


def _check_owner(session: Session, owner_id: int | None, party: Party) -> None:
    """Only a person of the vendor who gives support, and sees whom it is for, can owe it.

    :raises RuleViolation: ``support.owner``.
    """
    if owner_id is None:
        return
    u, r = t.user.c, t.user_role.c
    rows = session.execute(
        sa.select(r.role, u.region)
        .join(t.user, u.id == r.user_id)
        .where(u.id == owner_id, u.active, u.partner_id.is_(None))
    ).all()
    region = rows[0].region if rows else None
    owner = Actor(owner_id, "", frozenset(row.role for row in rows), region=region)
    sees = can_see(owner, partner_id=party.partner_id, region=party.region)
    if not sees or not allows(owner, Permission.SUPPORT_GIVE):
        raise RuleViolation("support.owner", "owner_id")


def plan(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    request_id: int,
    version: int,
    owner_id: int | None,
    due: date | None,
    reason: str = "",
) -> None:
    """Say who owes a request and by when; the day only before it has passed, with a reason (C3).

    :raises StaleVersion: somebody changed it since.
    :raises RuleViolation: ``support.closed``, ``support.not_yours``, ``support.owner`` and those of
        `check_plan`.
    """
    lock_registry(session)
    row = take_version(session, request_id, version)
    _check_gives(actor)
    if (owner_id, due) == (row.owner_id, row.due_on):
        return
    check_plan(row.due_on, due, reason=reason, today=business_date(now))
    if owner_id != row.owner_id:
        _check_owner(session, owner_id, _party_of_row(session, row))
    after = {"owner_id": owner_id, "due_on": due}
    now = _later(session, row, now)
    write_change(
        session, row, EventKind.SUPPORT_PLANNED, actor=actor, now=now, after=after, reason=reason,
        data={"due": due, "owner": owner_id, "due_before": row.due_on, "owner_before": row.owner_id},
    )  # fmt: skip
    settle_customer(session, row.customer_id, now=now)
    tell_planned(session, request_id, now=now, version=version)


def finish(
    session: Session, *, actor: Actor, now: datetime, request_id: int, version: int, result: str
) -> None:
    """The support was given; `result` says what came of it.

    :raises StaleVersion: somebody changed it since.
    :raises RuleViolation: ``support.closed``, ``support.not_yours``, ``required``.
    """
    lock_registry(session)
    row = take_version(session, request_id, version)
    _check_gives(actor)
    _close(session, row, SupportState.DONE, actor=actor, now=now, result=result)


def decline(
    session: Session, *, actor: Actor, now: datetime, request_id: int, version: int, reason: str
) -> None:
    """The vendor does not give it, or whoever asked needs it no longer; nothing is owed from that day on.

    :raises StaleVersion: somebody changed it since.
    :raises RuleViolation: ``support.closed``, ``support.not_yours``, ``required``.
    """
    lock_registry(session)
    row = take_version(session, request_id, version)
    if not may_withdraw(actor, _party_of_row(session, row)):
        _check_gives(actor)
    _close(session, row, SupportState.DECLINED, actor=actor, now=now, result=reason)


def _party_of_row(session: Session, row: Any) -> Party:
    if row.registration_id is None:
        return party_of(session, row.partner_id)
    return party_of_claim(session, row.registration_id)


def _check_gives(actor: Actor) -> None:
    if not allows(actor, Permission.SUPPORT_GIVE):
        raise RuleViolation("support.not_yours")


def _close(
    session: Session, row: Any, state: SupportState, *, actor: Actor | None, now: datetime, result: str
) -> None:
    if not result:
        raise RuleViolation("required", "result")
    now = _later(session, row, now)
    write_closed(session, row, state, actor=actor, now=now, result=result)
    settle_customer(session, row.customer_id, now=now)
    tell_closed(session, row.id, now=now)


def _later(session: Session, row: Any, now: datetime) -> datetime:
    return now if row.registration_id is None else next_of_claim(session, row.registration_id, now)

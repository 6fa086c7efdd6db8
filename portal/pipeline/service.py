"""Move a project, release or lose it, take a move back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.claims import next_instant, take_version
from portal.conflicts.service import settle, settle_held
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.facts import OWNING_STATES, State
from portal.domain.periods import business_date
from portal.domain.pipeline import LostReason, Move, Stage, check_move, may_undo
from portal.domain.roles import Actor
from portal.domain.support import SupportKind
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.pipeline.told import keep_told
from portal.policy.service import policy_on
from portal.registrations.checks import count_given_up
from portal.support.following import (
    raise_install,
    reopen_installs,
    withdraw_all,
    withdraw_install,
    withdraw_installs,
)

_DECIDING = (EventKind.MOVED, EventKind.PROGRESS, EventKind.RELEASED, EventKind.LOST)
_ENDED = (State.RELEASED, State.LOST)


@dataclass(frozen=True, slots=True)
class Moved:
    """The fact just written, for the undo button."""

    event_id: int


def move_project(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    version: int,
    to: Stage,
    gate: Mapping[str, Any],
    reason: str = "",
) -> Moved:
    """Move the owner's project to another stage (S2); a stage higher than ever is progress (S3).

    :raises StaleVersion: somebody moved or changed it meanwhile; nothing was overwritten.
    :raises RuleViolations: the stage's gate, or the reason for going back, is missing.
    :raises RuleViolation: ``pipeline.ended``, ``pipeline.not_owner`` (S6).
    """
    lock_registry(session)
    row = take_version(session, registration_id, version)
    if row.state in _ENDED:
        raise RuleViolation("pipeline.ended")
    if row.state not in OWNING_STATES:
        raise RuleViolation("pipeline.not_owner")
    move = check_move(row.stage, to, gate=gate, reason=reason, today=business_date(now))
    now = next_instant(session, now)
    event = _write(
        session, registration_id, EventKind.MOVED, actor, now, stage=to, reason=move.reason,
        data={"from": row.stage, **move.gate},
    )  # fmt: skip
    keep_told(session, [registration_id])
    _ask_for_install(session, registration_id, move, event, actor=actor, now=now)
    settle(session, {row.customer_id}, now=now)
    return Moved(event)


_INSTALLS = {
    Stage.TRIAL: (SupportKind.TRIAL_INSTALL, "trial_start", ("trial_agreement", "trial_start", "trial_end")),
    Stage.SIGNED: (
        SupportKind.PRODUCTION_INSTALL,
        "contract_date",
        ("contract_no", "contract_date", "ports"),
    ),
}


def _ask_for_install(
    session: Session, registration_id: int, move: Move, event: int, *, actor: Actor, now: datetime
) -> None:
    """A trial, and a contract, is a task for customer service too (S4); going back to one is none.

    What is left by going back is none any more.
    """
    if move.back:
        left = [kind for stage, (kind, *_) in _INSTALLS.items() if stage.number > move.to.number]
        withdraw_installs(
            session, actor=actor, now=now, registration_id=registration_id, kinds=left, move=event
        )
        return
    if move.to not in _INSTALLS:
        return
    kind, starts, told = _INSTALLS[move.to]
    raise_install(
        session, actor=actor, now=now, registration_id=registration_id, kind=kind, starts=move.gate[starts],
        agreed=" · ".join(str(move.gate[name]) for name in told), move=event,
    )  # fmt: skip


def release(
    session: Session, *, actor: Actor, now: datetime, registration_id: int, version: int, reason: str
) -> bool:
    """Give a claim up (C9); the earliest waiting one becomes owner. Answers whether one did."""
    return _end(session, actor, now, registration_id, version, EventKind.RELEASED, reason, None)


def lose(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    version: int,
    why: LostReason,
    note: str,
) -> bool:
    """The project is lost (G5, C9); the earliest waiting claim becomes owner."""
    if not note:
        raise RuleViolation("required", "reason")
    return _end(session, actor, now, registration_id, version, EventKind.LOST, note, why)


def _end(
    session: Session,
    actor: Actor,
    now: datetime,
    registration_id: int,
    version: int,
    kind: EventKind,
    reason: str,
    why: LostReason | None,
) -> bool:
    lock_registry(session)
    row = take_version(session, registration_id, version)
    if row.state in _ENDED:
        raise RuleViolation("pipeline.ended")
    if row.state is State.SIGNED:
        raise RuleViolation("pipeline.signed_stays")
    if kind is EventKind.LOST and not row.is_owner:
        raise RuleViolation("pipeline.not_owner")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    data = {"lost_reason": why} if why else {}
    now = next_instant(session, now)
    _write(session, registration_id, kind, actor, now, reason=reason, data=data)
    keep_told(session, [registration_id])
    withdraw_all(session, actor=actor, now=now, registration_id=registration_id)
    count_given_up(session, actor=actor, now=now, claim=row)
    if row.customer_id is None:
        settle_held(session, [registration_id])
        return False
    timeline = settle(session, {row.customer_id}, now=now)[row.customer_id]
    return bool(row.is_owner and timeline.owner is not None)


def undo_move(session: Session, *, actor: Actor, now: datetime, registration_id: int, event_id: int) -> None:
    """Take one's own last move back within the policy's minute, while no one else was told.

    :raises RuleViolation: ``pipeline.undo_too_late``.
    """
    lock_registry(session)
    if not can_undo(session, actor=actor, now=now, registration_id=registration_id, event_id=event_id):
        raise RuleViolation("pipeline.undo_too_late")
    now = next_instant(session, now)
    row = session.execute(
        sa.update(t.registration)
        .where(t.registration.c.id == registration_id)
        .values(version=t.registration.c.version + 1)
        .returning(t.registration.c.customer_id)
    ).one()
    _write(session, registration_id, EventKind.UNDONE, actor, now, about_id=event_id)
    about: dict[str, Any] = {"actor": actor, "now": now, "registration_id": registration_id, "move": event_id}
    withdraw_install(session, **about)
    reopen_installs(session, **about)
    keep_told(session, [registration_id])
    settle(session, {row.customer_id}, now=now)


def can_undo(session: Session, *, actor: Actor, now: datetime, registration_id: int, event_id: int) -> bool:
    """Whether the move can still be taken back by this person."""
    event = t.registration_event.c
    decided = sa.select(event.id).where(event.registration_id == registration_id, event.kind.in_(_DECIDING))
    last = session.execute(
        sa.select(event.id, event.at, event.actor_id, event.kind, event.stage)
        .where(
            event.registration_id == registration_id,
            # A name or a link that is taken back says nothing about a move.
            sa.or_(
                event.kind.in_(_DECIDING),
                sa.and_(event.kind == EventKind.UNDONE, event.about_id.in_(decided)),
            ),
        )
        .order_by(event.id.desc())
        .limit(1)
    ).first()
    if last is None or last.kind is not EventKind.MOVED:
        return False
    return may_undo(
        last.at,
        now,
        by_mover=last.actor_id == actor.user_id,
        is_last=last.id == event_id,
        others_told=False,
        policy=policy_on(session, business_date(now)),
    )


def _write(
    session: Session, registration_id: int, kind: EventKind, actor: Actor, now: datetime, **about: Any
) -> int:
    journal.write(
        session, [journal.fact(registration_id, kind, at=now, now=now, actor=actor, **about)], actor=actor
    )
    newest = sa.select(sa.func.max(t.registration_event.c.id)).where(
        t.registration_event.c.registration_id == registration_id
    )
    return int(session.scalar(newest) or 0)

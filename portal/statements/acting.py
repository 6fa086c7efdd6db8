"""The vendor's acts on statements, one or many: done once whoever clicks how often, each for itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import lock_registry, part, trial
from portal.domain.errors import RuleViolation
from portal.domain.periods import BUSINESS_OFFSET
from portal.domain.roles import Actor
from portal.domain.statements import STEPS, Act, Done, Station, check_act, check_party, standing
from portal.models import tables as t
from portal.receipts.contested import contested_on
from portal.statements.board import in_sight
from portal.statements.walk import check_over, done_on, held_up, party_of, send_back, take_step

BY_HAND = (
    Act.PRINT, Act.SEND, Act.PASS_ON, Act.APPROVE_MANAGER, Act.APPROVE_DIRECTOR, Act.APPROVE_COO,
)  # fmt: skip
"""What is done on the board: nothing but the step itself belongs to it."""
_TOO_LATE = ("stale", "statement.not_now")


@dataclass(frozen=True)
class Outcome:
    """What became, or would become, of one statement in a batch."""

    row: Any
    version: int
    problem: RuleViolation | None


def offered(actor: Actor, stations: Collection[Station]) -> list[Act]:
    """The acts that a person of these roles can do to statements at these stations."""
    return [
        step.act
        for step in STEPS
        if step.act in BY_HAND and step.station in stations and step.roles & actor.effective_roles
    ]


def do_act(
    session: Session, *, actor: Actor, now: datetime, statement_id: int, version: int | None, act: Act
) -> None:
    """Do one step as the person saw it.

    :raises StaleVersion: somebody changed the statement since.
    :raises RuleViolation: ``statement.done_already`` by whom and when; else as `walk.take_step`.
    """
    lock_registry(session)
    try:
        with part(session):
            take_step(session, actor=actor, now=now, statement_id=statement_id, version=version, act=act)
    except RuleViolation as error:
        raise _kindly(session, statement_id, act, error) from error


def refuse(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    statement_id: int,
    version: int,
    to: Station,
    reason: str,
) -> None:
    """Send one statement back from step 6 or 7 with a reason (M10).

    :raises StaleVersion: somebody changed the statement since.
    :raises RuleViolation: ``statement.done_already``; else as `walk.send_back`.
    """
    lock_registry(session)
    try:
        with part(session):
            send_back(
                session, actor=actor, now=now, statement_id=statement_id, version=version, to=to,
                reason=reason,
            )  # fmt: skip
    except RuleViolation as error:
        raise _kindly(session, statement_id, Act.REFUSE, error) from error


def do_many(
    session: Session, *, actor: Actor, now: datetime, act: Act, picks: Sequence[tuple[int, int]], scope: Any
) -> list[Outcome]:
    """Do one step to each of these statements (id and version as seen), each for itself.

    What cannot be done is left alone and says why; what is not in sight does not exist. Run again with
    the same picks it does nothing twice.
    """
    rows = in_sight(session, scope, [each for each, _version in picks])
    outcomes, seen = [], set()
    for statement_id, version in picks:
        if statement_id not in rows or statement_id in seen:
            continue
        seen.add(statement_id)
        problem = None
        try:
            do_act(session, actor=actor, now=now, statement_id=statement_id, version=version, act=act)
        except RuleViolation as error:
            problem = error
        outcomes.append(Outcome(rows[statement_id], version, problem))
    return outcomes


def foresee_many(
    session: Session, *, actor: Actor, now: datetime, act: Act, picks: Sequence[tuple[int, int]], scope: Any
) -> list[Outcome]:
    """What `do_many` would do: the very act, taken back."""
    with trial(session):
        return do_many(session, actor=actor, now=now, act=act, picks=picks, scope=scope)


def why_not(session: Session, *, actor: Actor, now: datetime, row: Any, act: Act) -> RuleViolation | None:
    """Why a person cannot do an act to a statement as it stands, or None; `row` is one of the board's."""
    try:
        step = check_act(row.station, act, actor, done_on(session, row.id))
        check_party(step, actor, party_of(session, row.partner_id))
        if act is Act.SEND:
            check_over(row.period, now)
        if act is Act.SEND and (waiting := held_up(session, row.id, row.revision)):
            raise RuleViolation("statement.withheld", count=waiting)
        if act is Act.SEND and (numbers := contested_on(session, row.id, row.revision)):
            raise RuleViolation("statement.contested", numbers=numbers)
    except RuleViolation as error:
        return _kindly(session, row.id, act, error)
    return None


def _kindly(session: Session, statement_id: int, act: Act, error: RuleViolation) -> RuleViolation:
    """A refusal because the act was done meanwhile says by whom and when."""
    if error.code not in _TOO_LATE:
        return error
    last = last_done(session, statement_id, act)
    if last is None:
        return error
    at = f"{last.at.astimezone(BUSINESS_OFFSET):%Y-%m-%d %H:%M}"
    return RuleViolation("statement.done_already", act=act, by=last.name or "–", at=at)


def last_done(session: Session, statement_id: int, act: Act) -> Any:
    """Who did an act that still counts, and when; of a refusal, the one that was done last of all."""
    a = t.statement_act.c
    rows = session.execute(
        sa.select(a.act, a.actor_id, a.to_station, a.at, t.user.c.name)
        .join(t.user, t.user.c.id == a.actor_id, isouter=True)
        .where(a.statement_id == statement_id)
        .order_by(a.id)
    ).all()
    if act is Act.REFUSE:
        return rows[-1] if rows and rows[-1].act is Act.REFUSE else None
    counting = standing(Done(row.act, row.actor_id, row.to_station) for row in rows)
    if all(each.act is not act for each in counting):
        return None
    return next(row for row in reversed(rows) if row.act is act)

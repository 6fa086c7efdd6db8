"""Step 5: the partner confirms with a typed name, what was seen and nothing else (§8, M9, M15)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import lock_registry, trial
from portal.domain.confirming import check_typed_name
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.roles import Actor
from portal.domain.statements import OPEN, Act, Station, check_act
from portal.files import Sent
from portal.models import Statement
from portal.models import tables as t
from portal.statements.disputes import check_own, park
from portal.statements.papers import SCAN, keep_file
from portal.statements.walk import done_on, load, take_step


def confirm(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    statement_id: int,
    revision: int,
    content_hash: str,
    typed: str,
    sent: Sent | None,
    folder: str,
    rest: bool = False,
) -> Statement:
    """Confirm exactly the revision and the hash that the person saw; `rest`: without the disputed lines.

    :raises StaleVersion: it is another revision now, or says something else.
    :raises RuleViolation: ``statement.not_yours``, ``statement.not_now``, ``statement.other_name``,
        ``dispute.nothing_open``; of the scan as `portal.files.store`.
    """
    lock_registry(session)
    statement = load(session, statement_id, None)
    check_own(actor, statement)
    if rest and statement.station is Station.DISPUTED:
        park(session, statement, actor=actor, now=now)
    if (statement.revision, statement.content_hash) != (revision, content_hash):
        raise StaleVersion("stale")
    check_act(statement.station, Act.CONFIRM, actor, done_on(session, statement_id))
    check_typed_name(typed, actor.name)
    data: dict[str, Any] = {"name": typed, "revision": revision, "content_hash": content_hash}
    if sent is not None:
        data["file"] = keep_file(
            session, statement, actor=actor, now=now, purpose=SCAN, sent=sent, folder=folder
        )
    return take_step(
        session, actor=actor, now=now, statement_id=statement_id, version=None, act=Act.CONFIRM, data=data
    )


def foresee_rest(session: Session, *, actor: Actor, now: datetime, statement_id: int) -> Any:
    """The statement as it would be without the lines still in dispute; nothing is kept.

    :raises RuleViolation: ``statement.not_yours``, ``dispute.nothing_open``.
    """
    lock_registry(session)
    c = t.statement.c
    with trial(session):
        statement = load(session, statement_id, None)
        check_own(actor, statement)
        park(session, statement, actor=actor, now=now)
        seen = session.execute(sa.select(t.statement).where(c.id == statement_id)).one()
    session.expire_all()
    return seen


def has_confirmed(session: Session, *, actor: Actor, statement_id: int, content_hash: str) -> bool:
    """Whether this person has confirmed just that: a second click finds it done.

    Sent back to the partner since (M10), it is to be confirmed anew, though it says the same.
    """
    a, s = t.statement_act.c, t.statement.c
    last = session.execute(
        sa.select(a.actor_id, a.data)
        .join(t.statement, s.id == a.statement_id)
        .where(a.statement_id == statement_id, a.act == Act.CONFIRM, s.content_hash == content_hash)
        .where(s.station.not_in((Station.SENT, Station.DISPUTED)))
        .order_by(a.id.desc())
        .limit(1)
    ).first()
    return bool(last and last.actor_id == actor.user_id and last.data.get("content_hash") == content_hash)


def add_scan(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    statement_id: int,
    revision: int,
    sent: Sent,
    folder: str,
) -> None:
    """Hang a stamped scan on a confirmed revision afterwards; nothing is ever replaced (M15).

    :raises StaleVersion: another revision is in force.
    :raises RuleViolation: ``statement.not_yours``; ``statement.not_confirmed``; as `portal.files.store`.
    """
    lock_registry(session)
    statement = load(session, statement_id, None)
    check_own(actor, statement)
    if statement.revision != revision:
        raise StaleVersion("stale")
    if statement.station in OPEN | {Station.SENT, Station.DISPUTED}:
        raise RuleViolation("statement.not_confirmed")
    keep_file(session, statement, actor=actor, now=now, purpose=SCAN, sent=sent, folder=folder)

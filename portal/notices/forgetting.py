"""Forget what was read and what was sent, once it is old; never what is unread or still to be sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlmodel import Session

from portal import audit, db
from portal.domain.notices import OutboxState
from portal.models import tables as t

log = structlog.get_logger("portal")
# So many in one transaction: other writers get their turn in between.
_AT_ONCE = 2000


@dataclass(slots=True)
class Forgotten:
    """How many rows went."""

    notices: int = 0
    messages: int = 0


def forget(
    engine: Engine, *, now: datetime, days: int, stopped: Callable[[], bool] = lambda: False
) -> Forgotten:
    """Remove what was read, and what was sent, more than so many days ago; the trail keeps the counts.

    A notice goes with what had nowhere to go. It stays as long as a message about it waits, or was given up
    and can be sent again.
    """
    before, done = now - timedelta(days=days), Forgotten()
    while not stopped():
        with db.transaction(engine) as session:
            messages = _remove(session, t.outbox, _sent(before))
            notices = _remove(session, t.notice, _read(before))
            if not messages + notices:
                break
            audit.record(
                session, actor=None, action="notice.forgotten", at=now, subject=("notice", None),
                notices=notices, messages=messages, before=before,
            )  # fmt: skip
        done.notices += notices
        done.messages += messages
    if done.notices + done.messages:
        log.info("notice.forgotten", notices=done.notices, messages=done.messages, before=before.isoformat())
    return done


def _sent(before: datetime) -> Any:
    c = t.outbox.c
    return sa.select(c.id).where(c.sent_at < before).order_by(c.sent_at).limit(_AT_ONCE)


def _read(before: datetime) -> Any:
    n, o = t.notice.c, t.outbox.c
    # What was sent lately stays as long as any message does.
    kept = o.state.in_([OutboxState.WAITING, OutboxState.FAILED, OutboxState.SENT])
    bound = sa.exists().where(o.notice_id == n.id, kept)
    return sa.select(n.id).where(n.read_at < before, ~bound).order_by(n.read_at).limit(_AT_ONCE)


def _remove(session: Session, table: Any, which: Any) -> int:
    gone: Any = session.execute(sa.delete(table).where(table.c.id.in_(which)))
    return int(gone.rowcount)

"""The demo's inboxes: every morning people are told of what lapses, and most of it they have read."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session

from portal import db
from portal.domain.notices import Dropped
from portal.domain.periods import day_start
from portal.models import tables as t
from portal.notices.lapses import tell_of_lapses
from portal.notices.sending import Batch, NotSent, send_due
from portal.notices.service import read_all

_DAYS = 12
# Every so manieth person has not looked for a while.
_LAZY = 4


def acts(today: date) -> Iterator[tuple[datetime, Any]]:
    """The mornings before `today`, each with what it brings."""
    for back in range(_DAYS, 0, -1):
        yield day_start(today - timedelta(days=back)) + timedelta(hours=8, minutes=30), morning


def morning(session: Session, now: datetime) -> None:
    """Tell of what lapses; what is older than a day or two has been read."""
    tell_of_lapses(session, now=now)
    c = t.notice.c
    seen = sa.select(c.user_id, sa.func.max(c.id).label("up_to")).where(c.at < now - timedelta(hours=30))
    for row in session.execute(seen.group_by(c.user_id)).all():
        if row.user_id % _LAZY:
            read_all(session, user_id=row.user_id, now=now, up_to=row.up_to)


def close_up(engine: Engine, now: datetime) -> None:
    """This morning's notices. What would be sent is dropped: nobody of the demo exists."""

    def deliver(_batch: Batch) -> None:
        raise NotSent(Dropped.NO_MAIL_SERVER)

    with db.transaction(engine) as session:
        morning(session, now)
    send_due(engine, clock=lambda: now, deliver=deliver)

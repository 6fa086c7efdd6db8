"""`portal check` of notices: messages go with their notices, states with what they note."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.errors import RuleViolation
from portal.domain.notices import KINDS, MOST_TRIES, Dropped, OutboxState
from portal.models import tables as t

Problem = tuple[str, Any, RuleViolation]


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken invariant of inbox and outbox."""
    yield from _notices(session)
    yield from _outbox(session)
    yield from _mixed(session)


def _notices(session: Session) -> Iterator[Problem]:
    """A notice has what its words need."""
    n = t.notice.c
    for row in session.execute(sa.select(n.id, n.kind, n.params)):
        for name in sorted(KINDS[row.kind].about - set(row.params)):
            yield "notice", row.id, RuleViolation("check.notice_words", name=name)


def _outbox(session: Session) -> Iterator[Problem]:
    """A message is its notice's person's, is due no sooner than that was told, and its state is sound."""
    o, n = t.outbox.c, t.notice.c
    query = sa.select(
        o.id, o.user_id, o.due_at, o.attempts, o.state, o.last_error, o.sent_at, n.user_id.label("person"),
        n.at.label("told_at"),
    ).join(t.notice, n.id == o.notice_id)  # fmt: skip
    for row in session.execute(query):
        if row.user_id != row.person or row.due_at < row.told_at:
            yield "outbox", row.id, RuleViolation("check.outbox")
        if not _sound(row):
            yield "outbox", row.id, RuleViolation("check.outbox_state")


def _sound(row: Any) -> bool:
    if row.state is OutboxState.SENT:
        return row.attempts > 0 and row.sent_at >= row.told_at and not row.last_error
    if row.state is OutboxState.DROPPED:
        return row.last_error in set(Dropped)
    if row.state is OutboxState.FAILED:
        return row.attempts >= MOST_TRIES and bool(row.last_error)
    return row.attempts < MOST_TRIES and (row.attempts == 0 or bool(row.last_error))


def _mixed(session: Session) -> Iterator[Problem]:
    """A message that went out went to one person by one channel at one instant."""
    o = t.outbox.c
    ways = [sa.func.min(each) != sa.func.max(each) for each in (o.user_id, o.channel, o.sent_at)]
    query = sa.select(sa.func.min(o.id)).where(o.sent_at.is_not(None)).group_by(o.batch).having(sa.or_(*ways))
    for row_id in session.scalars(query):
        yield "outbox", row_id, RuleViolation("check.outbox")

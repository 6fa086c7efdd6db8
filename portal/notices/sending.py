"""Send what is due: claim a person's messages of one channel, send them as one, mark them.

The sending itself happens outside any transaction. A message is claimed for a while: of two workers one gets
it, and when a worker dies between sending and marking, it is sent once more when the claim has run out.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlmodel import Session

from portal import db
from portal.domain.letters import Told, one_line
from portal.domain.notices import LEASE, MOST_LISTED, Channel, Dropped, OutboxState, next_try
from portal.models import tables as t

log = structlog.get_logger("portal")
_LONGEST_ERROR = 300
# So many failures of a channel in a row, and its service is down: the rest waits for the next round.
_PATIENCE = 3
# As text, not as a value: the partial indexes are found by it.
_WAITING = sa.text("outbox.state = 'waiting'")
_OURS = sa.and_(t.outbox.c.batch == sa.bindparam("key"), t.outbox.c.lease_until.is_not(None))


class Undelivered(Exception):  # noqa: N818 - it names what happened
    """The service did not take the message; the text says why. It is tried again later."""


class NotSent(Exception):  # noqa: N818 - it names what happened
    """There is nowhere to send the message to; it is not tried again."""

    def __init__(self, why: Dropped) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Batch:
    """All that is due to one person by one channel. `items`: the newest; `total`: how many there are."""

    key: str
    channel: Channel
    person: Any
    items: list[Told]
    total: int


@dataclass(slots=True)
class Outcome:
    """What came of a round, in messages."""

    sent: int = 0
    put_off: int = 0
    dropped: int = 0
    failures: Counter[Channel] = field(default_factory=Counter)

    @property
    def resting(self) -> frozenset[Channel]:
        """The channels whose service seems to be down."""
        return frozenset(channel for channel, number in self.failures.items() if number >= _PATIENCE)


Deliver = Callable[[Batch], None]
"""Sends one message; raises `Undelivered` or `NotSent`."""


def send_due(
    engine: Engine,
    *,
    clock: Callable[[], datetime],
    deliver: Deliver,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Send everything that is due; nothing that goes wrong with one message keeps another one back."""
    outcome = Outcome()
    while not stopped():
        with db.transaction(engine) as session:
            batch = claim(session, now=clock(), without=outcome.resting)
        if batch is None:
            break
        _send(engine, batch, clock, deliver, outcome)
    return outcome


def _send(
    engine: Engine, batch: Batch, clock: Callable[[], datetime], deliver: Deliver, outcome: Outcome
) -> None:
    about = {"batch": batch.key, "channel": batch.channel.value, "user": batch.person.id}
    try:
        deliver(batch)
    except NotSent as refusal:
        with db.transaction(engine) as session:
            drop(session, batch, refusal.why)
        outcome.dropped += 1
        return
    except Exception as error:
        # Whatever it is: the next message must go out, and this one is tried again.
        told = str(error) if isinstance(error, Undelivered) else f"{type(error).__name__}: {error}"
        log.warning("notice.put_off", error=one_line(told, _LONGEST_ERROR), **about)
        with db.transaction(engine) as session:
            put_off(session, batch, error=one_line(told, _LONGEST_ERROR), now=clock())
        outcome.put_off += 1
        outcome.failures[batch.channel] += 1
        return
    with db.transaction(engine) as session:
        if not mark_sent(session, batch, now=clock()):
            log.warning("notice.claim_lost", **about)
    outcome.sent += 1
    outcome.failures[batch.channel] = 0


def claim(session: Session, *, now: datetime, without: Collection[Channel] = ()) -> Batch | None:
    """Take the next message: everything due to one person by one channel. None where nothing is due.

    With what is due goes what waits for another try: the service may be back. Two workers never get the
    same row: PostgreSQL skips locked rows, SQLite has one writer, and the update looks at the claim again.
    """
    c = t.outbox.c
    while (first := session.execute(_next(now, without)).first()) is not None:
        key = secrets.token_hex(16)
        group = sa.and_(c.user_id == first.user_id, c.channel == first.channel)
        free = sa.or_(c.lease_until.is_(None), c.lease_until <= now)
        ready = sa.or_(c.due_at <= now, c.attempts > 0)
        taken: Any = session.execute(
            sa.update(t.outbox).where(_WAITING, group, free, ready).values(batch=key, lease_until=now + LEASE)
        )
        if taken.rowcount:
            return _read(session, key, first, taken.rowcount)
    return None


def _next(now: datetime, without: Collection[Channel]) -> Any:
    """The first row of the person and channel that waits longest; others of them are not looked at."""
    o, p = t.outbox, t.outbox.alias("earlier")

    def due(table: Any) -> Any:
        c = table.c
        waiting = sa.text(f"{table.name}.state = 'waiting'")
        return sa.and_(waiting, c.due_at <= now, sa.or_(c.lease_until.is_(None), c.lease_until <= now))

    same = sa.and_(p.c.user_id == o.c.user_id, p.c.channel == o.c.channel, p.c.id < o.c.id)
    return (
        sa.select(o.c.id, o.c.user_id, o.c.channel)
        .where(due(o), o.c.channel.not_in(list(without)), ~sa.exists().where(same, due(p)))
        .order_by(o.c.due_at, o.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=o)
    )


def _read(session: Session, key: str, first: Any, total: int) -> Batch:
    n, o, u, a = t.notice.c, t.outbox.c, t.user.c, t.notice_address.c
    rows = session.execute(
        sa.select(n.kind, n.at, n.params, n.link)
        .join(t.outbox, o.notice_id == n.id)
        .where(o.batch == key)
        .order_by(n.at.desc(), n.id.desc())
        .limit(MOST_LISTED)
    )
    items = [Told(row.kind, row.at, row.params, row.link) for row in rows]
    person = session.execute(
        sa.select(
            u.id, u.name, u.email, u.locale, u.active, t.partner.c.active.label("partner_active"),
            a.email_on, a.wecom_key, a.dingtalk_token, a.dingtalk_secret,
        )
        .join(t.notice_address, a.user_id == u.id, isouter=True)
        .join(t.partner, t.partner.c.id == u.partner_id, isouter=True)
        .where(u.id == first.user_id)
    ).one()  # fmt: skip
    return Batch(key, first.channel, person, items, total)


def mark_sent(session: Session, batch: Batch, *, now: datetime) -> bool:
    """Note that the message is out; False when the claim had run out and somebody else took it over."""
    c = t.outbox.c
    done: Any = session.execute(
        sa.update(t.outbox).where(_OURS).values(
            state=OutboxState.SENT, sent_at=now, attempts=c.attempts + 1, lease_until=None, last_error=""
        ),
        {"key": batch.key},
    )  # fmt: skip
    return bool(done.rowcount)


def put_off(session: Session, batch: Batch, *, error: str, now: datetime) -> None:
    """Note a failure: each row waits by its own schedule, and is given up when it was tried too often.

    What only went along, before its own time had come, has lost no try.
    """
    c = t.outbox.c
    key, was_due = {"key": batch.key}, sa.and_(_OURS, c.due_at <= now)
    for tried in session.scalars(sa.select(c.attempts).where(was_due).distinct(), key).all():
        again = next_try(tried + 1, now)
        state = {"state": OutboxState.FAILED} if again is None else {"due_at": again}
        noted = {"attempts": tried + 1, "last_error": error, "lease_until": None}
        session.execute(sa.update(t.outbox).where(was_due, c.attempts == tried).values(**state, **noted), key)
    session.execute(sa.update(t.outbox).where(_OURS).values(last_error=error, lease_until=None), key)


def drop(session: Session, batch: Batch, why: Dropped) -> None:
    """Note that there is nowhere to send the message to."""
    session.execute(
        sa.update(t.outbox)
        .where(_OURS)
        .values(state=OutboxState.DROPPED, last_error=why.value, lease_until=None),
        {"key": batch.key},
    )

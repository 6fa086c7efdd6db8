"""Two people, one claim: the second to save is told. Two acts, one moment: each has its turn."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.errors import StaleVersion
from portal.models import tables as t

_TICK = timedelta(microseconds=1)
_SKEW = timedelta(minutes=5)
_FACTS = 100
_RECENT = (
    sa.select(t.registration_event.c.at).order_by(t.registration_event.c.id.desc()).limit(_FACTS).subquery()
)
# Both by an index: the newest filing, and the newest of the last facts that were written.
_NEWEST = sa.select(
    sa.select(sa.func.max(t.registration.c.filed_at))
    .where(t.registration.c.filed_at < sa.bindparam("latest"))
    .scalar_subquery(),
    sa.select(sa.func.max(_RECENT.c.at)).where(_RECENT.c.at < sa.bindparam("latest")).scalar_subquery(),
)


def next_instant(session: Session, now: datetime) -> datetime:
    """An instant later than every filing and every late fact, whatever the servers' clocks say (G3).

    A decision must not lie before what it decides about, nor a filing before the merge that it
    came after: a replay would take them in another order. The caller holds the registry lock.
    Filings dated further ahead than clocks ever differ are not waited for.
    """
    times: list[datetime | None] = list(session.execute(_NEWEST, {"latest": now + _SKEW}).one())
    return max([now, *(at + _TICK for at in times if at is not None)])


def next_of_claim(session: Session, registration_id: int, now: datetime) -> datetime:
    """An instant later than every fact of one registration: what is told last is what counts.

    For what changes its own columns only. The caller has taken the registration's version.
    """
    e = t.registration_event.c
    newest: datetime | None = session.scalar(
        sa.select(sa.func.max(e.at)).where(e.registration_id == registration_id, e.at < now + _SKEW)
    )
    return now if newest is None else max(now, newest + _TICK)


def next_of_claims(session: Session, registrations: Collection[int], now: datetime) -> dict[int, datetime]:
    """The same for many registrations at once, by registration."""
    e, found = t.registration_event.c, dict.fromkeys(registrations, now)
    for part in chunks(registrations):
        query = (
            sa.select(e.registration_id, sa.func.max(e.at).label("newest"))
            .where(e.registration_id.in_(part), e.at < now + _SKEW)
            .group_by(e.registration_id)
        )
        for row in session.execute(query):
            found[row.registration_id] = max(now, row.newest + _TICK)
    return found


def take_version(session: Session, registration_id: int, version: int) -> Any:
    """Claim the right to change a registration as the person saw it; answers the row as it is.

    :raises StaleVersion: somebody changed it since; with `registration_id`.
    """
    c = t.registration.c
    bumped: Any = session.execute(
        sa.update(t.registration)
        .where(c.id == registration_id, c.version == version)
        .values(version=c.version + 1)
    )
    if not bumped.rowcount:
        raise StaleVersion("stale", registration_id=registration_id)
    return session.execute(sa.select(t.registration).where(c.id == registration_id)).one()

"""Two people, one claim: the second to save is told, and nothing is overwritten."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.errors import StaleVersion
from portal.models import tables as t


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

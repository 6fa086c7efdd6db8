"""Files hung on a registration."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.files import Sent, store
from portal.models import tables as t


def add_file(
    session: Session, *, actor: Actor, now: datetime, registration_id: int, sent: Sent, folder: str
) -> None:
    """Store a file and note it on the time line. The bytes are written before the row.

    :raises RuleViolation: as `portal.files.store`.
    """
    stored = store(folder, sent)
    row: dict[str, Any] = {
        "registration_id": registration_id,
        "name": stored.name,
        "media_type": stored.media_type,
        "size": stored.size,
        "sha256": stored.sha256,
        "storage_key": stored.storage_key,
        "uploaded_by_id": actor.user_id,
        "uploaded_at": now,
    }
    session.execute(sa.insert(t.attachment), [row])
    fact = journal.fact(
        registration_id, EventKind.FILE_ADDED, at=now, now=now, actor=actor, note=row["name"],
        data={"sha256": row["sha256"], "size": row["size"]},
    )  # fmt: skip
    journal.write(session, [fact], actor=actor)


def file_of(session: Session, registration_id: int, file_id: int) -> Any:
    """The row of one file of one registration, or None."""
    c = t.attachment.c
    return session.execute(
        sa.select(t.attachment).where(c.id == file_id, c.registration_id == registration_id)
    ).first()

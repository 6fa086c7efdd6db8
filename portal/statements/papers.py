"""Files that belong to one revision of a statement: evidence of a dispute, the stamped scan (M9, M15)."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.roles import Actor
from portal.files import SCANS, Sent, store
from portal.models import Statement
from portal.models import tables as t

SCAN = "scan"
EVIDENCE = "evidence"


def keep_file(
    session: Session,
    statement: Statement,
    *,
    actor: Actor,
    now: datetime,
    purpose: str,
    sent: Sent,
    folder: str,
) -> int:
    """Store a file and bind it to the revision in force and to its hash; the file's id.

    :raises RuleViolation: as `portal.files.store`; a scan is a PDF or a picture.
    """
    stored = store(folder, sent, only=SCANS if purpose == SCAN else None)
    row: dict[str, Any] = {
        **asdict(stored),
        "statement_id": statement.id,
        "revision": statement.revision,
        "purpose": purpose,
        "uploaded_by_id": actor.user_id,
        "uploaded_at": now,
    }
    made = session.execute(sa.insert(t.statement_file).values(row).returning(t.statement_file.c.id))
    file_id: int = made.scalar_one()
    audit.record(
        session, actor=actor, action="statement.file_added", at=now, subject=("statement", statement.id),
        file=file_id, content_hash=statement.content_hash, after=audit.plain(row),
    )  # fmt: skip
    return file_id


def file_of(session: Session, statement_id: int, file_id: int) -> Any:
    """The row of one file of one statement, or None."""
    c = t.statement_file.c
    return session.execute(
        sa.select(t.statement_file).where(c.id == file_id, c.statement_id == statement_id)
    ).first()

"""Reads for the pages about the policy."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.models import tables as t

_MOST = 200


def versions(session: Session) -> list[Any]:
    """The versions, the newest first, with who wrote them; figures included, for what changed."""
    c = t.policy_version.c
    query = (
        sa.select(c.id, c.effective_from, c.reason, c.created_at, c.body, t.user.c.name.label("author"))
        .join(t.user, t.user.c.id == c.author_id, isouter=True)
        .order_by(c.effective_from.desc())
        .limit(_MOST)
    )
    return list(session.execute(query))


def in_force(rows: list[Any], day: date) -> Any:
    """Of versions, the newest first, the one in force on `day`; None before the first."""
    return next((row for row in rows if row.effective_from <= day), None)


def drafts(session: Session) -> list[Any]:
    """What is being written, changed last first."""
    return list(session.execute(_drafts().order_by(t.policy_draft.c.changed_at.desc()).limit(_MOST)))


def draft(session: Session, draft_id: int) -> Any:
    """One draft; None if there is no such draft any more."""
    return session.execute(_drafts().where(t.policy_draft.c.id == draft_id)).first()


def _drafts() -> Any:
    c = t.policy_draft.c
    return sa.select(
        c.id, c.version, c.effective_from, c.reason, c.created_at, c.changed_at, c.body,
        t.user.c.name.label("author"),
    ).join(t.user, t.user.c.id == c.author_id)  # fmt: skip

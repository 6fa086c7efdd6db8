"""The journal of facts: rows of `registration_event`, written once, sealed in the audit trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.pipeline import Stage
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.models import tables as t

_SEALED = (
    "registration_id",
    "kind",
    "at",
    "recorded_at",
    "actor_id",
    "stage",
    "reason",
    "note",
    "about_id",
    "data",
    "import_key",
)


def event_digest(row: Mapping[str, Any]) -> str:
    """The digest that seals a fact; computed from the row's own columns."""
    return audit.digest({column: row[column] for column in _SEALED})


def fact(
    registration_id: int,
    kind: EventKind,
    *,
    at: datetime,
    now: datetime,
    actor: Actor | None = None,
    stage: Stage | None = None,
    reason: str = "",
    note: str = "",
    about_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    import_key: str | None = None,
) -> dict[str, Any]:
    """A fact as a row, not yet written; see `write`."""
    row: dict[str, Any] = {
        "registration_id": registration_id,
        "kind": kind,
        "at": at,
        "recorded_at": now,
        "actor_id": actor.user_id if actor else None,
        "stage": stage,
        "reason": reason,
        "note": note,
        "about_id": about_id,
        "data": audit.plain(dict(data or {})),
        "import_key": import_key,
    }
    row["digest"] = event_digest(row)
    return row


def write(session: Session, rows: Sequence[dict[str, Any]], *, actor: Actor | None) -> None:
    """Write facts and note each, with its digest, for the audit trail."""
    if not rows:
        return
    session.execute(sa.insert(t.registration_event), list(rows))
    for row in rows:
        audit.record(
            session,
            actor=actor,
            action=f"registration.{row['kind'].value}",
            at=row["recorded_at"],
            subject=("registration", row["registration_id"]),
            reason=row["reason"],
            digest=row["digest"],
            **({"stage": row["stage"]} if row["stage"] else {}),
        )

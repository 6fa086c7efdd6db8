"""The journal of facts: rows of `registration_event`, written once, sealed in the audit trail.

With them go the ties by which filings that hang together are found.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.pipeline import Stage
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.domain.ties import ties_of
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
    _tie(session, rows)
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


def _tie(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    ties = {
        (kind.value, value, row["registration_id"])
        for row in rows
        for kind, value in ties_of(row["registration_id"], row["kind"], row["data"])
    }
    if ties:
        told = [dict(zip(_TIE, each, strict=True)) for each in sorted(ties)]
        session.connection().execute(_TIED, told)


_TIE = ("kind", "value", "registration_id")
# An older fact may have tied them already; both databases understand this.
_TIED = sa.text(
    "INSERT INTO tie (kind, value, registration_id) VALUES (:kind, :value, :registration_id)"
    " ON CONFLICT (kind, value, registration_id) DO NOTHING"
)

"""The append-only audit trail: who, when, what, from, to, why; each row seals the one before.

`record()` collects during an act; `seal()` (called by `db.commit`) writes. So the chain's lock
is held only for the last moments of a transaction.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.roles import Actor
from portal.models import tables as t

_CHAIN_LOCK = 0x61756474
_PENDING = "audit_pending"
GENESIS = "0" * 64


def plain(value: Any) -> Any:
    """`value` as JSON can hold it, in one canonical way: the same on every engine."""
    return json.loads(json.dumps(value, default=_leaf, ensure_ascii=False))


def _leaf(value: Any) -> Any:
    """What JSON does not know by itself; enums of strings are strings to it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in the trail")


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of `content`."""
    text = json.dumps(dict(content), default=_leaf, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # A lone surrogate from a broken file is sealed as it is: it must not stop the trail.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def record(
    session: Session,
    *,
    actor: Actor | None,
    action: str,
    at: datetime,
    subject: tuple[str, int | None],
    reason: str = "",
    **details: Any,
) -> None:
    """Note one act for the trail; `actor` None is the system itself (tick, import, seed)."""
    session.info.setdefault(_PENDING, []).append(
        {
            "at": at,
            "actor_id": actor.user_id if actor else None,
            "actor": actor.name if actor else "system",
            "action": action,
            "subject_type": subject[0],
            "subject_id": subject[1],
            "reason": reason,
            "details": plain(details),
        }
    )


def noted(session: Session) -> int:
    """How many acts were recorded in this transaction so far."""
    return len(session.info.get(_PENDING, ()))


def forget_after(session: Session, count: int) -> None:
    """Drop what was recorded after the first `count` acts: it was undone."""
    del session.info.get(_PENDING, [])[count:]


def seal(session: Session) -> None:
    """Chain and write what was recorded. Concurrent acts take turns here."""
    pending: list[dict[str, Any]] = session.info.pop(_PENDING, [])
    if not pending:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK)))
    previous = session.execute(
        sa.select(t.audit_entry.c.hash).order_by(sa.desc(t.audit_entry.c.id)).limit(1)
    ).scalar()
    previous = previous or GENESIS
    for entry in pending:
        entry["previous_hash"] = previous
        previous = entry["hash"] = entry_hash(entry)
    session.execute(sa.insert(t.audit_entry), pending)


def entry_hash(entry: Mapping[str, Any]) -> str:
    """The hash a row must carry, over everything in it and the hash of the row before."""
    fields = (
        "at",
        "actor_id",
        "actor",
        "action",
        "subject_type",
        "subject_id",
        "reason",
        "details",
        "previous_hash",
    )
    return digest({field: entry[field] for field in fields})


def broken_links(rows: Iterable[Mapping[str, Any]]) -> Iterable[int]:
    """Ids of audit rows (in order of id) whose hash or link to the row before does not hold."""
    previous = GENESIS
    for row in rows:
        if row["previous_hash"] != previous or entry_hash(row) != row["hash"]:
            yield row["id"]
        previous = row["hash"]

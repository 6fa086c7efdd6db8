"""Keep rows with their entry in the audit trail: what check compares them with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.errors import StaleVersion
from portal.domain.roles import Actor

UNTOLD = frozenset({"id", "version"})


def add(
    session: Session,
    row: Any,
    *,
    action: str,
    subject: str,
    actor: Actor | None,
    now: datetime,
    reason: str = "",
) -> int:
    """Store a new row and note all of it; answers its id."""
    session.add(row)
    session.flush()  # the id goes into the audit trail
    names = [column.name for column in row.__table__.columns]
    told = {name: getattr(row, name) for name in names if name not in UNTOLD}
    audit.record(
        session, actor=actor, action=action, at=now, subject=(subject, row.id), reason=reason, after=told
    )
    return int(row.id)


def change(
    session: Session,
    row: Any,
    values: Mapping[str, Any],
    *,
    action: str,
    subject: str,
    actor: Actor | None,
    now: datetime,
    reason: str = "",
) -> None:
    """Change a row and note from what to what."""
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    audit.record(
        session, actor=actor, action=action, at=now, subject=(subject, row.id), reason=reason,
        before=before, after=dict(values),
    )  # fmt: skip


def load(session: Session, model: Any, row_id: int, version: int | None) -> Any:
    """A row, locked until the transaction ends; `version` is that of the page it was decided on.

    :raises StaleVersion: it is not that version any more, or gone.
    """
    c = model.__table__.c
    row = session.exec(sa.select(model).where(c.id == row_id).with_for_update()).scalar_one_or_none()  # type: ignore[call-overload]
    if row is None or (version is not None and row.version != version):
        raise StaleVersion("stale")
    return row

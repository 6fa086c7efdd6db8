"""Step 1: finance calls the receipts of a period complete; what comes later waits for the next one (M6)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.periods import Period, business_date
from portal.domain.roles import Actor
from portal.domain.statements import ISSUED
from portal.models import tables as t


def collect(
    session: Session, *, actor: Actor | None, now: datetime, period: Period, seen: int | None = None
) -> None:
    """Call the receipts of a period complete; `seen`: the newest receipt when what is in it was shown.

    :raises StaleVersion: receipts were recorded since then.
    :raises RuleViolation: ``period.running`` it is not over, ``period.collected``.
    """
    lock_registry(session)
    if business_date(now) <= period.last:
        raise RuleViolation("period.running", day=period.last)
    if collected(session, period) is not None:
        raise RuleViolation("period.collected")
    if seen is not None and seen != newest_receipt(session):
        raise StaleVersion("stale")
    row = {
        "period": str(period), "collected_at": now, "collected_by_id": actor.user_id if actor else None,
    }  # fmt: skip
    session.execute(sa.insert(t.collected_period), [row])
    audit.record(
        session, actor=actor, action="period.collected", at=now, subject=("period", None), collected=row
    )


def reopen(session: Session, *, actor: Actor | None, now: datetime, period: Period, reason: str) -> None:
    """Open a period again, with a reason, while no statement of it is out.

    :raises RuleViolation: ``reason.required``, ``period.not_collected``, ``period.issued``.
    """
    if not reason.strip():
        raise RuleViolation("reason.required", "reason")
    lock_registry(session)
    c = t.collected_period.c
    row = session.execute(sa.select(t.collected_period).where(c.period == str(period))).first()
    if row is None:
        raise RuleViolation("period.not_collected")
    if statements_of(session, period)[1]:
        raise RuleViolation("period.issued")
    session.execute(sa.delete(t.collected_period).where(c.period == str(period)))
    audit.record(
        session, actor=actor, action="period.reopened", at=now, subject=("period", None),
        reason=reason.strip(), collected=dict(row._mapping),
    )  # fmt: skip


def collected(session: Session, period: Period) -> Any:
    """When a period's receipts were called complete and by whom, or None."""
    c, u = t.collected_period.c, t.user.c
    query = (
        sa.select(c.collected_at, u.name)
        .join(t.user, u.id == c.collected_by_id, isouter=True)
        .where(c.period == str(period))
    )
    return session.execute(query).first()


def statements_of(session: Session, period: Period) -> tuple[int, int]:
    """How many statements of a period there are, and how many of them are out."""
    c = t.statement.c
    out = sa.func.sum(sa.case((c.station.in_(sorted(ISSUED)), 1), else_=0))
    row = session.execute(sa.select(sa.func.count(), out).where(c.period == str(period))).one()
    return int(row[0]), int(row[1] or 0)


def newest_receipt(session: Session) -> int:
    """The number of the newest receipt; 0 when there is none."""
    return int(session.execute(sa.select(sa.func.max(t.receipt.c.id))).scalar() or 0)

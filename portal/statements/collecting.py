"""Step 1: finance calls the receipts of a period complete; what comes later waits for the next one (M6)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.periods import Period, business_date
from portal.domain.roles import Actor, Role
from portal.domain.statements import ISSUED
from portal.models import tables as t


def collect(session: Session, *, actor: Actor, now: datetime, period: Period) -> None:
    """Call the receipts of a period complete, once and for all.

    :raises RuleViolation: ``statement.not_yours``, ``period.running`` it is not over,
        ``period.collected`` it was done before.
    """
    lock_registry(session)
    if Role.FINANCE not in actor.effective_roles:
        raise RuleViolation("statement.not_yours", roles=(Role.FINANCE,))
    if business_date(now) <= period.last:
        raise RuleViolation("period.running", day=period.last.isoformat())
    if collected(session, period) is not None:
        raise RuleViolation("period.collected")
    row = {"period": str(period), "collected_at": now, "collected_by_id": actor.user_id}
    session.execute(sa.insert(t.collected_period), [row])
    audit.record(
        session, actor=actor, action="period.collected", at=now, subject=("period", None),
        collected=audit.plain(row),
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


def counts(session: Session, period: Period) -> tuple[int, int]:
    """How many statements of a period can still be generated anew, and how many are out."""
    c = t.statement.c
    out = sa.func.sum(sa.case((c.station.in_(sorted(ISSUED)), 1), else_=0))
    row = session.execute(sa.select(sa.func.count(), out).where(c.period == str(period))).one()
    issued = int(row[1] or 0)
    return int(row[0]) - issued, issued

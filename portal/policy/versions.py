"""Put a version in force from a day to come, and withdraw one that is not in force yet (§12)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date, parse_period
from portal.domain.roles import Actor
from portal.domain.statements import ISSUED
from portal.models import PolicyVersion
from portal.models import tables as t
from portal.policy.service import add_policy, completed


def check_start(session: Session, day: date, *, today: date, moving_in: bool = False) -> None:
    """Whether a new version may start on `day`: tomorrow at the earliest.

    Moving in may also bring one that started earlier, as long as no statement is out that a receipt
    since then could be on.

    :raises RuleViolation: ``policy.day_taken``, ``policy.too_early``, ``policy.statement_out``.
    """
    if session.scalar(sa.select(t.policy_version.c.id).where(t.policy_version.c.effective_from == day)):
        raise RuleViolation("policy.day_taken", "effective_from", day=day)
    if day > today:
        return
    if not moving_in:
        raise RuleViolation("policy.too_early", "effective_from", day=today + timedelta(days=1))
    c = t.statement.c
    for period in session.scalars(sa.select(c.period).where(c.station.in_(ISSUED)).distinct()):
        if parse_period(period).last >= day:
            raise RuleViolation("policy.statement_out", "effective_from", day=day, period=period)


def figures_before(session: Session, day: date) -> dict[str, Any]:
    """The figures that hold up to `day`: of the version that one starting then takes over from.

    :raises RuleViolation: ``policy.none_in_force``.
    """
    row = version_before(session, day)
    if row is None:
        raise RuleViolation("policy.none_in_force", "effective_from", day=day)
    return completed(row.body)


def version_before(session: Session, day: date) -> Any:
    """The last version that starts before `day`; None if there is none."""
    c = t.policy_version.c
    query = sa.select(t.policy_version).where(c.effective_from < day).order_by(c.effective_from.desc())
    return session.execute(query.limit(1)).first()


def put_in_force(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    effective_from: date,
    reason: str,
    body: Mapping[str, Any],
    moving_in: bool = False,
) -> PolicyVersion:
    """A new version from a day on.

    :raises RuleViolation: as `check_start`; ``required`` without a reason; ``policy.bad_figure``.
    """
    lock_registry(session)
    if not reason.strip():
        raise RuleViolation("required", "reason")
    check_start(session, effective_from, today=business_date(now), moving_in=moving_in)
    return add_policy(
        session, actor=actor, now=now, effective_from=effective_from, reason=reason.strip(), body=dict(body)
    )


def withdraw(session: Session, *, actor: Actor, now: datetime, version_id: int, reason: str) -> None:
    """Take back a version that has not been in force for a single day.

    :raises RuleViolation: ``required`` without a reason; ``policy.gone``; ``policy.in_force``.
    """
    lock_registry(session)
    if not reason.strip():
        raise RuleViolation("required", "reason")
    row = session.get(PolicyVersion, version_id)
    if row is None:
        raise RuleViolation("policy.gone")
    if row.effective_from <= business_date(now):
        raise RuleViolation("policy.in_force", day=row.effective_from)
    audit.record(
        session, actor=actor, action="policy.withdrawn", at=now, subject=("policy", version_id),
        reason=reason.strip(), effective_from=row.effective_from, digest=audit.digest(row.body),
    )  # fmt: skip
    session.delete(row)

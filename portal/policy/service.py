"""Load and store policy versions (§12)."""

import json
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.policy import Policies, Policy, parse_policy
from portal.domain.roles import Actor
from portal.models import PolicyVersion
from portal.models import tables as t

_DEFAULT = Path(__file__).with_name("default.json")
_VERSIONS = sa.select(
    t.policy_version.c.id, t.policy_version.c.effective_from, sa.cast(t.policy_version.c.body, sa.Text)
)
_LATEST = (
    _VERSIONS.where(t.policy_version.c.effective_from <= sa.bindparam("day"))
    .order_by(sa.desc(t.policy_version.c.effective_from))
    .limit(1)
)


def load_policies(session: Session) -> Policies:
    """Every version, ready to be asked for a day."""
    return Policies([_parsed(*row) for row in session.execute(_VERSIONS)])


def policy_on(session: Session, day: date) -> Policy:
    """The one version in force on `day`."""
    row = session.execute(_LATEST, {"day": day}).first()
    return Policies([_parsed(*row)] if row else []).at(day)


@lru_cache(maxsize=256)
def _parsed(version: int, effective_from: date, body: str) -> Policy:
    """A version as it is stored; the same text is read only once."""
    return parse_policy(version, effective_from, completed(json.loads(body)))


def completed(body: dict[str, Any]) -> dict[str, Any]:
    """A version's figures, and the shipped ones for what no version knew yet when it was written.

    Not those that a version may leave out on purpose: without figures of fishing there is no alarm.
    """
    return {**_shipped(), **body}


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(_DEFAULT.read_text(encoding="utf-8"))
    own = ("effective_from", "reason", "fishing")
    return {name: value for name, value in body.items() if name not in own}


def add_policy(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    effective_from: date,
    reason: str,
    body: dict[str, Any],
) -> PolicyVersion:
    """Store a new version after checking its figures.

    :raises RuleViolation: ``policy.bad_figure``.
    """
    parse_policy(0, effective_from, completed(body))
    row = PolicyVersion(
        effective_from=effective_from,
        reason=reason,
        author_id=actor.user_id if actor else None,
        created_at=now,
        body=body,
    )
    session.add(row)
    session.flush()  # the id goes into the audit trail
    audit.record(
        session,
        actor=actor,
        action="policy.added",
        at=now,
        subject=("policy", row.id),
        reason=reason,
        effective_from=effective_from,
        digest=audit.digest(body),
    )
    return row


def has_policy(session: Session) -> bool:
    """Whether any policy is stored."""
    return session.execute(sa.select(t.policy_version.c.id).limit(1)).first() is not None


def ensure_default(session: Session, *, now: datetime) -> None:
    """Store the shipped policy where there is none yet."""
    if has_policy(session):
        return
    body = json.loads(_DEFAULT.read_text(encoding="utf-8"))
    start, reason = date.fromisoformat(body.pop("effective_from")), body.pop("reason")
    add_policy(session, actor=None, now=now, effective_from=start, reason=reason, body=body)

"""Versions being written: kept, changed, thrown away, put in force (§12)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.policy import parse_policy
from portal.domain.roles import Actor
from portal.models import PolicyDraft, PolicyVersion
from portal.policy.service import completed
from portal.policy.versions import put_in_force


def save_draft(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    body: Mapping[str, Any],
    effective_from: date | None,
    reason: str,
) -> int:
    """A new draft; answers its id.

    :raises RuleViolation: ``policy.bad_figure``.
    """
    _check(body)
    row = PolicyDraft(
        effective_from=effective_from, reason=reason, author_id=actor.user_id, created_at=now,
        changed_at=now, body=dict(body),
    )  # fmt: skip
    session.add(row)
    session.flush()  # the id goes into the audit trail
    assert row.id is not None  # noqa: S101 - flushed
    _note(session, actor, now, row.id, body, action="policy.drafted")
    return row.id


def change_draft(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    draft_id: int,
    version: int,
    body: Mapping[str, Any],
    effective_from: date | None,
    reason: str,
) -> None:
    """Keep what a draft says now.

    :raises RuleViolation: ``policy.bad_figure``, ``policy.gone``.
    :raises StaleVersion: somebody else changed it meanwhile.
    """
    _check(body)
    row = _draft(session, draft_id, version)
    row.body, row.effective_from, row.reason, row.changed_at = dict(body), effective_from, reason, now
    _note(session, actor, now, draft_id, body, action="policy.draft_changed")


def drop_draft(session: Session, *, actor: Actor, now: datetime, draft_id: int, version: int) -> None:
    """Throw a draft away.

    :raises RuleViolation: ``policy.gone``.
    :raises StaleVersion: somebody else changed it meanwhile.
    """
    row = _draft(session, draft_id, version)
    _note(session, actor, now, draft_id, row.body, action="policy.draft_dropped")
    session.delete(row)


def put_draft_in_force(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    draft_id: int,
    version: int,
    effective_from: date,
    reason: str,
) -> PolicyVersion:
    """Make a version of a draft, from a day to come.

    :raises RuleViolation: as `versions.put_in_force`; ``policy.gone``.
    :raises StaleVersion: the draft is not any more what the person saw.
    """
    lock_registry(session)
    row = _draft(session, draft_id, version)
    made = put_in_force(
        session, actor=actor, now=now, effective_from=effective_from, reason=reason, body=row.body
    )
    session.delete(row)
    return made


def _draft(session: Session, draft_id: int, version: int) -> PolicyDraft:
    row = session.get(PolicyDraft, draft_id)
    if row is None:
        raise RuleViolation("policy.gone")
    if row.version != version:
        raise StaleVersion("stale")
    return row


def _check(body: Mapping[str, Any]) -> None:
    parse_policy(0, date.min, completed(dict(body)))


def _note(
    session: Session, actor: Actor, now: datetime, draft_id: int, body: Mapping[str, Any], *, action: str
) -> None:
    audit.record(
        session, actor=actor, action=action, at=now, subject=("policy_draft", draft_id),
        digest=audit.digest(body),
    )  # fmt: skip

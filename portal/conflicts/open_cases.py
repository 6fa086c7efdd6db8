"""Open cases: written with their trail, and ended at once when settling makes them pointless."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit, journal
from portal.conflicts.claims import next_instant
from portal.db import chunks
from portal.domain.cases import CaseKind, CaseStatus, Outcome
from portal.domain.facts import State, Timeline
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.models import tables as t


def change_case(
    session: Session,
    *,
    case_id: int,
    actor: Actor | None,
    now: datetime,
    action: str,
    reason: str = "",
    after: Mapping[str, Any],
) -> None:
    """Change a case's row and note exactly that in the audit trail, for `portal check`."""
    session.execute(sa.update(t.conflict_case).where(t.conflict_case.c.id == case_id).values(**after))
    audit.record(
        session, actor=actor, action=action, at=now, subject=("case", case_id), reason=reason,
        after=audit.plain(dict(after)),
    )  # fmt: skip


def end_pointless(session: Session, timelines: Mapping[int, Timeline], *, now: datetime) -> None:
    """End the open cases of customers whose owner signed, left or was protected all along (C9, C10).

    What has happened has settled them; nothing here decides who owns the customer.
    """
    for part in chunks(timelines):
        for case in session.execute(_open_cases(), {"customers": list(part)}).all():
            outcome = _settled_by(timelines[case.customer_id], case)
            if outcome is not None:
                _end(session, case, outcome, now)


@cache
def _open_cases() -> Any:
    c = t.conflict_case.c
    return sa.select(
        c.id, c.ref, c.kind, c.status, c.outcome, c.customer_id, c.owner_id, c.challenger_id
    ).where(c.is_open, c.customer_id.in_(sa.bindparam("customers", expanding=True)))


def _settled_by(timeline: Timeline, case: Any) -> Outcome | None:
    owner = timeline.claims[timeline.owner] if timeline.owner is not None else None
    if owner is not None and owner.state is State.SIGNED:
        return Outcome.SIGNED
    if case.status is CaseStatus.APPEALED and case.outcome is Outcome.REASSIGNED:
        return None
    if timeline.owner != case.owner_id:
        return Outcome.OWNER_GONE
    challenger = timeline.claims.get(case.challenger_id)
    if challenger is None or challenger.state is not State.WAITING:
        return Outcome.CHALLENGER_GONE
    if case.status is CaseStatus.OPEN and case.kind is CaseKind.TAKEOVER and timeline.contested is None:
        return Outcome.PROTECTED
    return None


def _end(session: Session, case: Any, outcome: Outcome, now: datetime) -> None:
    now = next_instant(session, now)
    after: dict[str, Any] = {"status": CaseStatus.CLOSED, "is_open": False, "closed_at": now}
    if case.status is CaseStatus.OPEN:
        after["outcome"] = outcome
        if case.kind is CaseKind.TAKEOVER:
            # Should what ended it be taken back (an undone move), the case stays over all the same.
            fact = journal.fact(
                case.owner_id, EventKind.CASE_CLOSED, at=now, now=now,
                data={"case": case.ref, "outcome": outcome},
            )  # fmt: skip
            journal.write(session, [fact], actor=None)
    change_case(session, case_id=case.id, actor=None, now=now, action="case.ended", after=after)

"""`portal check` of support requests: rows are what the facts tell, those on partners what the trail does."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.conflicts.check_claims import same
from portal.domain.errors import RuleViolation
from portal.domain.support import SUPPORT_KINDS, Request, SupportKind, requests_told
from portal.domain.terms import EventKind
from portal.models import tables as t

Problem = tuple[str, Any, RuleViolation]
_TABLE = "support_request"


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every request that is not as it was told; a request's lateness is checked with its claim."""
    told, trailed = _told_by_facts(session), _told_by_trail(session)
    for row in session.execute(sa.select(t.support_request)):
        after = trailed.pop(row.id, None) if row.event_id is None else told.pop(row.event_id, None)
        if after is None:
            yield _TABLE, row.id, RuleViolation("check.untrailed")
            continue
        for column, value in (after | {"ref": f"S{row.id:08d}"}).items():
            if not same(getattr(row, column), value):
                yield _TABLE, row.id, RuleViolation("check.not_told", column=column)
    for event, after in told.items():
        yield _TABLE, f"registration {after['registration_id']}, fact {event}", RuleViolation("check.missing")
    for request in trailed:
        yield _TABLE, request, RuleViolation("check.missing")


def _told_by_facts(session: Session) -> dict[int, dict[str, Any]]:
    """What every request on a project must be, by the fact that asked for it."""
    e = t.registration_event.c
    undone = sa.select(e.about_id).where(e.kind == EventKind.UNDONE, e.about_id.is_not(None))
    query = sa.select(e.id, e.registration_id, e.kind, e.at, e.actor_id, e.note, e.data).where(
        e.kind.in_(SUPPORT_KINDS), e.id.not_in(undone)
    )
    facts: defaultdict[int, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        facts[row.registration_id].append(row)
    return {
        request.asked.id: _row_of(request) for found in facts.values() for request in requests_told(found)
    }


def _row_of(request: Request[Any]) -> dict[str, Any]:
    asked, closed, week = request.asked, request.closed, request.asked.data.get("week")
    columns = {
        "registration_id": asked.registration_id,
        "partner_id": None,
        "kind": SupportKind(asked.data.get("kind", SupportKind.OTHER)),
        "need": asked.note,
        "asked_by_id": asked.actor_id,
        "asked_at": asked.at,
        "week": date.fromisoformat(week) if week else None,
        "owner_id": request.owner_id,
        "due_on": request.due,
        "state": request.state,
        "result": "",
        "closed_at": closed.at if closed else None,
        "closed_by_id": closed.actor_id if closed else None,
    }
    if closed and "state" in closed.data:
        columns["result"] = closed.data.get("why", closed.note)
    plain: dict[str, Any] = audit.plain(columns)
    return plain


def _told_by_trail(session: Session) -> dict[int, dict[str, Any]]:
    """What every request on a partner must be, by its id: all that was entered about it, the last counts."""
    c = t.audit_entry.c
    told: dict[int, dict[str, Any]] = {}
    query = sa.select(c.subject_id, c.details).where(c.subject_type == _TABLE).order_by(c.id)
    for entry in session.execute(query):
        told.setdefault(entry.subject_id, {}).update(entry.details.get("after", {}))
    return told

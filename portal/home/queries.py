"""What needs a person today, in order of due date."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.pairs import open_pairs
from portal.domain.calendar import add_working_days
from portal.domain.facts import State
from portal.domain.periods import business_date
from portal.domain.policy import Policy
from portal.models import tables as t
from portal.statements.board import Reader, waiting
from portal.weekly.review_tasks import returned_to

_EACH = 20
_PAIRS = 6
_LIST = 12
_STATEMENTS = 200


@dataclass(frozen=True)
class Task:
    """One thing to do: what kind, on which registration, by when."""

    kind: str
    row: Any
    due: date | None


_TASK_COLUMNS = (
    t.registration.c.id,
    t.registration.c.customer_name,
    t.registration.c.stage,
    t.registration.c.state,
    t.registration.c.ports,
    t.registration.c.protected_until,
    t.registration.c.last_progress_at,
    t.registration.c.next_step,
    t.registration.c.next_step_on,
    t.registration.c.correction_note,
    t.registration.c.correction_since,
    t.registration.c.support_note,
    t.registration.c.support_since,
    t.registration.c.filed_at,
    t.partner.c.name.label("partner_name"),
)


def _tasks(kind: str, scope: Any, *conditions: Any, order: Any) -> Any:
    c = t.registration.c
    return sa.select(
        sa.select(*_TASK_COLUMNS, sa.literal(kind).label("kind"))
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .where(scope, *conditions)
        .order_by(order, c.id)
        .limit(_EACH)
        .subquery()
    )


def tasks_for_claimants(session: Session, *, scope: Any, today: date, policy: Policy) -> list[Task]:
    """For partner people and key accounts: corrections, next steps due, protection running out.

    What lapsed is called to mind for as long as a protection period lasts.
    """
    soon = today + timedelta(days=max(policy.lapsing_soon_days))
    since = today - timedelta(days=policy.protection_days)
    days = {"today": today, "soon": soon, "since": since}
    return _in_order(session.execute(_for_claimants(scope), days).all())


@lru_cache(maxsize=_STATEMENTS)
def _for_claimants(scope: Any) -> Any:
    c = t.registration.c
    return sa.union_all(
        _tasks("correct", scope, c.correction_since.is_not(None), order=c.correction_since),
        _tasks("step", scope, c.is_owner, c.next_step_on <= sa.bindparam("today"), order=c.next_step_on),
        _tasks(
            "lapse", scope, c.is_owner, c.protected_until <= sa.bindparam("soon"),
            c.protected_until >= sa.bindparam("since"), order=c.protected_until,
        ),
    )  # fmt: skip


def tasks_for_reviewers(
    session: Session, *, scope: Any, today: date, policy: Policy, decides: bool
) -> list[Task]:
    """For channel sales and channel managers: held filings, support, what is about to lapse."""
    soon = today + timedelta(days=min(policy.lapsing_soon_days))
    rows = session.execute(_for_reviewers(scope, decides), {"today": today, "soon": soon}).all()
    days = policy.held_review_working_days
    return sorted(
        (
            Task(each.kind, each.row, add_working_days(business_date(each.row.filed_at), days))
            if each.kind == "held"
            else each
            for each in _in_order(rows)
        ),
        key=by_due,
    )[:_LIST]


@lru_cache(maxsize=_STATEMENTS)
def _for_reviewers(scope: Any, decides: bool) -> Any:
    c = t.registration.c
    parts = [
        _tasks("support", scope, c.support_since.is_not(None), order=c.support_since),
        _tasks(
            "lapse", scope, c.is_owner, c.protected_until <= sa.bindparam("soon"),
            c.protected_until >= sa.bindparam("today"), order=c.protected_until,
        ),
    ]  # fmt: skip
    if decides:
        parts.append(_tasks("held", scope, c.state == State.HELD, order=c.filed_at))
    return sa.union_all(*parts)


def tasks_about_pairs(session: Session, *, policy: Policy) -> list[Task]:
    """For channel managers: known customers that may be one, the oldest first."""
    days = policy.held_review_working_days
    page = open_pairs(session, cursor=None, size=_PAIRS)
    return [Task("pair", row, add_working_days(business_date(row.found_at), days)) for row in page.rows]


def tasks_returned(session: Session, *, scope: Any) -> list[Task]:
    """For partner people: what the Thursday review returned and nothing has answered yet."""
    return [Task("returned", row, business_date(row.at)) for row in returned_to(session, scope)]


def tasks_about_statements(session: Session, reader: Reader) -> list[Task]:
    """The steps of statements that wait for the person: one task for each kind of step, however many."""
    return [Task("statement", row, row.due_on) for row in waiting(session, reader)]


def _in_order(rows: Any) -> list[Task]:
    tasks = [Task(row.kind, row, _due_of(row)) for row in rows]
    return sorted(tasks, key=by_due)[: _LIST if len(tasks) > _LIST else None]


def _due_of(row: Any) -> date | None:
    """The day a task is about."""
    if row.kind == "step":
        return cast(date, row.next_step_on)
    if row.kind == "lapse":
        return cast(date, row.protected_until)
    since = {"correct": row.correction_since, "support": row.support_since, "held": row.filed_at}
    return business_date(since[row.kind])


def by_due(task: Task) -> tuple[date, int]:
    """Soonest first."""
    return (task.due or date.max, getattr(task.row, "id", 0))


def waiting_and_held(session: Session, *, scope: Any) -> list[Any]:
    """The newest claims in sight that wait or are held."""
    return list(session.execute(_waiting_and_held(scope)).all())


@lru_cache(maxsize=_STATEMENTS)
def _waiting_and_held(scope: Any) -> Any:
    c = t.registration.c
    return (
        sa.select(c.id, c.customer_name, c.state, c.queue_position, c.filed_at)
        .where(scope, c.state.in_((State.WAITING, State.HELD)))
        .order_by(c.filed_at.desc(), c.id.desc())
        .limit(6)
    )

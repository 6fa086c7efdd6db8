"""What needs a person today, in order of due date."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts import clocks
from portal.conflicts.pairs import open_pairs
from portal.domain.access import Permission, allows
from portal.domain.calendar import add_working_days
from portal.domain.facts import State
from portal.domain.periods import business_date, day_start
from portal.domain.policy import Policy
from portal.domain.roles import Actor
from portal.domain.weeks import WeekFigures, week_of
from portal.models import tables as t
from portal.statements.board import Reader, waiting
from portal.support.listing import answered_since, owed_by, reader_of
from portal.support.scope import requests_of
from portal.weekly.review_tasks import returned_and_reported

_EACH = 20
_PAIRS = 6
_WAITING = 6
_REQUESTS = 8
_ANSWERS = 4
# What was answered stays on the page for so long.
_ANSWERED = timedelta(days=5)
_LIST = 12
_STATEMENTS = 200
_TODAY = sa.bindparam("today", type_=sa.Date())


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
    t.registration.c.paused_from,
    t.registration.c.last_progress_at,
    t.registration.c.next_step,
    t.registration.c.next_step_on,
    t.registration.c.correction_note,
    t.registration.c.correction_since,
    t.registration.c.filed_at,
    t.registration.c.queue_position,
    t.partner.c.name.label("partner_name"),
)


def _tasks(kind: str, scope: Any, *conditions: Any, order: Any, most: int = _EACH) -> Any:
    c = t.registration.c
    return sa.select(
        sa.select(*_TASK_COLUMNS, sa.literal(kind).label("kind"))
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .where(scope, *conditions)
        .order_by(order, c.id)
        .limit(most)
        .subquery()
    )


def _waiting(scope: Any) -> Any:
    """The newest claims in sight that wait or are held: read along, to ask the database once less."""
    c = t.registration.c
    unsettled = c.state.in_((State.WAITING, State.HELD))
    return _tasks("waiting", scope, unsettled, order=c.filed_at.desc(), most=_WAITING)


def _apart(rows: Any) -> tuple[list[Any], list[Any]]:
    """What is to be done, and what waits or is held, the newest first."""
    found = list(rows)
    waiting = [row for row in found if row.kind == "waiting"]
    waiting.sort(key=lambda row: (row.filed_at, row.id), reverse=True)
    return [row for row in found if row.kind != "waiting"], waiting


def tasks_for_claimants(
    session: Session, *, scope: Any, today: date, policy: Policy
) -> tuple[list[Task], list[Any]]:
    """For partner people and key accounts: corrections, next steps due, protection running out; what waits.

    What lapsed is called to mind for as long as a protection period lasts.
    """
    soon = today + timedelta(days=max(policy.lapsing_soon_days))
    since = today - timedelta(days=policy.protection_days)
    days = {"today": today, "soon": soon, "since": since}
    rows, waiting = _apart(session.execute(_for_claimants(scope), days))
    return _in_order(rows), waiting


@lru_cache(maxsize=_STATEMENTS)
def _for_claimants(scope: Any) -> Any:
    c = t.registration.c
    return sa.union_all(
        _tasks("correct", scope, c.correction_since.is_not(None), order=c.correction_since),
        _tasks("step", scope, c.is_owner, c.next_step_on <= sa.bindparam("today"), order=c.next_step_on),
        _tasks(
            "lapse", scope, c.is_owner, c.protected_until <= sa.bindparam("soon"),
            c.protected_until >= sa.bindparam("since"), sa.not_(clocks.standing(_TODAY)),
            order=c.protected_until,
        ),
        _waiting(scope),
    )  # fmt: skip


def tasks_for_reviewers(
    session: Session, *, scope: Any, today: date, policy: Policy, decides: bool
) -> tuple[list[Task], list[Any]]:
    """For channel sales and channel managers: held filings, what is about to lapse; and what waits."""
    soon = today + timedelta(days=min(policy.lapsing_soon_days))
    found = session.execute(_for_reviewers(scope, decides), {"today": today, "soon": soon})
    rows, waiting = _apart(found)
    days = policy.held_review_working_days
    tasks = (
        Task(each.kind, each.row, add_working_days(business_date(each.row.filed_at), days))
        if each.kind == "held"
        else each
        for each in _in_order(rows)
    )
    return sorted(tasks, key=by_due)[:_LIST], waiting


@lru_cache(maxsize=_STATEMENTS)
def _for_reviewers(scope: Any, decides: bool) -> Any:
    c = t.registration.c
    parts = [
        _tasks(
            "lapse", scope, c.is_owner, c.protected_until <= sa.bindparam("soon"),
            clocks.running(_TODAY), order=c.protected_until,
        ),
        _waiting(scope),
    ]  # fmt: skip
    if decides:
        parts.append(_tasks("held", scope, c.state == State.HELD, order=c.filed_at))
    return sa.union_all(*parts)


def tasks_about_support(session: Session, person: Actor, *, today: date) -> list[Task]:
    """Requests for support: what the person owes; to whoever asked, what was answered these days."""
    scope = requests_of(person)
    if allows(person, Permission.SUPPORT_GIVE):
        rows = owed_by(session, scope, reader_of(person), user_id=person.user_id, today=today, size=_REQUESTS)
        return [Task("owed", row, row.due_on) for row in rows]
    if not allows(person, Permission.SUPPORT_ASK):
        return []
    since = day_start(today - _ANSWERED)
    answered = answered_since(session, scope, since=since, size=_ANSWERS)
    return [Task("answered", row, business_date(row.closed_at)) for row in answered]


def tasks_about_pairs(session: Session, *, policy: Policy) -> list[Task]:
    """For channel managers: known customers that may be one, the oldest first."""
    days = policy.held_review_working_days
    page = open_pairs(session, cursor=None, size=_PAIRS)
    return [Task("pair", row, add_working_days(business_date(row.found_at), days)) for row in page.rows]


def tasks_of_the_week(
    session: Session, *, scope: Any, partner_id: int, now: datetime, figures: WeekFigures, projects: int
) -> list[Task]:
    """For partner people: what the review returned and nothing has answered; this week's report.

    The report is called to mind from the first reminder on until it is sent, while there are `projects`.
    """
    week = week_of(business_date(now))
    returned, sent = returned_and_reported(session, scope, partner_id=partner_id, week=week)
    tasks = [Task("returned", row, business_date(row.at)) for row in returned]
    if projects and sent is None and now >= week.reminders(figures)[0]:
        tasks.append(Task("report", (week, projects), week.due_on))
    return tasks


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
    since = {"correct": row.correction_since, "held": row.filed_at}
    return business_date(since[row.kind])


def by_due(task: Task) -> tuple[date, int]:
    """Soonest first."""
    return (task.due or date.max, getattr(task.row, "id", 0))

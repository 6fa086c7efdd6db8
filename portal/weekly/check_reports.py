"""`portal check` of the week: ends of weeks and sent reports are what they were when they were sealed."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.errors import RuleViolation
from portal.domain.weekly import Standing
from portal.models import tables as t
from portal.weekly.snapshots import digest_of

Problem = tuple[str, Any, RuleViolation]
_END = ("taken_at", "projects", "digest")
_SENT = ("submitted_at", "submitted_by_id", "late", "imported", "digest")


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken seal of the week's papers, and reports that do not count what was sent."""
    yield from _ends(session)
    yield from _revisions(session)
    yield from _entries(session)


def _ends(session: Session) -> Iterator[Problem]:
    told = {}
    for row in _trail(session, "week"):
        told[row.details["week"]] = row.details
    for end in session.execute(sa.select(t.week_end).order_by(t.week_end.c.week)):
        trailed = told.pop(end.week.isoformat(), None)
        if trailed is None:
            yield "week_end", end.week, RuleViolation("check.untrailed")
            continue
        for column in _END:
            if audit.plain(getattr(end, column)) != trailed[column]:
                yield "week_end", end.week, RuleViolation("check.not_trailed", column=column)
        query = sa.select(t.week_project).where(t.week_project.c.week == end.week)
        if digest_of(Standing(*row[1:]) for row in session.execute(query)) != trailed["digest"]:
            yield "week_project", end.week, RuleViolation("check.fact_changed")
    for week in told:
        yield "week_end", week, RuleViolation("check.missing")


def _trail(session: Session, *subjects: str) -> Any:
    c = t.audit_entry.c
    query = sa.select(c.subject_id, c.action, c.actor_id, c.at, c.details)
    return session.execute(query.where(c.subject_type.in_(subjects)).order_by(c.id))


def _revisions(session: Session) -> Iterator[Problem]:
    """A revision is as the trail says, its text as its digest says; the report counts the last one."""
    told: dict[tuple[int, int], Any] = {
        (row.subject_id, row.details["revision"]): row for row in _trail(session, "weekly_report")
    }
    sent: defaultdict[int, list[Any]] = defaultdict(list)
    v = t.weekly_revision.c
    for row in session.execute(sa.select(t.weekly_revision).order_by(v.report_id, v.revision)):
        sent[row.report_id].append(row)
        trailed = told.pop((row.report_id, row.revision), None)
        number = f"{row.report_id}/{row.revision}"
        if trailed is None:
            yield "weekly_revision", number, RuleViolation("check.untrailed")
            continue
        stated = {"submitted_by_id": trailed.actor_id, **trailed.details}
        for column in _SENT:
            if audit.plain(getattr(row, column)) != stated[column]:
                yield "weekly_revision", number, RuleViolation("check.not_trailed", column=column)
        if audit.digest({"content": row.content}) != trailed.details["digest"]:
            yield "weekly_revision", number, RuleViolation("check.fact_changed")
    for report_id, revision in told:
        yield "weekly_revision", f"{report_id}/{revision}", RuleViolation("check.missing")
    yield from _reports(session, sent)


def _reports(session: Session, sent: dict[int, list[Any]]) -> Iterator[Problem]:
    for report in session.execute(sa.select(t.weekly_report)):
        revisions = sent.get(report.id, [])
        first = revisions[0] if revisions else None
        wanted = {
            "revision": len(revisions),
            "submitted_at": first.submitted_at if first else None,
            "late": bool(first and first.late),
        }
        if revisions and (content := _read(revisions[-1].content)):
            wanted |= {"partner_id": content["partner"]["id"]}
            if content["week"] != report.week.isoformat():
                yield "weekly_report", report.id, RuleViolation("check.not_told", column="week")
        for column, value in wanted.items():
            if getattr(report, column) != value:
                yield "weekly_report", report.id, RuleViolation("check.not_told", column=column)


def _read(content: str) -> Any:
    """A revision's text; None where it was so broken that its seal has told of it already."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def _entries(session: Session) -> Iterator[Problem]:
    """What was typed is about a project of the report's own partner."""
    e, r, c = t.weekly_entry.c, t.weekly_report.c, t.registration.c
    query = (
        sa.select(e.report_id, e.registration_id)
        .join(t.weekly_report, r.id == e.report_id)
        .join(t.registration, c.id == e.registration_id)
        .where(sa.or_(c.partner_id.is_(None), c.partner_id != r.partner_id))
    )
    for row in session.execute(query):
        number = f"{row.report_id}/{row.registration_id}"
        yield "weekly_entry", number, RuleViolation("check.not_told", column="registration_id")

"""Write a weekly report and send it (W2). Sending freezes a revision; what was sent before stays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit, journal
from portal.conflicts.claims import next_of_claims
from portal.db import insert_new, lock_registry
from portal.domain.errors import RuleViolations, StaleVersion
from portal.domain.periods import business_date
from portal.domain.policy import Policy
from portal.domain.reports import (
    TYPED,
    Draft,
    Entry,
    Line,
    Typed,
    check_open,
    content_of,
    differences,
    is_late,
    lacking,
)
from portal.domain.roles import Actor
from portal.domain.support import SupportKind
from portal.domain.terms import EventKind
from portal.domain.weeks import Week, WeekFigures
from portal.models import tables as t
from portal.registrations.restating import Stated, restate
from portal.support.asking import ask_on_projects
from portal.support.queries import open_requests_of
from portal.weekly.reports import load_draft, newest_sent, report_row
from portal.weekly.snapshots import keep_week
from portal.weekly.telling import tell_late_report


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending: the revision that counts now, whether it is new, whether it is late."""

    revision: int
    is_new: bool
    late: bool


def open_report(session: Session, *, partner_id: int, week: Week, now: datetime, figures: WeekFigures) -> Any:
    """The report's row, begun if it was not; the weeks it compares are written down if they are over.

    :raises RuleViolation: ``report.future``, ``report.closed``.
    """
    check_open(week, now, figures)
    keep_ends(session, week, now)
    return open_row(session, partner_id=partner_id, week=week, now=now)


def open_row(session: Session, *, partner_id: int, week: Week, now: datetime) -> Any:
    """The report's row, begun if it was not."""
    row = report_row(session, partner_id, week)
    if row is None:
        begin(session, partner_id=partner_id, week=week, now=now)
        row = report_row(session, partner_id, week)
    return row


def begin(session: Session, *, partner_id: int, week: Week, now: datetime) -> int:
    """Begin the report, unless somebody just did; answers its id."""
    values = {
        "partner_id": partner_id, "week": week.thursday, "opened_at": now, "revision": 0,
        "late": False, "remark": "", "version": 1,
    }  # fmt: skip
    c = t.weekly_report.c
    made: int | None = session.scalar(insert_new(session, t.weekly_report, values).returning(c.id))
    return made if made is not None else int(report_row(session, partner_id, week).id)


def keep_ends(session: Session, week: Week, now: datetime) -> None:
    """Write down the ends of the week before and of the week itself, as far as they are over."""
    for each in (week.before, week):
        if now > each.end:
            keep_week(session, each, now=now)


def write_line(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    report_id: int,
    entry: Entry,
    version: int,
    typed: Typed,
) -> int:
    """Keep what was typed about a project: one statement, none where it says nothing new.

    `entry` is what was read of it just now, `version` that of the entry the form was drawn from, 0 where
    there was none. Answers the entry's new version.

    :raises StaleVersion: somebody else wrote meanwhile; nothing is overwritten.
    """
    if typed == entry.typed:
        return entry.version
    if version != entry.version:
        raise StaleVersion("stale")
    c, key = t.weekly_entry.c, {"report_id": report_id, "registration_id": entry.registration_id}
    values = {**asdict(typed), "written_by_id": actor.user_id, "written_at": now, "version": version + 1}
    write: Any = insert_new(session, t.weekly_entry, {**key, **values})
    if version:
        same = (c.report_id == report_id, c.registration_id == entry.registration_id, c.version == version)
        write = sa.update(t.weekly_entry).where(*same).values(**values)
    if session.scalar(write.returning(c.version)) is None:
        return _same_or_stale(session, report_id, entry.registration_id, typed)
    return version + 1


def _same_or_stale(session: Session, report_id: int, registration_id: int, typed: Typed) -> int:
    """The version of what somebody wrote between reading and writing, if it is just what was typed here.

    A page that keeps its last field by itself and is sent in the same moment is its own rival.

    :raises StaleVersion: it says something else.
    """
    c = t.weekly_entry.c
    query = sa.select(t.weekly_entry).where(c.report_id == report_id, c.registration_id == registration_id)
    kept = session.execute(query).first()
    if kept is None or any(getattr(kept, name) != getattr(typed, name) for name in TYPED):
        raise StaleVersion("stale")
    return int(kept.version)


def write_remark(session: Session, *, report_id: int, remark: str) -> None:
    """Keep what the partner says besides, about no project in particular."""
    c = t.weekly_report.c
    session.execute(sa.update(t.weekly_report).where(c.id == report_id).values(remark=remark))


def send_report(
    session: Session, *, actor: Actor, now: datetime, partner: Any, week: Week, policy: Policy
) -> Outcome:
    """Send the report as it is written, or what changed since it was sent as a new revision.

    What it states of ports, revenue, next step and needed support is told on the projects' time lines
    first; then everything is frozen. Sending the same again changes nothing.

    :raises RuleViolation: ``report.future``, ``report.closed``.
    :raises RuleViolations: what is missing, each on its field.
    """
    figures = policy.week
    assert figures is not None  # noqa: S101 - every policy has them
    lock_registry(session)
    report = open_report(session, partner_id=partner.id, week=week, now=now, figures=figures)
    papers = newest_sent(session, partner.id, week, week.before)
    about: dict[str, Any] = {
        "partner": partner, "week": week, "now": now, "policy": policy, "report": report,
        "promised": papers.get(week.before),
    }  # fmt: skip
    draft = load_draft(session, **about)
    if problems := lacking(draft.lines, business_date(now)):
        raise RuleViolations(problems)
    sent = papers.get(week)
    content = _frozen(draft)
    if sent is not None and not differences(sent.content, content):
        return Outcome(sent.revision, is_new=False, late=sent.late)
    tell = {each["registration"]: each for each in (sent.content["lines"] if sent else ())}
    told = [
        line for line in draft.lines if not line.is_gone and _is_news(tell.get(line.registration_id), line)
    ]
    _apply(session, actor, now, week, told, tell)
    content = _frozen(load_draft(session, **about))
    late = is_late(week, now, figures)
    revision = freeze(session, actor, now, report, content, late)
    journal.write(session, _reported(session, now, actor, told, week, revision), actor=actor)
    if late and sent is None:
        tell_late_report(session, now=now, partner=partner, week=week)
    return Outcome(revision, is_new=True, late=late)


def _frozen(draft: Draft) -> Any:
    """The content as JSON has it, so that it compares with what was frozen before."""
    return audit.plain(content_of(draft.lines, week=draft.week, partner=draft.partner, remark=draft.remark))


def _is_news(sent: Mapping[str, Any] | None, line: Line) -> bool:
    """Whether a line says something of the project that the revision before did not."""
    if sent is None:
        return True
    typed = audit.plain({name: getattr(line.typed, name) for name in ("happened", "reason", "support")})
    step = audit.plain({"next_step": line.typed.next_step, "next_step_on": line.typed.next_step_on})
    figures = audit.plain({"ports": line.ports, "yearly_revenue": line.yearly_revenue})
    now = {**typed, **step, **figures}
    return any(sent[name] != value for name, value in now.items())


def _apply(
    session: Session, actor: Actor, now: datetime, week: Week, told: Sequence[Line], sent: Mapping[int, Any]
) -> None:
    """Tell on the projects' time lines what the report states of them: all at once."""
    stated = {line.registration_id: _stated(line, sent.get(line.registration_id)) for line in told}
    restate(session, actor=actor, now=now, stated=stated)
    pleas = {line.registration_id: line.typed.support for line in told if line.typed.support}
    known = {(each.registration_id, each.need) for each in open_requests_of(session, pleas)}
    known |= {(number, line["support"]) for number, line in sent.items()}
    needs = {number: need for number, need in pleas.items() if (number, need) not in known}
    ask_on_projects(session, actor=actor, now=now, needs=needs, kind=SupportKind.OTHER, week=week.thursday)


def _stated(line: Line, sent: Mapping[str, Any] | None) -> Stated:
    """What people typed of figures and next step that the revision before did not say yet.

    What was changed on the project itself meanwhile is not taken back by a report that says nothing of it.
    """
    typed, said = line.typed, sent or {}
    told = audit.plain(asdict(typed))
    step = ("next_step", "next_step_on")
    same = sent is not None and all(told[name] == said[name] for name in step)
    return Stated(
        ports=None if told["ports"] == said.get("ports") else typed.ports,
        yearly_revenue=None if told["yearly_revenue"] == said.get("yearly_revenue") else typed.yearly_revenue,
        next_step="" if same else typed.next_step,
        next_step_on=typed.next_step_on,
    )


def freeze(
    session: Session,
    actor: Actor | None,
    at: datetime,
    report: Any,
    content: Any,
    late: bool,
    *,
    imported: bool = False,
    recorded_at: datetime | None = None,
) -> int:
    """Write down a revision that was sent `at`; the report counts it from now on."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = audit.digest({"content": text})
    revision: int = report.revision + 1
    row = {
        "report_id": report.id, "revision": revision, "submitted_at": at, "late": late,
        "submitted_by_id": actor.user_id if actor else None, "imported": imported, "content": text,
        "digest": digest,
    }  # fmt: skip
    session.execute(sa.insert(t.weekly_revision), [row])
    c = t.weekly_report.c
    first = {} if report.submitted_at else {"submitted_at": at, "late": late}
    changed: Any = session.execute(
        sa.update(t.weekly_report)
        .where(c.id == report.id, c.revision == report.revision)
        .values(revision=revision, version=c.version + 1, **first)
    )
    if changed.rowcount != 1:
        raise StaleVersion("stale")
    audit.record(
        session, actor=actor, action="weekly.sent", at=recorded_at or at,
        subject=("weekly_report", report.id), revision=revision, week=report.week,
        partner=report.partner_id, late=late, imported=imported, digest=digest, submitted_at=at,
    )  # fmt: skip
    return revision


def _reported(
    session: Session, now: datetime, actor: Actor, told: Sequence[Line], week: Week, revision: int
) -> list[dict[str, Any]]:
    """The facts that a weekly report named these projects (C8)."""
    times = next_of_claims(session, [line.registration_id for line in told], now)
    return [
        journal.fact(
            line.registration_id, EventKind.REPORTED, at=times[line.registration_id], now=now, actor=actor,
            note=line.typed.happened, reason=line.typed.reason,
            data={"week": week.thursday, "revision": revision},
        )
        for line in told
    ]  # fmt: skip

"""Load a partner's weekly report: the draft as the facts have it, and what was sent (W2)."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.periods import business_date
from portal.domain.policy import Policy
from portal.domain.reports import TELLING, TYPED, Draft, Happening, Line, Promise, Typed, carried_step
from portal.domain.terms import EventKind
from portal.domain.weekly import Compared, Group, Standing, compare_all
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.weekly.snapshots import standings_now, standings_of

_LONGEST = 300
_GATE_WORDS = ("met_with", "solution", "trial_agreement", "contract_no")


@dataclass(frozen=True, slots=True)
class Sent:
    """A revision as it was sent."""

    revision: int
    submitted_at: datetime
    by: str | None
    late: bool
    imported: bool
    content: Mapping[str, Any]


def report_row(session: Session, partner_id: int, week: Week) -> Any:
    """The report's row, or None while nobody has begun it."""
    c = t.weekly_report.c
    query = sa.select(t.weekly_report).where(c.partner_id == partner_id, c.week == week.thursday)
    return session.execute(query).first()


def load_draft(
    session: Session, *, partner: Any, week: Week, now: datetime, policy: Policy, report: Any
) -> Draft:
    """The report as it stands at `now`: projects, what happened to them, what was promised and typed.

    The caller has seen to it that the ends of the week before, and of this one if it is over, are kept.
    """
    scope, today = t.partner.c.id == partner.id, min(business_date(now), week.thursday)
    before = standings_of(session, scope, week.before)
    over = now > week.end
    standing = standings_of(session, scope, week) if over else standings_now(session, scope, week)
    compared = compare_all(before, standing, today, policy)
    numbers = [_number(each) for each in compared]
    about = _registrations(session, numbers)
    happened = _happenings(session, numbers, week)
    entries = _entries(session, report.id if report else None)
    promised = _promises(session, partner.id, week.before)
    lines = []
    for each in compared:
        number = _number(each)
        row = about[number]
        own = carried_step(row.next_step, row.next_step_on, business_date(now))
        typed, version = entries.get(number, (Typed(next_step=own.step, next_step_on=own.due), 0))
        lines.append(
            Line(
                number, row.ref, row.customer_name, each, promised.get(number, Promise()),
                happened.get(number, []), typed, row.worker or "", version,
            )
        )  # fmt: skip
    lines.sort(key=lambda line: (_ORDER[line.compared.group], -line.ports, line.registration_id))
    named = {"id": partner.id, "code": partner.code, "name": partner.name, "region": partner.region}
    return Draft(week, named, lines, report.remark if report else "")


_ORDER = {group: place for place, group in enumerate(Group)}


def _number(each: Compared) -> int:
    standing: Standing | None = each.now or each.before
    assert standing is not None  # noqa: S101 - one of them is there
    return standing.registration_id


def _registrations(session: Session, numbers: Collection[int]) -> dict[int, Any]:
    c = t.registration.c
    found = {}
    for part in chunks(numbers):
        query = (
            sa.select(
                c.id, c.ref, c.customer_name, c.next_step, c.next_step_on, t.user.c.name.label("worker")
            )
            .join(t.user, t.user.c.id == c.worker_id, isouter=True)
            .where(c.id.in_(part))
        )
        found.update({row.id: row for row in session.execute(query)})
    return found


def _happenings(session: Session, numbers: Collection[int], week: Week) -> dict[int, list[Happening]]:
    """What happened to these projects in the week, oldest first; what was taken back did not."""
    e, found = t.registration_event.c, defaultdict(list)
    for part in chunks(numbers):
        query = (
            sa.select(e.registration_id, e.id, e.kind, e.at, e.stage, e.reason, e.note, e.data, e.about_id)
            .where(e.registration_id.in_(part), e.at.between(week.start, week.end))
            .where(e.kind.in_((*TELLING, EventKind.UNDONE)))
            .order_by(e.at, e.id)
        )
        rows = session.execute(query).all()
        undone = {row.about_id for row in rows if row.kind is EventKind.UNDONE}
        for row in rows:
            if row.kind is not EventKind.UNDONE and row.id not in undone:
                found[row.registration_id].append(Happening(row.kind, row.at, row.stage, _said(row)))
    return found


def _said(row: Any) -> str:
    """What somebody typed with a fact: a note, a reason, else whom they met or what they proposed."""
    gate = " · ".join(str(row.data[name]) for name in _GATE_WORDS if row.data.get(name))
    return str(row.note or row.reason or (gate if row.kind is EventKind.MOVED else ""))[:_LONGEST]


def _entries(session: Session, report_id: int | None) -> dict[int, tuple[Typed, int]]:
    c = t.weekly_entry.c
    query = sa.select(t.weekly_entry).where(c.report_id == report_id)
    return {
        row.registration_id: (Typed(*(getattr(row, name) for name in TYPED)), row.version)
        for row in session.execute(query)
    }


def _promises(session: Session, partner_id: int, week: Week) -> dict[int, Promise]:
    """What the newest revision of a week's report promised, by project."""
    sent = newest_sent(session, partner_id, week)
    if sent is None:
        return {}
    return {
        line["registration"]: Promise(line["next_step"], _day(line["next_step_on"]))
        for line in sent.content["lines"]
        if line["next_step"]
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def newest_sent(session: Session, partner_id: int, week: Week) -> Sent | None:
    """The revision of a week's report that counts, None while none was sent."""
    found = sent_revisions(session, partner_id, week, only_newest=True)
    return found[0] if found else None


def sent_revisions(session: Session, partner_id: int, week: Week, *, only_newest: bool = False) -> list[Sent]:
    """Every revision of a week's report as it was sent, the newest first."""
    r, v = t.weekly_report.c, t.weekly_revision.c
    query = (
        sa.select(v.revision, v.submitted_at, t.user.c.name, v.late, v.imported, v.content)
        .join(t.weekly_report, r.id == v.report_id)
        .join(t.user, t.user.c.id == v.submitted_by_id, isouter=True)
        .where(r.partner_id == partner_id, r.week == week.thursday)
        .order_by(v.revision.desc())
    )
    rows = session.execute(query.limit(1) if only_newest else query)
    return [
        Sent(row.revision, row.submitted_at, row.name, row.late, row.imported, json.loads(row.content))
        for row in rows
    ]

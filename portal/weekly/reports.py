"""Load a partner's weekly report: the draft as the facts have it, and what was sent (W2)."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.periods import business_date
from portal.domain.policy import Policy
from portal.domain.reports import TELLING, TYPED, Draft, Entry, Happening, Line, Promise, Typed, carried_step
from portal.domain.terms import EventKind
from portal.domain.weekly import Compared, Group, Standing, compare_all
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.weekly.snapshots import owned_in, standing_columns, standing_of

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


class Writing(NamedTuple):
    """A project that is being written about, and the report's id if it is begun."""

    entry: Entry
    report_id: int | None


class PartnerRow(NamedTuple):
    """What a report says of its partner."""

    id: int
    code: str
    name: str
    region: str


def report_row(session: Session, partner_id: int, week: Week) -> Any:
    """The report's row, or None while nobody has begun it."""
    c = t.weekly_report.c
    query = sa.select(t.weekly_report).where(c.partner_id == partner_id, c.week == week.thursday)
    return session.execute(query).first()


def load_draft(
    session: Session,
    *,
    partner: Any,
    week: Week,
    now: datetime,
    policy: Policy,
    report: Any,
    promised: Sent | None,
) -> Draft:
    """The report as it stands at `now`: projects, what happened to them, what was promised and typed.

    The caller has seen to it that the ends of the week before, and of this one if it is over, are kept.
    `promised` is last week's report as it was sent.
    """
    today = min(business_date(now), week.thursday)
    about = _projects(session, partner.id, week, over=now > week.end, today=today)
    compared = compare_all(
        {key: each.before for key, each in about.items() if each.before},
        {key: each.now for key, each in about.items() if each.now},
        today,
        policy,
    )
    numbers = [_number(each) for each in compared]
    happened = _happenings(session, numbers, week)
    entries = _entries(session, report.id) if report else {}
    promises = _promises(promised)
    lines = []
    for each in compared:
        number = _number(each)
        row = about[number].row
        own = carried_step(row.next_step, row.next_step_on, business_date(now))
        typed, version = entries.get(number, (Typed(next_step=own.step, next_step_on=own.due), 0))
        lines.append(
            Line(
                number, row.ref, row.customer_name, each, promises.get(number, Promise()),
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


@dataclass(frozen=True, slots=True)
class _Project:
    row: Any
    before: Standing | None
    now: Standing | None


def _projects(
    session: Session, partner_id: int, week: Week, *, over: bool, today: date
) -> dict[int, _Project]:
    """A partner's projects of both weeks, with their names and next steps: one question for all of it."""
    c, before, after = t.registration.c, t.week_project.alias("before"), t.week_project.alias("after")
    owned = after.c.week.is_not(None) if over else owned_in(week)
    query = (
        sa.select(
            c.id, c.ref, c.customer_name, c.next_step, c.next_step_on, t.user.c.name.label("worker"),
            owned.label("owned"), *standing_columns(),
            *(each.label(f"before_{each.name}") for each in before.c),
            *(each.label(f"after_{each.name}") for each in after.c),
        )
        .join(t.user, t.user.c.id == c.worker_id, isouter=True)
        .join(before, _of_week(before, week.before), isouter=True)
        .join(after, _of_week(after, week), isouter=True)
        .where(c.partner_id == partner_id, sa.or_(before.c.week.is_not(None), owned))
    )  # fmt: skip
    found = {}
    for row in session.execute(query):
        live = standing_of(row, row, today) if row.owned and not over else None
        found[row.id] = _Project(row, _kept(row, "before_"), _kept(row, "after_") if over else live)
    return found


def _of_week(kept: Any, week: Week) -> Any:
    return sa.and_(kept.c.registration_id == t.registration.c.id, kept.c.week == week.thursday)


def _kept(row: Any, prefix: str) -> Standing | None:
    """The standing that a kept week has of a project, None where it has none."""
    told = {name: getattr(row, prefix + name) for name in Standing._fields}
    return Standing(**told) if told["registration_id"] is not None else None


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


def load_entry(
    session: Session, *, partner_id: int, week: Week, registration_id: int, now: datetime
) -> Writing | None:
    """One project to be written about, and the report's id if it is begun: one question, without the draft.

    None for what was never the partner's. The caller has seen to it that the week is kept if it is over.
    """
    c, r, e = t.registration.c, t.weekly_report, t.weekly_entry
    after, over = t.week_project.alias("after"), now > week.end
    query = (
        sa.select(
            c.next_step, c.next_step_on, r.c.id.label("report_id"), e.c.version.label("entry_version"),
            *(e.c[name].label(f"typed_{name}") for name in TYPED), owned_in(week).label("owned"),
            *standing_columns(), *(each.label(f"after_{each.name}") for each in after.c),
        )
        .join(r, sa.and_(r.c.partner_id == c.partner_id, r.c.week == week.thursday), isouter=True)
        .join(e, sa.and_(e.c.report_id == r.c.id, e.c.registration_id == c.id), isouter=True)
        .join(after, _of_week(after, week), isouter=True)
        .where(c.id == registration_id, c.partner_id == partner_id)
    )  # fmt: skip
    row = session.execute(query).first()
    if row is None:
        return None
    today = business_date(now)
    live = standing_of(row, row, min(today, week.thursday)) if row.owned else None
    typed = Typed(*(getattr(row, f"typed_{name}") for name in TYPED))
    if row.entry_version is None:
        own = carried_step(row.next_step, row.next_step_on, today)
        typed = Typed(next_step=own.step, next_step_on=own.due)
    now_at = _kept(row, "after_") if over else live
    return Writing(Entry(registration_id, now_at, typed, row.entry_version or 0), row.report_id)


def _entries(session: Session, report_id: int) -> dict[int, tuple[Typed, int]]:
    c = t.weekly_entry.c
    query = sa.select(t.weekly_entry).where(c.report_id == report_id)
    return {
        row.registration_id: (Typed(*(getattr(row, name) for name in TYPED)), row.version)
        for row in session.execute(query)
    }


def _promises(sent: Sent | None) -> dict[int, Promise]:
    """What a report promised and excused, by project."""
    if sent is None:
        return {}
    return {
        line["registration"]: Promise(line["next_step"], _day(line["next_step_on"]), line["reason"])
        for line in sent.content["lines"]
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def newest_sent(session: Session, partner_id: int, *weeks: Week) -> dict[Week, Sent]:
    """The revision that counts of each week's report, where one was sent."""
    r, v = t.weekly_report.c, t.weekly_revision.c
    query = _SENT.add_columns(r.week).where(
        r.partner_id == partner_id, r.week.in_([each.thursday for each in weeks]), v.revision == r.revision
    )
    return {Week(row.week): _sent(row) for row in session.execute(query)}


def sent_revisions(session: Session, partner_id: int, week: Week) -> list[Sent]:
    """Every revision of a week's report as it was sent, the newest first."""
    r, v = t.weekly_report.c, t.weekly_revision.c
    query = _SENT.where(r.partner_id == partner_id, r.week == week.thursday)
    return [_sent(row) for row in session.execute(query.order_by(v.revision.desc()))]


_SENT = (
    sa.select(
        *(t.weekly_revision.c[name] for name in ("revision", "submitted_at", "late", "imported", "content")),
        t.user.c.name,
    )
    .join(t.weekly_report, t.weekly_report.c.id == t.weekly_revision.c.report_id)
    .join(t.user, t.user.c.id == t.weekly_revision.c.submitted_by_id, isouter=True)
)


def _sent(row: Any) -> Sent:
    return Sent(row.revision, row.submitted_at, row.name, row.late, row.imported, json.loads(row.content))

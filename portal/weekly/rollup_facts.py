"""What a roll-up is made of (W4): from the kept weeks and, where something happened since, from the facts.

One that is made late tells of the week's end: next steps, trials and requests for support as they were told
until then. Names, regions, cases and reports are as they are when it is made [D].
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.policy import Policy
from portal.domain.rollup import About, closed_in, days_stood, months_of
from portal.domain.rollup_ground import CaseTold, Ground, Reseller, id_of, who_reports
from portal.domain.rollup_lists import needs_about
from portal.domain.terms import EventKind
from portal.domain.told import Told, columns_told
from portal.domain.weekly import Change, Compared, Standing, compare_all
from portal.domain.weeks import Week
from portal.models import tables as t

Projects = Mapping[int, Standing]
STEPS = (
    *(EventKind.MOVED, EventKind.UNDONE, EventKind.NEXT_STEP),
    *(EventKind.SUPPORT_ASKED, EventKind.SUPPORT_PLANNED, EventKind.SUPPORT_DONE),
)
"""The facts that change what a roll-up tells of a project; those of them since a week's end are few."""
_PATH = (EventKind.FILED, EventKind.MOVED)


def ground_of(session: Session, week: Week, before: Projects, now: Projects, policy: Policy) -> Ground:
    """Everything about a week, for all regions: from how the projects stood a week before and at its end."""
    lines = compare_all(before, now, week.thursday, policy)
    listed = {id_of(line) for line in lines if needs_about(line, week)}
    about = _about(session, week, listed, now)
    partners, active = _partners(session)
    open_partners = {each.partner_id for each in now.values() if each.is_open}
    sent = _reports(session, week)
    closed = _closed(session, week, before, now)
    month, last = months_of(week)
    return Ground(
        week=week,
        policy=policy,
        lines=lines,
        about=about,
        partners=partners,
        reports=who_reports(active, open_partners, sent),
        cases=list(_cases(session, week)),
        closed=(closed_in(month, closed), closed_in(last, closed)),
        stood=_stood(session, week, lines),
    )


def _partners(session: Session) -> tuple[dict[int, Reseller], dict[int, bool]]:
    c = t.partner.c
    rows = session.execute(sa.select(c.id, c.code, c.name, c.region, c.active)).all()
    return (
        {row.id: Reseller(row.code, row.name, row.region) for row in rows},
        {row.id: row.active for row in rows},
    )


def _reports(session: Session, week: Week) -> dict[int, bool]:
    """Which partners sent a report of the week, and whether late."""
    c = t.weekly_report.c
    query = sa.select(c.partner_id, c.late).where(c.week == week.thursday, c.revision > 0)
    return {row.partner_id: row.late for row in session.execute(query)}


_C = t.registration.c
_STATED = (_C.next_step, _C.next_step_on, _C.trial_ends_on, _C.support_note, _C.support_since)


def _about(session: Session, week: Week, listed: set[int], now: Projects) -> dict[int, About]:
    """What is told of the projects that are listed, and of those whose partner asked for support."""
    later = set(session.scalars(_steps_since(week.end)))
    asked = sa.select(_C.id).where(_C.support_since.is_not(None))
    wanted = listed | {each for each in (later | set(session.scalars(asked))) if each in now}
    told = _told_until(session, week.end, later & wanted)
    found = {}
    for part in chunks(wanted):
        query = sa.select(_C.id, _C.ref, _C.customer_name, *_STATED).where(_C.id.in_(part))
        for number, ref, customer, *stated in session.execute(query).all():
            if number in told:
                stated = [told[number][column.name] for column in _STATED]
            step, step_on, trial_ends_on, note, since = stated
            found[number] = About(
                ref, customer, step, _day(step_on), _day(trial_ends_on), note, since and business_date(since)
            )
    return found


def _day(value: Any) -> date | None:
    """A day as a column holds it, or as a fact's JSON does."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _steps_since(until: datetime) -> Any:
    e = t.registration_event.c
    return sa.select(e.registration_id).where(e.at > until, _is_one_of(e.kind, STEPS))


def _is_one_of(column: Any, kinds: Iterable[EventKind]) -> Any:
    """As the index says it, so that SQLite finds it."""
    return column.in_(
        sa.bindparam("kinds", list(kinds), type_=column.type, expanding=True, literal_execute=True)
    )


def _told_until(session: Session, until: datetime, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What the facts told of these registrations until an instant."""
    e = t.registration_event.c
    facts: defaultdict[int, list[Told]] = defaultdict(list)
    for part in chunks(ids):
        query = sa.select(
            e.registration_id, e.id, e.kind, e.at, e.stage, e.reason, e.note, e.data, e.about_id
        ).where(e.registration_id.in_(part), e.at <= until)
        for row in session.execute(query):
            facts[row.registration_id].append(Told(*row[1:]))
    return {number: columns_told(found) for number, found in facts.items()}


def _stood(session: Session, week: Week, lines: Iterable[Compared]) -> dict[int, int]:
    """For how many days the projects that advanced had stood at the stage they left."""
    left = {
        id_of(line): line.before.stage
        for line in lines
        if line.change is Change.ADVANCED and line.before is not None
    }
    e = t.registration_event.c
    steps: defaultdict[int, list[tuple[datetime, Stage]]] = defaultdict(list)
    for part in chunks(left):
        taken_back = sa.select(e.about_id).where(
            e.registration_id.in_(part), e.at <= week.end, e.kind == EventKind.UNDONE, e.about_id.is_not(None)
        )
        path = sa.select(e.registration_id, e.at, e.stage).where(
            e.registration_id.in_(part), e.at <= week.end, e.kind.in_(_PATH), e.stage.is_not(None),
            e.id.not_in(taken_back),
        )  # fmt: skip
        for number, at, stage in session.execute(path.order_by(e.at, e.id)):
            steps[number].append((at, stage))
    days = {number: days_stood(path, left[number], week) for number, path in steps.items()}
    return {number: found for number, found in days.items() if found is not None}


def _closed(session: Session, week: Week, before: Projects, now: Projects) -> list[tuple[date, Standing]]:
    """What the kept weeks say of the projects that were signed in this month or the last.

    Also that one is open again. `before` and `now` stand for weeks that may not be kept yet.
    """
    c = t.week_project.c
    _month, last = months_of(week)
    signed = sa.select(t.week_project).where(
        c.signed_on >= last.first, c.signed_on <= week.thursday, c.week < week.thursday
    )
    rows = list(session.execute(signed))
    found = [(row.week, Standing(*row[1:])) for row in rows]
    weeks = sa.select(t.week_end.c.week).where(
        t.week_end.c.week > min((row.week for row in rows), default=week.thursday),
        t.week_end.c.week < week.thursday,
    )
    later = list(session.scalars(weeks)) if rows else []
    ids = {row.registration_id for row in rows}
    for part in chunks(ids):
        again = sa.select(t.week_project).where(
            c.week.in_(later), c.registration_id.in_(part), c.stage != Stage.SIGNED
        )
        found += [(row.week, Standing(*row[1:])) for row in session.execute(again)]
    found += [(week.before.thursday, each) for each in before.values() if each.signed_on is not None]
    ids |= {each.registration_id for _day, each in found}
    found += [
        (week.thursday, each) for number, each in now.items() if each.signed_on is not None or number in ids
    ]
    return found


def _cases(session: Session, week: Week) -> Iterable[CaseTold]:
    """The cases of the week.

    One counts where the owner's partner is, where key accounts own where the challenger's is [D].
    """
    c, owner, asking = t.conflict_case.c, t.registration.alias(), t.registration.alias()
    query = (
        sa.select(
            c.ref, c.kind, c.opened_at, c.decided_at, c.outcome, owner.c.customer_name,
            sa.func.coalesce(owner.c.partner_id, asking.c.partner_id).label("partner_id"),
        )
        .join(owner, owner.c.id == c.owner_id)
        .join(asking, asking.c.id == c.challenger_id)
        .where(
            sa.or_(c.opened_at.between(week.start, week.end), c.decided_at.between(week.start, week.end)),
            sa.func.coalesce(owner.c.partner_id, asking.c.partner_id).is_not(None),
        )
    )  # fmt: skip
    for row in session.execute(query):
        decided = row.decided_at is not None and week.start <= row.decided_at <= week.end
        yield CaseTold(
            row.ref,
            row.customer_name,
            row.kind,
            row.partner_id,
            opened=week.start <= row.opened_at <= week.end,
            decided=decided,
            outcome=row.outcome if decided else None,
        )

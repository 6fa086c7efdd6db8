"""One partner's week: how each project stood and stands, what was reported, told and decided."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.pipeline import Stage
from portal.domain.policy import Policy
from portal.domain.protection import end_on
from portal.domain.terms import EventKind, Tier
from portal.domain.weekly import Change, Compared, LineVerdict, Standing, compare
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.weekly.meeting_queries import now_rows
from portal.weekly.snapshots import standing_of

TOLD = (
    *(EventKind.FILED, EventKind.MOVED, EventKind.NOTE, EventKind.NEXT_STEP, EventKind.FILE_ADDED),
    *(EventKind.SUPPORT_ASKED, EventKind.SUPPORT_PLANNED, EventKind.SUPPORT_DONE),
    *(EventKind.CORRECTED, EventKind.RELEASED, EventKind.LOST, EventKind.REASSIGNED, EventKind.RESTORED),
    *(EventKind.CASE_OPENED, EventKind.CASE_ANSWERED, EventKind.CASE_CLOSED),
)
"""What a meeting hears of a project where the report says nothing of it."""
_NONE = frozenset({0})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the review said of a project, who, when."""

    verdict: LineVerdict
    sentence: str
    by: str
    by_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A project in the review: compared with a week ago, and as it stands at this moment."""

    id: int
    customer: str
    compared: Compared
    is_owner: bool
    owned_since: datetime | None
    state: Any
    stage: Stage
    protected_until: date | None
    case_id: int | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The review's own row and the report that was sent for it; `lines` by project."""

    notes: str
    noted_at: datetime | None
    noted_by: str | None
    done_at: datetime | None
    done_by: str | None
    review_id: int | None
    version: int | None
    submitted_at: datetime | None
    late: bool
    remark: str
    lines: Mapping[int, Mapping[str, Any]]
    tier: Tier | None


def sheet_of(session: Session, partner_id: int, week: Week) -> Sheet:
    """What is written down of one partner's week: the review, and the report in its sent form."""
    row = session.execute(_sheet(), {"partner": partner_id, "week": week.thursday}).one()
    told = json.loads(row.content) if row.content else {}
    lines = {int(each["registration"]): each for each in told.get("lines", ())}
    return Sheet(*(*row[:9], str(told.get("remark") or ""), lines, row.tier))


@cache
def _sheet() -> Any:
    p, v, w, s = t.partner.c, t.review.c, t.weekly_report.c, t.weekly_revision.c
    noted, done = t.user.alias("noted_by").c, t.user.alias("done_by").c
    week: Any = sa.bindparam("week")
    r = t.tier_term.c
    tier = (
        sa.select(r.tier)
        .where(r.partner_id == p.id, r.starts_on <= week, r.ends_on >= week)
        .order_by(r.starts_on.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(
            sa.func.coalesce(v.notes, ""), v.noted_at, noted.name, v.done_at, done.name, v.id, v.version,
            w.submitted_at, sa.func.coalesce(w.late, sa.false()), s.content,
            tier.label("tier"),
        )
        .select_from(t.partner)
        .join(t.review, sa.and_(v.partner_id == p.id, v.week == week), isouter=True)
        .join(noted.id.table, noted.id == v.noted_by_id, isouter=True)
        .join(done.id.table, done.id == v.done_by_id, isouter=True)
        .join(t.weekly_report, sa.and_(w.partner_id == p.id, w.week == week), isouter=True)
        .join(t.weekly_revision, sa.and_(s.report_id == w.id, s.revision == w.revision), isouter=True)
        .where(p.id == sa.bindparam("partner"))
    )  # fmt: skip


def lines_of(
    session: Session,
    partner_id: int,
    week: Week,
    sheet: Sheet,
    *,
    live: bool,
    today: date,
    policy: Policy,
) -> list[Line]:
    """The partner's projects of either week, and what its report names besides, by customer."""
    values: dict[str, Any] = {
        "partner": partner_id, "before": week.before.thursday, "review": sheet.review_id or 0,
        "named": list(sheet.lines.keys() | _NONE),
    }  # fmt: skip
    values |= {"start": week.start} if live else {"week": week.thursday}
    found = []
    for row in session.execute(_lines(live), values).all():
        who, kept = row[:2], row[2 : 2 + len(_KEPT)]
        before = Standing(*who, *kept) if kept[0] is not None else None
        now = None
        if row.is_now:
            now = standing_of(row, row, today) if live else Standing(*who, *row[-len(_KEPT) :])
        if before is None and now is None:
            compared = Compared(None, None, Change.GONE, lapsing=False, lapsed=False, stuck=False)
        elif now is None and before is not None and not before.is_open:
            continue  # signed a week ago: over
        else:
            compared = compare(before, now, today, policy)
        found.append(_line(row, compared, today))
    return found


def _line(row: Any, compared: Compared, today: date) -> Line:
    until = row.protected_until and end_on(row.protected_until, row.paused_from, today)
    verdict = Verdict(row.verdict, row.sentence, row.by, row.by_id, row.at) if row.verdict else None
    return Line(
        row.id, row.customer_name, compared, row.is_owner, row.owned_since, row.state, row.stage,
        until, row.case_id, verdict,
    )  # fmt: skip


_KEPT = ("stage", "ports", "yearly_revenue", "protected_until", "clock_from", "paused", "signed_on")
"""What a week's end keeps of a project, in the order of `Standing` after its ids."""


@cache
def _lines(live: bool) -> Any:
    r, b = t.registration.c, t.week_project.alias("earlier")
    v, k = t.review_line.c, t.conflict_case.c
    table, own = now_rows(live)
    earlier = sa.and_(b.c.week == sa.bindparam("before"), b.c.registration_id == r.id)
    is_now = own if live else table.c.registration_id.is_not(None)
    kept = [b.c[name].label(f"before_{name}") for name in _KEPT]
    now = [] if live else [table.c[name].label(f"now_{name}") for name in _KEPT]
    query = (
        sa.select(
            r.id, r.partner_id, *kept, r.customer_name, r.is_owner, r.owned_since, r.state, r.stage, r.ports,
            r.yearly_revenue, r.protected_until, r.paused_from, r.last_progress_at, r.stage_since,
            is_now.label("is_now"), v.verdict, v.sentence, v.by_id, v.at,
            t.user.c.name.label("by"), k.id.label("case_id"), *now,
        )
        .select_from(t.registration)
        .join(b, earlier, isouter=True)
        .join(
            t.review_line, sa.and_(v.registration_id == r.id, v.review_id == sa.bindparam("review")),
            isouter=True,
        )
        .join(t.user, t.user.c.id == v.by_id, isouter=True)
        .join(t.conflict_case, sa.and_(k.owner_id == r.id, k.is_open), isouter=True)
        .where(
            r.partner_id == sa.bindparam("partner"),
            sa.or_(
                is_now, b.c.registration_id.is_not(None),
                r.id.in_(sa.bindparam("named", expanding=True)), v.verdict.is_not(None),
            ),
        )
        .order_by(r.customer_name, r.id)
    )  # fmt: skip
    if not live:
        standing = sa.and_(own, table.c.registration_id == r.id)
        query = query.join(table, standing, isouter=True)
    return query


def facts_of(session: Session, partner_id: int, start: datetime, end: datetime) -> dict[int, list[Any]]:
    """What was told of the partner's projects between two instants and not taken back, by project."""
    rows = session.execute(_facts(), {"partner": partner_id, "start": start, "end": end}).all()
    undone = {row.about_id for row in rows if row.kind is EventKind.UNDONE}
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row.kind is not EventKind.UNDONE and row.id not in undone:
            found[row.registration_id].append(row)
    return found


@cache
def _facts() -> Any:
    e, r = t.registration_event.c, t.registration.c
    return (
        sa.select(e.id, e.registration_id, e.kind, e.at, e.stage, e.reason, e.note, e.data, e.about_id)
        .join(t.registration, r.id == e.registration_id)
        .where(
            r.partner_id == sa.bindparam("partner"),
            e.at.between(sa.bindparam("start"), sa.bindparam("end")),
            e.kind.in_((*TOLD, EventKind.UNDONE)),
        )
        .order_by(e.at, e.id)
    )


def partner_exists(session: Session, partner_id: int, scope: Any = None) -> bool:
    """Whether there is such a partner, in `scope` if one is given."""
    query = sa.select(t.partner.c.id).where(t.partner.c.id == partner_id)
    query = query if scope is None else query.where(scope)
    return session.scalar(query) is not None

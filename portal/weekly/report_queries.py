"""Reads about many reports: a week's partners for the vendor, a partner's weeks for itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.pipeline import Stage
from portal.domain.reports import ReportState, state_of
from portal.domain.weeks import Week, WeekFigures
from portal.models import tables as t

WEEKS = 10
"""So many of a partner's own weeks are listed beside the one that is open."""


@dataclass(frozen=True, slots=True)
class PartnerWeek:
    """A partner and its report of a week."""

    partner_id: int
    code: str
    name: str
    region: str
    manager: str | None
    projects: int
    state: ReportState
    submitted_at: datetime | None
    revision: int


def partners_of_week(
    session: Session, scope: Any, *, week: Week, now: datetime, figures: WeekFigures
) -> list[PartnerWeek]:
    """Every active partner in `scope` with how its report of `week` stands: what is missing first.

    Who owes one is whoever has open projects: now, or at the end of the week once that is kept.
    """
    p, r, u = t.partner.c, t.weekly_report.c, t.user.c
    projects = _projects_of(week, now)
    query = (
        sa.select(
            p.id, p.code, p.name, p.region, u.name.label("manager"), r.submitted_at, r.late, r.revision,
            r.id.label("report_id"), sa.func.coalesce(projects.c.number, 0).label("projects"),
        )
        .join(t.weekly_report, sa.and_(r.partner_id == p.id, r.week == week.thursday), isouter=True)
        .join(t.user, u.id == p.manager_id, isouter=True)
        .join(projects, projects.c.partner_id == p.id, isouter=True)
        .where(scope, p.active)
    )  # fmt: skip
    found = [
        PartnerWeek(
            row.id, row.code, row.name, row.region, row.manager, int(row.projects),
            state_of(
                submitted_at=row.submitted_at, late=bool(row.late), begun=row.report_id is not None,
                projects=row.projects, week=week, now=now, figures=figures,
            ),
            row.submitted_at, row.revision or 0,
        )
        for row in session.execute(query)
    ]  # fmt: skip
    return sorted(found, key=lambda each: (_FIRST.index(each.state), each.code))


_FIRST = (
    ReportState.MISSING, ReportState.DUE, ReportState.WRITING, ReportState.LATE, ReportState.IN,
    ReportState.NOT_NEEDED,
)  # fmt: skip


def _projects_of(week: Week, now: datetime) -> Any:
    """How many open projects each partner has, or had at the end of a week that is over."""
    if now > week.end:
        w = t.week_project.c
        query = sa.select(w.partner_id, sa.func.count().label("number"))
        query = query.where(w.week == week.thursday, w.stage != Stage.SIGNED).group_by(w.partner_id)
    else:
        c = t.pipeline_stat.c
        query = sa.select(c.party_id.label("partner_id"), sa.func.sum(c.projects).label("number"))
        query = query.where(c.stage != Stage.SIGNED).group_by(c.party_id)
    return query.subquery("projects")


def customers_of(session: Session, partner_id: int, registrations: Collection[int]) -> list[str]:
    """The customers of those registrations that are the partner's own filings, whoever owns them now."""
    c = t.registration.c
    query = sa.select(c.customer_name).where(c.partner_id == partner_id).order_by(c.id)
    return [name for part in chunks(registrations) for name in session.scalars(query.where(c.id.in_(part)))]


def own_weeks(session: Session, partner_id: int) -> list[Any]:
    """A partner's newest reports, each with the partner's own columns; without any, one row of those."""
    r, p = t.weekly_report, t.partner
    query = (
        sa.select(
            *(each for each in r.c if each.name != "partner_id"),
            p.c.id.label("partner_id"), p.c.code, p.c.name, p.c.region,
        )
        .select_from(p)
        .join(r, r.c.partner_id == p.c.id, isouter=True)
        .where(p.c.id == partner_id)
        .order_by(r.c.week.desc())
        .limit(WEEKS)
    )  # fmt: skip
    return list(session.execute(query))

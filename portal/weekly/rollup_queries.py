"""Roll-ups as pages and files read them: frozen texts by week and region, and nothing else."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.weeks import Week
from portal.models import tables as t
from portal.paging import Page, page_by_key

_SIZE = 12
_C = t.rollup.c


@dataclass(frozen=True, slots=True)
class Frozen:
    """A roll-up as it was made."""

    week: Week
    region: str
    made_at: datetime
    content: str
    by_hand: bool

    @property
    def text(self) -> dict[str, Any]:
        """What it says."""
        found: dict[str, Any] = json.loads(self.content)
        return found


def list_rollups(session: Session, region: str, cursor: str | None) -> Page:
    """The Fridays of one region, or of all, the newest first, without their texts."""
    query = sa.select(_C.id, _C.week, _C.made_at, _C.made_by_id).where(_C.region == region)
    return page_by_key(session, query, column=_C.week, key=_C.id, descending=True, size=_SIZE, cursor=cursor)


def rollup_of(session: Session, week: Week, region: str) -> Frozen | None:
    """One roll-up."""
    query = sa.select(_C.made_at, _C.content, _C.made_by_id).where(
        _C.week == week.thursday, _C.region == region
    )
    row = session.execute(query).first()
    return Frozen(week, region, row.made_at, row.content, row.made_by_id is not None) if row else None


def regions_of(session: Session, week: Week) -> list[str]:
    """The regions that have a roll-up of the week."""
    query = sa.select(_C.region).where(_C.week == week.thursday, _C.region != "").order_by(_C.region)
    return list(session.scalars(query))


def newest_week(session: Session, until: date) -> Week | None:
    """The newest week with a roll-up that was over by the end of a day."""
    found = session.scalar(sa.select(sa.func.max(_C.week)).where(_C.week <= until))
    return Week(found) if found else None


def neighbours(session: Session, week: Week, region: str) -> tuple[Week | None, Week | None]:
    """The week of the roll-up before and of the one after."""
    here = sa.select(sa.func.max(_C.week)).where(_C.region == region, _C.week < week.thursday)
    there = sa.select(sa.func.min(_C.week)).where(_C.region == region, _C.week > week.thursday)
    before, after = session.scalar(here), session.scalar(there)
    return (Week(before) if before else None, Week(after) if after else None)


def came_later(session: Session, week: Week, region: str) -> list[Any]:
    """The reports of a week that came after its roll-up was made, which does not know of them."""
    p, w = t.partner.c, t.weekly_report.c
    query = (
        sa.select(p.code, p.name, w.submitted_at)
        .join(t.weekly_report, w.partner_id == p.id)
        .join(t.rollup, sa.and_(_C.week == w.week, _C.region == ""))
        .where(w.week == week.thursday, w.submitted_at > _C.made_at, w.late)
        .order_by(p.code)
    )
    return list(session.execute(query.where(p.region == region) if region else query))

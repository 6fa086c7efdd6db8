"""The minutes of a meeting (W3): per partner its report, notes, verdicts and the support it needs."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.support.queries import requests_in_week
from portal.weekly.meeting_order import in_order


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict as the minutes show it."""

    customer: str
    verdict: LineVerdict
    sentence: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One partner in the minutes."""

    id: int
    name: str
    submitted_at: datetime | None
    late: bool
    notes: str
    noted_at: datetime | None
    noted_by: str | None
    done_at: datetime | None
    done_by: str | None
    decided: Sequence[Decided]
    requests: Sequence[Any]
    """Its requests for support, as `support.queries.request_rows` has them."""
    said: Sequence[tuple[str, str]]
    """Customer and help that the report speaks of besides."""


def minutes_of(session: Session, scope: Any, week: Week, partner_id: int | None = None) -> list[Part]:
    """Every partner of the meeting in `scope`, in the meeting's order; or the one."""
    day = {"week": week.thursday}
    rows = session.execute(_parts(scope), day).all()
    verdicts: defaultdict[int, list[Decided]] = defaultdict(list)
    for row in session.execute(_verdicts(scope), day):
        verdicts[row.partner_id].append(Decided(*row[1:]))
    asked: defaultdict[int, list[Any]] = defaultdict(list)
    for request in requests_in_week(session, week.start, week.end, scope=scope):
        asked[request.party_id].append(request)
    return [
        Part(*(*row[:9], verdicts[row.id], asked[row.id], _said(row.content, asked[row.id])))
        for row in rows
        if partner_id in (None, row.id)
    ]


def _said(content: str | None, asked: Sequence[Any]) -> list[tuple[str, str]]:
    """Help that the partner's report speaks of and that is no request."""
    known = {(each.registration_id, each.need) for each in asked}
    lines = json.loads(content).get("lines", ()) if content else ()
    return [
        (str(line.get("customer") or ""), str(line["support"]))
        for line in lines
        if line.get("support") and (line.get("registration"), line["support"]) not in known
    ]


@lru_cache(maxsize=200)
def _parts(scope: Any) -> Any:
    p, v, w, s = t.partner.c, t.review.c, t.weekly_report.c, t.weekly_revision.c
    noted, done = t.user.alias("noted_by"), t.user.alias("done_by")
    week: Any = sa.bindparam("week")
    return (
        sa.select(
            p.id, p.name, w.submitted_at, sa.func.coalesce(w.late, sa.false()),
            sa.func.coalesce(v.notes, ""), v.noted_at, noted.c.name, v.done_at, done.c.name, s.content,
        )
        .select_from(t.partner)
        .join(t.meeting_place, t.meeting_place.c.partner_id == p.id, isouter=True)
        .join(t.review, sa.and_(v.partner_id == p.id, v.week == week), isouter=True)
        .join(noted, noted.c.id == v.noted_by_id, isouter=True)
        .join(done, done.c.id == v.done_by_id, isouter=True)
        .join(t.weekly_report, sa.and_(w.partner_id == p.id, w.week == week), isouter=True)
        .join(t.weekly_revision, sa.and_(s.report_id == w.id, s.revision == w.revision), isouter=True)
        .where(scope, sa.or_(p.active, v.id.is_not(None), w.revision > 0))
        .order_by(*in_order(), p.id)
    )  # fmt: skip


@lru_cache(maxsize=200)
def _verdicts(scope: Any) -> Any:
    v, li, r = t.review.c, t.review_line.c, t.registration.c
    return (
        sa.select(v.partner_id, r.customer_name, li.verdict, li.sentence, t.user.c.name, li.at)
        .join(t.review, v.id == li.review_id)
        .join(t.partner, t.partner.c.id == v.partner_id)
        .join(t.registration, r.id == li.registration_id)
        .join(t.user, t.user.c.id == li.by_id)
        .where(scope, v.week == sa.bindparam("week"))
        .order_by(li.at, li.event_id)
    )

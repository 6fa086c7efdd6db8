"""The list of a meeting: its partners in order, how far each is, and what a week did to its projects (W3).

Counted by the database, two statements however many partners and projects there are; `domain/weekly.py` says
the same of each project, and a test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts import clocks
from portal.domain.pipeline import STAGES, Stage
from portal.domain.policy import Policy
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.weekly.meeting_order import in_order

_STATEMENTS = 200


@dataclass(frozen=True, slots=True)
class Seat:
    """A partner in the meeting: its report, its review, and what a week did to its projects."""

    id: int
    name: str
    region: str
    manager_id: int | None
    submitted_at: datetime | None
    late: bool
    review_id: int | None
    version: int | None
    done_at: datetime | None
    new: int = 0
    advanced: int = 0
    fell_back: int = 0
    lapsing: int = 0
    lapsed: int = 0
    gone: int = 0

    @property
    def is_done(self) -> bool:
        """Whether it was reviewed."""
        return self.done_at is not None

    @property
    def is_unchanged(self) -> bool:
        """Whether nothing happened that the meeting would talk about."""
        return not (self.new or self.advanced or self.fell_back or self.lapsing or self.lapsed or self.gone)


@dataclass(frozen=True, slots=True)
class Roster:
    """The seats, and which of the two weeks are written down."""

    seats: Sequence[Seat]
    kept: frozenset[date]


def roster(session: Session, scope: Any, week: Week) -> Roster:
    """The partners of a meeting without their counts."""
    rows = session.execute(_roster(scope), {"week": week.thursday, "before": week.before.thursday}).all()
    kept = {row.kept_before for row in rows} | {row.kept_now for row in rows}
    return Roster([Seat(*row[:9]) for row in rows], frozenset(day for day in kept if day))


@lru_cache(maxsize=_STATEMENTS)
def _roster(scope: Any) -> Any:
    p, w, v = t.partner.c, t.weekly_report.c, t.review.c
    week: Any = sa.bindparam("week")

    def kept(name: str) -> Any:
        e = t.week_end.alias(name).c
        return sa.select(e.week).where(e.week == sa.bindparam(name)).scalar_subquery()

    return (
        sa.select(
            p.id, p.name, p.region, p.manager_id, w.submitted_at,
            sa.func.coalesce(w.late, sa.false()), v.id, v.version, v.done_at,
            kept("before").label("kept_before"), kept("week").label("kept_now"),
        )
        .select_from(t.partner)
        .join(t.meeting_place, t.meeting_place.c.partner_id == p.id, isouter=True)
        .join(t.weekly_report, sa.and_(w.partner_id == p.id, w.week == week), isouter=True)
        .join(t.review, sa.and_(v.partner_id == p.id, v.week == week), isouter=True)
        # Who has left the channel stays in the meetings that it was part of.
        .where(scope, sa.or_(p.active, v.id.is_not(None), w.revision > 0))
        .order_by(*in_order(), p.id)
    )  # fmt: skip


def counted(
    session: Session,
    scope: Any,
    seats: Sequence[Seat],
    week: Week,
    *,
    live: bool,
    today: date,
    policy: Policy,
) -> list[Seat]:
    """The same seats with what the week did to their projects; `live`: as they stand, else as kept."""
    values: dict[str, Any] = {
        "week": week.thursday, "before": week.before.thursday, "start": week.start, "today": today,
        "soon": today + timedelta(days=max(policy.lapsing_soon_days)),
    }  # fmt: skip
    if live:
        del values["week"]
    else:
        del values["start"]
    found: dict[int, list[int]] = {}
    for row in session.execute(_counts(scope, live), values):
        sums = found.setdefault(row[0], [0] * 6)
        for place, number in enumerate(row[1:]):
            sums[place] += int(number or 0)
    return [_with(seat, found.get(seat.id, [0] * 6)) for seat in seats]


def _with(seat: Seat, sums: list[int]) -> Seat:
    own = (getattr(seat, name) for name in Seat.__slots__[:9])
    return Seat(*own, *sums)


def rank(column: Any) -> Any:
    """A stage's number, for comparing."""
    return sa.case({stage: stage.number for stage in STAGES}, value=column)


def now_rows(live: bool) -> tuple[Any, Any]:
    """The table in which projects stand "now", and which of its rows are the week's."""
    if not live:
        n = t.week_project.alias("standing")
        return n, n.c.week == sa.bindparam("week")
    r = t.registration.c
    signed = sa.literal(Stage.SIGNED, r.stage.type, literal_execute=True)
    return t.registration, sa.and_(
        r.is_owner, sa.or_(r.stage != signed, r.stage_since >= sa.bindparam("start"))
    )


@lru_cache(maxsize=_STATEMENTS)
def _counts(scope: Any, live: bool) -> Any:
    table, own = now_rows(live)
    n, key = table.c, table.c.id if live else table.c.registration_id
    b = t.week_project.alias("earlier")
    earlier = sa.and_(b.c.week == sa.bindparam("before"), b.c.registration_id == key)
    open_ = n.stage != Stage.SIGNED
    at, was = rank(n.stage), rank(b.c.stage)

    def many(condition: Any) -> Any:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    today: Any = sa.bindparam("today")
    soon: Any = sa.bindparam("soon")
    running = sa.and_(open_, sa.not_(clocks.standing(today) if live else n.paused))
    here = (
        sa.select(
            n.partner_id,
            many(b.c.registration_id.is_(None)),
            many(at > was),
            many(at < was),
            many(sa.and_(running, n.protected_until >= today, n.protected_until <= soon)),
            many(sa.and_(running, n.protected_until < today)),
            -many(b.c.stage != Stage.SIGNED),
        )
        .select_from(table)
        .join(b, earlier, isouter=True)
        .where(own, _of(n.partner_id, scope))
        .group_by(n.partner_id)
    )
    # Gone is what was open a week ago and is not among those: so many then, less those that are here now.
    then = t.week_project.alias("then")
    return here.union_all(
        sa.select(then.c.partner_id, *(sa.literal(0) for _ in range(5)), sa.func.count())
        .where(
            then.c.week == sa.bindparam("before"), then.c.stage != Stage.SIGNED,
            _of(then.c.partner_id, scope),
        )
        .group_by(then.c.partner_id)
    )  # fmt: skip


def _of(column: Any, scope: Any) -> Any:
    if isinstance(scope, sa.sql.elements.True_):
        return column.is_not(None)
    return column.in_(sa.select(t.partner.c.id).where(scope))

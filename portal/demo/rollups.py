"""The demo's Fridays: the roll-ups of the last twelve weeks and one, each made when it was due."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from portal.domain.periods import day_start
from portal.domain.weeks import Week, last_weeks, week_of
from portal.weekly.rollup import make_rollups

_WEEKS = 13
_HOUR = timedelta(hours=10, minutes=30)


def acts(today: date) -> Iterator[tuple[datetime, Any]]:
    """Every roll-up with its instant, the oldest first."""
    for week in last_weeks(week_of(today).before, _WEEKS):
        yield day_start(week.next.first) + _HOUR, _make(week)


def _make(week: Week) -> Any:
    def act(session: Session, now: datetime) -> None:
        make_rollups(session, week, now=now, actor=None)

    return act

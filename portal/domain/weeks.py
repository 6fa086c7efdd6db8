"""The channel's week (§7): Friday to Thursday, its review, its deadlines. Every date comes from here.

A year whose holidays the calendar does not know yet has weekends off and weekdays on
(`calendar.is_working_day`); `is_certain` says whether a week's dates can still change by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from portal.domain.calendar import calendar_is_official, parse_date, review_day
from portal.domain.errors import RuleViolation
from portal.domain.periods import BUSINESS_OFFSET, day_end, day_start, reporting_week

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
WEEK_HOURS = ("report_due_hour", "reminder_hour", "missing_hour", "rollup_hour")
WEEK_DAYS = ("stuck_days", "support_working_days", "install_working_days")


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """What a policy version says about the week. Hours are hours of the day in Asia/Shanghai."""

    report_due_hour: int
    reminder_hour: int
    missing_hour: int
    rollup_hour: int
    stuck_days: int
    support_working_days: int
    install_working_days: int


def parse_week(body: Mapping[str, Any]) -> WeekFigures:
    """Read the part of a policy's JSON that is about the week.

    :raises RuleViolation: ``policy.bad_figure`` naming the figure that is missing or impossible.
    """
    table = body.get("week")
    if not isinstance(table, dict):
        raise RuleViolation("policy.bad_figure", figure="week", value=table)
    figures = {}
    for name in (*WEEK_HOURS, *WEEK_DAYS):
        value, most = table.get(name), 23 if name in WEEK_HOURS else 366
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise RuleViolation("policy.bad_figure", figure=f"week.{name}", value=value)
        figures[name] = value
    return WeekFigures(**figures)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A reporting week, named by its Thursday (W1); the days are business days in Asia/Shanghai."""

    thursday: date

    @property
    def first(self) -> date:
        """Its Friday."""
        return self.thursday - 6 * _DAY

    @property
    def start(self) -> datetime:
        """Its first instant."""
        return day_start(self.first)

    @property
    def end(self) -> datetime:
        """Its last microsecond: what happened later belongs to the next week."""
        return day_end(self.thursday)

    @property
    def before(self) -> "Week":
        """The week before."""
        return Week(self.thursday - _WEEK)

    @property
    def next(self) -> "Week":
        """The week after."""
        return Week(self.thursday + _WEEK)

    @property
    def number(self) -> int:
        """The number that calendars print: of the ISO week in which its Thursday lies."""
        return self.thursday.isocalendar().week

    @property
    def review_on(self) -> date:
        """The day of the review: Thursday, or the last working day before it (W5)."""
        return self._worked(self.thursday)

    @property
    def due_on(self) -> date:
        """The day on which the report is due: the last working day before the review (W2, [D]).

        That is Wednesday, unless a holiday moves the review (W5) or takes the Wednesday away.
        """
        return self._worked(self.review_on - _DAY)

    def _worked(self, day: date) -> date:
        """The last working day up to `day`; the day itself where the week has none until then.

        Never one of another week: a report would be due, and this week's closed, before it has begun.
        """
        found = review_day(day)
        return found if found >= self.first else max(day, self.first)

    @property
    def is_moved(self) -> bool:
        """Whether holidays make the report due before its Wednesday."""
        return self.due_on < self.thursday - _DAY

    @property
    def is_certain(self) -> bool:
        """Whether the state's calendar of all its days is known."""
        return all(calendar_is_official(year) for year in {self.first.year, self.thursday.year})

    def due_at(self, figures: WeekFigures) -> datetime:
        """Until when the report is in time."""
        return at_hour(self.due_on, figures.report_due_hour)

    def reminders(self, figures: WeekFigures) -> tuple[datetime, datetime]:
        """When who has not reported is reminded: on the working day before the due day, and on that day."""
        first = self._worked(self.due_on - _DAY)
        return (at_hour(first, figures.reminder_hour), at_hour(self.due_on, figures.reminder_hour))

    def missing_at(self, figures: WeekFigures) -> datetime:
        """When those who did not report are named: on the morning of the review, never before it is due."""
        return max(at_hour(self.review_on, figures.missing_hour), self.due_at(figures))

    def rollup_at(self, figures: WeekFigures) -> datetime:
        """When the roll-up is made unasked: on the Friday after it, holiday or not (W4)."""
        return at_hour(self.thursday + _DAY, figures.rollup_hour)


def week_of(day: date) -> Week:
    """The reporting week that a business day lies in (W1)."""
    return Week(reporting_week(day))


def last_weeks(week: Week, count: int) -> list[Week]:
    """So many weeks up to and with `week`, the oldest first."""
    return [Week(week.thursday - back * _WEEK) for back in reversed(range(count))]


def parse_week_name(text: str) -> Week:
    """A week by its Thursday as ``2026-11-26``.

    :raises RuleViolation: ``week.form``: no date, or no Thursday.
    """
    try:
        week = Week(parse_date(text))
    except RuleViolation:
        raise RuleViolation("week.form", value=text[:40]) from None
    if week_of(week.thursday) != week:
        raise RuleViolation("week.form", value=text[:40])
    return week


def at_hour(day: date, hour: int) -> datetime:
    """An hour of a business day as an instant, in Asia/Shanghai."""
    return datetime.combine(day, time(hour), BUSINESS_OFFSET)

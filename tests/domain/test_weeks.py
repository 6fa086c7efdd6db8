"""The channel's week: Friday to Thursday, reviews before holidays, deadlines (W1, W2, W5)."""

import itertools
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import calendar
from portal.domain.calendar import is_working_day
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.reports import check_open, is_late
from portal.domain.reviewing import can_be_held
from portal.domain.weeks import Week, WeekFigures, last_weeks, parse_week, parse_week_name, week_of
from tests.support.clocks import shanghai

FIGURES = WeekFigures(18, 12, 9, 10, 14, 3, 2)
days = st.dates(date(2024, 1, 1), date(2035, 12, 31))


def test_a_week_runs_from_friday_to_thursday_and_is_named_by_its_thursday() -> None:
    week = week_of(date(2026, 11, 20))
    assert week == week_of(date(2026, 11, 26)) == Week(date(2026, 11, 26))
    assert week.start == shanghai("2026-11-20")
    assert week.end == shanghai("2026-11-27") - timedelta(microseconds=1)
    assert week.before == week_of(date(2026, 11, 19))
    assert week.number == 48


def test_an_ordinary_week_has_its_deadlines_where_everybody_knows_them() -> None:
    week = Week(date(2026, 11, 26))
    assert week.review_on == date(2026, 11, 26)
    assert week.due_at(FIGURES) == shanghai("2026-11-25 18:00")
    assert week.reminders(FIGURES) == (shanghai("2026-11-24 12:00"), shanghai("2026-11-25 12:00"))
    assert week.missing_at(FIGURES) == shanghai("2026-11-26 09:00")
    assert week.rollup_at(FIGURES) == shanghai("2026-11-27 10:00")


@pytest.mark.parametrize(
    ("thursday", "review", "due", "first_reminder"),
    [
        # National Day 2026 is a Thursday: the review is on Wednesday, the report due on Tuesday.
        ("2026-10-01", "2026-09-30", "2026-09-29 18:00", "2026-09-28 12:00"),
        # Spring Festival 2026, 15 to 23 February: the Saturday before is worked, the week begins on the 13th.
        ("2026-02-19", "2026-02-14", "2026-02-13 18:00", "2026-02-13 12:00"),
        # The first day of 2026 is a Thursday and free.
        ("2026-01-01", "2025-12-31", "2025-12-30 18:00", "2025-12-29 12:00"),
        # Back at work on Thursday 8 October, all days of the week before it are free: the Wednesday stays.
        ("2026-10-08", "2026-10-08", "2026-10-07 18:00", "2026-10-06 12:00"),
    ],
)
def test_a_holiday_moves_the_review_and_what_leads_up_to_it(
    thursday: str, review: str, due: str, first_reminder: str
) -> None:
    week = Week(date.fromisoformat(thursday))
    assert week.review_on == date.fromisoformat(review)
    assert week.due_at(FIGURES) == shanghai(due)
    assert week.reminders(FIGURES)[0] == shanghai(first_reminder)
    assert week.missing_at(FIGURES) == shanghai(f"{review} 09:00")


@pytest.mark.parametrize("thursday", ["2024-02-15", "2026-10-08"])
def test_a_report_can_be_in_time_and_the_week_before_stays_open_to_its_end(thursday: str) -> None:
    week = Week(date.fromisoformat(thursday))
    for now in (week.start, week.due_at(FIGURES)):
        check_open(week, now, FIGURES)
        assert not is_late(week, now, FIGURES)
    check_open(week.before, week.before.end, FIGURES)
    assert week.missing_at(FIGURES) >= week.due_at(FIGURES)


def test_a_week_that_is_free_as_a_whole_has_a_review_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """National Day 2027 is a Friday: seven days off are a whole reporting week."""
    free = {date(2027, 10, day) for day in range(1, 8)}
    monkeypatch.setattr(calendar, "is_working_day", lambda day: day.weekday() < 5 and day not in free)
    week = Week(date(2027, 10, 7))
    assert week.review_on == week.thursday
    assert week.due_on == date(2027, 10, 6)
    assert can_be_held(week.before, week.before.review_on)
    assert can_be_held(week, week.review_on)


def test_a_year_the_calendar_does_not_know_has_weekdays_and_says_so() -> None:
    week = Week(date(2199, 10, 3))
    assert not week.is_certain
    assert week.review_on == date(2199, 10, 3)
    assert Week(date(2026, 10, 1)).is_certain


@given(days)
def test_what_leads_up_to_a_review_is_worked_and_in_order(day: date) -> None:
    week = week_of(day)
    assert week.first <= day <= week.thursday
    assert (week.thursday - week.first).days == 6
    before = [week.first + timedelta(days=each) for each in range((week.review_on - week.first).days)]
    assert is_working_day(week.review_on)
    assert is_working_day(week.due_on) or not any(map(is_working_day, before))
    assert week.first <= week.due_on
    assert week.end < week.next.due_at(FIGURES)
    first, second = week.reminders(FIGURES)
    order: list[datetime] = [first, second, week.due_at(FIGURES), week.missing_at(FIGURES)]
    assert order == sorted(order)
    assert week.missing_at(FIGURES) < week.rollup_at(FIGURES)
    assert business_date(week.end) == week.thursday


@given(days, st.integers(1, 60))
def test_weeks_follow_each_other_without_a_gap(day: date, count: int) -> None:
    weeks = last_weeks(week_of(day), count)
    assert len(weeks) == count
    assert all(one.next == other and one.end < other.start for one, other in itertools.pairwise(weeks))


@pytest.mark.parametrize(
    "text", ["2026-11-25", "heute", "", "2026-W48", "2026-13-01", "9999-12-30", "0001-01-04"]
)
def test_a_week_is_asked_for_by_its_thursday(text: str) -> None:
    assert parse_week_name("2026-11-26") == Week(date(2026, 11, 26))
    with pytest.raises(RuleViolation, match=r"week\.form"):
        parse_week_name(text)


@pytest.mark.parametrize(
    "table", [None, [], {}, {"report_due_hour": 24}, {"report_due_hour": True}, {"stuck_days": -1}]
)
def test_the_figures_of_the_week_come_from_the_policy(table: Any) -> None:
    whole = {
        "report_due_hour": 18, "reminder_hour": 12, "missing_hour": 9, "rollup_hour": 10,
        "stuck_days": 14, "support_working_days": 3, "install_working_days": 2,
    }  # fmt: skip
    assert parse_week({"week": whole}) == FIGURES
    with pytest.raises(RuleViolation, match=r"policy\.bad_figure"):
        parse_week({"week": {**whole, **table} if table else table})

"""The four-week clock (C3): which days count and what people are told of it (G4)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.facts import Pause
from portal.domain.protection import (
    HELD_REVIEW,
    days_left,
    lapses_at,
    late_review,
    protected_until,
    reassignable_from,
    started_on,
)

START = date(2026, 3, 2)


def test_28_days_from_2_march_cover_30_march():
    assert protected_until(START, 28) == date(2026, 3, 30)


def test_it_is_over_at_the_start_of_the_next_business_day():
    assert lapses_at(date(2026, 3, 30)) == datetime(2026, 3, 30, 16, 0, tzinfo=UTC)
    assert reassignable_from(date(2026, 3, 30)) == date(2026, 3, 31)


def test_paused_days_do_not_count_and_are_counted_once():
    pauses = [
        Pause(date(2026, 3, 10), date(2026, 3, 12), "support"),
        Pause(date(2026, 3, 12), date(2026, 3, 13), "trial install"),
    ]
    assert protected_until(START, 28, pauses) == date(2026, 4, 3)


def test_a_pause_on_the_day_the_clock_starts_or_before_or_after_the_end_changes_nothing():
    for first, last in ((1, 2), (31, 31)):
        pause = Pause(date(2026, 3, first), date(2026, 3, last), "support")
        assert protected_until(START, 28, [pause]) == date(2026, 3, 30)


def test_a_pause_on_the_last_day_moves_the_end_behind_it():
    pause = Pause(date(2026, 3, 30), date(2026, 4, 1), "support")
    assert protected_until(START, 28, [pause]) == date(2026, 4, 2)


def test_the_days_left_do_not_count_today():
    last = date(2026, 3, 30)
    days = (date(2026, 3, 23), last, date(2026, 3, 31))
    assert [days_left(last, today) for today in days] == [7, 0, -1]


def test_the_clock_starts_on_the_shanghai_day_of_the_latest_instant():
    late_evening = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    assert started_on(late_evening) == date(2026, 3, 2)
    assert started_on(late_evening, datetime(2026, 3, 10, 1, tzinfo=UTC)) == date(2026, 3, 10)
    assert started_on(None, late_evening) == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("decided", "late"),
    [
        (date(2026, 3, 6), None),
        (date(2026, 3, 9), None),  # filed on a Friday, due on the Monday
        (date(2026, 3, 10), (date(2026, 3, 10), date(2026, 3, 10))),
        (date(2026, 3, 12), (date(2026, 3, 10), date(2026, 3, 12))),
    ],
)
def test_a_review_is_late_from_the_day_after_its_due_date(decided, late):
    pause = late_review(7, date(2026, 3, 6), decided, 1)
    assert (pause and (pause.first, pause.last)) == late
    assert pause is None or (pause.cause, pause.claim) == (HELD_REVIEW, 7)


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 1)), st.integers(0, 60), st.integers(0, 5), st.integers(1, 60)
)
def test_the_late_review_of_a_filing_shortens_and_stretches_nothing_of_its_own_clock(
    filed: date, took: int, working_days: int, days: int
):
    """The clock starts when it is decided: no day on which the review was owed lies in it."""
    decided = filed + timedelta(days=took)
    pause = late_review(1, filed, decided, working_days)
    assert protected_until(decided, days, [pause] if pause else []) == protected_until(decided, days)

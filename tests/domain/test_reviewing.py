"""When the Thursday review is held, and what it may say (W3, W5, S3)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import RuleViolation
from portal.domain.pipeline import Stage
from portal.domain.reviewing import (
    FACTS,
    VERDICTS,
    can_be_held,
    check_time,
    check_verdict,
    is_late,
    may_take_back,
    to_do_next,
)
from portal.domain.weekly import LineVerdict as V
from portal.domain.weeks import Week, week_of
from tests.support.clocks import shanghai

WEEK = Week(date(2026, 11, 26))
OWNED = shanghai("2026-11-01 10:00")


def test_it_is_held_from_friday_until_the_next_review() -> None:
    days = [date(2026, 11, 19) + timedelta(days=number) for number in range(20)]
    assert [day for day in days if can_be_held(WEEK, day)] == days[1:14]
    assert [day for day in days if is_late(WEEK, day)] == days[8:]


def test_a_holiday_on_thursday_moves_the_day_after_which_it_is_late() -> None:
    """National Day 2026: Thursday 1 October; the review is on Wednesday (W5)."""
    week = Week(date(2026, 10, 1))
    assert week.review_on == date(2026, 9, 30)
    assert is_late(week, date(2026, 10, 1))
    assert not is_late(week, date(2026, 9, 30))


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_one_or_two_reviews_can_be_held_on_any_day(day: date) -> None:
    this = week_of(day)
    open_ = [each for each in (this.before.before, this.before, this, this.next) if can_be_held(each, day)]
    assert open_ in ([this], [this.before, this])
    for done in (True, False):
        assert can_be_held(to_do_next(day, last_is_done=done), day)


@pytest.mark.parametrize(
    ("day", "done", "thursday"),
    [
        (date(2026, 11, 27), False, date(2026, 11, 26)),
        (date(2026, 11, 27), True, date(2026, 12, 3)),
        (date(2026, 12, 1), False, date(2026, 11, 26)),
        (date(2026, 12, 2), False, date(2026, 12, 3)),  # this week's reports are due
        (date(2026, 12, 3), False, date(2026, 12, 3)),
    ],
)
def test_which_week_is_to_be_done_next(day: date, done: bool, thursday: date) -> None:
    assert to_do_next(day, last_is_done=done) == Week(thursday)


@pytest.mark.parametrize(
    ("day", "code"), [(date(2026, 11, 19), "review.too_early"), (date(2026, 12, 3), "review.too_late")]
)
def test_too_early_and_too_late_say_the_day(day: date, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        check_time(WEEK, day)
    assert refused.value.code == code
    assert refused.value.params["day"] in (WEEK.first, WEEK.next.review_on)


@pytest.mark.parametrize(
    ("verdict", "sentence", "over", "code"),
    [
        (V.NOTED, "", {}, None),
        (V.PROGRESS, "约好试用", {}, None),
        (V.PROGRESS, "", {}, "review.sentence"),
        (V.RETURNED, "", {}, "review.sentence"),
        (V.NOTED, "", {"owned_since": None}, "review.not_owner"),
        (V.NOTED, "", {"owned_since": WEEK.next.start}, "review.not_in_week"),
        (V.NOTED, "", {"owned_since": WEEK.end}, None),
        (V.PROGRESS, "已签", {"stage": Stage.SIGNED}, "review.signed"),
        (V.RETURNED, "缺合同", {"stage": Stage.SIGNED}, None),
    ],
)
def test_what_a_verdict_needs(verdict: V, sentence: str, over: dict[str, object], code: str | None) -> None:
    values: dict[str, object] = {"owned_since": OWNED, "stage": Stage.MEETING} | over
    if code is None:
        check_verdict(verdict, sentence, week=WEEK, **values)  # type: ignore[arg-type]
        return
    with pytest.raises(RuleViolation) as refused:
        check_verdict(verdict, sentence, week=WEEK, **values)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_every_verdict_is_a_fact_of_its_own() -> None:
    assert set(FACTS) == set(V)
    assert {FACTS[verdict]: verdict for verdict in V} == dict(VERDICTS)


def test_only_its_author_takes_a_verdict_back_and_only_on_its_day() -> None:
    given_at = shanghai("2026-11-26 23:59")
    assert may_take_back(given_at, 7, user_id=7, today=date(2026, 11, 26))
    assert not may_take_back(given_at, 7, user_id=8, today=date(2026, 11, 26))
    assert not may_take_back(given_at, 7, user_id=7, today=date(2026, 11, 27))

"""Amounts, counts, days and instants as people type them: read exactly, or refused with a reason."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.calendar import (
    add_working_days,
    calendar_is_official,
    is_working_day,
    parse_date,
    parse_instant,
    review_day,
)
from portal.domain.errors import RuleViolation
from portal.domain.money import parse_amount, parse_count, round_fen
from portal.domain.periods import BUSINESS_OFFSET, business_date, day_end, day_start


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0", "0.00"), ("12", "12.00"), ("12.5", "12.50"), (" 21,600.00 ", "21600.00"), ("１２．５", "12.50"),
        ("¥1,234,567.89", "1234567.89"), ("￥3", "3.00"), ("300元", "300.00"), ("007", "7.00"),
        ("9999999999999.99", "9999999999999.99"),
    ],
)  # fmt: skip
def test_amounts_are_read_to_the_fen(typed: str, read: str) -> None:
    assert str(parse_amount(typed)) == read


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "not_a_number"), ("元", "not_a_number"), ("abc", "not_a_number"), ("1e5", "not_a_number"),
        ("NaN", "not_a_number"), ("Infinity", "not_a_number"), (".5", "not_a_number"), ("5.", "not_a_number"),
        ("1 000", "not_a_number"), ("一千", "not_a_number"), ("1.2.3", "not_a_number"),
        ("٣", "not_a_number"), ("-1", "negative"), ("−1", "negative"), ("(5)", "negative"),
        ("1,00", "grouping"), ("12,34,567", "grouping"), ("1,234.5,6", "grouping"), ("1.234", "decimals"),
        ("0.001", "decimals"), ("10000000000000", "too_large"), ("9" * 41, "too_large"),
    ],
)  # fmt: skip
def test_amounts_that_are_none_are_refused(typed: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        parse_amount(typed)
    assert refused.value.code == f"amount.{code}"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1.0", "not_whole"), ("-3", "negative"), ("1,0", "grouping"), ("x", "not_a_number"),
        ("10000000", "too_large"), ("1" * 30, "too_large"), ("1" * 100_000, "too_large"),
        ("0x10", "not_a_number"),
    ],
)  # fmt: skip
def test_counts_that_are_none_are_refused(typed: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        parse_count(typed)
    assert refused.value.code == f"count.{code}"


@given(st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False))
def test_an_amount_comes_back_however_it_is_written(amount: Decimal) -> None:
    for text in (f"{amount:f}", f"{amount:,f}", f" ¥{amount:f} ", f"{amount:,f}元"):
        assert parse_amount(text) == amount


@given(st.integers(0, 10**15))
def test_half_a_fen_is_rounded_up(tenths: int) -> None:
    """M4: 33.335 becomes 33.34."""
    exact = Decimal(tenths) / 1000
    rounded = round_fen(exact)
    assert -Decimal("0.005") < exact - rounded <= Decimal("0.005") or rounded - exact == Decimal("0.005")
    assert round_fen(Decimal("33.335")) == Decimal("33.34")
    assert round_fen(Decimal("33.345")) == Decimal("33.35")


@pytest.mark.parametrize(
    "typed",
    ["2026-03-01", "2026/3/1", "2026.03.01", "2026年3月1日", " 2026 年 3 月 1 日 ", "２０２６－０３－０１"],
)
def test_days_in_the_forms_people_use(typed: str) -> None:
    assert parse_date(typed) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "form"), ("today", "form"), ("01-03-2026", "form"), ("26-03-01", "form"), ("20260301", "form"),
        ("2026-03", "form"), ("2026-02-29", "no_such_day"), ("2026-13-01", "no_such_day"),
        ("2026-00-10", "no_such_day"), ("2026-04-31", "no_such_day"), ("1989-12-31", "out_of_range"),
        ("2200-01-01", "out_of_range"), ("0000-01-01", "no_such_day"), ("46082", "form"),
        ("9" * 10_000, "form"),
    ],
)  # fmt: skip
def test_days_that_are_none_are_refused(typed: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        parse_date(typed)
    assert refused.value.code == f"date.{code}"


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        ("2026-03-02", "2026-03-01 16:00:00"), ("2026-03-02 10:00:00", "2026-03-02 02:00:00"),
        ("2026-03-02T10:00", "2026-03-02 02:00:00"), ("2026/3/2 10:00", "2026-03-02 02:00:00"),
        ("2026-03-02T10:00:00Z", "2026-03-02 10:00:00"), ("2026-03-02T10:00:00+00:00", "2026-03-02 10:00:00"),
        ("2026-03-02T10:00:00.250000-05:00", "2026-03-02 15:00:00.250000"),
        ("2026年3月2日 10:00", "2026-03-02 02:00:00"),
    ],
)  # fmt: skip
def test_an_instant_without_an_offset_is_shanghais(typed: str, utc: str) -> None:
    assert parse_instant(typed) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "instant.form"), ("soon", "instant.form"), ("2026-03-02 25:00", "instant.form"),
        ("2026-03-02 10:61", "instant.form"), ("2026-03-02 ten", "instant.form"),
        ("2026-02-30 10:00", "date.no_such_day"), ("10:00 2026-03-02", "date.form"),
        ("2026-03-02 10:00+25:00", "instant.form"), ("1772416800", "instant.form"),
    ],
)  # fmt: skip
def test_instants_that_are_none_are_refused(typed: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        parse_instant(typed)
    assert refused.value.code == code


@given(st.datetimes(datetime(1990, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_comes_back_in_any_offset(instant: datetime) -> None:
    assert parse_instant(instant.isoformat()) == instant
    assert parse_instant(instant.astimezone(BUSINESS_OFFSET).isoformat(sep=" ")) == instant
    assert parse_instant(instant.astimezone(BUSINESS_OFFSET).replace(tzinfo=None).isoformat()) == instant
    day = business_date(instant)
    assert day_start(day) <= instant <= day_end(day)
    assert day_end(day) + timedelta(microseconds=1) == day_start(day + timedelta(days=1))


@given(st.text(max_size=80))
@pytest.mark.parametrize("parse", [parse_amount, parse_count, parse_date, parse_instant])
def test_whatever_is_typed_is_read_or_refused_and_never_a_crash(
    parse: Callable[[str], object], typed: str
) -> None:
    with suppress(RuleViolation):
        parse(typed)


def test_working_days_know_holidays_and_make_up_days() -> None:
    assert not is_working_day(date(2025, 10, 1))  # National Day, a Wednesday
    assert is_working_day(date(2025, 9, 28))  # a Sunday that is made up for it
    assert not is_working_day(date(2026, 3, 7))
    assert add_working_days(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert add_working_days(date(2025, 9, 26), 1) == date(2025, 9, 28)
    assert add_working_days(date(2026, 3, 2), 0) == date(2026, 3, 2)
    assert review_day(date(2025, 10, 2)) == date(2025, 9, 30)
    assert review_day(date(2026, 3, 5)) == date(2026, 3, 5)


def test_a_year_without_an_official_calendar_goes_by_weekdays() -> None:
    assert calendar_is_official(2025)
    assert not calendar_is_official(2150)
    assert [is_working_day(date(2150, 10, day)) for day in range(1, 8)] == [
        date(2150, 10, day).weekday() < 5 for day in range(1, 8)
    ]


@given(st.dates(date(2010, 1, 1), date(2060, 12, 31)), st.integers(0, 15))
def test_working_days_are_counted_one_by_one(day: date, count: int) -> None:
    end = add_working_days(day, count)
    between = [day + timedelta(days=each) for each in range(1, (end - day).days + 1)]
    assert sum(map(is_working_day, between)) == count
    assert not count or is_working_day(end)

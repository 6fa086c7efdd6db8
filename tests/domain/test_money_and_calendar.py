"""Amounts, counts, dates and working days as people type them (M4, W5)."""

import contextlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.calendar import add_working_days, is_working_day, parse_date, parse_instant, review_day
from portal.domain.errors import RuleViolation
from portal.domain.money import parse_amount, parse_count, round_fen
from tests.support.clocks import shanghai

relaxed = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("0", "0.00"),
        ("１２３", "123.00"),
        ("1,234.5", "1234.50"),
        ("¥ 12,000.00", "12000.00"),
        (" 8元 ", "8.00"),
    ],
)
def test_an_amount_is_read(typed: str, amount: str):
    assert str(parse_amount(typed)) == amount


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1e9", "not_a_number"),
        ("", "not_a_number"),
        ("NaN", "not_a_number"),
        ("٣", "not_a_number"),
        ("-5", "negative"),
        ("−5", "negative"),
        ("(5)", "negative"),
        ("12,34.5", "grouping"),
        ("9" * 10_000, "too_large"),
    ],
)
def test_a_bad_figure_is_refused_by_its_reason(typed: str, code: str):
    for kind, read in (("amount", parse_amount), ("count", parse_count)):
        with pytest.raises(RuleViolation) as refused:
            read(typed)
        assert refused.value.code == f"{kind}.{code}"


@pytest.mark.parametrize(
    ("read", "typed", "code"),
    [
        (parse_amount, "1.234", "amount.decimals"),
        (parse_amount, "10000000000000", "amount.too_large"),
        (parse_count, "1.5", "count.not_whole"),
        (parse_count, "10000000", "count.too_large"),
        (parse_date, "2026-02-30", "date.no_such_day"),
        (parse_date, "2026-13-01", "date.no_such_day"),
        (parse_date, "1989-12-31", "date.out_of_range"),
        (parse_date, "01/02/2026", "date.form"),
        (parse_date, "", "date.form"),
        (parse_date, "2" * 10_000, "date.form"),
        (parse_instant, "2026-02-30 10:00", "date.no_such_day"),
        (parse_instant, "2026-03-02 25:00", "instant.form"),
        (parse_instant, "yesterday", "instant.form"),
    ],
)
def test_what_cannot_be_is_refused(read: Callable[[str], object], typed: str, code: str):
    with pytest.raises(RuleViolation) as refused:
        read(typed)
    assert refused.value.code == code


@pytest.mark.parametrize("typed", ["2026-03-01", "2026/3/1", "2026年3月1日", "２０２６．３．１"])
def test_a_day_is_read(typed: str):
    assert parse_date(typed) == date(2026, 3, 1)


@pytest.mark.parametrize("typed", ["2026-03-02 10:00", "2026/3/2T10:00:00", "2026-03-02 02:00+00:00"])
def test_an_instant_is_shanghais_unless_it_says_otherwise(typed: str):
    assert parse_instant(typed) == shanghai("2026-03-02 10:00")


def test_m4_half_a_fen_is_rounded_up():
    rounded = [str(round_fen(Decimal(each))) for each in ("33.335", "33.345", "33.333", "-33.345")]
    assert rounded == ["33.34", "33.35", "33.33", "-33.35"]


@relaxed
@given(st.decimals(0, 10**12, places=2))
def test_an_amount_written_out_is_read_back(amount: Decimal):
    assert parse_amount(f"{amount:,}") == parse_amount(str(amount)) == amount


@relaxed
@given(st.text(max_size=80))
@pytest.mark.parametrize("read", [parse_amount, parse_count, parse_date, parse_instant])
def test_any_text_is_read_or_refused(read: Callable[[str], object], text: str):
    with contextlib.suppress(RuleViolation):
        read(text)


def test_public_holidays_and_make_up_days():
    assert not is_working_day(date(2026, 10, 1))
    assert is_working_day(date(2026, 10, 10))  # a Saturday worked for the holidays
    assert add_working_days(date(2026, 9, 30), 1) == date(2026, 10, 8)


def test_w5_a_review_on_a_holiday_is_on_the_last_working_day_before():
    assert review_day(date(2026, 3, 5)) == date(2026, 3, 5)
    assert review_day(date(2026, 10, 1)) == date(2026, 9, 30)

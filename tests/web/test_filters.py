"""How figures and days are written in the two languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask, g

from portal.web import filters

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture(params=["zh", "en"])
def locale(request: pytest.FixtureRequest, app: Flask, at):
    """A request in either language, on Tuesday 24 November 2026 in Shanghai."""
    at("2026-11-24 09:00")
    with app.test_request_context():
        g.locale = request.param
        yield request.param


@pytest.mark.parametrize(
    ("amount", "exact", "whole"),
    [
        (Decimal("18901.88"), "¥18,901.88", "¥18,902"),
        (Decimal("126000"), "¥126,000.00", "¥126,000"),
        (Decimal("0"), "¥0.00", "¥0"),
        (Decimal("1234567890123.45"), "¥1,234,567,890,123.45", "¥1,234,567,890,123"),
        (None, "", ""),
    ],
)
def test_money_is_written_alike_in_both_languages(locale, amount, exact, whole):
    assert filters.money(amount) == exact
    assert filters.whole_money(amount) == whole


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (date(2026, 11, 27), "11-27 周五", "Fri 27 Nov"),
        (date(2026, 1, 4), "01-04 周日", "Sun 4 Jan"),
        (date(2025, 11, 27), "2025-11-27", "27 Nov 2025"),
        (datetime(2026, 11, 26, 16, 0, tzinfo=UTC), "11-27 周五", "Fri 27 Nov"),
        (datetime(2026, 11, 26, 15, 59, tzinfo=UTC), "11-26 周四", "Thu 26 Nov"),
        (None, "", ""),
    ],
)
def test_a_day_is_shanghais(locale, value, zh, en):
    assert filters.day(value) == (zh if locale == "zh" else en)


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (date(2026, 11, 24), "今天", "today"),
        (date(2026, 11, 25), "1 天后", "in 1 day"),
        (date(2026, 11, 28), "4 天后", "in 4 days"),
        (date(2026, 11, 23), "1 天前", "1 day ago"),
        (date(2026, 11, 10), "14 天前", "14 days ago"),
        (None, "", ""),
    ],
)
def test_how_far_a_day_is(locale, value, zh, en):
    assert filters.in_days(value) == (zh if locale == "zh" else en)


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (date(2026, 11, 24), "今天", "today"),
        (date(2026, 11, 28), "4 天后", "in 4 days"),
        (date(2026, 11, 23), "逾期 1 天", "1 day late"),
        (date(2026, 11, 10), "逾期 14 天", "14 days late"),
        (None, "", ""),
    ],
)
def test_what_is_due_before_today_is_late(locale, value, zh, en):
    assert filters.due_in(value) == (zh if locale == "zh" else en)


def test_forms_and_cases_use_iso_and_24_hours(locale):
    assert filters.iso(date(2026, 3, 1)) == "2026-03-01"
    assert filters.iso(datetime(2026, 2, 28, 16, 0, tzinfo=UTC)) == "2026-03-01"
    assert filters.moment(datetime(2026, 11, 27, 6, 2, 59, tzinfo=UTC)) == "2026-11-27 14:02"
    assert filters.iso(None) == filters.moment(None) == ""


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (999, "999"), (12345, "12,345"), (None, "")])
def test_a_count_is_grouped(number, text):
    assert filters.count(number) == text


@pytest.mark.parametrize(
    ("name", "badge"),
    [
        ("林知夏", "林"),
        ("Lin Zhixia", "LZ"),
        ("  bob ", "B"),
        ("Ann van der Berg", "AV"),
        ("", "?"),
        ("   ", "?"),
        ("🐼 Panda", "🐼"),
    ],
)
def test_a_badge_has_one_han_character_or_two_letters(name, badge):
    assert filters.initials(name) == badge

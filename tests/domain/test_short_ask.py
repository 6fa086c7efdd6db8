"""One line of a meeting as a request for support: what, who, when (W3, L2)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import RuleViolation
from portal.domain.short_ask import ShortAsk, read_short_ask

THURSDAY = date(2026, 11, 26)
PEOPLE = {"唐越": 7, "唐糖": 8, "Tang Yue": 9, "Me Too": 10}


def read(text: str) -> ShortAsk:
    return read_short_ask(text, today=THURSDAY, people=PEOPLE, me=1)


@pytest.mark.parametrize(
    ("text", "need", "owner", "due"),
    [
        ("售前同去", "售前同去", None, None),
        ("售前同去 @唐越 11-27", "售前同去", 7, date(2026, 11, 27)),
        ("售前同去 11月27日 ＠唐越", "售前同去", 7, date(2026, 11, 27)),
        ("售前同去@唐越 周五", "售前同去", 7, date(2026, 11, 27)),
        ("催试点数据 @我 今天", "催试点数据", 1, THURSDAY),
        ("报价 周四", "报价", None, THURSDAY),
        ("报价 周三", "报价", None, date(2026, 12, 2)),
        ("报价 下周一", "报价", None, date(2026, 11, 30)),
        ("报价 下周日", "报价", None, date(2026, 12, 6)),
        ("报价 星期天", "报价", None, date(2026, 11, 29)),
        ("培训 1月5日", "培训", None, date(2027, 1, 5)),
        ("培训 11-20", "培训", None, date(2026, 11, 20)),
        ("培训 2028-02-29", "培训", None, date(2028, 2, 29)),
        ("Pre-sales to the clinic @tang 27 Nov", "Pre-sales to the clinic", 9, date(2026, 11, 27)),
        ("Pre-sales @Tang Yue tomorrow", "Pre-sales", 9, date(2026, 11, 27)),
        ("Pre-sales @me next Mon", "Pre-sales", 1, date(2026, 11, 30)),
        ("Price for Dec 3", "Price for", None, date(2026, 12, 3)),
        ("11-27 版报价单", "11-27 版报价单", None, None),
        ("buy 20 phones", "buy 20 phones", None, None),
        ("价格特批 8.5", "价格特批 8.5", None, None),  # a discount is no day
        ("Price for 3 September", "Price for", None, date(2026, 9, 3)),
        ("Price for Sept 3", "Price for", None, date(2026, 9, 3)),
        ("Price next Thursday", "Price", None, date(2026, 12, 3)),
        ("Price by the end of next month", "Price by the end of next month", None, None),
        ("Help with 3 decisions", "Help with 3 decisions", None, None),
        ("A visit with 2 marketing", "A visit with 2 marketing", None, None),
        ("Make them satisfied", "Make them satisfied", None, None),
        ("@唐越 周五 售前同去", "周五 售前同去", 7, None),
    ],
)
def test_a_line_says_what_who_and_when(text: str, need: str, owner: int | None, due: date | None) -> None:
    assert read(text) == ShortAsk(need, owner, due)


@pytest.mark.parametrize("text", ["", "  ", "@唐越", "周五", "@我 明天"])
def test_what_is_needed_must_be_said(text: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        read(text)
    assert refused.value.code == "required"


@pytest.mark.parametrize("text", ["报价 @唐 周五", "报价 @王五", "报价 @"])
def test_a_name_means_one_person(text: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        read(text)
    assert refused.value.code == "support.nobody"
    assert "唐越" in refused.value.params["known"]


@pytest.mark.parametrize("text", ["报价 13-40", "报价 2026-02-30", "报价 31 Nov"])
def test_a_day_that_is_none_is_not_taken_for_text(text: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        read(text)
    assert refused.value.code == "support.no_day"


@given(st.text(max_size=60), st.sampled_from(["", " @我", " @唐越"]), st.dates(THURSDAY, date(2027, 5, 1)))
def test_whatever_is_typed_is_read_or_refused(need: str, who: str, day: date) -> None:
    """And a day that is said in full is the day that is read."""
    try:
        found = read(f"{need}{who} {day.isoformat()}")
    except RuleViolation as error:
        refused = error.code
        assert refused in {"required", "support.nobody", "support.no_day"}
        return
    assert found.due == day
    assert found.need
    assert len(found.need) <= len(need)


def test_a_line_that_is_far_too_long_is_refused_before_its_words_are_looked_at() -> None:
    with pytest.raises(RuleViolation) as refused:
        read("@" + "a " * 300)
    assert refused.value.code == "text.too_long"

"""Patterns of fishing (G6): example by example, and what holds for any checks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.fishing import Check, FishingFigures, Pattern, look, unfiled

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
FIGURES = FishingFigures(
    names_per_day=20, names_per_hour=10, taken_names=5, taken_share=Decimal("0.60"), sequence=6
)
# Neither is the beginning of another one, nor are they in the order of a list.
NAMES = [f"{chr(0x4E00 + number * 7919 % 3000)}某公司" for number in range(40)]


def checks(count: int, *, minutes: int = 20, taken: int = 0) -> list[Check]:
    return [Check(START + timedelta(minutes=minutes * n), NAMES[n], n < taken) for n in range(count)]


@pytest.mark.parametrize(
    ("day", "patterns"),
    [
        (checks(19), ()),
        (checks(20), (Pattern.MANY,)),
        (checks(9, minutes=1), ()),
        (checks(10, minutes=1), (Pattern.BURST,)),
        (checks(10, minutes=7), ()),
        (checks(8, taken=4), ()),
        (checks(8, taken=5), (Pattern.TAKEN,)),
        (checks(10, taken=5), ()),
        (sorted(checks(6, minutes=0), key=lambda each: each.name), (Pattern.SEQUENCE,)),
        ([], ()),
    ],
)
def test_what_is_conspicuous(day: list[Check], patterns: tuple[Pattern, ...]):
    assert look(day, (), FIGURES).patterns == patterns


def test_typing_one_name_is_one_company():
    typing = [Check(START + timedelta(seconds=n), "慢蜗牛快递有限公司"[: n + 2], False) for n in range(8)]
    assert [each.name for each in unfiled(typing, ())] == ["慢蜗牛快递有限公司"]


def test_what_was_filed_was_not_fished():
    assert look(checks(30), NAMES, FIGURES).patterns == ()


DAYS = st.lists(
    st.builds(
        Check,
        at=st.integers(0, 86399).map(lambda seconds: START + timedelta(seconds=seconds)),
        name=st.text("甲乙丙丁戊己庚辛", min_size=1, max_size=4),
        taken=st.booleans(),
    ),
    max_size=60,
)


@given(DAYS, st.sets(st.text("甲乙丙丁", min_size=1, max_size=4)))
def test_filing_never_makes_a_day_more_conspicuous_by_number(day: list[Check], filed: set[str]):
    before, after = look(day, (), FIGURES), look(day, filed, FIGURES)
    assert after.names <= before.names <= len(day)
    assert after.taken <= after.names
    assert Pattern.MANY not in set(after.patterns) - set(before.patterns)
    assert not filed & {each.name for each in unfiled(day, filed)}


@given(DAYS)
def test_checking_again_changes_nothing(day: list[Check]):
    """Whoever looks the same names up a second time, in the same order, fished no more."""
    once = look(day, (), FIGURES)
    assert look([*day, *day], (), FIGURES).names <= once.names + 1
    assert not once.patterns or len(day) >= FIGURES.least

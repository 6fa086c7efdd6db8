"""What an equal website, telephone or tax id adds to the likeness of names, and when it adds nothing (§6)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.alike import (
    HELD_BY_IDENTIFIER,
    HELD_FROM,
    NAMES_WITH_TELEPHONE,
    NAMES_WITH_WEBSITE,
    TOLD_FROM,
    Alike,
    Resemblance,
)
from portal.domain.company import parse
from portal.domain.evidence import (
    Holder,
    IdentifierKind,
    identifiers_of,
    is_shared,
    weigh_identifiers,
    weigh_names,
)

TAX, WEB, PHONE = IdentifierKind.TAX_ID, IdentifierKind.WEBSITE, IdentifierKind.PHONE
ANY = parse("慢蜗牛快递有限公司")
# Names of which the likeness is little, middling and high; two of them differ by their figures.
NAMES = (
    "慢蜗牛快递有限公司", "慢蜗牛物流有限公司", "北京慢蜗牛快递有限公司", "上海慢蜗牛科技有限公司",
    "慢蜗牛", "白帆造船厂", "临江市第一中学", "临江市第二中学", "Slow Snail Express Ltd",
    "Slow Snail Logistics Co., Ltd.", "Man Woniu Kuaidi", "星河动力", "北京星河动力装备科技有限公司",
    "3号仓储有限公司", "7号仓储有限公司",
)  # fmt: skip
some_kinds = st.frozensets(st.sampled_from(list(IdentifierKind)))
some_name = st.sampled_from(NAMES)


def weighed(names: float, *equal: IdentifierKind) -> Alike:
    return weigh_identifiers(ANY, ANY, Alike(names, Resemblance.BRAND), equal)


@pytest.mark.parametrize(
    ("names", "equal", "score", "why"),
    [
        (74, (WEB,), HELD_BY_IDENTIFIER, Resemblance.WEBSITE),
        (69.9, (WEB,), TOLD_FROM, Resemblance.WEBSITE),
        (76, (PHONE,), HELD_BY_IDENTIFIER, Resemblance.TELEPHONE),
        (75.9, (PHONE,), TOLD_FROM, Resemblance.TELEPHONE),
        (75, (WEB, PHONE), HELD_BY_IDENTIFIER, Resemblance.WEBSITE),
        (10, (WEB, PHONE), TOLD_FROM, Resemblance.WEBSITE),
        (97, (WEB,), 97, Resemblance.BRAND),
        (5, (TAX,), 99, Resemblance.TAX_ID),
        (60, (), 60, Resemblance.BRAND),
    ],
)
def test_what_is_equal_adds_to_the_names(
    names: float, equal: tuple[IdentifierKind, ...], score: float, why: Resemblance
):
    assert weighed(names, *equal) == Alike(score, why)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("临江市第一中学", "临江市第二中学"),
        ("3号仓储有限公司", "7号仓储有限公司"),
        ("Depot 3 Storage Ltd", "Depot 7 Storage Ltd"),
    ],
)
def test_names_with_other_figures_are_never_held_by_an_identifier(one: str, other: str):
    found = weigh_names(parse(one), [parse(other)], {WEB, PHONE})
    assert (found.alike.score, found.names.score >= 60) == (TOLD_FROM, True)


def test_the_name_that_tells_most_of_a_customers_names_counts():
    names = ["白帆造船厂", "慢蜗牛快递有限公司", "慢蜗牛"]
    found = weigh_names(parse("慢蜗牛快递"), [parse(name) for name in names], {WEB})
    assert names[found.place] == "慢蜗牛快递有限公司"
    with pytest.raises(ValueError, match="empty"):
        weigh_names(ANY, [], {WEB})


@settings(max_examples=300, deadline=None)
@given(some_name, some_name, some_kinds)
def test_an_identifier_alone_is_never_held_and_names_never_lose(
    one: str, other: str, equal: frozenset[IdentifierKind]
):
    asked, known = parse(one), parse(other)
    names = weigh_names(asked, [known], ()).alike
    found = weigh_names(asked, [known], equal)
    assert found.alike.score >= names.score
    assert found.names == names
    telling = (WEB in equal and names.score >= NAMES_WITH_WEBSITE) or (
        PHONE in equal and names.score >= NAMES_WITH_TELEPHONE
    )
    if TAX not in equal and not telling:
        assert found.alike.score < HELD_FROM or found.alike == names


@settings(max_examples=300, deadline=None)
@given(some_name, some_name, some_kinds)
def test_which_of_two_was_there_first_does_not_decide(one: str, other: str, equal: frozenset[IdentifierKind]):
    first, second = parse(one), parse(other)
    here, there = weigh_names(first, [second], equal), weigh_names(second, [first], equal)
    assert here.alike.score == there.alike.score


codes = st.sampled_from([None, None, "91330106R3E9BHKFGW", "91310115TX2334G26K"])
some_holders = st.lists(codes, max_size=4).map(
    lambda found: [Holder(number, code) for number, code in enumerate(found)]
)


@pytest.mark.parametrize(
    ("holders", "apart", "shared"),
    [
        ([], (), False),
        ([None], (), False),
        ([None, None], (), False),
        (["A", None], (), False),
        (["A", "B"], (), True),
        ([None, None, None], (), True),
        ([None, None], [frozenset({0, 1})], True),
        ([None, None], [frozenset({0, 7})], False),
        ([None], [frozenset({0})], False),
    ],
)
def test_what_is_shared_is_learned(holders: list[str | None], apart: list[frozenset[int]], *, shared: bool):
    assert is_shared([Holder(at, code) for at, code in enumerate(holders)], apart) is shared


@settings(max_examples=200, deadline=None)
@given(some_holders, st.randoms(use_true_random=False))
def test_what_was_shared_stays_shared_with_more_customers(holders: list[Holder], random: object):
    shuffled = list(holders)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert is_shared(shuffled) == is_shared(holders)
    assert is_shared([*holders, Holder(99, None)]) >= is_shared(holders)


@pytest.mark.parametrize(
    ("website", "phone", "told"),
    [
        ("shop.huada.com.cn", "010-12345678-801", {(WEB, "huada.com.cn"), (PHONE, "1012345678")}),
        ("huada.cn", "+886-2-25317099", {(WEB, "huada.cn"), (PHONE, "225317099")}),
        ("huada.1688.com", "13812345678", {(PHONE, "13812345678")}),
        ("qq.com", "2345", set()),
        ("huada.github.io", "", set()),
        ("192.168.1.20", "", set()),
        ("", "", set()),
    ],
)
def test_what_of_a_filing_is_compared(website: str, phone: str, told: set[tuple[IdentifierKind, str]]):
    assert identifiers_of(website, phone) == told


def test_a_credit_code_tells_the_old_tax_number():
    assert identifiers_of("", "", "91330106R3E9BHKFGW") == {(TAX, "330106R3E9BHKFG")}

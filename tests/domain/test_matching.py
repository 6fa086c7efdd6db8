"""Same customer or not (§6): one filing against the customers that share a key with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.matching import Keys, KnownCustomer, MatchReason, Outcome, compare, match
from portal.domain.names import keys_of

A, B = "91110000100007478A", "91330106R3E9BHKFGW"


def keys(name: str, code: str | None = None) -> Keys:
    return Keys(code, keys_of(name).full, keys_of(name).core)


def known(number: int, name: str, code: str | None = None) -> KnownCustomer:
    customer = KnownCustomer(number, (number,))
    customer.learn(keys(name, code))
    return customer


HUADA, HUADA_CO, HUADA_SZ = "华达科技有限公司", "华达科技股份有限公司", "深圳市华达科技有限公司"


@pytest.mark.parametrize(
    ("filing", "customer", "outcome", "reason"),
    [
        (keys(HUADA, A), known(1, "另一家", A), Outcome.SAME, MatchReason.SAME_CODE),
        (keys(HUADA, A), known(1, HUADA, B), Outcome.DIFFERENT, MatchReason.OTHER_CODE),
        (keys(HUADA, A), known(1, HUADA), Outcome.SAME, MatchReason.SAME_NAME),
        (keys(HUADA), known(1, HUADA, A), Outcome.SAME, MatchReason.SAME_NAME),
        (keys(HUADA), known(1, HUADA_CO), Outcome.POSSIBLY, MatchReason.ALIKE_NAME),
        (keys(HUADA_SZ), known(1, HUADA, A), Outcome.POSSIBLY, MatchReason.ALIKE_NAME),
        (keys(HUADA), known(1, "华大科技有限公司"), Outcome.DIFFERENT, MatchReason.NOTHING_ALIKE),
        (keys("有限公司"), known(1, "股份有限公司"), Outcome.DIFFERENT, MatchReason.NOTHING_ALIKE),
    ],
)
def test_one_filing_and_one_customer(
    filing: Keys, customer: KnownCustomer, outcome: Outcome, reason: MatchReason
):
    assert compare(filing, customer) == (outcome, reason)


def test_a_code_beats_a_name_whoever_was_founded_first():
    found = match(keys(HUADA, B), [known(1, HUADA), known(2, "另一家", B)])
    assert (found.outcome, found.customer, found.reason) == (Outcome.SAME, 2, MatchReason.SAME_CODE)


def test_a_whole_name_beats_an_alike_one_whoever_was_founded_first():
    found = match(keys(HUADA), [known(1, HUADA_CO), known(2, HUADA)])
    assert (found.customer, found.reason, found.nearest) == (2, MatchReason.SAME_NAME, (2, 1))


def test_a_whole_name_that_several_bear_decides_nothing():
    found = match(keys(HUADA), [known(3, HUADA, B), known(2, HUADA, A)])
    assert (found.outcome, found.customer) == (Outcome.POSSIBLY, 2)
    assert found.reason is MatchReason.SAME_NAME_SEVERAL


def test_of_several_alike_the_earliest_founded_is_suspected():
    found = match(keys(HUADA), [known(5, HUADA_CO), known(4, HUADA_SZ)])
    assert (found.outcome, found.customer, found.nearest) == (Outcome.POSSIBLY, 4, (4, 5))


def test_who_was_ruled_out_is_not_suspected_again():
    found = match(keys(HUADA), [known(1, HUADA_CO), known(2, HUADA_SZ)], {1})
    assert found.customer == 2
    assert match(keys(HUADA), [known(1, HUADA_CO)], {1}).outcome is Outcome.DIFFERENT


def test_an_equal_code_overrules_a_decision():
    assert match(keys(HUADA, A), [known(1, HUADA, A)], {1}).customer == 1


def test_of_several_of_one_name_a_code_leaves_those_without_another():
    found = match(keys(HUADA, A), [known(1, HUADA, B), known(2, HUADA)])
    assert (found.customer, found.reason) == (2, MatchReason.SAME_NAME)


def test_a_customer_keeps_the_first_code_it_learns_and_gathers_names():
    customer = known(1, HUADA, A)
    customer.learn(keys(HUADA_CO, B))
    customer.learn(keys("IBM"))
    assert customer.code == A
    assert customer.fulls == {keys_of(each).full for each in (HUADA, HUADA_CO, "IBM")}


def test_nothing_alike_says_whether_a_code_ruled_somebody_out():
    assert match(keys(HUADA, A), [known(1, HUADA, B)]).reason is MatchReason.OTHER_CODE
    assert match(keys(HUADA, A), []).reason is MatchReason.NOTHING_ALIKE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海青鲸物流有限公司", "北京青鲸物流有限公司"),
        ("青鲸物流（上海）有限公司", "北京市青鲸物流股份有限公司"),
        ("广州青鲸物流有限公司", "广东省深圳市青鲸物流有限公司"),
        ("青鲸（上海）物流有限公司", "浙江青鲸物流有限公司"),
        ("上海青鲸物流有限公司杭州分公司", "杭州青鲸物流有限公司"),
    ],
)
def test_a_namesake_from_another_place_is_another_company(one: str, other: str):
    for filing, customer in ((one, other), (other, one)):
        found = match(keys(filing), [known(1, customer)])
        assert (found.outcome, found.reason) == (Outcome.DIFFERENT, MatchReason.NOTHING_ALIKE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海青鲸物流有限公司", "青鲸物流有限公司"),
        ("上海青鲸物流有限公司", "上海市青鲸物流股份有限公司"),
        ("广东青鲸物流有限公司", "青鲸物流（深圳）有限公司"),
        ("上海青鲸物流有限公司", "上海青鲸物流有限公司杭州分公司"),
        ("上海青鲸物流有限公司", "青鲸物流有限公司杭州分公司"),
    ],
)
def test_places_that_do_not_contradict_each_other_are_held(one: str, other: str):
    for filing, customer in ((one, other), (other, one)):
        assert match(keys(filing), [known(1, customer)]).reason is MatchReason.ALIKE_NAME


def test_a_customer_known_by_a_name_without_place_too_may_be_it():
    customer = known(1, "上海青鲸物流有限公司")
    assert match(keys("北京青鲸物流有限公司"), [customer]).outcome is Outcome.DIFFERENT
    customer.learn(keys("青鲸物流"))
    assert match(keys("北京青鲸物流有限公司"), [customer]).reason is MatchReason.ALIKE_NAME


def test_the_place_of_another_name_of_the_customer_does_not_count():
    customer = known(1, "上海大东青鲸物流有限公司")
    customer.learn(keys("杭州青鲸物流有限公司"))
    assert match(keys("上海青鲸物流有限公司"), [customer]).outcome is Outcome.DIFFERENT
    assert match(keys("杭州青鲸物流股份公司"), [customer]).reason is MatchReason.ALIKE_NAME


CITIES = ("北京", "上海市", "浙江省杭州市", "广东深圳", "广州", "内蒙古自治区")
cores = st.sampled_from(("青鲸物流", "华达科技", "静湖", "慢蜗牛快递"))
forms = st.sampled_from(("有限公司", "股份有限公司", "集团", "", "有限公司苏州分公司"))
shapes = st.sampled_from(("{place}{core}{form}", "{core}（{place}）{form}", "（{place}）{core}{form}"))


def in_brackets(place: str) -> str:
    return {"浙江省杭州市": "杭州", "广东深圳": "深圳市"}.get(place, place)


names = st.builds(
    lambda shape, place, core, form: shape.format(
        place=place if shape.startswith("{place}") else in_brackets(place), core=core, form=form
    ),
    shapes, st.sampled_from(CITIES), cores, forms,
)  # fmt: skip


@given(names, names)
def test_who_was_there_first_does_not_matter_to_names(one: str, other: str):
    assert compare(keys(one), known(1, other)) == compare(keys(other), known(1, one))


@given(st.permutations(CITIES), shapes, shapes, cores, forms, forms)
def test_a_namesake_elsewhere_is_never_held_by_its_key(
    cities: list[str], shape: str, other_shape: str, core: str, form: str, other_form: str
):
    one, other = (
        each.format(place=place if each.startswith("{place}") else in_brackets(place), core=core, form=end)
        for each, place, end in ((shape, cities[0], form), (other_shape, cities[1], other_form))
    )
    assert compare(keys(one), known(1, other))[0] is Outcome.DIFFERENT


@given(names, cores, forms)
def test_a_name_without_place_stays_held(name: str, core: str, form: str):
    held = compare(keys(core + form), known(1, name))[0] in (Outcome.POSSIBLY, Outcome.SAME)
    assert held == (keys(name).core == keys(core).core)

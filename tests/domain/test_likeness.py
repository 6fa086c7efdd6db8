"""How alike two names are: by example, and what holds for any two."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.domain.alike import HELD_FROM, TOLD_FROM, Alike, Resemblance
from portal.domain.company import parse
from portal.domain.likeness import likeness


def alike(one: str, other: str) -> Alike:
    return likeness(parse(one), parse(other))


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("深圳市华达科技有限公司", "華達科技（深圳）有限公司", Resemblance.CORE),
        ("深圳市华达科技有限公司", "华达科技股份有限公司", Resemblance.CORE),
        ("北京星河动力装备科技有限公司", "北京星河动力装备科技股份公司", Resemblance.WHOLE),
        ("北京星河动力装备科技有限公司", "北京星合动力装备科技有限公司", Resemblance.SOUND),
        ("北京星河动力装备科技有限公司", "北京星河动力装备技科有限公司", Resemblance.SLIP),
        ("慢蜗牛快递有限公司", "慢蜗牛快地有限公司", Resemblance.SOUND),
        ("Huawei Technologies Co., Ltd.", "HUAWEI TECHNOLOGIES", Resemblance.CORE),
        ("Huada Keji", "华达科技有限公司", Resemblance.SOUND),
    ],
)
def test_these_wait_for_a_person(one: str, other: str, why: Resemblance) -> None:
    found = alike(one, other)
    assert found.score >= HELD_FROM
    assert found.why is why
    assert alike(other, one).score >= HELD_FROM


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("深圳市华达科技有限公司", "上海华达科技有限公司"),  # the same brand elsewhere
        ("成都国光电气股份有限公司", "国光电器股份有限公司"),  # two trades, one sound
        ("慢蜗牛", "慢蜗牛快递有限公司"),  # a short form may mean several
        ("Shenzhen Huada Technology Co Ltd", "深圳市华达科技有限公司"),
    ],
)
def test_these_are_likely_relatives(one: str, other: str) -> None:
    assert TOLD_FROM <= alike(one, other).score < HELD_FROM


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("江临市第一中学", "江临市第二中学"),
        ("国元证券股份有限公司", "国金证券股份有限公司"),
        ("中航沈飞股份有限公司", "中航成飞股份有限公司"),
        ("青鲸物流有限公司", "青鲸供应链有限公司"),
        ("慢蜗牛快递有限公司", "快蜗牛慢递有限公司"),
        ("有限公司", "股份有限公司"),
        ("Газпром", "Лукойл"),
        ("삼성전자", "현대자동차"),
    ],
)
def test_these_are_nobody_s_business(one: str, other: str) -> None:
    assert alike(one, other).score < TOLD_FROM


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # One slip, and limited by shares against not: two companies.
        ("深圳通业科技股份有限公司", "深圳保业科技有限公司"),
        # One slip, and another place, if one that the other lies in.
        ("浙江晨丰科技有限公司", "宁波月丰科技有限公司"),
        # Two trades, none of them mistyped.
        ("广州白云山制药有限公司", "广州白云山医药有限公司"),
        # A short name that says 股份 means no company without it.
        ("宏发股份", "西藏宏发建筑有限公司"),
        ("德邦物流股份有限公司", "邦德物流"),
        ("Hangzhou Weiguang Electronic Co., Ltd.", "Guangzhou Zhiguang Electric Co., Ltd."),
        ("Dongxing Securities Corporation", "Nanjing Securities Co., Ltd."),
        ("Jiangsu Zijin Rural Bank", "Jiangsu Jiangyin Rural Bank"),
        ("Shenzhen Tongye Technology Co., Ltd.", "上海市统业科技有限公司"),
        ("Zhejiang Xinguang Pharmaceutical Co., Ltd.", "浙江医药股份有限公司"),
    ],
)
def test_two_differences_are_two_companies(one: str, other: str) -> None:
    assert alike(one, other).score < TOLD_FROM


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        # One slip anywhere in a long name, whatever part of it is hidden by that.
        ("圣邦微电子(北竞)股份有限公司", "圣邦微电子（北京）股份有限公司", Resemblance.SLIP),
        ("安徽省天然气深发股份有限公司", "安徽省天然气开发股份有限公司", Resemblance.SLIP),
        ("中果重汽集团济南卡车股份有限公司", "中国重汽集团济南卡车股份有限公司", Resemblance.SLIP),
        # One slip of a trade that stays a trade.
        ("金龙电机股份有限公司", "金龙机电股份有限公司", Resemblance.SLIP),
        ("多氟多材料股份有限公司", "多氟多新材料股份有限公司", Resemblance.SLIP),
        # Short names: by place and brand, by the first characters, of a public company.
        ("闽灿坤", "厦门灿坤实业股份有限公司", Resemblance.SHORT_FORM),
        ("沈化", "沈阳化工股份有限公司", Resemblance.SHORT_FORM),
        ("石英股份", "江苏太平洋石英股份有限公司", Resemblance.SHORT_FORM),
        ("同花顺", "浙江核新同花顺网络信息股份有限公司", Resemblance.SHORT_FORM),
        # Two brands in pinyin are no slip, but near.
        ("Guosen Securities Co., Ltd.", "GUOSHENG SECURITIES Inc.", Resemblance.LETTERS),
    ],
)
def test_these_are_told_and_not_held(one: str, other: str, why: Resemblance) -> None:
    found = alike(one, other)
    assert TOLD_FROM <= found.score < HELD_FROM
    assert found.why is why


def test_a_slip_of_letters_that_is_no_pinyin_waits_for_a_person() -> None:
    assert alike("Fulink Technology Co., Ltd.", "Fullink Technology Co., Ltd.").score >= HELD_FROM


@pytest.mark.parametrize(
    ("brand", "other"),
    [
        ("MINGXIN NEW MATERIAL CO.,LTD.", "BETHEL AUTOMOTIVE SAFETY SYSTEMS CO., LTD."),
        ("汉嘉数智科技集团股份有限公司", "China Design Group Co., Ltd."),
    ],
)
def test_the_word_a_company_calls_itself_tells_more_than_its_trade(brand: str, other: str) -> None:
    asked = "Mingxin Automotive Leather Co., Ltd." if brand.isascii() else "Hanjia Design Group Co., Ltd."
    assert TOLD_FROM > alike(asked, brand).score > alike(asked, other).score


def test_a_bare_brand_of_the_same_sound_is_known_by_too_little_to_hold() -> None:
    assert alike("上海东方明珠有限公司", "东方名珠").score < HELD_FROM
    assert alike("东方名珠", "上海东方明珠有限公司").score < HELD_FROM
    assert alike("上海东方明珠有限公司", "东方名珠有限公司").score >= HELD_FROM


def test_of_two_of_a_brand_a_short_name_is_the_public_one_s() -> None:
    public, other = alike("兴达", "兴达物流股份有限公司"), alike("兴达", "兴达食品有限公司")
    assert public.score > other.score >= TOLD_FROM


def test_two_characters_of_companies_of_different_kinds_are_not_held() -> None:
    assert alike("金辰股份", "大连金辰控股有限公司").score < HELD_FROM
    assert alike("金辰股份", "大连金辰控股股份有限公司").score >= HELD_FROM


WORDS = (
    "华达",
    "青鲸",
    "星河",
    "第一",
    "国光",
    "科技",
    "物流",
    "电气",
    "电器",
    "huada",
    "Tech",
    "7",
    "（上海）",
    "·",
)
FORMS = ("", "有限公司", "股份有限公司", "集团", " Co., Ltd.")
PLACES = ("", "北京", "上海市", "广东", "深圳", "中国")
built = st.builds(
    lambda place, words, form: place + "".join(words) + form,
    st.sampled_from(PLACES),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
    st.sampled_from(FORMS),
)
anything = st.one_of(built, st.text(min_size=1, max_size=60))


@given(anything, anything)
def test_any_two_names_have_a_score(one: str, other: str) -> None:
    assert 0 <= alike(one, other).score <= 100


@given(anything)
def test_nothing_is_more_alike_than_a_name_and_itself(name: str) -> None:
    assume(parse(name).core)
    assert alike(name, name).score >= HELD_FROM


@given(built, built)
def test_who_was_there_first_does_not_decide_whether_a_filing_waits(one: str, other: str) -> None:
    assert (alike(one, other).score >= HELD_FROM) == (alike(other, one).score >= HELD_FROM)


@given(built, st.sampled_from(("\u200b", "\u200f", "\u2060", " ", "\ufeff")), st.integers(0, 20))
def test_what_cannot_be_seen_changes_nothing(name: str, mark: str, at: int) -> None:
    assume(not name.isascii() and "（" not in name)  # where a bracket stands says what it means
    assert alike(name[:at] + mark + name[at:], name).score >= HELD_FROM

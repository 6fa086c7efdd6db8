"""Names taken apart: place, brand, trade, legal form (§6)."""

import pytest

from portal.domain.company import Company, parse


@pytest.mark.parametrize(
    ("name", "place", "brand", "trade", "form"),
    [
        ("深圳市华达科技有限公司", "深圳市", "华达", "科技", "有限公司"),
        ("華達科技（深圳）有限公司", "深圳", "华达", "科技", "有限公司"),
        ("华为技术（深圳）有限公司", "深圳", "华为", "技术", "有限公司"),
        ("广东东阳光科技控股股份有限公司", "广东", "东阳光", "科技", "控股股份有限公司"),
        ("漳州发展（福建）股份有限公司", "福建", "漳州", "发展", "股份有限公司"),
        ("北京银行股份有限公司", "", "北京", "银行", "股份有限公司"),
        ("中国石油化工股份有限公司", "", "中国", "石油化工", "股份有限公司"),
        ("有限公司", "", "有限", "", "公司"),
        ("上海", "", "上海", "", ""),
    ],
)
def test_a_chinese_name_has_place_brand_trade_and_form(
    name: str, place: str, brand: str, trade: str, form: str
) -> None:
    company = parse(name)
    assert (company.place, company.brand, company.trade, company.form) == (place, brand, trade, form)


@pytest.mark.parametrize(
    ("name", "same_core_as"),
    [
        ("＊ＳＴ宝实", "宝实"),
        ("粤宏远A", "宏远"),
        ("阳晨B股", "阳晨"),
        ("PT南洋", "南洋"),
        ("泓德能源-創", "泓德能源"),
        ("华达科技股份有公司", "华达科技"),
        ("华达科技股份有线公司", "华达科技"),
        ("深圳市华达科技有限公司北京分公司", "华达科技有限公司"),
        ("广东（朝阳）电子科技股份有限公司", "广东朝阳电子科技股份有限公司"),
        ("华达\u200b科技 有限公司", "华达科技"),
    ],
)
def test_how_it_is_written_does_not_change_the_core(name: str, same_core_as: str) -> None:
    assert parse(name).core == parse(same_core_as).core


def test_a_branch_is_known_as_one() -> None:
    assert parse("深圳市华达科技有限公司北京分公司").branch
    assert not parse("深圳市华达科技有限公司").branch


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Société Générale", ("societe", "generale")),
        ("Газпром нефть", ("газпром", "нефть")),
        ("삼성전자", ("삼성전자",)),
    ],
)
def test_other_scripts_have_words_too(name: str, words: tuple[str, ...]) -> None:
    assert parse(name).words == words


def test_a_latin_name_is_its_words_without_the_legal_form() -> None:
    company = parse("HUAWEI Technologies Co., Ltd.")
    assert (company.han, company.words, company.form) == (False, ("huawei", "technologies"), "coltd")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hang tian ke ji kong gu", ("hang", "tian", "ke", "ji")),
        ("mingyangzhihui nengyuanjituangufen", ("mingyangzhihui", "nengyuan")),
        ("ji tuan", ("ji", "tuan")),
        ("Kong Guru Films", ("kong", "guru", "films")),
    ],
)
def test_a_legal_form_in_pinyin_is_dropped_wherever_the_blanks_are(name: str, words: tuple[str, ...]) -> None:
    assert parse(name).words == words


@pytest.mark.parametrize(
    "name", ["中", "公司", "Ltd", "🂡", "\u202eabc", "x" * 500, "公司" * 250, "北京市" * 60]
)
def test_anything_has_a_core(name: str) -> None:
    company = parse(name)
    assert isinstance(company, Company)
    assert company.core

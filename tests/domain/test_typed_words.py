"""Names, credit codes, telephones, websites and e-mail addresses as people type them."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean, normalise_phone, normalise_website, parse_email, parse_uscc
from portal.domain.names import LONGEST_NAME, check_name, keys_of, normalise, search_grams

CODE = "91310115TX2334G26K"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
SAME_NAME = [
    [
        "深圳市华达科技有限公司", " 深圳市 华达科技有限公司", "深圳市華達科技有限公司",
        "深圳市（华达）科技有限公司", "深圳市(华达)科技有限公司", "深圳市华达科技有限公司。",
        "深圳市华达\u200b科技有限公司", "「深圳市华达科技有限公司」",
    ],
    [
        "Slow Snail Co., Ltd.", "SLOW SNAIL CO LTD", "slow-snail co.ltd",
        "Ｓｌｏｗ　Ｓｎａｉｌ　Ｃｏ．，Ｌｔｄ．",
    ],
]  # fmt: skip
HARD = {
    "nothing": "", "a blank": " ", "zero width": "\u200b\u200d\ufeff", "right to left": "\u202eabc\u202c",
    "an emoji": "🐌", "a family": "👨‍👩‍👧‍👦", "long": "名" * 10_000, "long digits": "9" * 10_000,
    "long blanks": " " * 10_000, "brackets": "（" * 5_000, "nested": "((((((深圳))))))", "nul": "a\x00b",
    "a lone surrogate": "\ud800", "combining": "e" + "\u0301" * 500, "Arabic": "شركة الحلزون",
    "tabs": "a\tb\nc",
    "ligature": "ﷺ" * 50, "markup": "<script>alert(1)</script>", "SQL": "'; DROP TABLE partner; --",
    "full width": "ＡＢＣ１２３", "at signs": "@" * 300, "dots": "." * 3_000, "hyphens": "-" * 3_000,
    "regions only": "深圳市", "a form only": "有限公司", "forms": "有限公司" * 2_000,
}  # fmt: skip
PARSERS = [
    *(check_name, normalise, keys_of, search_grams, clean),
    *(parse_uscc, normalise_phone, normalise_website, parse_email),
]
# Letters that stand alone: of others, a sign between two changes what they join to.
PLAIN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("abcXYZ019")


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("what", HARD)
def test_hard_input_is_read_or_refused_and_never_a_crash(parse: Callable[[str], object], what: str) -> None:
    with suppress(RuleViolation):
        parse(HARD[what])


@pytest.mark.parametrize("parse", PARSERS)
@given(typed=st.text(max_size=60))
def test_any_text_is_read_or_refused_and_never_a_crash(parse: Callable[[str], object], typed: str) -> None:
    with suppress(RuleViolation):
        parse(typed)


# Names


@pytest.mark.parametrize("spellings", SAME_NAME)
def test_spellings_of_one_name_are_one_name(spellings: list[str]) -> None:
    assert len({keys_of(each).full for each in spellings}) == 1
    assert len({normalise(each) for each in spellings}) == 1


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("深圳市华达科技有限公司", "华达科技"), ("华达科技（深圳）有限公司", "华达科技"),
        ("广东省深圳市华达科技股份有限公司", "华达科技"), ("华达科技", "华达科技"),
        ("深圳市", None), ("广东省深圳市", None), ("有限公司", None), ("Slow Snail Co., Ltd.", "slowsnail"),
    ],
)  # fmt: skip
def test_the_core_of_a_name(name: str, core: str | None) -> None:
    assert keys_of(name).core == core


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", "empty"), (" \t ", "empty"), ("名" * (LONGEST_NAME + 1), "too_long"), ("a\x00b", "control"),
     ("\x07bell", "control"), ("12345", "no_letters"), ("——", "no_letters"), ("🐌🐌", "no_letters"),
     ("\ud800a", "control")],
)  # fmt: skip
def test_names_that_are_none_are_refused(typed: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        check_name(typed)
    assert refused.value.code == f"name.{code}"


@given(st.text(max_size=60))
def test_normalising_twice_is_normalising_once(typed: str) -> None:
    once = normalise(typed)
    assert normalise(once) == once


@given(st.text(PLAIN, max_size=20), st.text(PLAIN, max_size=20), st.sampled_from(" 　-（·。\u200b"))
def test_a_sign_more_is_the_same_name(before: str, after: str, sign: str) -> None:
    assert normalise(before + sign + after) == normalise(before + after)


# Unified social credit codes


@pytest.mark.parametrize(
    "typed", [CODE, CODE.lower(), f" {CODE} ", "9131 0115 TX23 34G2 6K", "91310115-TX2334G26-K",
              "９１３１０１１５ＴＸ２３３４Ｇ２６Ｋ", CODE.replace("0", "O"), CODE.replace("1", "I")]
)  # fmt: skip
def test_a_code_in_the_forms_people_type(typed: str) -> None:
    assert parse_uscc(typed) == CODE


@given(st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(at: int, other: str) -> None:
    assume(CODE[at] != other)
    with pytest.raises(RuleViolation) as refused:
        parse_uscc(CODE[:at] + other + CODE[at + 1 :])
    assert refused.value.code == "uscc.check_digit"


@given(st.integers(0, 16))
def test_two_neighbours_exchanged_are_found(at: int) -> None:
    assume(CODE[at] != CODE[at + 1])
    with pytest.raises(RuleViolation):
        parse_uscc(CODE[:at] + CODE[at + 1] + CODE[at] + CODE[at + 2 :])


@pytest.mark.parametrize(
    ("typed", "code"),
    [(CODE[:-1], "length"), (CODE + "1", "length"), ("9" * 10_000, "length"), ("无", "length"),
     (CODE[:-1] + "Z", "characters"), (CODE[:-1] + "码", "characters"), (CODE[:-1] + "L", "check_digit")],
)  # fmt: skip
def test_codes_that_are_none_are_refused(typed: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        parse_uscc(typed)
    assert refused.value.code == f"uscc.{code}"


def test_no_code_is_no_code() -> None:
    assert parse_uscc("") is parse_uscc("  ") is parse_uscc("-") is None


# Telephones, websites, e-mail


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("138 0000 0000", "13800000000"), ("+86 138-0000-0000", "13800000000"),
        ("０１０－１２３４５６７８", "010-12345678"), ("(0755) 1234567", "0755-1234567"),
        ("0755-12345678转801", "0755-12345678-801"), ("021-12345678 ext. 12", "021-12345678-12"),
        ("0086 21 12345678", "021-12345678"), ("+86 (10) 1234 5678", "010-12345678"),
        ("+86 0755 12345678", "0755-12345678"), ("+86 400 123 4567", "4001234567"),
        ("400-123-4567", "4001234567"), ("+886 2 1234 5678", "+886212345678"), ("88886666", "88886666"),
    ],
)  # fmt: skip
def test_telephones_come_to_one_form(typed: str, read: str) -> None:
    assert normalise_phone(typed) == read
    assert normalise_phone(read) == read


@pytest.mark.parametrize(
    ("typed", "code"),
    [("1380000000", "too_short"), ("138000000001", "too_long"), ("call me", "characters"),
     ("010-1234", "too_short"), ("++86", "characters"), ("电话", "characters"), ("+86", "too_short"),
     ("12345678", "too_short")],
)  # fmt: skip
def test_telephones_that_are_none_are_refused(typed: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        normalise_phone(typed)
    assert refused.value.code == f"phone.{code}"


@pytest.mark.parametrize(
    ("typed", "host"),
    [("https://www.Snail.example.com/a?b#c", "snail.example.com"), ("snail.example.com", "snail.example.com"),
     ("http://user:pass@snail.example.com:8080/", "snail.example.com"), ("蜗牛.中国", "蜗牛.中国"), ("", "")],
)  # fmt: skip
def test_websites_come_to_their_host(typed: str, host: str) -> None:
    assert normalise_website(typed) == host
    assert normalise_website(host) == host


@pytest.mark.parametrize("typed", ["snail", "http://", "a..b", "-a.com", "a b.com", "javascript:alert(1)"])
def test_websites_that_are_none_are_refused(typed: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        normalise_website(typed)
    assert refused.value.code == "website.form"


@pytest.mark.parametrize(
    "typed", ["", "a", "a@", "@b.c", "a@b", "a@b..c", "a b@c.d", "a@b.c, d@e.f", "<a@b.c>"]
)
def test_addresses_that_are_none_are_refused(typed: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        parse_email(typed)
    assert refused.value.code == "email.form"


def test_an_address_comes_to_lower_case() -> None:
    assert parse_email(" A.B@Example.COM ") == "a.b@example.com"

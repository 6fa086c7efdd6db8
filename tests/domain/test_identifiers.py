"""Credit codes, telephones, websites, e-mail addresses: read or refused by their reason."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.errors import RuleViolation
from portal.domain.identifiers import (
    national_number,
    normalise_phone,
    normalise_website,
    own_domain,
    parse_email,
    parse_tax_id,
    parse_uscc,
)

CODES = ["91330106R3E9BHKFGW", "91310115TX2334G26K"]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def refusal(read: Callable[[str], object], text: str) -> str:
    with pytest.raises(RuleViolation) as refused:
        read(text)
    return refused.value.code


@pytest.mark.parametrize(
    "typed",
    [
        "91330106r3e9bhkfgw",
        " 91330106-R3E9-BHKFGW ",
        "９１３３０１０６Ｒ３Ｅ９ＢＨＫＦＧＷ",
        "91330106 R3E9BHKFGW\u200b",
        "9133O106R3E9BHKFGW",
        "9I330106R3E9BHKFGW",
    ],
)
def test_a_code_is_read_however_it_was_typed(typed: str):
    assert parse_uscc(typed) == "91330106R3E9BHKFGW"


@pytest.mark.parametrize("blank", ["", "  ", "-", "\u200b"])
def test_no_code_is_none(blank: str):
    assert parse_uscc(blank) is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("9133", "uscc.length"),
        ("91330106R3E9BHKFGWW", "uscc.length"),
        ("9" * 10_000, "uscc.length"),
        ("91330106R3E9BHKF?W", "uscc.characters"),
        ("91330106R3E9BHKF😀W", "uscc.characters"),
        ("91330106R3E9BHKFGX", "uscc.check_digit"),
        ("000000000000000001", "uscc.check_digit"),
    ],
)
def test_a_bad_code_is_refused_by_its_reason(typed: str, code: str):
    assert refusal(parse_uscc, typed) == code


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CODES), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_noticed(code: str, place: int, wrong: str):
    typed = code[:place] + wrong + code[place + 1 :]
    if typed == code:
        assert parse_uscc(typed) == code
    else:
        assert refusal(parse_uscc, typed) == "uscc.check_digit"


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("138 1234 5678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("０１０－１２３４５６７８", "010-12345678"),
        ("(0755)1234567 转 801", "0755-1234567-801"),
        ("400-123-4567", "4001234567"),
        ("400-123-4567 ext. 8", "4001234567-8"),
        ("13812345678#12", "13812345678-12"),
        ("010-12345678-801", "010-12345678-801"),
        ("2345678 x 9", "2345678-9"),
        ("0755123-4567", "0755-1234567"),
        ("+886 2 2345 6789", "+886223456789"),
        ("00886 2 2345 6789", "+886223456789"),
        ("0086 755 1234567", "0755-1234567"),
    ],
)
def test_a_telephone_has_one_form(typed: str, phone: str):
    assert normalise_phone(typed) == phone
    assert normalise_phone(phone) == phone


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "phone.too_short"),
        ("1381234567", "phone.too_short"),
        ("138123456789", "phone.too_long"),
        ("9" * 10_000, "phone.too_long"),
        ("不知道", "phone.characters"),
        ("<script>", "phone.characters"),
    ],
)
def test_a_bad_telephone_is_refused_by_its_reason(typed: str, code: str):
    assert refusal(normalise_phone, typed) == code


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("", ""),
        ("HTTPS://www.Example.com:8080/a?b#c", "example.com"),
        ("user:pass@example.com/", "example.com"),
        ("华达.中国", "华达.中国"),
    ],
)
def test_a_website_is_its_host(typed: str, host: str):
    assert normalise_website(typed) == host


@pytest.mark.parametrize(
    "typed", ["example", "javascript:alert(1)", "a..b", "-a.com", "😀.com", "a." * 5_000]
)
def test_a_bad_website_is_refused(typed: str):
    assert refusal(normalise_website, typed) == "website.form"


def test_an_address_is_lower_case():
    assert parse_email(" Wang.Li@Example.COM ") == "wang.li@example.com"


@pytest.mark.parametrize(
    "typed", ["", "a", "@b.cn", "a@b", "a b@c.cn", "a@b..cn", "a@b.cn,c@d.cn", "x" * 65 + "@b.cn"]
)
def test_a_bad_address_is_refused(typed: str):
    assert refusal(parse_email, typed) == "email.form"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
@pytest.mark.parametrize("read", [parse_uscc, parse_tax_id, normalise_phone, normalise_website, parse_email])
def test_any_text_is_read_or_refused_and_what_was_read_reads_the_same(
    read: Callable[[str], str | None], text: str
):
    with contextlib.suppress(RuleViolation):
        found = read(text)
        assert not found or read(found) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("010-12345678", "+86 10 1234 5678"),
        ("010-12345678-801", "0086-10-12345678 转 801"),
        ("13812345678", "+8613812345678"),
        ("13812345678-12", "86 138 1234 5678"),
        ("+886-2-25317099", "(02)2531-7099"),
        ("4001234567-8", "400 123 4567"),
    ],
)
def test_the_same_telephone_has_the_same_digits(one: str, other: str):
    assert national_number(one) == national_number(other) != ""


def test_other_telephones_have_other_digits():
    numbers = ("010-12345678", "010-12345679", "021-12345678", "13812345678", "+81 3 1234 5678")
    assert len({national_number(each) for each in numbers}) == len(numbers)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("example.com", "example.com"),
        ("shop.example.com.cn", "example.com.cn"),
        ("a.b.example.com.tw", "example.com.tw"),
        ("华达.中国", "华达.中国"),
        ("example.com.cn", "example.com.cn"),
        ("qq.com", ""),
        ("mail.qq.com", ""),
        ("huada.1688.com", ""),
        ("huada.github.io", ""),
        ("com.cn", ""),
        ("10.0.0.1", ""),
    ],
)
def test_a_host_is_of_the_name_that_its_owner_registered(host: str, own: str):
    assert own_domain(host) == own


@pytest.mark.parametrize(
    ("typed", "number"),
    [("", None), (" - ", None), ("１１９１-3502", "11913502"), ("330106MA2B3C4D1", "330106MA2B3C4D1")],
)
def test_a_tax_id_is_read_however_it_was_typed(typed: str, number: str | None):
    assert parse_tax_id(typed) == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("11913503", "tax_id.check_digit"),
        ("330106MA2B3C4D2", "tax_id.check_digit"),
        ("330106MA2B3C4DX", "tax_id.check_digit"),
        ("1191350", "tax_id.form"),
        ("91330106MA2B3C4D11", "tax_id.form"),
        ("不知道", "tax_id.form"),
    ],
)
def test_a_bad_tax_id_is_refused_by_its_reason(typed: str, code: str):
    assert refusal(parse_tax_id, typed) == code


@pytest.mark.parametrize("typed", ["١٣٨٠٠٠٠٠٠٠٠", "१३८००००००००", "+٨٦ 138-0000-0000", "①③⑧00000000"])
def test_figures_of_any_script_are_the_same_number(typed: str) -> None:
    """Else a number could be filed that equals no other, and is never compared."""
    assert normalise_phone(typed) == "13800000000"
    assert national_number(typed) == "13800000000"


def test_a_code_in_figures_of_another_script_is_the_code() -> None:
    code = "91310115TX2334G26K"
    assert parse_uscc(code.translate({ord(str(n)): chr(0x0660 + n) for n in range(10)})) == code


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("xn--fsqu00a.xn--55qx5d", "例子.公司"),
        ("www2.xn--fsqu00a.xn--55qx5d", "例子.公司"),
        ("xn--99999999999.cn", "xn--99999999999.cn"),
        ("xn--.cn", "xn--.cn"),
    ],
)
def test_a_domain_is_the_same_in_either_writing(host: str, own: str) -> None:
    assert own_domain(host) == own

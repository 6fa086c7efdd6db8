"""Company names as typed, good and bad (issue: bad input), and the keys they are compared by."""

import contextlib
import csv
import re
import unicodedata
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain import names
from portal.domain.errors import RuleViolation
from portal.domain.names import LONGEST_NAME, check_name, keys_of, normalise, places_of, search_grams

# Company names of real files, where they lie beside the project; the tables below stand alone.
MOVING_IN = Path(__file__).parents[3] / "shared" / "data" / "moving-in"

anything = st.text(max_size=250) | st.text(
    st.characters(categories=["So", "Cf", "Mn", "Lo", "Zs"]), max_size=60
)


@pytest.mark.parametrize(
    ("typed", "tidied"),
    [
        ("  深圳 市华达  ", "深圳 市华达"),
        ("A\tB\nC", "A B C"),
        ("\u3000全角空格\u3000", "全角空格"),
        ("<b>{{ 7*7 }}</b>", "<b>{{ 7*7 }}</b>"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("华达😀科技", "华达😀科技"),
        ("شركة الاختبار", "شركة الاختبار"),
        ("名" * LONGEST_NAME, "名" * LONGEST_NAME),
    ],
)
def test_a_name_is_kept_as_typed_but_for_blanks(typed: str, tidied: str):
    assert check_name(typed) == tidied


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "name.empty"),
        (" \t\u3000\n", "name.empty"),
        ("名" * (LONGEST_NAME + 1), "name.too_long"),
        ("名" * 10_000, "name.too_long"),
        ("华达\x00科技", "name.control"),
        ("华达\x1b[31m", "name.control"),
        ("华达\ud800", "name.control"),
        ("😀😀", "name.no_letters"),
        ("12345", "name.no_letters"),
        ("\u200b\u200d", "name.no_letters"),
        ("（）——", "name.no_letters"),
    ],
)
def test_a_bad_name_is_refused_by_its_reason(typed: str, code: str):
    with pytest.raises(RuleViolation) as refused:
        check_name(typed)
    assert refused.value.code == code


HUADA = "深圳市华达科技有限公司"


@pytest.mark.parametrize(
    "typed",
    [
        "深圳市 华达科技 有限公司",
        "深圳市華達科技有限公司",
        "【深圳市】华达科技有限公司",
        "深圳市华达科技有限公司。",
        "深圳市\u200b华达科技\ufeff有限公司",
        "\u202e深圳市华达科技有限公司",
    ],
)
def test_the_same_name_however_it_was_typed(typed: str):
    assert keys_of(typed) == keys_of(HUADA)


@pytest.mark.parametrize(
    ("one", "other"), [("ＩＢＭ中国", "ibm中国"), ("A.B.C", "abc"), ("华达(中国)", "华达（中国）")]
)
def test_width_case_and_brackets_do_not_matter(one: str, other: str):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    "alike",
    [
        "华达科技",
        "华达科技有限公司",
        "华达科技股份有限公司",
        "华达科技（深圳）有限公司",
        "广东省深圳市华达科技有限公司",
    ],
)
def test_without_legal_form_and_region_it_is_alike_and_not_the_same(alike: str):
    assert keys_of(alike).core == keys_of(HUADA).core == "华达科技"
    assert keys_of(alike).full != keys_of(HUADA).full


@pytest.mark.parametrize(
    "other", ["深圳市华大科技有限公司", "华达通信有限公司", "Нuada", "深圳市华达科枝有限公司"]
)
def test_another_name_is_not_alike_and_a_lookalike_letter_is_another(other: str):
    assert keys_of(other).core != keys_of(HUADA).core
    assert keys_of("Нuada").full != keys_of("Huada").full  # a Cyrillic Н


@pytest.mark.parametrize("bare", ["有限公司", "深圳市", "股份有限公司", "😀"])
def test_what_is_all_form_or_region_has_no_core(bare: str):
    assert keys_of(bare).core is None
    assert keys_of(bare).full


@settings(max_examples=300, deadline=None)
@given(anything)
def test_any_text_is_refused_by_a_reason_or_has_keys(text: str):
    with contextlib.suppress(RuleViolation):
        name = check_name(text)
        keys = keys_of(name)
        assert check_name(name) == name
        assert 0 < len(keys.full) <= LONGEST_NAME
        assert keys.core is None or 0 < len(keys.core) <= LONGEST_NAME


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(categories=["Lo", "Ll", "Nd"]), min_size=1, max_size=40))
def test_blanks_and_brackets_never_make_another_name(name: str):
    assert normalise(f" （{name}） ") == normalise(name)
    assert normalise(unicodedata.normalize("NFD", name)) == normalise(unicodedata.normalize("NFC", name))


def test_a_name_is_found_by_any_two_of_its_characters():
    assert search_grams("華達 科技", "a") == {"华达", "达科", "科技", "a"}


def moving_in() -> list[str]:
    """The names in the files people bring, in each of their formats."""
    names = []
    for file, encoding in (("registrations-1.csv", "utf-8-sig"), ("registrations-2.csv", "gb18030")):
        if (MOVING_IN / file).exists():
            with (MOVING_IN / file).open(encoding=encoding, newline="") as lines:
                names += [row[3] for row in csv.reader(lines)][1:]
    if (MOVING_IN / "registrations-3.xlsx").exists():
        book = openpyxl.load_workbook(MOVING_IN / "registrations-3.xlsx", read_only=True)
        names += [str(row[3]) for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
        book.close()
    return names


def test_every_name_people_move_in_with_can_be_filed():
    for name in [HUADA, "威致鋼鐵工業股份有限公司", *moving_in()]:
        assert check_name(name)
        assert keys_of(name).full
        assert keys_of(name).core, name


@given(st.lists(st.sampled_from(("有限", "公司", "股份", "集团", "责任", "华")), max_size=8).map("".join))
def test_legal_forms_are_dropped_as_the_pattern_of_them_says(name: str) -> None:
    forms = names._lexicon().suffixes
    said = re.sub(f"(?:{'|'.join(sorted(forms, key=len, reverse=True))})+$", "", name)
    assert names._without_endings(name, forms) == said


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("股份有限公司" * 32 + "厂", "股份有限公司" * 32 + "厂"),
        ("华" + "股份有限公司" * 33, "华"),
        ("acme" + " co.." * 39 + "x", "acme" + "co" * 39 + "x"),
        ("acme" + " co.." * 38 + " co.", "acme"),
    ],
)
def test_a_name_of_nothing_but_legal_forms_costs_no_time(name: str, core: str) -> None:
    """One such name, typed into the check, kept the whole server busy for ever."""
    assert keys_of(name).core == core


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("深圳市华达科技有限公司", {"4403"}),
        ("广东省深圳市华达科技有限公司", {"4403"}),
        ("华达科技（深圳）有限公司", {"4403"}),
        ("华达（深圳）科技有限公司", {"4403"}),
        ("华达科技有限公司（深圳）", {"4403"}),
        ("深圳华达科技有限公司广州分公司", {"4403"}),
        ("华达科技有限公司广州分公司", set()),
        ("华达科技有限公司", set()),
        ("中国华达科技有限公司", {"00"}),
        ("Huada Co., Ltd.", set()),
    ],
)
def test_the_place_of_a_name_is_what_its_keys_differ_by(name: str, places: set[str]) -> None:
    keys = keys_of(name)
    assert keys.core
    assert places_of(keys.full, keys.core) == places


def test_a_core_that_is_not_the_name_s_own_has_no_place_there() -> None:
    assert places_of(keys_of("上海大东青鲸物流有限公司").full, "青鲸物流") is None
    assert places_of(keys_of("上海大东青鲸物流有限公司").full, "华达") is None


@settings(max_examples=300, deadline=None)
@given(anything)
def test_a_name_that_begins_with_its_core_says_where_it_is_from_or_nothing(text: str) -> None:
    keys = keys_of(text)
    if keys.core and keys.full.startswith(keys.core):
        assert places_of(keys.full, keys.core) is not None

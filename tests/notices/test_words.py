"""Every kind of notice has words in both languages, made of exactly the names that its rule asks for."""

import re

import pytest
from flask import Flask

from portal.domain.letters import Told, fitting, one_line
from portal.domain.notices import KINDS, NoticeKind
from portal.web import notice_words
from portal.web.language import in_language
from tests.support.clocks import shanghai

NAMES = re.compile(r"%\((\w+)\)s")
HAN = re.compile(r"[\u4e00-\u9fff]")
pytestmark = pytest.mark.engines("sqlite")


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_kinds_words_need_what_its_rule_says(app: Flask, kind: NoticeKind) -> None:
    with app.app_context():
        for language in ("en", "zh"):
            with in_language(language):
                text = f"{notice_words.TITLES[kind]} {notice_words.SENTENCES[kind]}"
                assert set(NAMES.findall(text)) == KINDS[kind].about
                assert bool(HAN.search(text)) == (language == "zh")


def test_days_are_written_as_the_reader_writes_them(app: Flask) -> None:
    about = {"customer": "A", "partner": "", "until": "2026-03-09"}
    told = Told(NoticeKind.LAPSED, shanghai("2026-03-10 10:00"), about, "/")
    next_year = Told(NoticeKind.LAPSED, shanghai("2027-03-10 10:00"), about, "/")
    with app.app_context():
        with in_language("en"):
            assert "was Mon 9 Mar. Key accounts still owns it" in notice_words.sentence(told)
            assert "was 9 Mar 2026." in notice_words.sentence(next_year)
        with in_language("zh"):
            assert "03-09 周一" in notice_words.sentence(told)
            assert "大客户部" in notice_words.sentence(told)


def test_a_line_stays_one_line_and_short() -> None:
    assert one_line(" a\r\nb\u2028c\u202ed\x00 ") == "a b c d"
    assert one_line("长" * 200) == "长" * 149 + "…"


def test_as_many_lines_as_there_is_room_for() -> None:
    assert fitting(["长长", "ab", "c"], 10) == 2, "seven bytes and three"
    assert fitting(["长长", "ab", "c"], 9) == 1
    assert fitting([], 0) == 0

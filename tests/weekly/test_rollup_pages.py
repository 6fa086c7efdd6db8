"""Pages and files of Friday's roll-ups: who reads which, and what they are made of."""

import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import db
from portal.domain.terms import PartnerKind
from portal.models import tables as t
from portal.weekly.rollup import make_rollups
from tests.support.commands import Portal
from tests.support.people import Person, make_partner
from tests.support.web import Login
from tests.weekly.test_rollup import FRIDAY, WEEK, one_project

__all__ = ["one_project"]
People = Mapping[str, Person]
Enter = Callable[[str], FlaskClient]
PAGE = f"/rollups/{WEEK.thursday}"


@pytest.fixture
def enter(app: Flask, people: People, login: Login) -> Enter:
    """`enter("admin")` signs somebody in."""
    return lambda who: login(app.test_client(), people[who])


@pytest.fixture
def made(engine: sa.Engine, one_project: int, at: Any) -> int:
    """Two weeks of two regions, frozen; it is the Friday after."""
    with db.transaction(engine) as session:
        make_partner(session, "P900", region="/west[1]", kind=PartnerKind.GROWTH)
        make_rollups(session, WEEK, now=FRIDAY, actor=None)
    at("2026-03-13 09:00")
    return one_project


def test_a_past_friday_is_read_by_all_of_its_readers(enter: Enter, made: int) -> None:
    manager = enter("channel_manager")
    page = manager.get(PAGE).text
    assert "Slow" not in page
    for text in ("慢蜗牛快递有限公司", "Ports by stage", "/west[1]", "trial until 03-20", "=演示", "Frozen"):
        assert text in page
    assert "慢蜗牛" in manager.get(f"{PAGE}?region=east").text
    assert "慢蜗牛" not in manager.get(f"{PAGE}?region=%2Fwest%5B1%5D").text
    for who in ("channel_director", "coo", "product_marketing", "admin"):
        assert enter(who).get(PAGE).status_code == 200


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("2026-13-45", "“2026-13-45” names no reporting week"),
        ("2026-03-04", "“2026-03-04” names no reporting week"),
        ("2026-03-12/xlsx", "The week is over; its roll-up is made by itself from 2026-03-13 10:00 on."),
        ("2026-03-19", "Week 12 is not over yet"),
        ("2199-12-26", "Week 52 is not over yet"),
        ("%00", "“” names no reporting week"),
        ("2026-02-26", "None was made of the week to 2026-02-26"),
        (f"{WEEK.thursday}?region=north", "None was made of this region for the week to 2026-03-05."),
    ],
)
def test_where_there_is_no_roll_up_the_page_says_why(
    enter: Enter, made: int, address: str, words: str
) -> None:
    page = enter("channel_manager").get(f"/rollups/{address}")
    assert page.status_code == 404
    assert words in page.text
    assert 'href="/rollups"' in page.text
    assert ('href="/rollups/running"' in page.text) == (address == "2026-03-19")


@pytest.mark.parametrize("who", ["regional_manager", "channel_sales"])
def test_regional_people_read_their_region_only(enter: Enter, made: int, who: str) -> None:
    client = enter(who)
    page = client.get(PAGE).text
    assert "慢蜗牛" in page
    assert "west" not in page
    assert client.get(f"{PAGE}?region=%2Fwest%5B1%5D").status_code == 404
    assert client.get("/rollups/running?region=%2Fwest%5B1%5D").status_code == 404
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{PAGE}/xlsx").data))
    assert book.sheetnames[0] == "east"
    assert not any("west" in name for name in book.sheetnames)


@pytest.mark.parametrize("who", ["alice", "bob", "finance", "key_accounts"])
def test_others_read_none(enter: Enter, made: int, who: str) -> None:
    for page in ("/rollups", PAGE, "/rollups/running", f"{PAGE}/xlsx"):
        assert enter(who).get(page).status_code == 403


def test_the_channel_manager_makes_it_with_one_click(enter: Enter, made: int, engine: sa.Engine) -> None:
    manager = enter("channel_manager")
    assert "Friday’s report now" in manager.get("/rollups").text
    answer = manager.post("/rollups/make")
    assert answer.headers["Location"] == "/rollups/2026-03-12"  # what was made is what one wants to read
    assert "Made the roll-up of 1 week." in manager.get(answer.headers["Location"]).text
    page = manager.get("/rollups").text
    assert "by hand" in page
    assert "Friday’s report now" not in page
    assert "The next one is made by itself on 2026-03-20 10:00." in page
    again = manager.post("/rollups/make", follow_redirects=True).text
    assert "Nothing was due: the roll-ups of every week that is over are made." in again
    with db.reading(engine) as session:
        c = t.rollup.c
        number = sa.select(sa.func.count()).where(c.week == WEEK.next.thursday, c.region == "")
        assert session.scalar(number) == 1


def test_a_week_that_waits_for_its_hour_is_told_to_whoever_reads(enter: Enter, made: int) -> None:
    page = enter("coo").get("/rollups").text
    assert "Week 11 is over; its roll-up is made by itself from 2026-03-13 10:00 on." in page
    assert "Friday’s report now" not in page


def test_the_first_page_leads_its_readers_to_the_newest(enter: Enter, made: int) -> None:
    for who in ("channel_director", "coo", "regional_manager"):
        client = enter(who)
        assert 'href="/rollups/newest"' in client.get("/").text
        assert client.get("/rollups/newest").location == PAGE
    assert "/rollups" not in enter("alice").get("/").text


def test_where_none_is_made_yet_the_first_page_leads_to_the_list(enter: Enter) -> None:
    assert enter("coo").get("/rollups/newest").location == "/rollups"


def test_a_report_that_comes_later_is_told_beside_the_running_week_alone(
    enter: Enter, people: People, made: int, engine: sa.Engine, at: Any
) -> None:
    at("2026-03-10 09:00")
    manager = enter("channel_manager")
    frozen = manager.get(PAGE).data
    with db.transaction(engine) as session:
        values = {
            "partner_id": people["alice"].partner_id,
            "week": WEEK.thursday,
            "revision": 1,
            "late": True,
        }
        when = {"submitted_at": FRIDAY + timedelta(hours=2), "opened_at": FRIDAY}
        session.execute(sa.insert(t.weekly_report).values(**values, **when, remark="", version=1))
    with db.transaction(engine) as session:
        assert make_rollups(session, WEEK, now=FRIDAY + timedelta(days=1), actor=None) == 0
    assert manager.get(PAGE).data == frozen
    assert "Came later" in manager.get("/rollups/running").text


def test_every_sheet_has_a_frozen_head_and_figures_as_figures_in_both_languages(
    enter: Enter, made: int, engine: sa.Engine
) -> None:
    books = {}
    for language in ("en", "zh"):
        with db.transaction(engine) as session:
            session.execute(sa.update(t.user).values(locale=language))
        answer = enter("channel_manager").get(f"{PAGE}/xlsx")
        books[language] = openpyxl.load_workbook(io.BytesIO(answer.data))
    english, chinese = books["en"], books["zh"]
    assert len(english.sheetnames) == len(chinese.sheetnames) == 11
    assert chinese.sheetnames[:3] == ["全部区域", "-west-1-", "east"]
    for book in books.values():
        for sheet in book:
            assert sheet.freeze_panes == "A2"
            assert all(cell.value and cell.font.bold for cell in sheet[1])
    for one, other in zip(english, chinese, strict=True):
        assert [cell.value for cell in one[1]] != [cell.value for cell in other[1]]
        for row, same in zip(one.iter_rows(min_row=2), other.iter_rows(min_row=2), strict=True):
            for cell, twin in zip(row, same, strict=True):
                assert cell.number_format == twin.number_format
                if not isinstance(cell.value, str):
                    assert cell.value == twin.value
    formats = [cell.number_format for cell in chinese["重点项目"][2]]
    assert formats[6:10] == ["#,##0", "#,##0.00", "yyyy-mm-dd", "yyyy-mm-dd"]


def test_the_workbook_has_a_sheet_for_all_and_each_region(enter: Enter, made: int) -> None:
    answer = enter("channel_manager").get(f"{PAGE}/xlsx")
    assert f"rollup-{WEEK.thursday}.xlsx" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames[:3] == ["All regions", "-west-1-", "east"]
    sheet = book["All regions"]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width == 34
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    assert rows["Trial"][5].value == 21600
    assert rows["Trial"][5].number_format == "#,##0.00"
    key = list(book["Key projects"].iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in key] == ["慢蜗牛快递有限公司"]
    assert key[0][10] == "'=演示"
    assert key[0][9].date() == date(2026, 3, 20)
    missing = list(book["Who did not report"].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in missing] == ["P001"]


def test_the_newest_week_up_to_a_day_moves_out(
    portal: Portal, engine: sa.Engine, one_project: int, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert "No roll-up is made yet" in portal("export", "rollup").stderr
    with db.transaction(engine) as session:
        make_rollups(session, WEEK, now=FRIDAY, actor=None)
        c = t.rollup.c
        frozen = list(session.scalars(sa.select(c.content).order_by(c.region)))
    early = portal("export", "rollup", "--as-of", "2026-03-04")
    assert (early.exit_code, early.stdout) == (1, "")
    told = portal("export", "rollup", "--as-of", "2026-03-05", "--format", "json").stdout
    assert told == "[\n" + ",\n".join(frozen) + "\n]\n"
    table = portal("export", "rollup").stdout.splitlines()
    assert "2026-03-05,,trial,1,60,21600.00,16200.00" in table
    assert "2026-03-05,east,reports_missing,1,,," in table
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    file = tmp_path / "rollup.xlsx"
    assert portal("export", "rollup", "--format", "xlsx", "--out", file).exit_code == 0
    book = openpyxl.load_workbook(file)
    assert book.sheetnames[:3] == ["全部区域", "east", "重点项目"]
    assert book["重点项目"]["F2"].value == "试用"

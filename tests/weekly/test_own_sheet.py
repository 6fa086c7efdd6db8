"""A partner's own sheet: read, matched, looked at, taken row by row; nothing counts before that (W2)."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import Workbook

from portal import db
from portal.domain.reports import Typed
from portal.models import tables as t
from tests.support.people import Person
from tests.weekly.desk import WEEK, Desk

PAGE = f"/weekly/{WEEK.thursday}"
HEADS = ("目标客户", "端口", "预计收入", "进度", "需要支持")


@pytest.fixture
def alice(
    client: Any, people: Mapping[str, Person], login: Callable[[FlaskClient, Person], FlaskClient]
) -> Any:
    return login(client, people["alice"])


def workbook(rows: Sequence[Sequence[Any]], merged: str = "") -> bytes:
    """An xlsx under a title that is merged over all columns, as people make them."""
    book = Workbook()
    page = book.active
    page.append(["渠道周报"])
    page.merge_cells("A1:E1")
    for row in (HEADS, *rows):
        page.append(list(row))
    if merged:
        page.merge_cells(merged)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def bring(client: Any, content: bytes, name: str = "周报.xlsx") -> Any:
    return client.post(f"{PAGE}/sheet", data={"file": (BytesIO(content), name)})


def entries(desk: Desk) -> dict[int, Typed]:
    with db.reading(desk.engine) as session:
        c = t.weekly_entry.c
        query = sa.select(
            c.registration_id, c.happened, c.reason, c.support, c.next_step, c.next_step_on, c.ports,
            c.yearly_revenue,
        )  # fmt: skip
        return {row[0]: Typed(*row[1:]) for row in session.execute(query)}


def test_a_sheet_is_shown_row_by_row_before_it_counts(alice: Any, filed: Any, at: Any, desk: Desk) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    rows = [
        ("慢蜗牛快递", 80, "2.88万", "作解决方案", "一起拜访"),
        ("", "", "", "", "样机"),
        ("白帆造船", 10, "", "3", ""),
    ]
    answer = bring(alice, workbook(rows, merged="A3:A4"))
    assert answer.status_code == 303
    page = alice.get(f"{PAGE}/sheet").get_data(as_text=True)
    assert f'<option value="{number}" selected' in page
    assert ">80<" in page
    assert "一起拜访；样机" in page
    assert "In the sheet: Solution, here: Interest" in page
    assert "No project of yours bears this name" in page
    assert entries(desk) == {}
    taken = alice.post(f"{PAGE}/sheet/take", data={"r3": str(number), "r5": ""})
    assert taken.status_code == 303
    assert entries(desk) == {
        number: Typed(support="一起拜访；样机", ports=80, yearly_revenue=Decimal("28800.00"))
    }
    assert "慢蜗牛快递</span>" not in alice.get(f"{PAGE}/sheet").get_data(as_text=True)


def test_an_unknown_customer_can_be_registered_from_the_sheet(
    alice: Any, filed: Any, at: Any, desk: Desk
) -> None:
    at("2026-03-04 10:00")
    bring(alice, workbook([("白帆造船有限公司", 10, 3600, "1", "")]))
    answer = alice.post(f"{PAGE}/sheet/take", data={"file": "3"})
    assert answer.headers["Location"] == "/registrations/new"
    form = alice.get("/registrations/new").get_data(as_text=True)
    assert 'value="白帆造船有限公司"' in form
    assert "白帆造船有限公司" in alice.get(f"{PAGE}/sheet").get_data(as_text=True)


def test_two_rows_for_one_project_are_refused_and_nothing_is_taken(
    alice: Any, filed: Any, at: Any, desk: Desk
) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    bring(alice, workbook([("慢蜗牛快递", 80, "", "", ""), ("慢蜗牛", 90, "", "", "")]))
    form = {"r3": str(number), "r4": str(number)}
    assert alice.post(f"{PAGE}/sheet/take", data=form).status_code == 422
    assert entries(desk) == {}


def test_a_project_of_somebody_else_cannot_be_chosen(alice: Any, filed: Any, at: Any, desk: Desk) -> None:
    other = filed("2026-03-02 10:00", "夜鹭商贸有限公司", "carol")
    at("2026-03-04 10:00")
    bring(alice, workbook([("夜鹭商贸", 80, "", "", "")]))
    assert "selected" not in alice.get(f"{PAGE}/sheet").get_data(as_text=True).partition("<table")[2]
    assert alice.post(f"{PAGE}/sheet/take", data={"r3": str(other)}).status_code == 422
    assert entries(desk) == {}


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 no workbook", b"\xd0\xcf\x11\xe0 old", b"a,b\n1,2\n", b"\xff\x00\xff"],
)
def test_a_file_that_is_no_sheet_is_refused(alice: Any, at: Any, content: bytes) -> None:
    at("2026-03-04 10:00")
    answer = bring(alice, content)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert alice.post(f"{PAGE}/sheet", data={}).status_code == 422


def test_a_sheet_with_formulas_is_read_by_its_values_and_never_run(
    alice: Any, filed: Any, at: Any, desk: Desk
) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    rows = [("慢蜗牛快递", "=40+40", "=cmd|' /C calc'!A0", "3", '\'=HYPERLINK("http://x")')]
    assert bring(alice, workbook(rows)).status_code == 303
    page = alice.get(f"{PAGE}/sheet").get_data(as_text=True)
    assert "cmd" not in page
    alice.post(f"{PAGE}/sheet/take", data={"r3": str(number)})
    # Nobody has worked it out: there is no value. Text that looks like one stays text.
    assert entries(desk) == {number: Typed(support='\'=HYPERLINK("http://x")')}


def test_a_nul_that_a_workbook_writes_out_reaches_no_database(
    alice: Any, filed: Any, at: Any, desk: Desk
) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    assert bring(alice, workbook([("慢蜗牛快递", "", "", "", "陪_x0000_访")])).status_code == 303
    assert alice.post(f"{PAGE}/sheet/take", data={"r3": str(number)}).status_code == 303
    assert entries(desk) == {number: Typed(support="陪访")}


def test_figures_in_a_sheet_that_cannot_be_are_shown_and_not_taken(
    alice: Any, filed: Any, at: Any, desk: Desk
) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    bring(alice, workbook([("慢蜗牛快递", -5, "9" * 30, "飞了", "一起拜访")]))
    page = alice.get(f"{PAGE}/sheet").get_data(as_text=True)
    assert page.count("not understood") == 3
    alice.post(f"{PAGE}/sheet/take", data={"r3": str(number)})
    assert entries(desk) == {number: Typed(support="一起拜访")}


@pytest.mark.parametrize(
    ("rows", "told"),
    [(10_000, "10,000"), (600, "more than 500 customers")],
)
def test_a_sheet_that_is_far_too_long_is_refused_and_nothing_is_kept(
    alice: Any, filed: Any, at: Any, rows: int, told: str
) -> None:
    at("2026-03-04 10:00")
    answer = bring(alice, workbook([(f"白帆{each}", 1, "", "", "") for each in range(rows)]))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert "白帆1<" not in alice.get(f"{PAGE}/sheet").get_data(as_text=True)


def test_a_sheet_that_unpacks_to_too_much_is_refused(
    alice: Any, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.imports.reading.MOST_UNPACKED", 1000)
    at("2026-03-04 10:00")
    answer = bring(alice, workbook([("慢蜗牛快递", 80, "", "", "")]))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)


def test_a_csv_in_chinese_windows_encoding_is_read(alice: Any, filed: Any, at: Any, desk: Desk) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    text = "客户,端口,下一步\n慢蜗牛快递有限公司,60,拜访\n"
    assert bring(alice, text.encode("gb18030"), "周报.csv").status_code == 303
    alice.post(f"{PAGE}/sheet/take", data={"r2": str(number)})
    assert entries(desk) == {number: Typed(next_step="拜访")}


def test_a_sheet_can_be_thrown_away(alice: Any, filed: Any, at: Any, desk: Desk) -> None:
    filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    bring(alice, workbook([("慢蜗牛快递", 80, "", "", "")]))
    assert alice.post(f"{PAGE}/sheet/take", data={"drop": "1"}).headers["Location"] == PAGE
    assert "慢蜗牛快递</span>" not in alice.get(f"{PAGE}/sheet").get_data(as_text=True)
    assert entries(desk) == {}

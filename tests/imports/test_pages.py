"""Moving in by the page: a preview that writes nothing, then the import; refused rows as a file."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from tests.imports.files import EVENTS, FILES, PARTNERS, REGISTRATIONS, Rows, as_csv
from tests.support.people import Person

Counts = Callable[[], Mapping[str, int]]
# What signing in and looking around writes.
ASIDE = {"audit_entry", "login_attempt", "user_account"}


@pytest.fixture
def admin(client: FlaskClient, people: Mapping[str, Person], login: Any) -> FlaskClient:
    return login(client, people["admin"])


def upload(client: FlaskClient, kind: str, rows: Rows | bytes, name: str = "") -> TestResponse:
    content = rows if isinstance(rows, bytes) else as_csv(rows)
    data = {"kind": kind, "file": (io.BytesIO(content), name or f"{kind}.csv")}
    return client.post("/import", data=data, content_type="multipart/form-data")


def link(page: TestResponse, what: str = "") -> str:
    """The address on the page that belongs to the uploaded file."""
    found = re.search(rf'"(/import/[a-z]+/[0-9a-f]{{32}}{what})"', page.text)
    assert found, page.text[:3000]
    return found[1]


def test_a_file_is_previewed_then_imported_then_known(admin: FlaskClient, counts: Counts) -> None:
    for kind, rows in FILES.items():
        before = counts()
        preview = upload(admin, kind, rows)
        assert preview.status_code == 200
        assert f"{len(rows)} new, 0 known already" in preview.text
        assert {name for name in before if counts()[name] != before[name]} <= ASIDE
        done = admin.post(link(preview), follow_redirects=True)
        assert done.status_code == 200
        assert f"{len(rows)} accepted, 0 skipped" in done.text
        assert f"{len(rows)} rows are known already" in upload(admin, kind, rows).text
    assert counts()["registration"] == len(REGISTRATIONS)


def test_refused_rows_come_back_with_their_reasons(admin: FlaskClient, counts: Counts) -> None:
    before = counts()
    bad = [*PARTNERS, {**PARTNERS[0], "code": "P4", "kind": "=cmd()", "contact": "=1+1", "email": "x"}]
    preview = upload(admin, "partners", bad)
    assert preview.status_code == 422
    assert "Import now" not in preview.text
    answer = admin.get(link(preview, "/refused.csv"))
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    [header, row] = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    told = dict(zip(header, row, strict=True))
    assert told["Row"] == "5"
    assert "kind: " in told["Reason"]
    assert "email: " in told["Reason"]
    assert (told["code"], told["kind"], told["contact"]) == ("P4", "'=cmd()", "'=1+1")
    book = admin.get(link(preview, "/refused.xlsx"))
    [row] = load_workbook(io.BytesIO(book.data)).active.iter_rows(min_row=2, values_only=True)
    assert [str(cell or "") for cell in row] == list(told.values())
    corrected = [{**told, "kind": "growth", "email": ""}]
    assert upload(admin, "partners", corrected).status_code == 200
    again = admin.post(link(preview, "/refused.csv").removesuffix("/refused.csv"))
    assert again.status_code == 422
    assert {name for name in before if counts()[name] != before[name]} <= ASIDE


def test_the_refused_rows_of_a_kind_with_a_reason_of_its_own_can_be_sent_again(admin: FlaskClient) -> None:
    for kind in ("partners", "registrations"):
        admin.post(link(upload(admin, kind, FILES[kind])))
    preview = upload(admin, "aliases", [{**FILES["aliases"][0], "kind": "x"}])
    refused = admin.get(link(preview, "/refused.csv")).data.decode("utf-8-sig")
    assert upload(admin, "aliases", refused.replace(",x,", ",brand,").encode()).status_code == 200


def test_reasons_in_the_file_name_columns_as_its_header_does(admin: FlaskClient) -> None:
    admin.post("/language", data={"locale": "zh"})
    preview = upload(admin, "partners", [{**PARTNERS[0], "code": "P4", "kind": "x"}])
    [header, row] = csv.reader(io.StringIO(admin.get(link(preview, "/refused.csv")).data.decode("utf-8-sig")))
    assert header[:4] == ["行", "原因", "渠道编号", "渠道名称"]
    assert row[1].startswith("渠道类型: ")


def test_a_file_without_news_offers_nothing_to_import(admin: FlaskClient) -> None:
    admin.post(link(upload(admin, "partners", PARTNERS)))
    for rows in (PARTNERS, b"code,name,kind,region\n"):
        preview = upload(admin, "partners", rows)
        assert preview.status_code == 200
        assert "There is nothing to import" in preview.text
        assert "Import now" not in preview.text


def test_a_long_list_of_refusals_says_that_it_is_cut(admin: FlaskClient) -> None:
    many = [{**PARTNERS[0], "code": f"Q{number}", "kind": "x"} for number in range(201)]
    assert "The first 200 are shown" in upload(admin, "partners", many).text
    assert "The first 200 are shown" not in upload(admin, "partners", many[:200]).text


def test_warnings_are_shown_after_the_import(admin: FlaskClient) -> None:
    for kind in ("partners", "registrations"):
        admin.post(link(upload(admin, kind, FILES[kind])))
    preview = upload(admin, "events", [{**EVENTS[0], "registration": "B2"}])
    assert "comes with a warning" in preview.text
    assert "B2" in admin.post(link(preview), follow_redirects=True).text


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(200), b"PK\x03\x04nothing", b"a,b\n1,2"]
)
def test_what_is_no_table_is_refused_on_the_page(admin: FlaskClient, content: bytes) -> None:
    page = upload(admin, "partners", content, name="<b>x</b>.csv")
    assert page.status_code == 422
    assert "<b>x</b>" not in page.text


@pytest.mark.engines("sqlite")
def test_without_a_file_or_with_another_kind_the_form_says_so(admin: FlaskClient) -> None:
    assert admin.post("/import", data={"kind": "partners"}).status_code == 422
    assert upload(admin, "invoices", PARTNERS).status_code == 422


@pytest.mark.engines("sqlite")
def test_an_upload_is_only_its_owners(
    admin: FlaskClient, app: Any, people: Mapping[str, Person], login: Any
) -> None:
    address = link(upload(admin, "partners", PARTNERS))
    stranger = login(app.test_client(), people["alice"])
    assert stranger.post(address).status_code in (403, 404)
    assert stranger.get("/import").status_code == 403
    assert admin.post(address.replace("partners", "tiers")).status_code == 422
    assert admin.post("/import/partners/" + "0" * 32).status_code == 404
    assert admin.post(address).status_code in (200, 302, 303)


def test_an_administrator_imports_but_decides_nothing(
    admin: FlaskClient, client: FlaskClient, people: Mapping[str, Person], login: Any, counts: Counts
) -> None:
    """Whatever is uploaded as something else: the kind that decides is refused in every step."""
    preview = upload(admin, "partners", PARTNERS)
    before = counts()
    rows = [{"registration": "R1", "decision": "same", "other": "R2"}]
    assert upload(admin, "decisions", rows).status_code == 403
    assert 'value="decisions"' not in admin.get("/import?kind=decisions").text
    key = link(preview).rpartition("/")[2]
    assert admin.post(f"/import/decisions/{key}").status_code == 403
    assert {name for name in before if counts()[name] != before[name]} <= ASIDE
    manager = login(client.application.test_client(), people["channel_manager"])
    assert 'value="decisions"' in manager.get("/import").text
    assert upload(manager, "decisions", rows).status_code == 422, "read, and refused for what it says"

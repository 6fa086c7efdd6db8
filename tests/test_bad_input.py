"""What is sent by mistake or on purpose: an answer that says what is wrong, never a crash."""

import io
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal import db, files
from portal.domain.errors import RuleViolation
from portal.models import tables as t
from tests.support.filings import FORM
from tests.support.people import Person

People = Mapping[str, Person]
HUGE = "9" * 25
NASTY = {
    "10,000 characters": "名" * 10_000,
    "emoji": "🐌" * 3,
    "emoji in a name": "慢蜗牛🐌快递有限公司",
    "control": "慢\x07蜗牛",
    "nul": "慢\x00蜗牛",
    "html": "<script>alert(1)</script>",
    "template": "{{ 7 * 7 }}{% raw %}",
    "percent": "%(x)s %s 100%",
    "right to left": "\u202eabc\u202c",
    "zero width": "\u200b\u200b",
    "blank": "   ",
    "quotes": "'; DROP TABLE registration; --",
    "formula": "=cmd|' /C calc'!A0",
    "lone surrogate": "\ud800",
}
FIELDS = (
    *("customer_name", "customer_name_en", "uscc", "contact", "phone", "city", "customer_class"),
    *("ports", "yearly_revenue", "source", "stage", "website", "notes", "met_on", "request_key"),
)


@pytest.fixture
def alice(app: Flask, people: People, login: Any, at: Any) -> Any:
    at("2026-03-02 10:00")
    return login(app.test_client(), people["alice"])


@pytest.mark.parametrize("what", NASTY)
def test_nothing_typed_into_the_filing_form_breaks_it(alice: Any, what: str) -> None:
    value = NASTY[what].encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    for field in FIELDS:
        answer = alice.post("/registrations", data={**FORM, "customer_name": f"客户{field}", field: value})
        assert answer.status_code in (303, 422), (field, answer.status_code)
        assert "<script>alert" not in answer.text
        assert "49" not in answer.text or field != "customer_name" or what != "template"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("uscc", "91310115TX2334G26L", "check digit"),
        ("uscc", "9131", "18 characters"),
        ("yearly_revenue", "1e9", "is not an amount"),
        ("yearly_revenue", "-5", "cannot be negative"),
        ("yearly_revenue", "1,2345", "thousands mark"),
        ("yearly_revenue", "1.234", "more than two decimals"),
        ("ports", "1.5", "not a whole number"),
        ("ports", "99999999999999999999", "too large"),
        ("phone", "138000", "Digits missing"),
        ("website", "not a site", "is not a web address"),
        ("customer_name", "名" * 201, "201 characters"),
        ("customer_name", "!!!", "at least one letter"),
        ("source", "nowhere", "Choose one of the list"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_keeps_what_was_typed(
    alice: Any, field: str, value: str, said: str
) -> None:
    answer = alice.post("/registrations", data={**FORM, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert FORM["contact"] in answer.text
    if field != "source":
        assert value in answer.text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("１２３", "123.00"), ("1,234.5", "1234.50"), ("¥ 12000", "12000.00"), ("0", "0.00")],
)
def test_figures_as_people_write_them(alice: Any, row_of: Any, typed: str, stored: str) -> None:
    answer = alice.post("/registrations", data={**FORM, "yearly_revenue": typed})
    assert answer.status_code == 303, answer.text
    assert f"{row_of(1).yearly_revenue}" == stored


@pytest.mark.parametrize("day", ["2026-02-30", "30.02.2026", "yesterday", "0000-00-00", "2026-13-01"])
def test_days_that_do_not_exist(alice: Any, day: str) -> None:
    answer = alice.post("/registrations", data={**FORM, "stage": "meeting", "met_on": day, "met_with": "x"})
    assert answer.status_code == 422
    assert day in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"/registrations/{HUGE}", f"/partners/{HUGE}", f"/people/{HUGE}", f"/registrations/1/files/{HUGE}",
        f"/customers/{HUGE}", f"/held/{HUGE}", f"/board?moved={HUGE}&event={HUGE}",
        f"/registrations?partner={HUGE}&state=nonsense&stage=x&sort=y&from=%00&class=Z",
        f"/registrations?from={'A' * 500}", "/registrations?q=%00%ff", f"/search?q={'%25' * 400}",
        "/registrations/check?customer_name=%00%00", "/audit?q=%00&from=x", "/registrations/export.csv?q=%00",
        "/registrations/1/move?to=nowhere", "/static/../portal/config.py", "/%00",
    ],
)  # fmt: skip
def test_addresses_that_nobody_links_to(app: Flask, people: People, login: Any, path: str) -> None:
    for name in ("alice", "channel_manager", "admin"):
        client = login(app.test_client(), people[name])
        assert client.get(path).status_code < 500, (name, path)


def test_ids_and_versions_out_of_range_in_forms(alice: Any, file_as: Any, people: People, at: Any) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    base = f"/registrations/{filed}"
    for version in (HUGE, "-1", "x", "", "１"):
        for path, more in (
            ("/edit", FORM), ("/move", {"to": "meeting", "met_on": "2026-03-02", "met_with": "x"}),
            ("/next-step", {"step": "x"}), ("/end/release", {"reason": "x"}),
        ):  # fmt: skip
            answer = alice.post(base + path, data={**more, "version": version})
            assert answer.status_code == 409, (path, version, answer.status_code)
    assert alice.post(f"{base}/undo", data={"event": HUGE}).status_code in (409, 422)


def test_exported_cells_run_nothing(alice: Any) -> None:
    alice.post("/registrations", data={**FORM, "contact": "=cmd|' /C calc'!A0", "city": "@SUM(1)"})
    text = alice.get("/registrations/export.csv").text
    assert "'=cmd" in text
    assert ",=cmd" not in text
    assert "'@SUM" in text


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00" + b"\x00" * 200, "offer.pdf"),
        (b"<html><script>alert(1)</script>", "page.txt"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "logo.svg"),
        (b"", "empty.pdf"),
        (b"#!/bin/sh\nrm -rf /", "run.txt"),
    ],
    ids=["exe renamed", "html", "svg", "empty", "script"],
)
def test_files_are_judged_by_what_is_in_them(
    alice: Any, file_as: Any, people: People, at: Any, content: bytes, name: str
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    answer = alice.post(f"/registrations/{filed}/files", data={"file": (io.BytesIO(content), name)})
    assert answer.status_code == 422


def test_a_file_comes_back_as_an_attachment_and_only_to_its_own(
    app: Flask, alice: Any, file_as: Any, people: People, at: Any, login: Any
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    upload = (io.BytesIO(b"%PDF-1.7 offer"), "../../报价.pdf")
    assert alice.post(f"/registrations/{filed}/files", data={"file": upload}).status_code == 303
    answer = alice.get(f"/registrations/{filed}/files/1")
    assert answer.data == b"%PDF-1.7 offer"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    carol = login(app.test_client(), people["carol"])
    assert carol.get(f"/registrations/{filed}/files/1").status_code == 404


def test_a_full_disk_is_said_and_nothing_is_half_done(
    alice: Any, file_as: Any, people: People, at: Any, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id

    def full(*_arguments: Any) -> None:
        raise RuleViolation("file.storage", "file")

    monkeypatch.setattr(files, "put", full)
    upload = (io.BytesIO(b"%PDF-1.7 offer"), "offer.pdf")
    answer = alice.post(f"/registrations/{filed}/files", data={"file": upload})
    assert answer.status_code == 422
    assert "disk full" in answer.text
    with db.reading(engine) as session:
        assert session.execute(sa.select(t.attachment)).all() == []


def test_a_database_that_is_gone_is_said_plainly(
    alice: Any, monkeypatch: pytest.MonkeyPatch, engine: sa.Engine
) -> None:
    def gone(*_arguments: Any, **_more: Any) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    monkeypatch.setattr("portal.registrations.views.file_registration", gone)
    answer = alice.post("/registrations", data=FORM)
    assert answer.status_code == 503
    assert "Nothing was half done" in answer.text
    with db.reading(engine) as session:
        assert session.execute(sa.select(t.registration.c.id)).all() == []


@pytest.mark.parametrize("digit", ["²", "١", "５"], ids=["superscript", "Arabic", "full width"])
def test_digits_that_are_no_numbers_in_ids_and_versions(
    app: Flask, alice: Any, file_as: Any, people: People, at: Any, login: Any, digit: str
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    assert alice.get(f"/board?moved={filed}&event={digit}").status_code == 200
    assert alice.post(f"/registrations/{filed}/undo", data={"event": digit}).status_code == 422
    person = {"version": digit, "name": "Bob", "roles": "partner_rep"}
    assert alice.post(f"/people/{people['bob'].user_id}", data=person).status_code == 409
    manager = login(app.test_client(), people["channel_manager"])
    partner = {"version": digit, "name": "通信", "kind": "growth", "region": "east"}
    assert manager.post(f"/partners/{people['bob'].partner_id}/edit", data=partner).status_code == 409


def test_control_characters_are_dropped_and_exports_survive_them(
    alice: Any, engine: sa.Engine, file_as: Any, people: People, at: Any
) -> None:
    alice.post("/registrations", data={**FORM, "contact": "苏\x07晓\x0b", "notes": "first\x00\r\nsecond"})
    # What came in before, or by an import, is in the database as it was.
    file_as(people["alice"], at("2026-03-02 10:01"), "别的有限公司", contact="a\x0bb\ufffe")
    with db.reading(engine) as session:
        assert session.scalar(sa.select(t.registration.c.contact).order_by(t.registration.c.id)) == "苏晓"
        assert session.scalar(sa.select(t.registration_event.c.note).limit(1)) == "first\nsecond"
    answer = alice.get("/registrations/export.xlsx")
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert "ab" in [cell.value for row in sheet for cell in row]


def test_nul_where_postgresql_would_choke(client: Any, alice: Any) -> None:
    assert client.post("/login", data={"email": "a\x00b@c.de", "password": "x"}).status_code == 401
    assert alice.post("/registrations/views", data={"name": "a\x00b", "query": "q=x"}).status_code == 303
    assert alice.post("/registrations/views", data={"name": "\x00", "query": "q=x"}).status_code == 422


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("nothing", ["\u200b\u200b", "\x07", "\u202e", "\u2066\u2069 "])
def test_what_nobody_can_see_is_nothing(alice: Any, nothing: str) -> None:
    for field in ("contact", "city"):
        answer = alice.post("/registrations", data={**FORM, field: nothing})
        assert answer.status_code == 422, field


@pytest.mark.engines("sqlite")
def test_nobody_turns_the_direction_of_a_line(alice: Any, row_of: Any) -> None:
    assert alice.post("/registrations", data={**FORM, "contact": "\u202e苏\u202c晓"}).status_code == 303
    assert row_of(1).contact == "苏晓"

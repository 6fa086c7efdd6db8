"""Receipts on screen: found, opened, entered, refunded; whose they are and where they stand."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import clock, db
from portal.commands.checking import problems
from portal.domain.rates import Product
from portal.models import tables as t
from portal.receipts.credits import load_credits
from portal.receipts.numbers import standing_of
from portal.receipts.service import Entry, enter_receipt
from tests.support.people import Person

FORM = {
    "source": "MANUAL", "ref": "M1", "received_on": "2026-06-01", "contract_no": "HT-1", "product": "port",
    "amount": "1,500.00", "minutes": "",
}  # fmt: skip


@pytest.fixture
def finance(client: FlaskClient, people: Mapping[str, Person], login: Any) -> FlaskClient:
    return login(client, people["finance"])


def refs(page: Any) -> list[str]:
    import re

    return re.findall(r'<a href="/receipts/\d+" translate="no">([^<]+)</a>', page.text)


def sound(engine: sa.Engine) -> bool:
    with db.reading(engine) as session:
        return list(problems(session, now=clock.now())) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["R1", "B5", "B4", "B3", "B2", "B1"]),
        ("period=2026-Q1", ["B2", "B1"]),
        ("period=2026-04", ["B4", "B3"]),
        ("period=never", ["R1", "B5", "B4", "B3", "B2", "B1"]),
        ("product=conference", ["B5"]),
        ("source=BOSS&product=port&matched=1", ["R1", "B2", "B1"]),
        ("source=ERP", []),
        ("matched=0", ["B5", "B4", "B3"]),
        ("refunds=1", ["R1"]),
        ("q=B3", ["B3"]),
        ("q=ht-1", ["R1", "B1"]),
        ("q=慢蜗牛", ["R1", "B1"]),
        ("q=100%25", []),
    ],
)
def test_the_list_is_narrowed_by_its_address(
    finance: FlaskClient, received: None, query: str, expected: list[str]
) -> None:
    page = finance.get(f"/receipts?{query}")
    assert page.status_code == 200
    assert refs(page) == expected


def test_the_sums_at_the_head_are_those_of_what_is_shown(finance: FlaskClient, received: None) -> None:
    text = finance.get("/receipts?q=HT-1").text
    for figure in ("¥12,000.00", "¥1,000.00", "¥11,000.00"):
        assert f'<dd class="num">{figure}</dd>' in text
    fragment = finance.hx.get("/receipts?q=HT-1").text  # type: ignore[attr-defined]
    assert "<html" not in fragment
    assert "¥11,000.00" in fragment


def test_a_receipt_says_whose_it_is_and_where_it_stands(finance: FlaskClient, received: None) -> None:
    own = finance.get("/receipts/1").text
    assert "P001 通信" in own
    assert "Waits for its statement" in own
    assert "2026-Q1" in own
    assert "Key accounts" in finance.get("/receipts/2").text
    unknown = finance.get("/receipts/3").text
    assert "Match the number" in unknown
    refund = finance.get("/receipts/6").text
    assert ">B1</a>" in refund
    assert "Refund …" not in refund


def test_over_payment_of_a_contract_year_is_seen(
    engine: sa.Engine, finance: FlaskClient, received: None
) -> None:
    assert "more than the contract says" not in finance.get("/receipts/1").text
    finance.post("/receipts", data=FORM | {"amount": "1000.01"})
    assert "¥0.01 more than the contract says" in finance.get("/receipts/1").text
    with db.reading(engine) as session:
        credit = load_credits(session, keys={"ht-1"}).by_key["ht-1"]
        standing = standing_of(session, credit, date(2027, 2, 1))
    assert (standing.first, standing.last, standing.received) == (date(2027, 2, 1), date(2028, 1, 31), 0)


def test_a_receipt_entered_by_hand_is_recorded_once_and_sealed(
    engine: sa.Engine, finance: FlaskClient, received: None
) -> None:
    for _twice in range(2):
        answer = finance.post("/receipts", data=FORM)
        assert (answer.status_code, answer.location) == (303, "/receipts/7")
    assert finance.post("/receipts", data=FORM | {"amount": "1"}).status_code == 422
    assert sound(engine)
    with db.reading(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.unsettled_receipt)) == 7
        stored = session.execute(sa.select(t.receipt).where(t.receipt.c.id == 7)).one()
    assert (stored.amount, stored.recorded_by_id is not None) == (Decimal("1500.00"), True)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"amount": "-5"}, "is negative"),
        ({"amount": "0"}, "zero"),
        ({"amount": "1.005"}, "more than two decimals"),
        ({"product": "ddd"}, "minutes are missing"),
        ({"received_on": "2026-06-11"}, "lies in the future"),
        ({"product": ""}, "Choose one"),
        ({"ref": ""}, "Fill this in"),
        ({"ref": "B1", "source": "BOSS"}, "reference already"),
    ],
)
def test_what_is_wrong_with_an_entry_stands_at_its_field(
    finance: FlaskClient, received: None, over: dict[str, str], told: str
) -> None:
    answer = finance.post("/receipts", data=FORM | over)
    assert answer.status_code == 422
    assert told in answer.text or "Fill this in" in answer.text
    assert told in answer.text or over == {"product": ""}


def test_a_refund_by_hand_never_exceeds_what_is_left(
    engine: sa.Engine, finance: FlaskClient, received: None
) -> None:
    """M5: 12,000 came in, 1,000 went back already."""
    form = {"ref": "R2", "received_on": "2026-06-02", "amount": "11000.01", "note": "多付", "seen": "1"}
    assert "¥11,000.00 of it can go back" in finance.get("/receipts/1/refund").text
    assert "More than was received" in finance.post("/receipts/1/refund", data=form).text
    assert finance.post("/receipts/1/refund", data=form | {"seen": "0", "amount": "1"}).status_code == 409
    assert finance.post("/receipts/1/refund", data=form | {"note": "", "amount": "1"}).status_code == 422
    for amount in ("11000", "-11000"):
        answer = finance.post("/receipts/1/refund", data=form | {"amount": amount})
        if amount == "11000":
            assert answer.status_code == 303
        else:
            assert answer.status_code == 409, "somebody recorded a refund meanwhile: the same form twice"
    assert finance.get("/receipts/6/refund").status_code == 404
    assert sound(engine)


def test_a_refund_that_is_sent_twice_is_recorded_once(engine: sa.Engine, received: None) -> None:
    entry = Entry("BOSS", "R2", date(2026, 6, 2), "HT-1", Product.PORT, Decimal("-11000.00"), None, "B1")
    numbers = []
    for _twice in range(2):
        with db.transaction(engine) as session:
            numbers.append(enter_receipt(session, actor=None, now=clock.now(), entry=entry))
    assert numbers == [7, 7]
    assert sound(engine)


@pytest.mark.engines("sqlite")
def test_the_import_page_shows_finance_receipts_alone(
    finance: FlaskClient, app: Flask, people: Mapping[str, Person], login: Any, at: Any
) -> None:
    at("2026-06-10 10:00")
    page = finance.get("/import").text
    assert 'value="receipts"' in page
    assert 'value="partners"' not in page
    data = {"kind": "partners", "file": (__import__("io").BytesIO(b"code\n1\n"), "p.csv")}
    assert finance.post("/import", data=data).status_code == 403
    admin = login(app.test_client(), people["admin"]).get("/import").text
    assert 'value="receipts"' in admin
    assert 'value="partners"' in admin

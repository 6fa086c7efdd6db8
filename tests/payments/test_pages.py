"""The pages about payment: who sees what, confirm pages, the bank's file, the invoice from a phone."""

import io
import re
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.domain.statements import Station
from portal.models import tables as t
from portal.payments.answers import COLUMNS
from tests.payments.conftest import PDF, VENDOR, Desk, csv_of
from tests.support.people import Person

pytestmark = pytest.mark.engines("sqlite")
ACCOUNT = {"holder": "P001 通信", "bank": "招商银行", "branch": "滨海支行", "number": "6225 8801 2345 6789"}


@pytest.fixture
def as_(app: Flask, login: Any, desk: Desk) -> Any:
    """`as_("finance")`: a browser of that person's."""
    people: Mapping[str, Person] = desk.people
    app.extensions["portal_config"] = _configured(app)
    return lambda who: login(app.test_client(), people[who])


def _configured(app: Flask) -> Any:
    from dataclasses import replace

    return replace(app.extensions["portal_config"], invoice_title=VENDOR.title, invoice_tax_no=VENDOR.tax_no)


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def test_an_account_goes_from_the_partner_to_finance(desk: Desk, as_: Any) -> None:
    alice, finance, seller = as_("alice"), as_("finance"), as_("channel_sales")
    look = alice.post("/partners/1/account", data={**ACCOUNT, "holder": "别的公司", "look": "1"})
    assert "banks send such payments back" in look.text
    assert desk.rows("bank_account") == []
    assert alice.post("/partners/1/account", data=ACCOUNT).status_code == 303
    assert "Payments are frozen" in alice.get("/partners/1/account").text
    page = finance.get("/partners/1/account").text
    said = {"version": version_in(page), "word": "called the number on file"}
    assert "From now on payments" in finance.post("/accounts/1/verify", data={**said, "look": "1"}).text
    assert finance.post("/accounts/1/verify", data=said).status_code == 303
    assert finance.post("/accounts/1/verify", data=said).status_code == 409
    whole, last = "6225880123456789", "•••• 6789"
    assert whole in alice.get("/partners/1/account").text
    shown = seller.get("/partners/1/account").text
    assert whole not in shown
    assert last in shown
    assert as_("carol").get("/partners/1/account").status_code == 404


def test_from_the_list_to_the_bank_and_back(desk: Desk, as_: Any) -> None:
    desk.account()
    one, frozen = desk.approved(), desk.approved("10.00", who="carol")
    finance, second = as_("finance"), as_("second")
    page = finance.get("/payments").text
    assert "No verified bank account" in page
    pick = {"pick": [f"{one}:{desk.row('statement', one).version}"]}
    assert "¥4,800.00" in finance.post("/payments", data={**pick, "look": "1"}).text
    assert desk.rows("payment_batch") == []
    assert finance.post("/payments", data=pick).status_code == 303
    assert finance.post("/payments", data=pick).status_code == 422, "the second click"
    assert "You prepared it" in finance.get("/payments/batches/1").text
    said = {"version": version_in(second.get("/payments/batches/1").text)}
    refused = finance.post("/payments/batches/1/release", data={**said, "look": "1"})
    assert refused.status_code == 422
    look = second.post("/payments/batches/1/release", data={**said, "look": "1"})
    assert "can be handed out" in look.text
    assert second.post("/payments/batches/1/release", data=said).status_code == 303
    said = {"version": version_in(second.get("/payments/batches/1").text)}
    file = second.post("/payments/batches/1/file", data=said)
    assert file.text.splitlines()[1] == (
        f"PB-20260401-01,1,{desk.row('statement', one).number},P001 通信,招商银行,滨海支行,6225880123456789,"
        "4800.00,PB-20260401-01-001"
    )
    again = finance.post("/payments/batches/1/file", data=said)
    assert again.status_code == 409, "somebody else took it meanwhile"
    assert "Second took it first" in finance.get("/payments/batches/1").text
    answer = csv_of("PB-20260401-01-001,paid,2026-04-01,B1,")
    upload = {"file": (io.BytesIO(answer), "answer.csv")}
    page = finance.post("/payments/answers", data=upload).text
    assert desk.station(one) is Station.APPROVED
    key = re.search(r"/payments/answers/([0-9a-f]{32})", page)
    assert key
    assert finance.post(key[0]).status_code == 303
    assert desk.station(one) is Station.PAID
    assert desk.station(frozen) is Station.APPROVED
    wrong = finance.post("/payments/answers", data={"file": (io.BytesIO(b"a,b\n1,2\n"), "x.csv")})
    assert wrong.status_code == 422


def test_an_invoice_is_compared_before_it_is_handed_in(desk: Desk, as_: Any) -> None:
    desk.account()
    statement = desk.approved()
    desk.pay(statement)
    alice, finance = as_("alice"), as_("finance")
    assert "Hand in the invoice" in alice.get("/payments/made").text
    page = alice.get(f"/statements/{statement}/invoice").text
    values = {
        "number": "26320000001234567890", "reference": desk.row("statement", statement).number,
        "title": VENDOR.title, "tax_no": VENDOR.tax_no, "amount": "4,800.50", "issued_on": "2026-04-01",
        "version": version_in(page),
    }  # fmt: skip

    def hand_in(**over: str) -> Any:
        upload = {"file": (io.BytesIO(PDF), "fp.pdf")}
        look = alice.post(f"/statements/{statement}/invoice", data={**values, **over, **upload})
        key = re.search(rf"/statements/{statement}/invoice/([0-9a-f]{{32}})", look.text)
        assert key, look.text
        return look.text, alice.post(key[0], data={**values, **over})

    text, done = hand_in()
    assert "The invoice differs from the statement" in text
    assert done.status_code == 303
    assert "differs" in finance.get("/payments/closing").text
    said = {"version": version_in(finance.get(f"/statements/{statement}/invoice").text), "reason": "amount"}
    assert (
        finance.post(f"/statements/{statement}/invoice/return", data=said | {"look": "1"}).status_code == 200
    )
    assert finance.post(f"/statements/{statement}/invoice/return", data=said).status_code == 303
    page = alice.get(f"/statements/{statement}/invoice").text
    assert "Sent back: amount" in page
    text, done = hand_in(amount="4800", version=version_in(page))
    assert "differs" not in text
    assert done.status_code == 303
    file = finance.get(f"/statements/{statement}/invoice/2/file")
    assert file.data == PDF
    assert "attachment" in file.headers["Content-Disposition"]
    pick = {"pick": f"{statement}:{desk.row('statement', statement).version}"}
    assert "never changes again" in finance.post("/payments/closing", data={**pick, "look": "1"}).text
    assert finance.post("/payments/closing", data=pick).status_code == 303
    assert desk.station(statement) is Station.CLOSED
    assert desk.holds() == []


def test_what_is_not_an_invoice_is_refused_with_what_was_typed(desk: Desk, as_: Any) -> None:
    desk.account()
    statement = desk.approved()
    desk.pay(statement)
    upload = {"file": (io.BytesIO(b"MZ" + bytes(100)), "fp.pdf")}
    values = {
        "number": "12", "reference": "x", "title": "某公司", "tax_no": "91310115TX2334G26X",
        "amount": "1", "issued_on": "2026-04-01",
    }  # fmt: skip
    page = as_("alice").post(f"/statements/{statement}/invoice", data={**values, **upload})
    assert page.status_code == 422
    assert "某公司" in page.text
    assert "check digit" in page.text
    fine = values | {"number": "1234", "tax_no": VENDOR.tax_no}
    upload = {"file": (io.BytesIO(b"MZ" + bytes(100)), "fp.pdf")}
    page = as_("alice").post(f"/statements/{statement}/invoice", data={**fine, **upload})
    assert page.status_code == 422
    assert "This is no invoice file" in page.text


def test_what_lacks_an_invoice_is_listed_by_age(desk: Desk, as_: Any, at: Any) -> None:
    desk.account()
    statement = desk.approved()
    desk.pay(statement)
    finance = as_("finance")
    for day, words in (
        ("2026-04-08 10:00", "In time"),
        ("2026-04-16 10:00", "Up to 5 working days late"),
        ("2026-05-30 10:00", "More than 20 working days late"),
    ):
        at(day)
        page = finance.get("/payments/uninvoiced").text
        assert f">{words}<" in page.partition('id="h-all"')[2], (day, words)
    book = openpyxl.load_workbook(io.BytesIO(finance.get("/payments/uninvoiced.xlsx").data))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert (rows[1][0], float(rows[1][5])) == (desk.row("statement", statement).number, 4800.0)
    assert "P001" not in as_("carol").get("/payments/uninvoiced").text


def test_nothing_due_and_debts_are_settled_from_the_list(desk: Desk, as_: Any) -> None:
    minus = desk.approved("-7.00")
    finance = as_("finance")
    said = {"version": desk.row("statement", minus).version}
    look = finance.post(f"/payments/settle/{minus}", data={**said, "look": "1"})
    assert "it becomes a debt" in look.text
    assert finance.post(f"/payments/settle/{minus}", data=said).status_code == 303
    assert desk.station(minus) is Station.PAID
    assert finance.post(f"/payments/settle/{minus}", data=said).status_code in (409, 422)
    pick = {"pick": f"{minus}:{desk.row('statement', minus).version}"}
    assert finance.post("/payments/closing", data=pick).status_code == 303
    assert desk.station(minus) is Station.CLOSED


def test_a_partner_sees_its_own_payments_only(desk: Desk, as_: Any) -> None:
    desk.account()
    statement = desk.approved()
    desk.pay(statement)
    number = desk.row("statement", statement).number
    assert number in as_("alice").get("/payments/made").text
    carol = as_("carol")
    assert number not in carol.get("/payments/made").text
    for path in (f"/statements/{statement}/invoice", f"/statements/{statement}/invoice/1/file"):
        assert carol.get(path).status_code == 404
    assert carol.post(f"/statements/{statement}/invoice", data={}).status_code == 404


def test_the_columns_of_the_answer_stand_on_its_page(as_: Any, desk: Desk) -> None:
    page = as_("finance").get("/payments/answers").text
    assert all(name in page for name in COLUMNS)


def test_a_page_that_is_out_of_date_is_told(desk: Desk, as_: Any) -> None:
    desk.account()
    statement = desk.approved()
    pick = {"pick": [f"{statement}:{desk.row('statement', statement).version}"]}
    with db.transaction(desk.engine) as session:
        session.execute(sa.update(t.statement).values(version=50))
    assert as_("finance").post("/payments", data=pick).status_code == 409

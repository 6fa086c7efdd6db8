"""The pages of deposits: forms are confirmed in words, nobody sees another partner's account."""

from typing import Any

import pytest
from flask import Flask

from portal.domain.deposits import DeductionAct as Act
from tests.deposits.conftest import START, Acts

pytestmark = pytest.mark.engines("sqlite")
PAID = {"amount": "90,000.00", "on": "2026-03-02", "reference": "BANK-1", "note": ""}


def test_a_payment_is_confirmed_before_it_is_booked(app: Flask, acts: Acts, login: Any, at: Any) -> None:
    at("2026-03-02 11:00")
    finance = login(app.test_client(), acts.folk["finance"])
    path = f"/deposits/{acts.partner()}/payment"
    assert finance.get(path).status_code == 200
    assert finance.post(path, data={**PAID, "amount": "x"}).status_code == 422
    page = finance.post(path, data=PAID)
    assert page.status_code == 200
    assert "¥90,000.00" in page.text
    assert acts.balance() == "0.00"
    assert finance.post(path, data={**PAID, "sure": "1"}).status_code == 303
    assert acts.balance() == "90000.00"
    assert finance.post(path, data={**PAID, "sure": "1"}).status_code == 422
    for page in ("/deposits", "/deposits?show=short", "/deposits/open", f"/deposits/{acts.partner()}"):
        assert finance.get(page).status_code == 200, page
    assert finance.get(f"/deposits/{acts.partner()}/return").status_code == 200


def test_a_partner_sees_its_own_account_and_what_was_announced(
    app: Flask, acts: Acts, login: Any, at: Any
) -> None:
    at("2026-03-02 11:00")
    acts.pay("90000.00")
    number, own = acts.arrears("100.00"), f"/deposits/{acts.partner()}"
    alice, carol = (login(app.test_client(), acts.folk[who]) for who in ("alice", "carol"))
    assert alice.get("/deposits").location.endswith(own)
    assert "DOC2" not in alice.get(own).text
    assert alice.get(f"/deductions/{number}/object").status_code == 404
    acts.announced(number, START)
    assert "DOC2" in alice.get(own).text
    assert carol.get(own).status_code == 404
    assert carol.get(f"/deductions/{number}/object").status_code == 404
    seen = {"reason": "不是我们的客户", "version": "3"}
    assert alice.post(f"/deductions/{number}/object", data={**seen, "version": "1"}).status_code == 409
    assert alice.post(f"/deductions/{number}/object", data=seen).status_code == 200
    assert alice.post(f"/deductions/{number}/object", data={**seen, "sure": "1"}).status_code == 303
    acts.act("channel_manager", number, Act.DROP, START, "x")

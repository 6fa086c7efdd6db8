"""Odd names through the real form and the live check: answered, quick, and nothing is lost or mistaken."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import clock, db
from portal.conflicts.check import problems
from portal.models import tables as t
from tests.support.filings import FORM
from tests.support.people import Person

People = Mapping[str, Person]
# What can be filed, and what the form refuses in words.
FILED = {
    "one character": "牛",
    "one letter": "x",
    "only Latin": "Slow Snail Express Ltd",
    "mixed scripts": "慢蜗牛Express快递カタツムリ",
    "homoglyphs": "Slоw Snаil Exprеss Ltd",
    "zero-width": "慢\u200b蜗\u200d牛\ufeff快递",
    "right-to-left": "\u200f慢蜗牛\u202e快递\u202c有限公司",
    "combining": "e\u0301" * 90,
    "brackets that do not close": "（" * 150 + "慢",
    "markup": "<script>alert(1)</script>有限公司",
    "a pattern": "%慢_蜗牛% OR 1=1 --有限公司",
    "beyond the first plane": "𠮷野家快递有限公司",
}
REFUSED = {
    "nothing": "",
    "only a form": "有限公司",
    "forms in a row": "有限公司" * 40,
    "only a region": "深圳市",
    "two regions": "广东省深圳市",
    "blanks": " \u3000\t ",
    "no letters": "（）！——123",
    "500 characters": "慢" * 500,
    "control": "慢\x07蜗牛",
}
QUICK = 2.0
FLOOD = 500


@pytest.fixture
def alice(app: Flask, people: People, login: Any) -> Any:
    return login(app.test_client(), people["alice"])


def check(client: Any, name: str) -> Any:
    return client.get("/registrations/check", query_string={"customer_name": name})


def names(engine: sa.Engine) -> list[str]:
    with db.reading(engine) as session:
        return list(session.scalars(sa.select(t.registration.c.customer_name)))


def test_odd_names_are_filed_found_again_and_quick(app: Flask, engine: sa.Engine, alice: Any) -> None:
    for what, name in FILED.items():
        start = time.perf_counter()
        assert check(alice, name).status_code == 200, what
        filed = alice.post("/registrations", data=FORM | {"customer_name": name})
        assert filed.status_code == 303, what
        page = alice.get(filed.headers["Location"])
        assert page.status_code == 200, what
        assert "<script>alert" not in page.text
        assert check(alice, name).status_code == 200, what
        assert time.perf_counter() - start < QUICK, what
    assert names(engine) == [" ".join(name.split()) for name in FILED.values()], "as typed, one by one"
    with db.reading(engine) as session:
        assert list(problems(session, now=clock.now())) == []


def test_what_is_no_name_is_refused_in_words_and_kept_in_the_form(
    app: Flask, engine: sa.Engine, alice: Any
) -> None:
    for what, name in REFUSED.items():
        assert check(alice, name).status_code in (200, 400), what
        answer = alice.post("/registrations", data=FORM | {"customer_name": name})
        assert answer.status_code in (400, 422), what
        assert answer.status_code == 400 or 'aria-invalid="true"' in answer.text, what
    assert names(engine) == []


@pytest.mark.parametrize(
    "twin",
    [
        "慢蜗牛快递\u200b有限公司",
        "\u200f慢蜗牛快递有限公司",
        "慢 蝸牛 快遞 有限公司",
        "慢蜗牛快递（有限公司）",
    ],
    ids=["zero-width", "right-to-left mark", "traditional", "brackets"],
)
def test_what_looks_the_same_is_the_same(
    app: Flask, people: People, login: Any, alice: Any, engine: sa.Engine, twin: str
) -> None:
    alice.post("/registrations", data=FORM)
    carol = login(app.test_client(), people["carol"])
    assert check(carol, twin).text == check(carol, FORM["customer_name"]).text
    carol.post("/registrations", data=FORM | {"customer_name": twin})
    c = t.registration.c
    with db.reading(engine) as session:
        states = session.scalars(sa.select(c.state).order_by(c.filed_at)).all()
    assert [state.value for state in states] == ["active", "waiting"]


def test_a_name_that_is_only_a_form_or_a_region_does_not_hold_up_everybody(
    app: Flask, people: People, login: Any, file_as: Any, at: Any
) -> None:
    """The form refuses such names; an import keeps what it is given."""
    for name in ("有限公司", "深圳市"):
        file_as(people["alice"], at("2026-03-02 10:00"), name)
    carol = login(app.test_client(), people["carol"])
    assert "Free to register" in check(carol, "深圳市静湖茶业有限公司").text


def test_five_hundred_near_identical_names_in_a_row(app: Flask, engine: sa.Engine, alice: Any) -> None:
    slowest = 0.0
    for number in range(FLOOD):
        name = f"深圳市慢蜗牛{number}号快递有限公司"
        start = time.perf_counter()
        assert alice.post("/registrations", data=FORM | {"customer_name": name}).status_code == 303
        slowest = max(slowest, time.perf_counter() - start)
    assert slowest < QUICK
    assert len(names(engine)) == FLOOD
    start = time.perf_counter()
    assert check(alice, "深圳市慢蜗牛号快递有限公司").status_code == 200
    assert time.perf_counter() - start < QUICK

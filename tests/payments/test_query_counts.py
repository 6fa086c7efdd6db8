"""No page about payment asks more than eight questions, and none more because there is more on it."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.payments.conftest import Desk
from tests.payments.test_batches import owe

MOST = 8
PAGES = (
    ("finance", "/payments"),
    ("finance", "/payments/batches"),
    ("finance", "/payments/batches/1"),
    ("finance", "/payments/closing"),
    ("finance", "/payments/uninvoiced"),
    ("finance", "/payments/accounts"),
    ("alice", "/payments/made"),
    ("alice", "/partners/1/account"),
)


def fill(desk: Desk) -> None:
    """A batch on its way, paid statements, invoices, debts, what waits."""
    owe(desk, "10.00")
    desk.prepare(desk.approved("100.00"))
    paid = [desk.approved("200.00") for _number in range(3)]
    desk.pay(*paid)
    desk.invoice(paid[0])
    desk.invoice(paid[1], title="别的公司")
    desk.approved("300.00")
    desk.approved("-1.00")


@pytest.mark.engines("sqlite")
def test_a_page_asks_at_most_eight_questions_however_much_is_on_it(
    app: Flask, desk: Desk, login: Any
) -> None:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    clients = {who: login(app.test_client(), desk.people[who]) for who, _path in PAGES}

    def counts() -> dict[str, int]:
        found = {}
        for who, path in PAGES:
            statements.clear()
            assert clients[who].get(path).status_code == 200, path
            found[path] = sum(not each.startswith("BEGIN") for each in statements)
        return found

    desk.account()
    fill(desk)
    sa.event.listen(app.extensions["portal_engine"], "before_cursor_execute", note)
    counts()  # what is kept between requests is there afterwards
    few = counts()
    fill(desk)
    fill(desk)
    many = counts()
    assert {path: count for path, count in many.items() if count > MOST} == {}
    assert many == few

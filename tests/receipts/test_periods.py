"""Step 1: finance calls a period complete, having seen what is in it; opens it again while nothing is out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal import clock, db
from portal.commands.checking import problems
from portal.domain.periods import parse_period
from portal.domain.statements import Station
from portal.models import tables as t
from portal.receipts import queries
from tests.support.people import Person

FORM = {"ref": "M1", "received_on": "2026-03-01", "contract_no": "HT-1", "product": "port", "source": "X",
        "amount": "1"}  # fmt: skip


@pytest.fixture
def finance(client: FlaskClient, people: Mapping[str, Person], login: Any) -> FlaskClient:
    return login(client, people["finance"])


def collected(engine: sa.Engine) -> list[str]:
    with db.reading(engine) as session:
        assert list(problems(session, now=clock.now())) == []
        return list(session.scalars(sa.select(t.collected_period.c.period)))


def test_what_is_in_a_period_by_product_and_party(engine: sa.Engine, received: None) -> None:
    def told(shares: list[Any]) -> list[tuple[Any, int, str]]:
        return [(each.name, each.receipts, str(each.amount)) for each in shares]

    with db.reading(engine) as session:
        first = queries.contents_of(session, parse_period("2026-Q1"))
        second = queries.contents_of(session, parse_period("2026-Q2"))
        may = queries.contents_of(session, parse_period("2026-05"))
    assert told(first.partners) == [("P001 通信", 1, "12000.00")]
    assert told([first.key_accounts]) == [(None, 1, "500.00")]
    assert (first.receipts, str(first.amount), first.unmatched.receipts) == (2, "12500.00", 0)
    assert told(second.partners) == [("P001 通信", 1, "-1000.00")]
    assert told([second.unmatched]) == [(None, 2, "800.00")]
    assert [(each.name.value, each.receipts) for each in may.products] == [("conference", 1)]


def test_a_period_is_called_complete_once_it_is_over_and_seen(
    engine: sa.Engine, finance: FlaskClient, received: None
) -> None:
    page = finance.get("/receipts/periods/2026-Q1").text
    assert "¥12,500.00" in page
    assert finance.get("/receipts/periods/never").status_code == 404
    assert "still runs" in finance.get("/receipts/periods/2026-Q2").text
    assert finance.post("/receipts/periods/2026-Q2/collect", data={"seen": "6"}).status_code == 422
    assert finance.post("/receipts/periods/2026-Q1/collect", data={"seen": "5"}).status_code == 409
    assert collected(engine) == []
    assert finance.post("/receipts/periods/2026-Q1/collect", data={"seen": "6"}).status_code == 303
    assert finance.post("/receipts/periods/2026-Q1/collect", data={"seen": "6"}).status_code == 422
    assert collected(engine) == ["2026-Q1"]
    assert "2026-Q1" in finance.get("/receipts/periods").text


def test_a_period_is_opened_again_with_a_reason_while_nothing_is_out(
    engine: sa.Engine, finance: FlaskClient, received: None
) -> None:
    reopen = "/receipts/periods/2026-Q1/reopen"
    assert finance.post(reopen, data={"reason": "漏了一天"}).status_code == 422
    finance.post("/receipts/periods/2026-Q1/collect", data={"seen": "6"})
    assert finance.post(reopen, data={"reason": " "}).status_code == 422
    assert finance.post(reopen, data={"reason": "漏了一天"}).status_code == 303
    assert collected(engine) == []
    finance.post("/receipts/periods/2026-Q1/collect", data={"seen": "6"})
    with db.transaction(engine) as session:
        now = datetime(2026, 6, 1, tzinfo=UTC)
        session.execute(
            sa.insert(t.statement).values(
                number="S1", partner_id=1, period="2026-Q1", station=Station.SENT, station_since=now,
                content_hash="x", generated_at=now, version=1,
            )
        )  # fmt: skip
    answer = finance.post(reopen, data={"reason": "漏了一天"})
    assert answer.status_code == 422
    assert "cannot be opened again" in answer.text

"""What a draft would have cost: the engine's own figures, and nothing is written (§12)."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from portal import db
from portal.domain.periods import parse_period
from portal.domain.statements import Act
from portal.domain.versions import merged
from portal.models import tables as t
from portal.policy.drafts import save_draft
from portal.policy.service import add_policy
from portal.statements.walk import take_step
from portal.statements.what_if import WhatIf, what_if
from tests.statements.conftest import FLOORS, NOW
from tests.support.people import Person
from tests.support.policies import BODY

pytestmark = pytest.mark.usefixtures("signed")
Receive, Make = Callable[..., int], Callable[..., Any]
IN_FORCE = {**BODY, "floor_prices": FLOORS}
Ask = Callable[..., WhatIf]


@pytest.fixture
def ask(engine: sa.Engine) -> Ask:
    """`ask("2026-Q1", rates={…})`: the period under a draft with these figures."""

    def run(period: str, **figures: Any) -> WhatIf:
        with db.reading(engine) as session:
            return what_if(session, body=merged(IN_FORCE, figures), period=parse_period(period))

    return run


@pytest.fixture
def received(receive: Receive) -> None:
    """A first quarter: ports of two partners, conferencing, long distance, a refund; a receipt of April."""
    receive("R1", "2026-02-01", "HT-1", "port", "12000.00")
    receive("R2", "2026-02-10", "HT-4", "conference", "333.35")
    receive("R3", "2026-02-11", "HT-1", "idd", "300.00", minutes=120)
    receive("R4", "2026-03-12", "HT-4", "port", "100.00")
    receive("R5", "2026-02-13", "HT-2", "port", "100.00")
    receive("R6", "2026-03-20", "HT-1", "port", "-3000.00", of="R1")
    receive("R7", "2026-04-01", "HT-1", "port", "5000.00")


def table(entire: Any) -> dict[str, Any]:
    return {each.code: (each.before, each.after, each.lines, each.withheld) for each in entire.partners}


def yuan(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.usefixtures("received")
def test_the_same_figures_cost_the_same(ask: Ask) -> None:
    found = ask("2026-Q1")
    # 4800.00 + 40.00 − 1200.00 of ports, 33.34 of conferencing, 78.00 of IDD
    assert table(found) == {
        "P1": (yuan("3751.34"), yuan("3751.34"), 0, 0), "P2": (yuan("20.00"), yuan("20.00"), 0, 0),
    }  # fmt: skip
    assert found.tiers == []
    assert (found.before, found.after) == (yuan("3771.34"), yuan("3771.34"))


@pytest.mark.usefixtures("received")
def test_another_rate_changes_its_lines_only(ask: Ask) -> None:
    """Gold 50 % instead of 40: also the refund of a receipt of the period, at the rate it would have had."""
    found = ask("2026-Q1", rates={"port": {"gold": "0.50"}})
    # 6000.00 + 50.00 − 1500.00 + 33.34 + 78.00
    assert table(found)["P1"] == (yuan("3751.34"), yuan("4661.34"), 3, 0)
    assert table(found)["P2"] == (yuan("20.00"), yuan("20.00"), 0, 0)
    assert [each.code for each in found.partners] == ["P1", "P2"]


@pytest.mark.usefixtures("received")
def test_a_month_is_what_is_paid_by_month(ask: Ask) -> None:
    found = ask("2026-02", rates={"conference": "0.20", "port": {"gold": "0.99"}})
    # 33.34 → 66.67, 78.00 stays; ports are not on a month's statements
    assert table(found) == {"P1": (yuan("111.34"), yuan("144.67"), 1, 0)}


@pytest.mark.usefixtures("received")
def test_a_price_that_is_missing_under_the_draft_withholds(ask: Ask, engine: sa.Engine) -> None:
    body = {**IN_FORCE, "floor_prices": {"ddd": {}, "idd": {}}}
    with db.reading(engine) as session:
        found = what_if(session, body=body, period=parse_period("2026-02"))
    assert table(found) == {"P1": (yuan("111.34"), yuan("33.34"), 1, 1)}


@pytest.mark.usefixtures("received")
def test_what_is_out_is_taken_as_it_went_out(ask: Ask, engine: sa.Engine, make: Make) -> None:
    before = table(ask("2026-Q1", rates={"port": {"gold": "0.50"}}))
    make("2026-Q1")
    with db.transaction(engine) as session:
        db.lock_registry(session)
        for number in list(session.scalars(sa.select(t.statement.c.id))):
            for act in (Act.PRINT, Act.SEND):
                take_step(session, actor=None, now=NOW, statement_id=number, version=None, act=act)
    assert table(ask("2026-Q1", rates={"port": {"gold": "0.50"}})) == before


def test_a_refund_of_an_earlier_receipt_keeps_its_rate(
    ask: Ask, engine: sa.Engine, receive: Receive, make: Make
) -> None:
    """M5: at its original rate, whatever the draft says of the period of the refund."""
    receive("R1", "2026-02-01", "HT-1", "port", "12000.00")
    make("2026-Q1")
    receive("R2", "2026-04-20", "HT-1", "port", "-3000.00", of="R1")
    found = ask("2026-Q2", rates={"port": {"gold": "0.50"}})
    assert table(found)["P1"][:3] == (yuan("-1200.00"), yuan("-1200.00"), 0)


@pytest.mark.usefixtures("received")
def test_the_draft_holds_in_place_of_every_version_of_the_period(ask: Ask, engine: sa.Engine) -> None:
    """A version that came in within the quarter is as little in force as the one before it."""
    with db.transaction(engine) as session:
        add_policy(
            session, actor=None, now=NOW, effective_from=date(2026, 3, 1), reason="-",
            body=merged(IN_FORCE, {"rates": {"port": {"gold": "0.10"}}}),
        )  # fmt: skip
    # R4 of March at 10 % then; at 50 % both under the draft
    assert table(ask("2026-Q1", rates={"port": {"gold": "0.50"}}))["P1"][:2] == (
        yuan("3721.34"), yuan("4661.34"),
    )  # fmt: skip


@pytest.mark.usefixtures("received")
def test_tiers_that_other_thresholds_would_give(ask: Ask) -> None:
    """T2: P1 closed two customers (60 ports each), P2 one."""
    found = ask("2026-Q1", tiers={"silver": {"closed_customers": 1}, "gold": {"closed_customers": 2}})
    moved = {each.code: (each.closed_customers, each.ports, each.before, each.after) for each in found.tiers}
    assert moved == {"P1": (2, 120, "ordinary", "gold"), "P2": (1, 60, "ordinary", "silver")}
    assert ask("2026-Q2", tiers={"silver": {"closed_customers": 1}}).tiers == []


@pytest.mark.usefixtures("received")
@pytest.mark.engines("sqlite")
def test_nothing_is_written_and_the_page_and_its_sheet_say_it(
    app: Flask, people: Mapping[str, Person], login: Any, engine: sa.Engine, at: Any
) -> None:
    at("2026-05-04 10:00")
    manager = people["channel_manager"]
    with db.transaction(engine) as session:
        body = merged(
            IN_FORCE, {"rates": {"port": {"gold": "0.50"}}, "tiers": {"silver": {"closed_customers": 1}}}
        )
        number = save_draft(session, actor=manager.actor, now=NOW, body=body, effective_from=None, reason="-")
    client = login(app.test_client(), manager)
    counted = [sa.select(sa.func.count()).select_from(table) for table in (t.statement, t.statement_line)]
    page = client.get(f"/policy/drafts/{number}/what-if")
    assert page.status_code == 200
    for said in ("¥3,771.34", "¥4,681.34", "+910.00", "2026-Q1"):
        assert said in page.text
    assert client.get(f"/policy/drafts/{number}/what-if?period=2026-02").status_code == 200
    wrong = client.get(f"/policy/drafts/{number}/what-if?period=x")
    assert (wrong.status_code, "“x”" in wrong.text) == (422, True)
    sheet = client.get(f"/policy/drafts/{number}/what-if.xlsx?period=2026-Q1")
    rows = list(load_workbook(BytesIO(sheet.data)).active.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["Partner code", "P1", "P2"]
    assert [float(row[5]) for row in rows[1:]] == [910.0, 0.0]
    assert [row[-1] for row in rows[1:]] == ["Silver", "Silver"]
    with db.reading(engine) as session:
        assert [session.scalar(each) for each in counted] == [0, 0]

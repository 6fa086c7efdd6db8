"""Numbers that no contract bears: listed, matched with a reason, taken back; nothing is overwritten (M14)."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal import clock, db
from portal.commands.checking import problems
from portal.domain.errors import RuleViolation, StaleVersion
from portal.models import tables as t
from portal.receipts import queries
from portal.receipts.contested import contested_numbers
from portal.receipts.credits import load_credits
from portal.receipts.matching import match_number, take_match_back
from portal.receipts.numbers import starts_of, unknown_keys
from tests.receipts.conftest import sign
from tests.support.people import Person


@pytest.fixture
def finance(client: FlaskClient, people: Mapping[str, Person], login: Any) -> FlaskClient:
    return login(client, people["finance"])


def unknown(engine: sa.Engine) -> list[str]:
    with db.reading(engine) as session:
        return sorted(session.scalars(unknown_keys()))


def owner_of(engine: sa.Engine, key: str) -> str | None:
    with db.reading(engine) as session:
        credit = load_credits(session, keys={key}).by_key.get(key)
        assert (credit is None) == (not starts_of(session, {key})), "both ways to ask agree"
        return credit.customer_name if credit else None


def test_the_work_list_has_the_oldest_first_with_count_and_sum(engine: sa.Engine, received: None) -> None:
    with db.reading(engine) as session:
        rows = queries.unmatched_page(session, None).rows
        sums = queries.unmatched_sums(session)
    assert [(row.number, row.receipts, str(row.amount)) for row in rows] == [
        ("HT1", 2, "800.00"), ("X9", 1, "10.00"),
    ]  # fmt: skip
    assert (sums.numbers, sums.receipts, str(sums.amount)) == (2, 3, "810.00")


def test_the_nearest_numbers_are_proposed(finance: FlaskClient, received: None) -> None:
    page = finance.get("/receipts/numbers/match?number=HT1").text
    assert "HT-1 · 慢蜗牛快递有限公司" in page
    assert page.index("HT-1 · ") < page.index("HT-KA · ") if "HT-KA · " in page else True
    assert "静湖茶业" in finance.get("/receipts/numbers/match?number=HT1&q=静湖").text
    assert finance.get("/receipts/numbers/match?number=none").status_code == 404


def test_a_match_credits_the_receipts_and_can_be_taken_back(
    engine: sa.Engine, finance: FlaskClient, received: None
) -> None:
    said = {"number": "HT1", "contract": "1", "reason": "漏了连字符", "seen": "0"}
    assert finance.post("/receipts/numbers/match", data=said | {"reason": " "}).status_code == 422
    assert finance.post("/receipts/numbers/match", data=said | {"contract": "99"}).status_code == 422
    assert owner_of(engine, "ht1") is None
    assert finance.post("/receipts/numbers/match", data=said).status_code == 303
    assert (owner_of(engine, "ht1"), unknown(engine)) == ("慢蜗牛快递有限公司", ["x9"])
    assert finance.post("/receipts/numbers/match", data=said).status_code == 409
    again = said | {"contract": "2", "seen": "1"}
    assert finance.post("/receipts/numbers/match", data=again).status_code == 303
    assert owner_of(engine, "ht1") == "静湖茶业集团有限公司"
    assert "静湖茶业集团有限公司" in finance.get("/receipts/numbers").text
    back = {"number": "HT1", "reason": "弄错了", "seen": "2"}
    assert finance.post("/receipts/numbers/unmatch", data=back).status_code == 303
    assert (owner_of(engine, "ht1"), unknown(engine)) == (None, ["ht1", "x9"])
    assert finance.post("/receipts/numbers/unmatch", data=back | {"seen": "3"}).status_code == 422
    with db.reading(engine) as session:
        assert len(list(session.execute(sa.select(t.contract_match)))) == 3
        assert list(problems(session, now=clock.now())) == []


def test_two_finance_people_do_not_match_one_number_twice(engine: sa.Engine, received: None) -> None:
    about = {"actor": None, "now": clock.now(), "number_key": "ht1", "reason": "-", "seen": 0}
    with db.transaction(engine) as session:
        match_number(session, contract_id=1, **about)
    with pytest.raises(StaleVersion), db.transaction(engine) as session:
        match_number(session, contract_id=2, **about)
    with pytest.raises(RuleViolation, match="not_matched"), db.transaction(engine) as session:
        take_match_back(session, **about | {"number_key": "x9"})


def test_a_match_to_a_contract_that_is_no_more_counts_as_none(engine: sa.Engine, received: None) -> None:
    about = {"actor": None, "now": clock.now(), "number_key": "ht1", "reason": "-", "seen": 0}
    with db.transaction(engine) as session:
        match_number(session, contract_id=1, **about)
        session.execute(sa.delete(t.contract).where(t.contract.c.id == 1))
    assert owner_of(engine, "ht1") is None
    assert unknown(engine) == ["ht-1", "ht1", "x9"]


def test_a_number_that_two_parties_signed_is_listed(
    engine: sa.Engine,
    people: Mapping[str, Person],
    finance: FlaskClient,
    received: None,
    file_as: Any,
    at: Any,
) -> None:
    file_as(people["carol"], at("2026-06-11 10:00"), "山河信息有限公司")
    sign(engine, people["carol"], at("2026-06-11 11:00"), 3, "HT-1")
    with db.reading(engine) as session:
        assert [each.key for each in contested_numbers(session)] == ["ht-1"]
    assert "In question" in finance.get("/receipts/numbers").text
    assert owner_of(engine, "ht-1") == "慢蜗牛快递有限公司"

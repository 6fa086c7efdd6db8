"""A number that is stated first, or a first day stated anew, brings nobody money unseen (M1, M14)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal import clock, db
from portal.commands.checking import problems
from portal.domain.commissions import Flag
from portal.domain.errors import RuleViolation
from portal.domain.periods import parse_period
from portal.domain.pipeline import Stage
from portal.domain.statements import Station
from portal.models import tables as t
from portal.pipeline.service import move_project
from portal.receipts.contested import contested_numbers
from portal.receipts.matching import match_number
from portal.statements.generation import generate
from tests.imports.conftest import importing
from tests.imports.files import as_csv
from tests.receipts.conftest import sign
from tests.support.people import Person
from tests.support.statements import walk_to

People = Mapping[str, Person]


@pytest.fixture
def stolen(engine: sa.Engine, people: People, received: None, file_as: Any, at: Any) -> None:
    """Carol states alice's number for a customer of her own."""
    file_as(people["carol"], at("2026-06-11 10:00"), "山河信息有限公司")
    sign(engine, people["carol"], at("2026-06-11 11:00"), 3, "ＨＴ－1")
    at("2026-07-02 10:00")


def made(engine: sa.Engine, period: str = "2026-Q1") -> Any:
    """The period's first statement, made anew, with the flags of its lines."""
    with db.transaction(engine) as session:
        db.lock_registry(session)
        generate(session, actor=None, now=clock.now(), period=parse_period(period))
    with db.reading(engine) as session:
        assert list(problems(session, now=clock.now())) == []
        s, line = t.statement.c, t.statement_line.c
        row = session.execute(sa.select(t.statement).where(s.period == period).order_by(s.id)).first()
        flags = session.scalars(sa.select(line.flag).where(line.statement_id == row.id)) if row else ()
        return row, list(flags)


def decide(engine: sa.Engine, registration_id: int) -> None:
    """Finance says that HT-1 is the contract of this claim."""
    about = {"actor": None, "now": clock.now(), "number_key": "ht-1", "reason": "看过合同原件", "seen": 0}
    with db.transaction(engine) as session:
        c = t.contract.c
        contract = session.execute(sa.select(c.id).where(c.registration_id == registration_id)).scalar_one()
        match_number(session, contract_id=contract, **about)


def restate(engine: sa.Engine, person: Person, now: Any, first_day: date) -> None:
    """Take the signed project back a stage and sign it again from another day."""
    c = t.registration.c
    with db.transaction(engine) as session:
        version = session.execute(sa.select(c.version).where(c.id == 1)).scalar_one()
        move_project(
            session, actor=person.actor, now=now, registration_id=1, version=version, to=Stage.MEETING,
            gate={}, reason="-",
        )  # fmt: skip
    sign(engine, person, now, 1, "HT-1", contract_date=first_day)


def test_a_number_of_two_parties_is_withheld_until_finance_decides(
    engine: sa.Engine, people: People, stolen: None
) -> None:
    row, flags = made(engine)
    assert (row.total, row.withheld, flags) == (Decimal(0), 1, [Flag.CONTESTED_CONTRACT])
    with pytest.raises(RuleViolation, match="withheld"), db.transaction(engine) as session:
        walk_to(session, people, row.id, Station.SENT, now=clock.now())
    decide(engine, 1)
    row, flags = made(engine)
    assert (row.partner_id, row.total, flags) == (people["alice"].partner_id, Decimal("4800.00"), [None])
    with db.transaction(engine) as session:
        walk_to(session, people, row.id, Station.SENT, now=clock.now())


def test_whoever_states_it_first_gets_nothing_by_that(
    engine: sa.Engine, people: People, received: None, file_as: Any, at: Any
) -> None:
    """Carol states a number that alice signs later: its receipts are nobody's until finance has looked."""
    file_as(people["carol"], at("2026-06-11 10:00"), "山河信息有限公司")
    sign(engine, people["carol"], at("2026-06-11 11:00"), 3, "X9", contract_date=date(2026, 1, 1))
    file_as(people["alice"], at("2026-06-11 12:00"), "长风货运有限公司")
    sign(engine, people["alice"], at("2026-06-11 13:00"), 4, "X9")
    at("2026-07-02 10:00")
    row, flags = made(engine, "2026-05")
    assert (row.total, flags) == (Decimal(0), [Flag.CONTESTED_CONTRACT])
    with db.reading(engine) as session:
        assert [(each.key, len(each.contracts)) for each in contested_numbers(session)] == [("x9", 2)]


def test_finance_sees_both_claims_and_decides_from_every_page(
    engine: sa.Engine, people: People, stolen: None, client: FlaskClient, login: Any
) -> None:
    row, _flags = made(engine)
    finance = login(client, people["finance"])
    listed = finance.get("/receipts/numbers").text
    assert "P001 通信" in listed
    assert "P002 通信" in listed
    assert "/receipts/numbers/match?number=ht-1" in listed
    assert "Withheld" in finance.get("/receipts?q=B1").text
    assert "/receipts/numbers/match" in finance.get("/receipts/1").text
    assert "1 receipt of ¥12,000.00 names a contract that is in question" in (
        finance.get("/receipts/periods/2026-Q1").text
    )
    assert "/receipts/numbers/match?number=HT-1" in finance.get(f"/statements/{row.id}/withheld").text
    assert "山河信息有限公司" in finance.get("/receipts/numbers/match?number=ht-1").text
    decide(engine, 1)
    assert "In question" not in finance.get("/receipts/numbers").text


def test_channel_sales_sees_it_and_the_partners_learn_nothing_of_each_other(
    engine: sa.Engine, people: People, stolen: None, app: Any, login: Any
) -> None:
    row, _flags = made(engine)
    sales = login(app.test_client(), people["channel_sales"]).get(f"/statements/{row.id}/withheld").text
    assert "Two parties signed its number" in sales
    for name, other in (("alice", "P002"), ("carol", "P001")):
        page = login(app.test_client(), people[name]).get("/statements/forecast").text
        assert other not in page
        assert "Two parties" not in page


def test_who_waits_for_a_number_of_another_sees_none_of_its_receipts(
    engine: sa.Engine, people: People, stolen: None, client: FlaskClient, login: Any
) -> None:
    page = login(client, people["carol"]).get("/statements/forecast").text
    assert "12,000.00" not in page
    assert "B1" not in page


def test_what_comes_into_question_after_it_was_generated_is_not_sent(
    engine: sa.Engine, people: People, received: None, file_as: Any, at: Any
) -> None:
    at("2026-07-02 10:00")
    row, _flags = made(engine)
    file_as(people["carol"], at("2026-07-03 10:00"), "山河信息有限公司")
    sign(engine, people["carol"], at("2026-07-03 11:00"), 3, "HT-1")
    with pytest.raises(RuleViolation, match=r"statement\.contested"), db.transaction(engine) as session:
        walk_to(session, people, row.id, Station.SENT, now=clock.now())
    decide(engine, 1)
    with db.transaction(engine) as session:
        walk_to(session, people, row.id, Station.SENT, now=clock.now())


def test_what_was_matched_to_another_after_it_was_generated_is_not_sent(
    engine: sa.Engine, people: People, received: None, file_as: Any, at: Any
) -> None:
    at("2026-07-02 10:00")
    row, _flags = made(engine)
    file_as(people["carol"], at("2026-07-03 10:00"), "山河信息有限公司")
    sign(engine, people["carol"], at("2026-07-03 11:00"), 3, "HT-1")
    decide(engine, 3)
    with pytest.raises(RuleViolation, match=r"statement\.contested"), db.transaction(engine) as session:
        walk_to(session, people, row.id, Station.SENT, now=clock.now())
    assert made(engine)[1] == []


def test_key_accounts_contest_a_number_as_well(
    engine: sa.Engine, people: People, received: None, file_as: Any, at: Any
) -> None:
    file_as(people["key_accounts"], at("2026-06-11 10:00"), "山河信息有限公司")
    sign(engine, people["key_accounts"], at("2026-06-11 11:00"), 3, "HT-1")
    at("2026-07-02 10:00")
    assert made(engine)[1] == [Flag.CONTESTED_CONTRACT]


def test_one_party_may_sign_a_frame_contract_for_two_customers(
    engine: sa.Engine, people: People, received: None, file_as: Any, at: Any
) -> None:
    file_as(people["bob"], at("2026-06-11 10:00"), "山河信息有限公司")
    sign(engine, people["bob"], at("2026-06-11 11:00"), 3, "HT-1")
    at("2026-07-02 10:00")
    assert made(engine)[1] == [None]


def test_what_is_out_stays_and_its_refund_takes_back(
    engine: sa.Engine, people: People, received: None, file_as: Any, at: Any
) -> None:
    at("2026-07-02 10:00")
    row, _flags = made(engine)
    with db.transaction(engine) as session:
        walk_to(session, people, row.id, Station.SENT, now=clock.now())
    file_as(people["carol"], at("2026-07-03 10:00"), "山河信息有限公司")
    sign(engine, people["carol"], at("2026-07-03 11:00"), 3, "HT-1")
    row, flags = made(engine, "2026-Q2")
    assert (row.partner_id, row.total, flags) == (people["alice"].partner_id, Decimal("-400.00"), [None])


def test_a_first_day_that_is_stated_anew_waits_for_finance(
    engine: sa.Engine, people: People, signed: None, at: Any
) -> None:
    """Otherwise whoever signs a project once more begins its first year, and its rate, again."""
    day = at("2027-03-02 10:00")
    late = [{"source": "BOSS", "ref": "L1", "received_on": "2027-02-10", "contract_no": "HT-1",
             "product": "port", "amount": "12000"}]  # fmt: skip
    assert importing(engine, "receipts", as_csv(late), now=day).refused == []
    restate(engine, people["alice"], day, date(2027, 2, 1))
    at("2027-04-02 10:00")
    assert made(engine, "2027-Q1")[1] == [Flag.CONTESTED_CONTRACT]
    decide(engine, 1)
    assert made(engine, "2027-Q1")[1] == [Flag.NO_TIER]
    restate(engine, people["alice"], at("2027-04-03 10:00"), date(2027, 2, 3))
    assert made(engine, "2027-Q1")[1] == [Flag.CONTESTED_CONTRACT]


def test_signing_again_from_the_same_day_is_no_question(
    engine: sa.Engine, people: People, received: None, at: Any
) -> None:
    restate(engine, people["alice"], at("2026-06-20 10:00"), date(2026, 2, 1))
    at("2026-07-02 10:00")
    assert made(engine)[1] == [None]

"""Websites and telephones beside names: which filings they hold, which are shared, what is kept."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.conflicts.belonging import state_parent
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.evidence import IdentifierKind, identifiers_of
from portal.domain.facts import State
from portal.domain.matching import MatchReason
from portal.domain.terms import EventKind
from portal.matching.identifiers import shared_values
from portal.matching.service import compare_names
from portal.models import tables as t
from portal.registrations.work import ask_correction, correct, edit_details
from tests.support.filings import CODE, OTHER_CODE
from tests.support.people import Person

People = Mapping[str, Person]
# 76 alike: the same brand, another trade. The third shares a brand of two with neither.
KNOWN, ALIKE, OTHER = "临江远帆物流有限公司", "临江远帆科技有限公司", "白鹭滩造船厂"
PHONE, SITE = "0571-88880001", "yuanfan.example.cn"


@pytest.fixture
def adds_up(engine: sa.Engine, at: Any) -> Callable[[], None]:
    """What the facts come to is what the tables say."""

    def do() -> None:
        with db.reading(engine) as session:
            assert list(problems(session, now=at("2026-03-20 10:00"))) == []

    return do


@pytest.fixture
def known(engine: sa.Engine) -> Callable[[], set[tuple[str, str, int]]]:
    """All that customers are known by beside names."""

    def read() -> set[tuple[str, str, int]]:
        with db.reading(engine) as session:
            rows = session.execute(sa.select(t.customer_identifier))
            return {(row.kind.value, row.value, row.customer_id) for row in rows}

    return read


@pytest.fixture
def nearest(engine: sa.Engine) -> Callable[[int], list[Any]]:
    """What a filing was compared with last."""

    def read(registration_id: int) -> list[Any]:
        e = t.registration_event.c
        query = sa.select(e.data).where(e.registration_id == registration_id, e.kind == EventKind.COMPARED)
        with db.reading(engine) as session:
            data = session.scalars(query.order_by(e.at.desc(), e.id.desc())).first()
        return list((data or {}).get("nearest", ()))

    return read


def decide(engine: sa.Engine, people: People, row: Any, now: datetime, *, same: bool) -> None:
    with db.transaction(engine) as session:
        decide_held(
            session, actor=people["channel_manager"].actor, now=now, registration_id=row.id,
            version=row.version, customer_id=row.suspect_id, same=same, reason="电话核实",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("stated", "why"),
    [({"phone": PHONE}, "telephone"), ({"website": f"www.{SITE}"}, "website")],
)
def test_names_that_are_somewhat_alike_are_held_by_what_is_equal(
    people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any, nearest: Any,
    stated: dict[str, str], why: str,
) -> None:  # fmt: skip
    first = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, phone="0571 8888 0001", website=SITE)
    second = file_as(people["carol"], at("2026-03-02 11:00"), ALIKE, **stated)
    row = row_of(second.registration_id)
    assert (second.state, row.match_reason) == (State.HELD, MatchReason.LIKELY_NAME)
    assert row.suspect_id == row_of(first.registration_id).customer_id
    [kept] = nearest(second.registration_id)
    assert (kept["why"], kept["score"], kept["names"]) == (why, "90.0", "76.0")
    adds_up()


def test_without_anything_equal_they_are_relatives_at_most(
    people: People, file_as: Any, at: Any, adds_up: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    assert file_as(people["carol"], at("2026-03-02 11:00"), ALIKE).state is State.ACTIVE
    adds_up()


def test_an_equal_telephone_alone_makes_relatives(
    people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any, nearest: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, phone=PHONE)
    other = file_as(people["carol"], at("2026-03-02 11:00"), OTHER, phone=PHONE)
    assert (other.state, row_of(other.registration_id).match_outcome) == (State.ACTIVE, "related")
    assert [(each["name"], each["score"]) for each in nearest(other.registration_id)] == [(KNOWN, "78.0")]
    adds_up()


def test_two_valid_codes_are_two_companies_whatever_is_equal(
    people: People, file_as: Any, at: Any, adds_up: Any, nearest: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, phone=PHONE, uscc=CODE)
    other = file_as(people["carol"], at("2026-03-02 11:00"), ALIKE, phone=PHONE, uscc=OTHER_CODE)
    assert (other.state, nearest(other.registration_id)) == (State.ACTIVE, [])
    # The telephone stands at two codes now: it is shared, and tells nothing of a third.
    third = file_as(people["key_accounts"], at("2026-03-02 12:00"), "临江远帆贸易有限公司", phone=PHONE)
    assert third.state is State.ACTIVE
    assert {(each["why"], tuple(each["shared"])) for each in nearest(third.registration_id)} == {
        ("brand", ("phone",))
    }
    adds_up()


def test_what_stands_at_three_customers_tells_nothing(
    people: People, file_as: Any, at: Any, adds_up: Any
) -> None:
    for number, name in enumerate((KNOWN, OTHER, "松果电台传媒有限公司")):
        file_as(people["alice"], at(f"2026-03-02 1{number}:00"), name, website=SITE)
    assert file_as(people["carol"], at("2026-03-03 11:00"), ALIKE, website=SITE).state is State.ACTIVE
    adds_up()


def test_what_stands_at_two_that_were_found_to_be_two_tells_nothing(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, phone=PHONE)
    held = file_as(people["carol"], at("2026-03-02 11:00"), ALIKE, phone=PHONE).registration_id
    decide(engine, people, row_of(held), at("2026-03-03 10:00"), same=False)
    assert row_of(held).state is State.ACTIVE
    third = file_as(people["key_accounts"], at("2026-03-04 10:00"), "临江远帆贸易有限公司", phone=PHONE)
    assert third.state is State.ACTIVE
    adds_up()


def test_a_merge_takes_them_along_and_its_undoing_gives_them_back(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any, known: Any
) -> None:
    one = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, phone=PHONE).registration_id
    other = file_as(people["carol"], at("2026-03-02 11:00"), OTHER, phone="", website=SITE).registration_id
    winner, loser = row_of(one).customer_id, row_of(other).customer_id
    apart = {("phone", "57188880001", winner), ("website", "example.cn", loser)}
    assert known() == apart
    with db.transaction(engine) as session:
        merge_customers(
            session, actor=None, now=at("2026-03-03 10:00"), loser=loser, winner=winner, reason="一家"
        )
    assert known() == {(kind, value, winner) for kind, value, _customer in apart}
    adds_up()
    with db.transaction(engine) as session:
        unmerge_customer(session, actor=None, now=at("2026-03-04 10:00"), loser=loser, reason="两家")
    assert known() == apart
    adds_up()


def test_they_follow_what_is_edited_and_what_is_decided(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any, known: Any
) -> None:
    one = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, phone=PHONE).registration_id
    held = file_as(people["carol"], at("2026-03-02 11:00"), ALIKE, phone=PHONE, website=SITE).registration_id
    customer = row_of(one).customer_id
    assert known() == {("phone", "57188880001", customer)}
    with db.transaction(engine) as session:
        edit_details(
            session, actor=people["alice"].actor, now=at("2026-03-02 12:00"), registration_id=one,
            version=row_of(one).version, values={"phone": "0571-88880002"},
        )  # fmt: skip
    assert known() == {("phone", "57188880002", customer)}
    adds_up()
    decide(engine, people, row_of(held), at("2026-03-03 10:00"), same=True)
    assert known() == {
        ("phone", "57188880002", customer), ("phone", "57188880001", customer),
        ("website", "example.cn", customer),
    }  # fmt: skip
    adds_up()


@pytest.mark.parametrize(("phone", "state"), [("0571-99990000", State.ACTIVE), (PHONE, State.HELD)])
def test_a_corrected_telephone_is_compared_anew(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any,
    phone: str, state: State,
) -> None:  # fmt: skip
    """Held by a telephone that was wrong it goes free; with the right one it stays held."""
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, phone=PHONE)
    held = file_as(people["carol"], at("2026-03-02 11:00"), ALIKE, phone=PHONE).registration_id
    with db.transaction(engine) as session:
        ask_correction(
            session, actor=people["channel_manager"].actor, now=at("2026-03-03 10:00"),
            registration_id=held, version=row_of(held).version, fields=["phone", "city"], note="请核对",
        )  # fmt: skip
    with db.transaction(engine) as session:
        correct(
            session, actor=people["carol"].actor, now=at("2026-03-03 11:00"), registration_id=held,
            version=row_of(held).version, values={"phone": phone, "city": "松洲市"},
        )  # fmt: skip
    assert row_of(held).state is state
    adds_up()


def test_a_filing_asks_one_question_more_however_many_share_a_telephone(
    engine: sa.Engine, people: People, file_as: Any, at: Any
) -> None:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    def questions(hour: int, name: str, **stated: str) -> int:
        statements.clear()
        file_as(people["alice"], at(f"2026-03-02 {hour}:00"), name, **stated)
        return len([each for each in statements if each[:6] == "SELECT" and "customer_identifier" in each])

    sa.event.listen(engine, "before_cursor_execute", note)
    few = questions(10, "松果电台传媒有限公司", phone=PHONE)
    for number, name in enumerate(("纸飞机旅行社", "打盹熊家居", "云朵豆腐食品", "银河拖鞋制造")):
        many = questions(11 + number, name, phone=PHONE)
    sa.event.remove(engine, "before_cursor_execute", note)
    assert (few, many) == (1, 1)


def test_the_held_page_says_in_words_what_is_equal(
    app: Flask, people: People, file_as: Any, at: Any, login: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, website=SITE, phone=PHONE)
    for name in (OTHER, "松果电台传媒有限公司"):
        file_as(people["alice"], at("2026-03-02 10:30"), name, phone=PHONE)
    held = file_as(people["carol"], at("2026-03-02 11:00"), ALIKE, website=SITE, phone=PHONE)
    assert held.state is State.HELD
    at("2026-03-02 12:00")
    manager = login(app.test_client(), people["channel_manager"])
    page = manager.get(f"/held/{held.registration_id}", headers={"Accept-Language": "en"}).text
    assert "The same website, and the names are alike (76)" in page
    assert "The telephone is the same too, but several have it: proves nothing" in page
    queue = manager.get("/held", headers={"Accept-Language": "en"}).text
    assert "The same website, and the names are alike (76)" in queue


def test_what_a_subsidiary_shares_with_its_parent_tells_nothing(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any
) -> None:
    parent = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, website=SITE).registration_id
    child = file_as(people["alice"], at("2026-03-02 11:00"), OTHER, website=SITE).registration_id
    with db.transaction(engine) as session:
        state_parent(
            session, actor=people["channel_manager"].actor, now=at("2026-03-03 10:00"),
            customer=row_of(child).customer_id, parent=row_of(parent).customer_id, reason="控股",
        )  # fmt: skip
    assert file_as(people["carol"], at("2026-03-04 11:00"), ALIKE, website=SITE).state is State.ACTIVE
    with db.reading(engine) as session:
        assert (IdentifierKind.WEBSITE, "example.cn") in shared_values(session)
    adds_up()


def test_what_nobody_else_has_changes_nothing(
    engine: sa.Engine, people: People, file_as: Any, at: Any
) -> None:
    for number, name in enumerate((KNOWN, OTHER, "松果电台传媒有限公司")):
        file_as(people["alice"], at(f"2026-03-02 1{number}:00"), name, phone=PHONE, website=SITE)
    nobodys = identifiers_of("nobody.cn", "0571-99990000", CODE)
    with db.reading(engine) as session:
        for name in (KNOWN, ALIKE, "慢蜗牛"):
            plain = compare_names(session, name, None)
            assert compare_names(session, name, None, told=nobodys) == plain
            shared = compare_names(session, name, None, told=identifiers_of(SITE, PHONE))
            assert [(each.customer, each.alike) for each in shared] == [
                (each.customer, each.alike) for each in plain
            ]


def test_the_command_derives_them_anew(
    engine: sa.Engine, people: People, file_as: Any, at: Any, known: Any, adds_up: Any, portal: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, phone=PHONE, website=SITE)
    before = known()
    with db.transaction(engine) as session:
        session.execute(sa.delete(t.customer_identifier))
    assert known() == set() != before
    portal("rebuild", "index")
    assert known() == before
    adds_up()

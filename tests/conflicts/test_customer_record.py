"""The customer record and its list: what managers see, links of signed customers, the pages of a merge."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import db
from portal.conflicts import known, linking, queries
from portal.conflicts.check import problems
from portal.conflicts.decisions import merge_customers
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.pipeline import LostReason, Stage
from portal.pipeline.service import lose, move_project
from tests.pipeline.test_moves import SIGNED
from tests.support.filings import CODE
from tests.support.people import Person

People = Mapping[str, Person]


@pytest.fixture
def manager(app: Flask, people: People, login: Any) -> FlaskClient:
    """The channel manager's browser."""
    return login(app.test_client(), people["channel_manager"])


@pytest.fixture
def two(people: People, file_as: Any, row_of: Any, at: Any) -> tuple[int, int]:
    """Two claims of two parties on two customers that share a telephone and a website."""
    shared = {"website": "example.com", "phone": "01088880000"}
    one = file_as(people["alice"], at("2026-03-02 10:00"), "甲公司", uscc=CODE, **shared).registration_id
    other = file_as(people["carol"], at("2026-03-03 10:00"), "乙公司北京分公司", **shared).registration_id
    return one, other


def sign(engine: sa.Engine, people: People, row_of: Any, at: Any, two: tuple[int, int]) -> list[int]:
    for person, claim in zip(("alice", "carol"), two, strict=True):
        with db.transaction(engine) as session:
            move_project(
                session, actor=people[person].actor, now=at("2026-03-20 10:00"), registration_id=claim,
                version=row_of(claim).version, to=Stage.SIGNED, gate=SIGNED,
            )  # fmt: skip
    return [row_of(claim).customer_id for claim in two]


def test_what_customers_share_is_counted(engine: sa.Engine, two: tuple[int, int], row_of: Any) -> None:
    with db.reading(engine) as session:
        claims = queries.filings_of(session, row_of(two[0]).customer_id)
        found = known.identifiers(session, row_of(two[0]).customer_id, claims)
    assert [(each.field, each.others) for each in found] == [("website", 1), ("phone", 1)]


def test_two_signed_customers_are_linked_each_keeps_its_own_and_it_can_be_undone(
    engine: sa.Engine, people: People, row_of: Any, at: Any, two: tuple[int, int], manager: FlaskClient
) -> None:
    with db.transaction(engine) as session, pytest.raises(RuleViolation) as refused:
        linking.link_customers(
            session, actor=None, now=at("2026-03-10 10:00"), one=row_of(two[0]).customer_id,
            other=row_of(two[1]).customer_id, reason="一家",
        )  # fmt: skip
    assert refused.value.code == "link.not_both_signed"
    one, other = sign(engine, people, row_of, at, two)
    page = manager.get(f"/customers/{one}/merge/{other}").text
    assert f"/customers/{one}/link/{other}" in page
    assert manager.post(f"/customers/{one}/link/{other}", data={"reason": ""}).status_code == 422
    assert manager.post(f"/customers/{one}/link/{other}", data={"reason": "同一家"}).status_code == 303
    assert "乙公司北京分公司" in manager.get(f"/customers/{one}").text
    assert "甲公司" in manager.get(f"/customers/{other}").text
    assert [row_of(claim).state for claim in two] == [State.SIGNED, State.SIGNED]
    assert manager.post(f"/customers/{other}/link/{one}", data={"reason": "又一次"}).status_code == 422
    undo = {"reason": "不是一家", "undo": "1"}
    assert manager.post(f"/customers/{other}/link/{one}", data=undo).status_code == 303
    assert "乙公司" not in manager.get(f"/customers/{one}").text.partition("<aside")[0].partition("tbl")[0]
    with db.reading(engine) as session:
        assert linking.links_of(session, one) == linking.links_of(session, other) == []
        assert list(problems(session, now=at("2026-03-21 10:00"))) == []


def test_merge_and_taking_it_back_by_the_pages(
    two: tuple[int, int], row_of: Any, manager: FlaskClient, at: Any
) -> None:
    at("2026-03-10 10:00")
    one, other = (row_of(claim).customer_id for claim in two)
    assert manager.get(f"/customers/{one}/merge/{other}").status_code == 200
    assert row_of(two[1]).customer_id == other
    assert manager.post(f"/customers/{one}/merge/{other}", data={"reason": "同一家"}).status_code == 303
    assert row_of(two[1]).state is State.WAITING
    assert f"/customers/{other}/unmerge" in manager.get(f"/customers/{one}").text
    at("2026-03-11 10:00")
    page = manager.get(f"/customers/{other}/unmerge").text
    assert "甲公司" in page
    assert manager.post(f"/customers/{other}/unmerge", data={"reason": ""}).status_code == 422
    assert manager.post(f"/customers/{other}/unmerge", data={"reason": "弄错了"}).status_code == 303
    # Two managers at once: the second is told.
    assert manager.post(f"/customers/{other}/unmerge", data={"reason": "弄错了"}).status_code == 409
    assert row_of(two[1]).customer_id == other
    assert manager.get(f"/customers/{other}/unmerge").status_code == 404


def test_a_lost_project_does_not_keep_its_customer_from_being_merged(
    engine: sa.Engine, people: People, two: tuple[int, int], row_of: Any, at: Any
) -> None:
    with db.transaction(engine) as session:
        lose(
            session, actor=people["carol"].actor, now=at("2026-03-09 10:00"), registration_id=two[1],
            version=row_of(two[1]).version, why=LostReason.PRICE, note="贵",
        )  # fmt: skip
    one, other = (row_of(claim).customer_id for claim in two)
    with db.transaction(engine) as session:
        merge_customers(
            session, actor=None, now=at("2026-03-10 10:00"), loser=other, winner=one, reason="一家"
        )
    with db.reading(engine) as session:
        assert list(problems(session, now=at("2026-03-10 11:00"))) == []


def test_customers_are_found_by_a_piece_of_a_name_or_by_their_code(
    two: tuple[int, int], manager: FlaskClient
) -> None:
    everything = manager.get("/customers").text
    assert everything.index("乙公司") < everything.index("甲公司")
    assert "甲公司" not in manager.get("/customers?q=北京分").text
    assert "乙公司" in manager.get("/customers?q=北京分").text
    assert "甲公司" in manager.get(f"/customers?q={CODE.lower()}").text
    assert manager.get("/customers?q=没有的").status_code == 200
    assert manager.get("/customers?q=%25&page=xyz").status_code == 200

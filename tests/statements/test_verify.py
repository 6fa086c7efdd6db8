"""The public page that checks a paper (M15): who holds it learns that it is genuine, nobody learns more."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import clock, db
from portal.models import tables as t
from portal.statements import verifying
from tests.support.people import Person
from tests.support.statements import make_statement


@pytest.fixture
def paper(engine: sa.Engine, people: Mapping[str, Person]) -> tuple[str, str]:
    """A statement's number and hash."""
    with db.transaction(engine) as session:
        statement_id = make_statement(session, people["alice"].partner_id or 0)
        row = session.execute(sa.select(t.statement).where(t.statement.c.id == statement_id)).one()
        return row.number, row.content_hash


def ask(client: FlaskClient, number: str, code: str) -> Any:
    return client.get("/verify", query_string={"n": number, "r": "1", "h": code})


def test_a_genuine_paper_is_found_by_its_code_or_its_hash(client: FlaskClient, paper: tuple[str, str]):
    number, seal = paper
    for code in (seal[:16], seal, f" {seal[:4]} {seal[4:8]} {seal[8:12]}  {seal[12:16].upper()} "):
        answer = ask(client, number.lower(), code)
        assert answer.status_code == 200
        for said in ("Genuine", number, "Q1 2026", "¥4,800.00", "2026-04-05", "P••1"):
            assert said in answer.text
        assert "P001" not in answer.text


def test_without_the_right_hash_nothing_is_told(client: FlaskClient, paper: tuple[str, str]):
    """A wrong hash, one too short and a number that does not exist look the same."""
    number, seal = paper
    wrong = ("0" if seal[0] != "0" else "1") + seal[1:16]
    answers = [
        ask(client, number, wrong), ask(client, number, seal[:15]), ask(client, number, seal + "0"),
        ask(client, number, "%" * 16), ask(client, "CS-0000-0", seal[:16]),
        ask(client, number, seal[:15] + "_"),
    ]  # fmt: skip
    for answer in answers:
        assert answer.status_code == 404
        assert "No such paper" in answer.text
        assert "4,800" not in answer.text
        assert "Q1 2026" not in answer.text


def test_an_older_revision_is_superseded(client: FlaskClient, engine: sa.Engine, paper: tuple[str, str]):
    number, seal = paper
    with db.transaction(engine) as session:
        old = session.execute(sa.select(t.statement_revision)).one()._asdict()
        session.execute(sa.insert(t.statement_revision), [old | {"revision": 2, "content_hash": "ab" * 32}])
        session.execute(sa.update(t.statement).values(revision=2, content_hash="ab" * 32))
    assert "superseded by revision 2" in ask(client, number, seal[:16]).text
    fresh = ask(client, number, "ab" * 8).text
    assert "superseded" not in fresh
    assert "Genuine" in fresh


@pytest.mark.engines("sqlite")
def test_guessing_ends_after_some_wrong_answers(
    app: Flask, engine: sa.Engine, paper: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    """Right answers do not count, and the address of another is not shut out."""
    monkeypatch.setattr(verifying, "MISSES", 3)
    client, (number, seal) = app.test_client(), paper
    assert [ask(client, number, seal[:16]).status_code for _time in range(4)] == [200] * 4
    assert [ask(client, number, "0" * 16).status_code for _time in range(3)] == [404] * 3
    assert ask(client, number, "0" * 16).status_code == 429
    throttled = ask(client, number, seal[:16])
    assert throttled.status_code == 429
    assert "4,800" not in throttled.text
    other = app.test_client()
    other.environ_base["REMOTE_ADDR"] = "10.1.2.3"
    assert ask(other, number, seal[:16]).status_code == 200
    with db.transaction(engine) as session:
        past = clock.now() - verifying.WINDOW - timedelta(seconds=1)
        session.execute(sa.update(t.login_attempt).values(at=past))
    assert ask(client, number, seal[:16]).status_code == 200


@pytest.mark.engines("sqlite")
def test_the_empty_form_is_open_to_all_in_both_languages(client: FlaskClient):
    assert "Check a paper" in client.get("/verify").text
    chinese = client.get("/verify?n=&h=", headers={"Accept-Language": "zh-CN"}).text
    assert "查验对账单" in chinese

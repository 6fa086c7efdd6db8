"""Deciding known customers that may be one: pages, two people at once, a process killed while comparing."""

import csv
import io
import multiprocessing
import os
import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import clock, db
from portal.commands import comparing
from portal.commands.moving import export
from portal.conflicts import pairs
from portal.conflicts.check import problems
from portal.conflicts.decisions import merge_customers
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.errors import RuleViolation
from portal.domain.terms import EventKind
from portal.imports.run import import_file
from portal.matching import suspicions
from portal.models import tables as t
from tests.imports.files import as_csv
from tests.support.commands import Portal
from tests.support.people import Person

People = Mapping[str, Person]
KNOWN, TYPED = "北京星河动力装备科技有限公司", "北京星合动力装备科技有限公司"
NAMES = (KNOWN, TYPED, "青鲸物流集团", "深圳市慢蜗牛快递有限公司", "深圳市慢蜗牛快地有限公司")


def bring(engine: sa.Engine, names: Any, now: datetime) -> None:
    rows = [
        {"ref": f"B{number}", "filed_at": "2026-01-05 10:00:00", "party": "P001", "customer_name": name}
        for number, name in enumerate(names)
    ]
    with db.transaction(engine) as session:
        import_file(
            session, kind="registrations", file_name="r.csv", content=as_csv(rows), actor=None, now=now
        )


def sound(engine: sa.Engine, now: Any) -> None:
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []


def rows_of(engine: sa.Engine) -> list[Any]:
    with db.reading(engine) as session:
        return list(session.execute(sa.select(t.suspicion).order_by(t.suspicion.c.id)))


def customer(engine: sa.Engine, name: str) -> int:
    with db.reading(engine) as session:
        return int(session.scalars(sa.select(t.customer.c.id).where(t.customer.c.name == name)).one())


@pytest.fixture
def two(engine: sa.Engine, people: People, at: Any) -> tuple[Any, Any]:
    """Two pairs that may be one, found on a Friday."""
    bring(engine, NAMES, at("2026-03-06 10:00"))
    first, second = rows_of(engine)
    return first, second


@pytest.fixture
def manager(app: Flask, people: People, login: Any) -> FlaskClient:
    """The channel manager, signed in."""
    client: FlaskClient = login(app.test_client(), people["channel_manager"])
    return client


def test_the_queue_lists_pairs_with_their_deadline_and_the_home_page_asks(
    two: tuple[Any, Any], manager: FlaskClient, people: People, app: Flask, login: Any, at: Any
) -> None:
    at("2026-03-09 10:00")
    page = manager.get("/held").text
    assert "Known customers that may be one" in page
    assert all(name in page for name in (KNOWN, TYPED))
    assert "2 overdue" not in page
    assert f"/held/pairs/{two[0].id}" in manager.get("/").text
    at("2026-03-10 10:00")
    assert "2 overdue" in manager.get("/held").text
    for name in ("alice", "carol", "key_accounts", "channel_sales", "channel_director"):
        client = login(app.test_client(), people[name])
        assert client.get(f"/held/pairs/{two[0].id}").status_code == 403
        assert "/held/pairs" not in client.get("/").text


def test_side_by_side_told_apart_and_on_to_the_next(
    two: tuple[Any, Any], manager: FlaskClient, engine: sa.Engine, at: Any
) -> None:
    first, second = two
    page = manager.get(f"/held/pairs/{first.id}").text
    assert "<mark>河</mark>" in page
    assert "<mark>合</mark>" in page
    assert f"/held/pairs/{second.id}" in page
    there = f"/customers/{customer(engine, KNOWN)}/merge/{customer(engine, TYPED)}"
    assert f"{there}?pair={first.id}" in page, "the customer that was known first stays"
    path = f"/held/pairs/{first.id}"
    assert manager.post(path, data={"version": first.version, "reason": " "}).status_code == 422
    answer = manager.post(path, data={"version": first.version, "reason": "法人不同"})
    assert answer.location == f"/held/pairs/{second.id}"
    # Back, and sent again: it is decided, and the page says so.
    again = manager.post(path, data={"version": first.version, "reason": "法人不同"})
    assert again.status_code == 409
    assert "Decided already" in again.text
    assert [row.is_open for row in rows_of(engine)] == [False, True]
    assert KNOWN in manager.get(f"/customers/{customer(engine, TYPED)}").text
    answer = manager.post(f"{path}/undo", data={"reason": "看错了"})
    assert (answer.location, [row.is_open for row in rows_of(engine)]) == (path, [True, True])
    assert manager.post(f"{path}/undo", data={"reason": "看错了"}).status_code == 409
    assert manager.get("/held/pairs/999").status_code == 404
    sound(engine, at("2026-03-07 10:00"))


def test_a_page_that_is_outdated_decides_nothing(
    two: tuple[Any, Any], manager: FlaskClient, engine: sa.Engine, people: People, at: Any
) -> None:
    first, _second = two
    path = f"/held/pairs/{first.id}"
    manager.post(path, data={"version": first.version, "reason": "法人不同"})
    manager.post(f"{path}/undo", data={"reason": "看错了"})
    answer = manager.post(path, data={"version": first.version, "reason": "从旧页面发出"})
    assert answer.status_code == 409
    assert rows_of(engine)[0].is_open


def test_the_same_leads_to_the_merge_and_back_to_the_next_pair(
    two: tuple[Any, Any], manager: FlaskClient, engine: sa.Engine, people: People, at: Any
) -> None:
    first, second = two
    known, typed = customer(engine, KNOWN), customer(engine, TYPED)
    merge = f"/customers/{known}/merge/{typed}?pair={first.id}"
    assert f"/held/pairs/{first.id}" in manager.get(merge).text
    answer = manager.post(merge, data={"reason": "同一执照"})
    assert answer.location == f"/held/pairs/{first.id}/next"
    assert manager.get(answer.location).location == f"/held/pairs/{second.id}"
    assert "part of another customer" in manager.get(f"/held/pairs/{first.id}").text
    with db.transaction(engine) as session:
        actor, now = people["channel_manager"].actor, at("2026-03-09 10:00")
        unmerge_customer(session, actor=actor, now=now, loser=typed, reason="弄错了")
    first = rows_of(engine)[0]
    manager.post(f"/held/pairs/{first.id}", data={"version": first.version, "reason": "法人不同"})
    assert "decided that these two are not the same" in manager.get(merge).text
    assert manager.post(merge, data={"reason": "新执照"}).status_code == 303
    sound(engine, at("2026-03-09 11:00"))


def test_several_are_told_apart_at_once_and_what_changed_is_named(
    two: tuple[Any, Any], manager: FlaskClient, engine: sa.Engine, at: Any
) -> None:
    first, second = two
    ticked = {"pair": [f"{first.id}:{first.version - 1}", f"{second.id}:{second.version}", "x", "9:9"]}
    assert manager.post("/held/pairs/many", data={"reason": "明显"}).status_code == 422
    assert manager.post("/held/pairs/many", data=ticked).status_code == 422
    answer = manager.post("/held/pairs/many", data={**ticked, "reason": "明显"})
    assert [row.is_open for row in rows_of(engine)] == [True, False]
    page = manager.get(answer.location).text
    assert "1 pair told apart." in page
    assert "Left alone" in page
    sound(engine, at("2026-03-07 10:00"))


def test_two_managers_at_the_same_moment_say_it_once(
    two: tuple[Any, Any], engine: sa.Engine, people: People
) -> None:
    first, now = two[0], clock.now()

    def decide(_turn: int) -> str:
        try:
            with db.transaction(engine) as session:
                pairs.tell_apart(
                    session, actor=people["channel_manager"].actor, now=now, pair_id=first.id,
                    version=first.version, reason="同时",
                )  # fmt: skip
        except RuleViolation as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, range(2))) == ["done", "pair.settled"]
    e = t.registration_event.c
    with db.reading(engine) as session:
        facts = session.scalars(sa.select(e.id).where(e.kind == EventKind.TOLD_APART)).all()
    assert len(facts) == 1
    sound(engine, now)


def test_one_merges_while_another_tells_apart(
    two: tuple[Any, Any], engine: sa.Engine, people: People
) -> None:
    first, now, actor = two[0], clock.now(), people["channel_manager"].actor
    known, typed = customer(engine, KNOWN), customer(engine, TYPED)

    def act(merging: bool) -> str:
        try:
            with db.transaction(engine) as session:
                if merging:
                    merge_customers(session, actor=actor, now=now, loser=typed, winner=known, reason="同一家")
                else:
                    pairs.tell_apart(
                        session, actor=actor, now=now, pair_id=first.id, version=first.version, reason="两家"
                    )
        except RuleViolation as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(act, (True, False)))
    assert outcomes in (["done", "done"], ["done", "pair.settled"])
    assert not rows_of(engine)[0].is_open
    sound(engine, now)


def test_what_was_decided_can_be_taken_along_and_no_party_reads_it(
    two: tuple[Any, Any], engine: sa.Engine, people: People, app: Flask, login: Any, at: Any
) -> None:
    first, actor = two[0], people["channel_manager"].actor
    with db.transaction(engine) as session:
        pairs.tell_apart(
            session, actor=actor, now=at("2026-03-09 10:00"), pair_id=first.id, version=first.version,
            reason="法人不同",
        )  # fmt: skip
    with db.transaction(engine) as session:
        pairs.take_back(session, actor=actor, now=at("2026-03-09 11:00"), pair_id=first.id, reason="看错执照")
    told = list(csv.DictReader(io.StringIO(export(engine, "decisions", None, "csv").decode("utf-8-sig"))))
    assert [(each["decision"], each["registration"], each["other"], each["reason"]) for each in told] == [
        ("different", "B0", "B1", "法人不同"), ("undone", "B0", "B1", "看错执照"),
    ]  # fmt: skip
    assert told[1]["takes_back"] == told[0]["id"]
    alice = login(app.test_client(), people["alice"])
    for claim in (first.one, first.other):
        page = alice.get(f"/registrations/{claim}").text
        assert "法人不同" not in page
        assert "看错执照" not in page


NOON = "2026-03-06T11:00:00+08:00"
MANY = [f"{one}{two}造船厂" for one in "甲乙丙丁戊" for two in "子丑寅卯"] + [KNOWN, TYPED]


def compare(url: str, now: datetime, *, kill: bool) -> None:
    """Work off what is due by fives; when told to, die without a word in the middle of the second five."""
    engine = db.make_engine(url)
    comparing.BATCH = 5
    turns = iter(range(9))
    written = suspicions._write

    def die(*arguments: Any) -> None:
        written(*arguments)
        if kill and next(turns):
            os.kill(os.getpid(), signal.SIGKILL)

    suspicions._write = die
    comparing.work_off(engine, now=now)
    engine.dispose()


def left(engine: sa.Engine) -> int:
    with db.reading(engine) as session:
        return suspicions.left(session)


def test_killed_while_comparing_nothing_is_lost(
    engine: sa.Engine, db_url: str, people: People, at: Any
) -> None:
    now = at("2026-03-06 10:00")
    bring(engine, MANY, now)
    context = multiprocessing.get_context("spawn")
    run = context.Process(target=compare, args=(db_url, now), kwargs={"kill": True})
    run.start()
    run.join(60)
    assert run.exitcode == -signal.SIGKILL
    assert (left(engine), rows_of(engine)) == (len(MANY) - 5, [])
    sound(engine, now)
    comparing.work_off(engine, now=now)
    assert [(row.one_name, row.other_name) for row in rows_of(engine)] == [(KNOWN, TYPED)]
    assert left(engine) == 0
    sound(engine, now)


def test_two_ticks_at_once_share_the_work(engine: sa.Engine, db_url: str, people: People, at: Any) -> None:
    now = at("2026-03-06 10:00")
    bring(engine, MANY, now)
    context = multiprocessing.get_context("spawn")
    runs = [context.Process(target=compare, args=(db_url, now), kwargs={"kill": False}) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(120)
    assert [run.exitcode for run in runs] == [0, 0]
    assert len(rows_of(engine)) == 1
    assert left(engine) == 0
    sound(engine, now)


def test_the_tick_says_how_many_are_left_and_rebuild_has_all_compared_anew(
    portal: Portal, engine: sa.Engine, people: People, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(engine, MANY, at("2026-03-06 10:00"))
    monkeypatch.setattr(comparing, "MOST", 20)
    monkeypatch.setattr(comparing.work_off, "__kwdefaults__", {"most": 20})
    said = [
        [line for line in portal("tick", "--now", NOON).stdout.splitlines() if "compared" in line]
        for _turn in range(3)
    ]
    assert said == [
        ["20 customers compared with the others, 2 left."],
        ["2 customers compared with the others, 0 left."],
        [],
    ]
    before = rows_of(engine)
    assert portal("rebuild", "suspicions").stdout.startswith("22 customers will be compared")
    assert portal("tick", "--now", NOON).stdout.splitlines()[1].endswith("2 left.")
    assert rows_of(engine) == before
    assert portal("check").exit_code == 0


def test_pages_ask_as_much_however_many_customers_there_are(
    app: Flask, two: tuple[Any, Any], manager: FlaskClient, engine: sa.Engine, file_as: Any,
    people: People, at: Any,
) -> None:  # fmt: skip
    held = file_as(people["carol"], at("2026-03-06 11:00"), "北京星禾动力装备科技有限公司").registration_id
    pages = (f"/held/pairs/{two[0].id}", f"/held/{held}", "/held", "/")
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    def counts() -> dict[str, int]:
        found = {}
        for page in pages:
            asked.clear()
            assert manager.get(page).status_code == 200
            found[page] = len(asked)
        return found

    listening = app.extensions["portal_engine"], "before_cursor_execute", note
    sa.event.listen(*listening)
    counts()
    few = counts()
    for number in range(30):
        file_as(people["alice"], at(f"2026-03-06 12:{number:02}"), f"北京{number + 1}号动力装备科技有限公司")
        file_as(people["alice"], at(f"2026-03-06 13:{number:02}"), f"{number + 1}号船厂", uscc=None)
    many = counts()
    sa.event.remove(*listening)
    assert few == many
    assert max(many.values()) <= 24
    assert max(many["/held"], many["/"]) <= 8

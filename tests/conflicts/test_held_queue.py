"""The held queue as a manager works it: oldest first, side by side, on to the next, several at once."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import clock, db
from portal.conflicts import held
from portal.conflicts.check import problems
from portal.conflicts.decisions import Pick, decide_held, decide_many
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.matching import MatchReason
from portal.models import tables as t
from tests.support.filings import CODE, OTHER_CODE
from tests.support.people import Person

People = Mapping[str, Person]
KNOWN, OTHER, ALIKE = "深圳市华达科技有限公司", "华达科技股份有限公司", "华达科技"


@pytest.fixture
def act(engine: sa.Engine, people: People, row_of: Any) -> Any:
    """Decide as the channel manager; against the suspect unless told whom."""

    def do(registration_id: int, now: Any, *, same: bool, customer: int | None = None) -> State:
        row = row_of(registration_id)
        with db.transaction(engine) as session:
            return decide_held(
                session, actor=people["channel_manager"].actor, now=now,
                registration_id=registration_id, version=row.version,
                customer_id=customer or row.suspect_id, same=same, reason="电话核实",
            )  # fmt: skip

    return do


@pytest.fixture
def two_known(people: People, file_as: Any, row_of: Any, at: Any, act: Any) -> tuple[int, int, int]:
    """Two customers whose names are alike, decided to be different, and a filing that is like both."""
    first = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN).registration_id
    second = file_as(people["carol"], at("2026-03-02 11:00"), OTHER).registration_id
    act(second, at("2026-03-02 12:00"), same=False)
    third = file_as(people["key_accounts"], at("2026-03-03 10:00"), ALIKE).registration_id
    return row_of(first).customer_id, row_of(second).customer_id, third


def sound(engine: sa.Engine, now: Any) -> list[Any]:
    with db.reading(engine) as session:
        return list(problems(session, now=now))


def test_the_nearest_customers_are_offered_and_one_of_them_is_chosen(
    engine: sa.Engine, two_known: tuple[int, int, int], row_of: Any, at: Any, act: Any
) -> None:
    first, second, filing = two_known
    with db.reading(engine) as session:
        near = held.candidates(session, row_of(filing))
    assert [(each.id, each.reason) for each in near] == [
        (first, MatchReason.ALIKE_NAME), (second, MatchReason.ALIKE_NAME),
    ]  # fmt: skip
    assert act(filing, at("2026-03-04 10:00"), same=True, customer=second) is State.WAITING
    assert row_of(filing).customer_id == second
    assert sound(engine, at("2026-03-04 11:00")) == []


def test_not_the_same_is_remembered_and_the_next_candidate_is_asked(
    engine: sa.Engine, two_known: tuple[int, int, int], row_of: Any, at: Any, act: Any
) -> None:
    first, second, filing = two_known
    assert act(filing, at("2026-03-04 10:00"), same=False) is State.HELD
    assert row_of(filing).suspect_id == second
    with db.reading(engine) as session:
        assert [each.id for each in held.candidates(session, row_of(filing))] == [second]
    with pytest.raises(RuleViolation) as refused:
        act(filing, at("2026-03-04 10:05"), same=True, customer=first)
    assert refused.value.code == "held.not_a_suspect"


def test_another_filing_of_a_name_that_was_decided_is_not_asked_again(
    people: People, file_as: Any, row_of: Any, at: Any, act: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    decided = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE).registration_id
    act(decided, at("2026-03-03 11:00"), same=False)
    again = file_as(people["key_accounts"], at("2026-03-05 10:00"), "  華達科技 ").registration_id
    assert (row_of(again).state, row_of(again).customer_id) == (State.WAITING, row_of(decided).customer_id)


def test_a_code_overrules_same_and_says_so(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, act: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    filing = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE, uscc=CODE).registration_id
    # What is known of the customer since then: another code.
    file_as(people["key_accounts"], at("2026-03-04 10:00"), KNOWN, uscc=OTHER_CODE)
    before = row_of(filing)
    with pytest.raises(RuleViolation) as refused:
        act(filing, at("2026-03-05 10:00"), same=True)
    assert (refused.value.code, refused.value.params["uscc"]) == ("held.code_overrules", CODE)
    assert row_of(filing) == before
    assert act(filing, at("2026-03-05 11:00"), same=False) is State.ACTIVE
    assert sound(engine, at("2026-03-05 12:00")) == []


def test_several_at_once_and_what_changed_meanwhile_is_left_and_named(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    for name in ("慢蜗牛快递有限公司", "静湖茶业有限公司", "山河信息有限公司"):
        file_as(people["alice"], at("2026-03-02 10:00"), name)
    filings = [
        file_as(people["carol"], at("2026-03-03 10:00"), name).registration_id
        for name in ("慢蜗牛快递", "静湖茶业", "山河信息")
    ]
    picks = [Pick(each, row_of(each).version, row_of(each).suspect_id) for each in filings]
    stale = Pick(picks[1].registration_id, picks[1].version - 1, picks[1].customer_id)
    manager, now = people["channel_manager"].actor, at("2026-03-04 10:00")
    with db.transaction(engine) as session, db.trial(session):
        foreseen = decide_many(
            session, actor=manager, now=now, picks=[picks[0], stale, picks[2]], same=True, reason="-"
        )
    assert [row_of(each).state for each in filings] == [State.HELD] * 3
    with db.transaction(engine) as session:
        done = decide_many(
            session, actor=manager, now=now, picks=[picks[0], stale, picks[2]], same=True, reason="明显"
        )
    assert [(each.state, each.queue_position) for each in done] == [
        (each.state, each.queue_position) for each in foreseen
    ]
    assert [each.problem.code if each.problem else "" for each in done] == ["", "stale", ""]
    assert [row_of(each).state for each in filings] == [State.WAITING, State.HELD, State.WAITING]
    assert sound(engine, now) == []


def test_two_managers_at_the_same_moment_and_nothing_is_half_done(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    filing = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE).registration_id
    row = row_of(filing)
    now = clock.now()  # threads do not see the test's clock

    def decide(same: bool) -> str:
        try:
            with db.transaction(engine) as session:
                state = decide_held(
                    session, actor=people["channel_manager"].actor, now=now, registration_id=filing,
                    version=row.version, customer_id=row.suspect_id, same=same, reason="同时",
                )  # fmt: skip
        except RuleViolation as error:
            return error.code
        return state.value

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(decide, (True, False)))
    assert "stale" in outcomes
    assert set(outcomes) & {"active", "waiting"}
    with db.reading(engine) as session:
        facts = session.scalar(
            sa.select(sa.func.count()).select_from(t.registration_event).where(
                t.registration_event.c.registration_id == filing,
                t.registration_event.c.reason == "同时",
            )
        )  # fmt: skip
    assert facts == 1
    assert sound(engine, now) == []


def test_the_deadline_and_what_is_overdue_go_by_working_days(
    engine: sa.Engine, people: People, file_as: Any, at: Any
) -> None:
    friday, monday = at("2026-03-06 17:00"), at("2026-03-09 09:00")
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    file_as(people["carol"], friday, ALIKE)
    assert held.decide_by(friday, 1) == monday.date()
    with db.reading(engine) as session:
        counted = [
            held.count_held(session, today=at(f"2026-03-{day:02} 10:00").date(), working_days=1)
            for day in (6, 8, 9, 10)
        ]
    assert counted == [(1, 0), (1, 0), (1, 0), (1, 1)]


def test_the_page_goes_on_to_the_next_and_asking_keeps_the_filing_in_the_queue(
    app: Flask, people: People, login: Any, file_as: Any, row_of: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    file_as(people["alice"], at("2026-03-02 11:00"), "静湖茶业有限公司")
    one = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE).registration_id
    two = file_as(people["carol"], at("2026-03-03 11:00"), "静湖茶业").registration_id
    client = login(app.test_client(), people["channel_manager"])
    page = client.get(f"/held/{one}").text
    assert "<mark>深圳市</mark>" in page
    assert f"/held/{two}" in page
    answer = client.post(
        f"/registrations/{one}/ask-correction",
        data={"version": row_of(one).version, "fields": "uscc", "note": "执照", "from": "held"},
    )
    assert client.get(answer.location).location == f"/held/{two}"
    assert row_of(one).state is State.HELD
    verdict = {"version": row_of(two).version, "customer_id": row_of(two).suspect_id, "verdict": "same"}
    assert client.post(f"/held/{two}", data=verdict).status_code == 422
    answer = client.post(f"/held/{two}", data={**verdict, "reason": "电话核实"})
    assert answer.location == f"/held/{one}"
    pick = f"{one}:{row_of(one).version}:{row_of(one).suspect_id}"
    page = client.post("/held/preview", data={"pick": pick, "verdict": "different"}).text
    assert ALIKE in page
    assert row_of(one).state is State.HELD
    done = client.post("/held/many", data={"pick": pick, "verdict": "different", "reason": "两家"})
    assert done.status_code == 200
    assert row_of(one).state is State.ACTIVE
    assert client.post("/held/preview", data={"verdict": "same"}).status_code == 422
    assert client.get("/held").status_code == 200

"""The pages of a case: what each of its people can do there, and what nobody may learn from them."""

import re
from typing import Any

import pytest
from flask import Flask

from portal.domain.cases import CaseKind, CaseStatus, Outcome
from tests.cases.conftest import World
from tests.support.clocks import At

ASK = {"kind": "takeover", "reason": "客户找到我们"}


def version(world: World) -> dict[str, Any]:
    return {"version": world.case.version}


def test_a_whole_case_through_its_pages(app: Flask, world: World, login: Any, at: At) -> None:
    at("2026-04-01 10:00")
    browser = {name: login(app.test_client(), world.people[name]) for name in ("alice", "carol", "dan")}
    for name in ("channel_manager", "channel_director"):
        browser[name] = login(app.test_client(), world.people[name])
    claim = world.claims["dan"]
    assert f"/registrations/{claim}/case" in browser["dan"].get(f"/registrations/{claim}").text
    answer = browser["dan"].post(f"/registrations/{claim}/case", data=ASK)
    assert answer.status_code == 303
    world.case_id = int(answer.location.rpartition("/")[2])
    case = f"/cases/{world.case_id}"
    assert "三月电话" not in browser["dan"].get(case).text
    browser["alice"].post(f"{case}/answer", data={**version(world), "text": "三月电话沟通过"})
    assert "三月电话" in browser["channel_manager"].get(case).text
    assert "三月电话" not in browser["dan"].get(case).text
    yes = {**version(world), "verdict": "yes", "next_owner": claim, "reason": "客户指定"}
    assert browser["channel_manager"].post(f"{case}/vote", data=yes).status_code == 303
    assert browser["channel_manager"].post(f"{case}/vote", data=yes).status_code == 409
    paper = browser["alice"].get(f"{case}/decision").text
    for words in ("裁定书", "客户指定", "2026-03-30"):
        assert words in paper
    assert "Decision C" in paper, "in both languages"
    assert "裁定书" not in browser["alice"].get(f"{case}/decision?lang=en").text
    browser["alice"].post(f"{case}/appeal", data={**version(world), "text": "证据"})
    last = {**version(world), "verdict": "overturned", "reason": "属实"}
    assert browser["channel_director"].post(f"{case}/appeal-decision", data=last).status_code == 303
    assert world.claim("alice").is_owner
    assert "属实" in browser["dan"].get(case).text
    assert (world.case.status, world.case.outcome) == (CaseStatus.CLOSED, Outcome.REASSIGNED)


@pytest.mark.engines("sqlite")
def test_today_shows_what_waits_for_whom(app: Flask, world: World, login: Any, at: At) -> None:
    world.asks("dan", "2026-04-01 10:00")
    at("2026-04-01 11:00")

    def shown(name: str) -> bool:
        return f"/cases/{world.case_id}" in login(app.test_client(), world.people[name]).get("/").text

    everybody = ("alice", "dan", "carol", "channel_manager", "channel_director")
    assert {name for name in everybody if shown(name)} == {"alice"}
    world.answers("alice", "2026-04-01 12:00")
    assert {name for name in everybody if shown(name)} == {"channel_manager"}
    world.votes("channel_manager", "2026-04-02 10:00", True)
    world.appeals("alice", "2026-04-02 11:00")
    assert {name for name in everybody if shown(name)} == {"channel_director"}
    claim = world.claims["dan"]
    page = login(app.test_client(), world.people["dan"]).get(f"/registrations/{claim}").text
    assert f"/cases/{world.case_id}" in page


@pytest.mark.engines("sqlite")
def test_who_decides_reads_why_and_is_not_asked_too_early_or_twice(
    app: Flask, world: World, login: Any, at: At
) -> None:
    world.asks("dan", "2026-04-01 10:00")
    at("2026-04-01 11:00")
    manager, case = login(app.test_client(), world.people["channel_manager"]), f"/cases/{world.case_id}"
    early = manager.get(case).text
    assert "Rules that apply" in early
    assert "A’s protection ended on 2026-03-30, 2 days before the request" in early
    assert "answer is awaited until 2026-04-07" in early
    assert f"{case}/vote" not in early
    world.answers("alice", "2026-04-01 12:00")
    at("2026-04-01 13:00")
    assert f"{case}/vote" in manager.get(case).text
    world.votes("channel_manager", "2026-04-02 10:00", True)
    at("2026-04-02 11:00")
    late = manager.get(case).text
    assert f"{case}/vote" not in late
    assert "A’s protection ended" in late, "also once A has no protection any more"


@pytest.mark.engines("sqlite")
def test_no_page_of_a_case_names_the_other_party(app: Flask, world: World, login: Any, at: At) -> None:
    world.asks("dan", "2026-04-01 10:00")
    at("2026-04-01 11:00")
    world.answers("alice", "2026-04-01 10:30")
    world.votes("channel_manager", "2026-04-01 10:40", True, to="dan", reason="客户指定")
    secret = {"alice": ("P003", "Dan", "P002", "Carol"), "dan": ("P001", "Alice", "P002", "Carol")}
    for name, others in secret.items():
        client = login(app.test_client(), world.people[name])
        pages = (
            "/cases", f"/cases/{world.case_id}", f"/cases/{world.case_id}/decision",
            f"/registrations/{world.claims[name]}", "/",
        )  # fmt: skip
        for path in pages:
            text = client.get(path).text
            assert [each for each in others if each in text] == [], (name, path)


@pytest.mark.engines("sqlite")
def test_who_is_no_party_sees_no_case(app: Flask, world: World, login: Any, at: At) -> None:
    world.asks("dan", "2026-04-01 10:00")
    at("2026-04-01 11:00")
    for name in ("carol", "key_accounts", "key_accounts_manager"):
        client = login(app.test_client(), world.people[name])
        assert client.get(f"/cases/{world.case_id}").status_code == 404, name
        assert "C00000001" not in client.get("/cases").text
    for name in ("coo", "channel_director", "channel_manager"):
        client = login(app.test_client(), world.people[name])
        assert "P003 通信" in client.get(f"/cases/{world.case_id}").text


@pytest.mark.engines("sqlite")
def test_what_is_refused_is_said_and_nothing_typed_is_lost(
    app: Flask, world: World, login: Any, at: At
) -> None:
    at("2026-03-20 10:00")
    client = login(app.test_client(), world.people["carol"])
    answer = client.post(f"/registrations/{world.claims['carol']}/case", data=ASK)
    assert answer.status_code == 422
    assert "2026-03-31" in answer.text
    assert "客户找到我们" in answer.text
    world.asks("carol", "2026-03-20 10:00", CaseKind.HANDOVER)
    manager = login(app.test_client(), world.people["channel_manager"])
    for data in ({}, {"verdict": "maybe"}, {"verdict": "yes", "version": "x"}):
        assert manager.post(f"/cases/{world.case_id}/vote", data=data).status_code in (409, 422)
    owner = login(app.test_client(), world.people["alice"])
    assert owner.post(f"/cases/{world.case_id}/agree", data=version(world)).status_code == 303
    assert world.claim("carol").is_owner


@pytest.mark.engines("sqlite")
def test_a_challenger_that_left_is_closed_from_the_page(app: Flask, world: World, login: Any, at: At) -> None:
    world.asks("carol", "2026-04-01 10:00")
    world.leaves("carol")
    at("2026-04-08 10:00")
    manager = login(app.test_client(), world.people["channel_manager"])
    assert f"/cases/{world.case_id}/close" in manager.get(f"/cases/{world.case_id}").text
    assert manager.post(f"/cases/{world.case_id}/close", data=version(world)).status_code == 303
    assert world.case.outcome is Outcome.CHALLENGER_GONE


@pytest.mark.engines("sqlite")
def test_the_end_of_protection_stands_in_its_place_on_the_time_line(
    app: Flask, world: World, login: Any, at: At
) -> None:
    world.asks("carol", "2026-04-01 10:00")
    at("2026-04-08 10:00")
    page = login(app.test_client(), world.people["channel_manager"]).get(f"/cases/{world.case_id}").text
    line = page[page.index('<ol class="tl"') : page.index("</ol>", page.index('<ol class="tl"'))]
    days = re.findall(r'<div class="dt"><span class="num">([0-9-]+)</span>', line)
    assert days == sorted(days)
    assert "2026-03-30" in days

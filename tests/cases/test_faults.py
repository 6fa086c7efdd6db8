"""Whatever goes wrong around a case is refused with words, and nothing is half done."""

import json
from importlib.resources import files
from typing import Any

import pytest
from flask import Flask

from portal import db
from portal.conflicts.decisions import merge_customers
from portal.domain.cases import CaseKind, CaseStatus, Outcome
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.facts import Rule, State
from portal.domain.roles import Role
from portal.policy.service import add_policy
from tests.cases.conftest import World
from tests.support.clocks import At, shanghai
from tests.support.people import make_user


def test_who_has_both_roles_votes_once_and_for_the_channel(with_key_accounts: World) -> None:
    world = with_key_accounts
    with db.transaction(world.engine) as session:
        both = make_user(session, "both", Role.CHANNEL_MANAGER, Role.KEY_ACCOUNTS_MANAGER)
    world.people["both"] = both
    world.asks("key_accounts", "2026-04-01 10:00")
    chosen = {"to": "key_accounts", "reason": "客户指定"}
    assert world.votes("both", "2026-04-08 10:00", True, **chosen) is None
    with pytest.raises(RuleViolation, match=r"case\.voted"):
        world.votes("both", "2026-04-08 10:01", True, **chosen)
    assert world.claim("alice").is_owner
    assert world.votes("key_accounts_manager", "2026-04-08 10:02", True, **chosen) is Outcome.REASSIGNED


@pytest.mark.parametrize("yes", [True, False])
def test_a_vote_after_the_owner_released(world: World, yes: bool) -> None:
    world.asks("dan", "2026-04-01 10:00")
    seen = world.case.version
    world.releases("alice", "2026-04-02 10:00")
    with pytest.raises((StaleVersion, RuleViolation)):
        world.votes("channel_manager", "2026-04-08 10:00", yes, version=seen)
    with pytest.raises(RuleViolation, match=r"case\.not_now"):
        world.votes("channel_manager", "2026-04-08 10:00", yes)
    assert world.claim("carol").is_owner
    assert world.holds("2026-04-08 11:00") == []


@pytest.mark.parametrize("swallowed", [True, False], ids=["merged away", "merged into"])
def test_a_merge_while_a_case_is_open(world: World, file_as: Any, swallowed: bool) -> None:
    """Merged away, the case is about no customer any more and ends; merged into, it goes on."""
    other = file_as(world.people["key_accounts"], shanghai("2026-03-20 10:00"), "山河信息有限公司")
    world.claims["other"] = other.registration_id
    world.asks("carol", "2026-04-01 10:00")
    here, there = world.claim("alice").customer_id, world.claim("other").customer_id
    loser, winner = (here, there) if swallowed else (there, here)
    with db.transaction(world.engine) as session:
        merge_customers(
            session, actor=None, now=shanghai("2026-04-02 10:00"), loser=loser, winner=winner, reason="一家"
        )
    assert world.case.is_open is not swallowed
    assert world.claim("alice").is_owner
    assert world.holds("2026-04-02 11:00") == []
    if swallowed:
        assert world.case.outcome is Outcome.OWNER_GONE
        world.asks("carol", "2026-04-03 10:00")
        assert world.case.customer_id == winner
    assert world.votes("channel_manager", "2026-04-13 10:00", True) is Outcome.REASSIGNED
    assert world.claim("carol").is_owner
    assert world.holds("2026-04-13 11:00") == []


def test_an_owner_that_left_the_channel_can_be_taken_over_from(world: World) -> None:
    world.asks("carol", "2026-04-01 10:00")
    world.leaves("alice")
    assert world.votes("channel_manager", "2026-04-08 10:00", True) is Outcome.REASSIGNED
    assert world.claim("carol").is_owner
    assert world.holds("2026-04-08 11:00") == []


@pytest.mark.parametrize("unknown", [999_999, 0, -1])
def test_an_unknown_registration_as_the_next_owner(world: World, unknown: int) -> None:
    world.asks("carol", "2026-04-01 10:00")
    world.claims["nobody"] = unknown
    seen = world.case
    if unknown:
        with pytest.raises(RuleViolation, match=r"case\.not_in_line"):
            world.votes("channel_manager", "2026-04-08 10:00", True, to="nobody")
        assert world.case == seen
    with pytest.raises(RuleViolation, match=r"case\.not_in_line"):
        world.votes("channel_manager", "2026-04-08 10:00", True, to="alice")


def test_a_policy_that_changed_between_the_request_and_the_decision(world: World) -> None:
    """The decision is taken under the version in force on its day and says so; what was due stays due."""
    world.asks("carol", "2026-04-01 10:00")
    due = world.case.answer_due
    body = json.loads(files("portal.policy").joinpath("default.json").read_text("utf-8"))
    body |= {"protection_days": 40, "appeal_days": 3, "answer_working_days": 9}
    with db.transaction(world.engine) as session:
        add_policy(
            session, actor=None, now=shanghai("2026-04-02 10:00"),
            effective_from=shanghai("2026-04-07").date(), reason="新政策", body=body,
        )  # fmt: skip
    assert world.case.answer_due == due
    world.votes("channel_manager", "2026-04-08 10:00", True)
    told = world.case.decision
    assert (told["policy_version"], told["policy_from"]) == (2, "2026-04-07")
    assert (told["protection_days"], told["appeal_days"]) == (40, 3)
    assert world.case.appeal_until == shanghai("2026-04-11").date()
    assert world.claim("carol").protected_until == shanghai("2026-05-18").date()
    assert world.holds("2026-04-08 11:00") == []


def test_double_click_stale_page_and_back_button(app: Flask, world: World, login: Any, at: At) -> None:
    at("2026-04-01 10:00")
    carol = login(app.test_client(), world.people["carol"])
    asked = {"kind": "takeover", "reason": "客户找到我们"}
    path = f"/registrations/{world.claims['carol']}/case"
    first, second = carol.post(path, data=asked), carol.post(path, data=asked)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location, "the very request that was sent"
    world.case_id = 1
    old = {"version": world.case.version}
    alice = login(app.test_client(), world.people["alice"])
    answers = [
        alice.post("/cases/1/answer", data=old | {"text": "有证据"}).status_code for _twice in range(2)
    ]
    assert answers == [303, 409]
    manager = login(app.test_client(), world.people["channel_manager"])
    yes = {"verdict": "yes", "reason": "四周没有进展"}
    stale = manager.post("/cases/1/vote", data=yes | old)
    assert stale.status_code == 409, "the owner answered since"
    assert "四周没有进展" in stale.text, "nothing typed is lost"
    now = {"version": world.case.version}
    votes = [manager.post("/cases/1/vote", data=yes | now).status_code for _twice in range(2)]
    assert votes == [303, 409]
    back = manager.post("/cases/1/vote", data={"verdict": "no", "reason": "-", **now})
    assert back.status_code == 409
    assert (world.case.status, world.case.outcome) == (CaseStatus.DECIDED, Outcome.REASSIGNED)
    assert world.holds("2026-04-01 11:00") == []


@pytest.mark.engines("sqlite")
def test_ten_thousand_characters_are_refused_everywhere(app: Flask, world: World, login: Any, at: At) -> None:
    at("2026-04-01 10:00")
    long = "长" * 10_000
    browser = {name: login(app.test_client(), world.people[name]) for name in ("alice", "carol")}
    claim = f"/registrations/{world.claims['carol']}/case"
    assert browser["carol"].post(claim, data={"kind": "takeover", "reason": long}).status_code == 422
    world.asks("carol", "2026-04-01 10:00")
    seen = world.case
    version = {"version": seen.version}
    assert browser["alice"].post("/cases/1/answer", data=version | {"text": long}).status_code == 422
    at("2026-04-08 10:00")
    manager = login(app.test_client(), world.people["channel_manager"])
    vote = {"verdict": "yes", "reason": long}
    assert manager.post("/cases/1/vote", data=version | vote).status_code == 422
    assert world.case == seen
    world.votes("channel_manager", "2026-04-08 10:00", True)
    alice = login(app.test_client(), world.people["alice"])
    appeal = {"version": world.case.version, "text": long}
    assert alice.post("/cases/1/appeal", data=appeal).status_code == 422
    assert world.case.status is CaseStatus.DECIDED


def test_ticking_twice_changes_nothing_and_moves_no_case(world: World) -> None:
    from portal.conflicts.service import settle_lapses

    world.asks("dan", "2026-03-20 10:00", CaseKind.HANDOVER)
    seen = world.case
    for when, lapsed in (("2026-03-31 00:05", [world.claims["alice"]]), ("2026-03-31 00:20", [])):
        with db.transaction(world.engine) as session:
            db.lock_registry(session)
            now = shanghai(when)
            assert settle_lapses(session, now=now, today=now.date()) == lapsed
    assert world.case == seen
    alice = world.claim("alice")
    assert (alice.state, alice.state_rule) == (State.LAPSED, Rule.LAPSED)

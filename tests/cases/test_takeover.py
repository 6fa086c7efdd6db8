"""A takeover from the request to the decision, branch by branch (C4–C8), on both databases."""

from datetime import date

import pytest

from portal import db
from portal.domain.cases import CaseStatus, Outcome
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.facts import Rule, State
from portal.domain.pipeline import Stage
from portal.pipeline.service import move_project, undo_move
from tests.cases.conftest import GATES, World
from tests.support.clocks import shanghai


def test_from_the_request_to_a_new_owner(world: World) -> None:
    world.asks("dan", "2026-04-01 10:00")
    assert world.case.answer_due == date(2026, 4, 7)  # Qingming, 4 to 6 April, is off
    world.answers("alice", "2026-04-02 10:00")
    assert world.votes("channel_manager", "2026-04-03 10:00", True) is Outcome.REASSIGNED
    case = world.case
    assert (case.status, case.is_open, case.outcome) == (CaseStatus.DECIDED, False, Outcome.REASSIGNED)
    assert case.next_owner_id == world.claims["carol"], "the earliest waiting claim (C5)"
    assert case.appeal_until == date(2026, 4, 10)
    alice, carol, dan = (world.claim(name) for name in ("alice", "carol", "dan"))
    assert (alice.state, alice.state_rule, alice.is_owner) == (State.RELEASED, Rule.NEW_CLOCK, False)
    assert (carol.state, carol.state_rule, carol.protected_until) == (
        State.ACTIVE, Rule.TAKEOVER, date(2026, 5, 1),
    )  # fmt: skip
    assert (dan.state, dan.queue_position) == (State.WAITING, 1)
    assert world.holds("2026-04-03 11:00") == []


def test_the_decision_keeps_rule_figures_and_policy_version(world: World) -> None:
    world.asks("dan", "2026-04-01 10:00")
    world.answers("alice", "2026-04-02 10:00")
    world.votes("channel_manager", "2026-04-03 10:00", True, to="dan", reason="客户指定")
    told = world.case.decision
    assert told["rules"] == ["C5", "C3", "C6"]
    assert (told["policy_version"], told["protection_days"]) == (1, 28)
    assert told["owner"]["protected_until"] == "2026-03-30"
    assert told["owner"]["lapsed_on"] == "2026-03-31"
    assert told["earliest"] is False
    assert [vote["reason"] for vote in told["votes"]] == ["客户指定"]
    names = ("P001", "P002", "P003", "Alice", "Carol", "Dan", "R0000")
    assert not any(name in str(told) for name in names), "both parties read it"
    assert world.claim("dan").state is State.ACTIVE


class TestAsking:
    def test_not_before_the_lapse(self, world: World) -> None:
        with pytest.raises(RuleViolation, match=r"case\.not_lapsed") as refused:
            world.asks("carol", "2026-03-30 23:59")
        assert refused.value.params["day"] == date(2026, 3, 31)

    def test_only_from_an_own_waiting_claim(self, world: World) -> None:
        with pytest.raises(RuleViolation, match=r"case\.not_waiting"):
            world.asks("alice", "2026-04-01 10:00")
        world.claims["bob"] = world.claims["carol"]
        with pytest.raises(RuleViolation, match=r"case\.not_yours"):
            world.asks("bob", "2026-04-01 10:00")

    def test_one_case_per_customer(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        with pytest.raises(RuleViolation, match=r"case\.open_already"):
            world.asks("dan", "2026-04-01 11:00")

    def test_not_again_for_14_days_after_a_no_but_another_may(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        world.answers("alice", "2026-04-01 11:00")
        assert world.votes("channel_manager", "2026-04-02 10:00", False) is Outcome.REFUSED
        with pytest.raises(RuleViolation, match=r"case\.not_final"):
            world.asks("dan", "2026-04-09 23:59")
        with pytest.raises(RuleViolation, match=r"case\.too_early_again") as refused:
            world.asks("carol", "2026-04-15 23:59")
        assert refused.value.params["day"] == date(2026, 4, 16)
        world.asks("dan", "2026-04-10 00:00")
        world.withdraws("dan", "2026-04-10 10:00")
        world.asks("carol", "2026-04-16 00:00")

    def test_a_signed_customer_is_not_asked_for(self, world: World) -> None:
        world.moves("alice", "2026-03-20 10:00", Stage.SIGNED)
        with pytest.raises(RuleViolation, match=r"case\.signed"):
            world.asks("carol", "2026-05-01 10:00")


class TestVoting:
    def test_nobody_votes_before_the_owner_has_had_its_say(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        with pytest.raises(RuleViolation, match=r"case\.answer_awaited"):
            world.votes("channel_manager", "2026-04-07 23:59", True)
        assert world.votes("channel_manager", "2026-04-08 00:00", True) is Outcome.REASSIGNED

    def test_only_those_whose_side_it_is(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        for who in ("key_accounts_manager", "channel_director", "alice", "channel_sales", "admin"):
            with pytest.raises(RuleViolation, match=r"case\.not_your_side"):
                world.votes(who, "2026-04-08 10:00", True)

    def test_both_departments_where_key_accounts_is_a_party(self, with_key_accounts: World) -> None:
        world = with_key_accounts
        world.asks("key_accounts", "2026-04-01 10:00")
        chosen = {"to": "key_accounts", "reason": "客户指定直销"}
        assert world.votes("channel_manager", "2026-04-08 10:00", True, **chosen) is None
        assert world.claim("alice").state is State.LAPSED
        with pytest.raises(RuleViolation, match=r"case\.voted"):
            world.votes("channel_manager", "2026-04-08 11:00", False)
        with pytest.raises(RuleViolation, match=r"case\.other_choice"):
            world.votes("key_accounts_manager", "2026-04-08 11:00", True)
        assert world.votes("key_accounts_manager", "2026-04-08 12:00", True, **chosen) is Outcome.REASSIGNED
        assert world.claim("key_accounts").state is State.ACTIVE
        assert world.holds("2026-04-08 13:00") == []

    @pytest.mark.parametrize("first", ["channel_manager", "key_accounts_manager"])
    def test_either_sides_no_ends_it(self, with_key_accounts: World, first: str) -> None:
        world = with_key_accounts
        world.asks("key_accounts", "2026-04-01 10:00")
        assert world.votes(first, "2026-04-08 10:00", False) is Outcome.REFUSED
        assert world.claim("alice").is_owner
        with pytest.raises(RuleViolation, match=r"case\.not_now"):
            world.votes("channel_manager", "2026-04-08 11:00", True)

    def test_choosing_key_accounts_needs_its_side_too(self, with_key_accounts: World) -> None:
        world = with_key_accounts
        world.asks("carol", "2026-04-01 10:00")
        chosen = {"to": "key_accounts", "reason": "大客户"}
        assert world.votes("channel_manager", "2026-04-08 10:00", True, **chosen) is None
        assert world.votes("key_accounts_manager", "2026-04-08 11:00", True, **chosen) is Outcome.REASSIGNED

    def test_a_reason_is_always_given(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        for yes in (True, False):
            with pytest.raises(RuleViolation, match=r"reason\.required"):
                world.votes("channel_manager", "2026-04-08 10:00", yes, reason="")

    def test_two_decide_at_once_and_the_second_is_told(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        seen = world.case.version
        world.votes("channel_manager", "2026-04-08 10:00", True)
        with pytest.raises(StaleVersion):
            world.votes("channel_manager", "2026-04-08 10:00", False, version=seen)
        assert world.claim("carol").is_owner

    def test_only_a_claim_that_waits_can_be_chosen(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        world.releases("dan", "2026-04-02 10:00")
        with pytest.raises(RuleViolation, match=r"case\.not_in_line"):
            world.votes("channel_manager", "2026-04-08 10:00", True, to="dan")


class TestAnswering:
    def test_once_and_by_the_owner(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        with pytest.raises(RuleViolation, match=r"case\.not_yours"):
            world.answers("carol", "2026-04-02 10:00")
        world.answers("alice", "2026-04-02 10:00")
        with pytest.raises(RuleViolation, match=r"case\.answered"):
            world.answers("alice", "2026-04-02 11:00")

    def test_late_as_long_as_nobody_voted(self, with_key_accounts: World) -> None:
        world = with_key_accounts
        world.asks("key_accounts", "2026-04-01 10:00")
        world.votes("key_accounts_manager", "2026-04-08 10:00", True)
        with pytest.raises(RuleViolation, match=r"case\.votes_cast"):
            world.answers("alice", "2026-04-08 11:00")


class TestMeanwhile:
    def test_progress_is_shown_and_renews_only_when_the_owner_keeps_it(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        world.moves("alice", "2026-04-02 10:00", Stage.MEETING)
        assert world.claim("alice").state is State.LAPSED
        world.answers("alice", "2026-04-02 11:00")
        world.votes("channel_manager", "2026-04-03 10:00", False)
        alice = world.claim("alice")
        assert (alice.state, alice.state_rule, alice.protected_until) == (
            State.ACTIVE, Rule.RENEWED, date(2026, 4, 30),
        )  # fmt: skip
        assert world.holds("2026-04-03 11:00") == []

    def test_progress_does_not_save_the_owner(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        world.moves("alice", "2026-04-02 10:00", Stage.MEETING)
        assert world.votes("channel_manager", "2026-04-08 10:00", True) is Outcome.REASSIGNED
        assert world.claim("carol").is_owner

    def test_who_signs_ends_the_case(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        seen = world.case.version
        world.moves("alice", "2026-04-02 10:00", Stage.SIGNED)
        assert (world.case.status, world.case.outcome) == (CaseStatus.CLOSED, Outcome.SIGNED)
        with pytest.raises(RuleViolation, match=r"case\.not_now"):
            world.votes("channel_manager", "2026-04-08 10:00", True, version=seen)
        assert world.holds("2026-04-08 11:00") == []

    def test_a_signature_that_is_taken_back_does_not_bring_the_case_back(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        version = world.claim("alice").version
        with db.transaction(world.engine) as session:
            about = {"actor": world.people["alice"].actor, "registration_id": world.claims["alice"]}
            moved = move_project(
                session, **about, now=shanghai("2026-04-02 10:00"), version=version, to=Stage.SIGNED,
                gate=GATES[Stage.SIGNED],
            )  # fmt: skip
        with db.transaction(world.engine) as session:
            undo_move(session, **about, now=shanghai("2026-04-02 10:00:30"), event_id=moved.event_id)
        assert (world.case.outcome, world.claim("alice").state) == (Outcome.SIGNED, State.LAPSED)
        world.asks("carol", "2026-04-02 11:00")
        assert world.holds("2026-04-02 12:00") == []

    def test_who_releases_ends_it_and_the_earliest_follows(self, world: World) -> None:
        world.asks("dan", "2026-04-01 10:00")
        world.releases("alice", "2026-04-02 10:00")
        assert world.case.outcome is Outcome.OWNER_GONE
        assert world.claim("carol").is_owner
        assert world.holds("2026-04-03 11:00") == []

    def test_a_challenger_that_gives_up_ends_it(self, world: World) -> None:
        world.asks("dan", "2026-04-01 10:00")
        world.releases("dan", "2026-04-02 10:00")
        assert world.case.outcome is Outcome.CHALLENGER_GONE
        assert world.holds("2026-04-03 11:00") == []

    def test_a_challenger_that_withdraws_ends_it(self, world: World) -> None:
        world.asks("dan", "2026-04-01 10:00")
        with pytest.raises(RuleViolation, match=r"case\.not_yours"):
            world.withdraws("alice", "2026-04-02 10:00")
        world.withdraws("dan", "2026-04-02 10:00")
        assert (world.case.outcome, world.claim("alice").state) == (Outcome.WITHDRAWN, State.LAPSED)
        world.asks("dan", "2026-04-02 11:00")
        assert world.holds("2026-04-03 11:00") == []

    def test_a_challenger_that_leaves_the_channel_gets_nothing(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        with pytest.raises(RuleViolation, match=r"case\.challenger_stays"):
            world.closes("channel_manager", "2026-04-08 10:00")
        world.leaves("carol")
        with pytest.raises(RuleViolation, match=r"case\.challenger_left"):
            world.votes("channel_manager", "2026-04-08 10:00", True)
        world.closes("channel_manager", "2026-04-08 10:00")
        assert world.case.outcome is Outcome.CHALLENGER_GONE
        world.asks("dan", "2026-04-09 10:00")
        world.votes("channel_manager", "2026-04-20 10:00", True)
        assert world.claim("dan").is_owner, "carol waits longer, but has left"

    def test_the_facts_alone_lead_to_the_same_owner(self, world: World) -> None:
        world.asks("carol", "2026-04-01 10:00")
        assert world.replayed("2026-04-01 10:00").contested == world.claims["alice"]
        world.votes("channel_manager", "2026-04-08 10:00", True, to="dan")
        timeline = world.replayed("2026-04-09")
        assert timeline.owner == world.claims["dan"]
        assert timeline.owner_at(shanghai("2026-04-08 09:59")) == world.claims["alice"]

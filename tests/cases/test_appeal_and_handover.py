"""Appeals (C8), handovers (C9), and the way back of who lost a customer (C6), on both databases."""

from datetime import date
from typing import Any

import pytest

from portal import db
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.cases import AppealOutcome, CaseKind, CaseStatus, Outcome
from portal.domain.errors import RuleViolation
from portal.domain.facts import Rule, State
from portal.domain.pipeline import Stage
from portal.domain.roles import Role
from tests.cases.conftest import World
from tests.support.clocks import shanghai
from tests.support.people import Person, make_partner, make_user


@pytest.fixture
def taken(world: World) -> World:
    """Carol has taken over from alice on 8 April."""
    world.asks("carol", "2026-04-01 10:00")
    world.votes("channel_manager", "2026-04-08 10:00", True)
    return world


@pytest.fixture
def refused(world: World) -> World:
    """Carol's request was refused on 8 April."""
    world.asks("carol", "2026-04-01 10:00")
    world.votes("channel_manager", "2026-04-08 10:00", False)
    return world


class TestAppeal:
    def test_the_old_owner_appeals_and_gets_the_customer_back(self, taken: World) -> None:
        with pytest.raises(RuleViolation, match=r"case\.not_yours"):
            taken.appeals("carol", "2026-04-09 10:00")
        taken.appeals("alice", "2026-04-15 23:59")
        assert (taken.case.status, taken.claim("carol").state) == (CaseStatus.APPEALED, State.ACTIVE)
        outcome = taken.decides_appeal("channel_director", "2026-04-17 10:00", overturn=True)
        assert outcome is AppealOutcome.OVERTURNED
        alice, carol = taken.claim("alice"), taken.claim("carol")
        assert (alice.state, alice.state_rule, alice.protected_until) == (
            State.ACTIVE, Rule.APPEAL, date(2026, 5, 15),
        )  # fmt: skip
        assert (carol.state, carol.queue_position) == (State.WAITING, 1)
        assert taken.holds("2026-04-17 11:00") == []

    def test_not_once_it_is_final(self, taken: World) -> None:
        with pytest.raises(RuleViolation, match=r"case\.final"):
            taken.appeals("alice", "2026-04-16 00:00")

    def test_upheld_is_the_last_word(self, taken: World) -> None:
        taken.appeals("alice", "2026-04-09 10:00")
        taken.decides_appeal("channel_director", "2026-04-10 10:00", overturn=False)
        assert (taken.case.status, taken.claim("carol").is_owner) == (CaseStatus.CLOSED, True)
        for again in (
            lambda: taken.appeals("alice", "2026-04-10 11:00"),
            lambda: taken.decides_appeal("channel_director", "2026-04-10 11:00", overturn=True),
        ):
            with pytest.raises(RuleViolation, match=r"case\.not_now"):
                again()

    def test_only_the_channel_director_decides_it(self, taken: World) -> None:
        taken.appeals("alice", "2026-04-09 10:00")
        for who in ("channel_manager", "coo", "carol"):
            with pytest.raises(RuleViolation, match=r"case\.not_your_side"):
                taken.decides_appeal(who, "2026-04-10 10:00", overturn=True)

    @pytest.mark.parametrize("did", ["asked", "appealed"])
    def test_not_by_whoever_asked_or_appealed_in_another_role(
        self, engine: Any, with_key_accounts: World, did: str
    ) -> None:
        """Four eyes: one person with the roles of both sides judges no appeal of its own."""
        world = with_key_accounts
        with db.transaction(engine) as session:
            for name in ("both", "other"):
                roles = (Role.KEY_ACCOUNTS_MANAGER, Role.CHANNEL_DIRECTOR)
                world.people[name] = make_user(session, name, *roles)
        asks, appeals = ("both", "other") if did == "asked" else ("other", "both")
        world.asks("key_accounts", "2026-04-01 10:00", who=asks)
        world.votes("channel_manager", "2026-04-08 10:00", False)
        world.appeals(appeals, "2026-04-09 10:00")
        with pytest.raises(RuleViolation, match=r"case\.own_matter"):
            world.decides_appeal("both", "2026-04-10 10:00", overturn=True)
        world.decides_appeal("channel_director", "2026-04-10 10:00", overturn=False)
        assert world.holds("2026-04-10 11:00") == []

    def test_a_refusal_is_turned_round_even_after_progress(self, refused: World) -> None:
        with pytest.raises(RuleViolation, match=r"case\.not_yours"):
            refused.appeals("alice", "2026-04-09 10:00")
        refused.moves("alice", "2026-04-09 10:00", Stage.MEETING)
        assert refused.claim("alice").state is State.ACTIVE
        refused.appeals("carol", "2026-04-10 10:00")
        refused.decides_appeal("channel_director", "2026-04-13 10:00", overturn=True)
        assert (refused.claim("carol").state_rule, refused.claim("alice").state) == (
            Rule.APPEAL, State.RELEASED,
        )  # fmt: skip
        assert refused.holds("2026-04-13 11:00") == []

    def test_what_is_signed_meanwhile_stays(self, taken: World) -> None:
        taken.appeals("alice", "2026-04-09 10:00")
        taken.moves("carol", "2026-04-10 10:00", Stage.SIGNED)
        assert (taken.case.status, taken.case.appeal_outcome) == (CaseStatus.CLOSED, None)
        assert taken.case.outcome is Outcome.REASSIGNED
        assert taken.holds("2026-04-10 11:00") == []

    def test_an_appeal_against_what_is_signed_already_ends_at_once(self, taken: World) -> None:
        taken.moves("carol", "2026-04-09 10:00", Stage.SIGNED)
        taken.appeals("alice", "2026-04-10 10:00")
        assert taken.case.status is CaseStatus.CLOSED


class TestComingBack:
    def test_the_old_owner_files_again_after_28_days_and_waits(self, taken: World, file_as: Any) -> None:
        alice = taken.people["alice"]
        with pytest.raises(RuleViolation, match=r"registration\.too_early_again") as early:
            file_as(alice, shanghai("2026-05-05 23:59"))
        assert early.value.params["day"] == date(2026, 5, 6)
        assert file_as(alice, shanghai("2026-05-06 00:00")).state is State.WAITING

    def test_who_released_by_itself_may_come_back_at_once(self, world: World, file_as: Any) -> None:
        world.releases("alice", "2026-03-20 10:00")
        assert file_as(world.people["alice"], shanghai("2026-03-20 11:00")).state is State.WAITING

    def test_a_held_filing_found_to_be_the_same_meanwhile_is_kept_and_does_not_jump_it(
        self, taken: World, file_as: Any
    ) -> None:
        """Filed before or within the waiting time: it stands as if filed on the day it may be (C6)."""
        alice = taken.people["alice"]
        held = file_as(alice, shanghai("2026-04-10 10:00"), "慢蜗牛快递")
        assert held.state is State.HELD
        taken.claims["again"] = held.registration_id
        self.decided_same(taken, "2026-04-13 10:00")
        again = taken.claim("again")
        assert (again.state, again.state_rule, again.queue_position) == (State.WAITING, Rule.NEW_CLOCK, 2)
        assert taken.claim("carol").is_owner, "though alice filed first of all"
        file_as(self.somebody(taken), shanghai("2026-05-05 10:00"))
        assert taken.claim("again").queue_position == 3, "it came before alice may"
        assert taken.holds("2026-05-05 11:00") == []

    def test_nor_does_one_that_was_filed_before_the_customer_was_lost(
        self, world: World, file_as: Any
    ) -> None:
        held = file_as(world.people["alice"], shanghai("2026-03-03 10:00"), "慢蜗牛快递")
        world.claims["again"] = held.registration_id
        world.asks("carol", "2026-04-01 10:00")
        world.votes("channel_manager", "2026-04-08 10:00", True)
        self.decided_same(world, "2026-04-09 10:00")
        assert (world.claim("carol").is_owner, world.claim("again").queue_position) == (True, 2)
        assert world.holds("2026-04-09 11:00") == []

    def test_nor_one_that_a_merge_brings_onto_the_customer(self, taken: World, file_as: Any) -> None:
        other = file_as(taken.people["alice"], shanghai("2026-03-01 10:00"), "山河信息有限公司")
        taken.claims["again"] = other.registration_id
        loser, winner = taken.claim("alice").customer_id, taken.claim("again").customer_id
        with db.transaction(taken.engine) as session:
            merge_customers(
                session, actor=None, now=shanghai("2026-04-10 10:00"), loser=loser, winner=winner,
                reason="一家",
            )  # fmt: skip
        assert (taken.claim("carol").is_owner, taken.claim("again").queue_position) == (True, 2)
        assert taken.holds("2026-04-10 11:00") == []
        with db.transaction(taken.engine) as session:
            unmerge_customer(
                session, actor=None, now=shanghai("2026-04-11 10:00"), loser=loser, reason="两家"
            )
        assert taken.claim("again").is_owner, "that customer was never taken from alice"
        assert taken.holds("2026-04-11 11:00") == []

    def test_nor_does_the_party_that_owns_it_ask_itself_or_follow_itself(
        self, world: World, file_as: Any
    ) -> None:
        held = file_as(world.people["alice"], shanghai("2026-03-03 10:00"), "慢蜗牛快递")
        world.claims["again"] = held.registration_id
        self.decided_same(world, "2026-03-04 10:00")
        assert world.claim("again").queue_position == 1
        with pytest.raises(RuleViolation, match=r"case\.own_customer"):
            world.asks("again", "2026-04-01 10:00", who="alice")
        world.asks("dan", "2026-04-01 10:00")
        with pytest.raises(RuleViolation, match=r"case\.not_in_line"):
            world.votes("channel_manager", "2026-04-08 10:00", True, to="again")
        world.votes("channel_manager", "2026-04-08 10:00", True)
        assert (world.claim("carol").is_owner, world.claim("again").queue_position) == (True, 2)
        assert world.holds("2026-04-08 11:00") == []

    def decided_same(self, world: World, when: str) -> None:
        again = world.claim("again")
        with db.transaction(world.engine) as session:
            decide_held(
                session, actor=world.people["channel_manager"].actor, now=shanghai(when),
                registration_id=again.id, version=again.version, customer_id=again.suspect_id, same=True,
                reason="看过执照",
            )  # fmt: skip

    def somebody(self, world: World) -> Person:
        with db.transaction(world.engine) as session:
            partner = make_partner(session, "P009")
            return make_user(session, "erin", Role.PARTNER_ADMIN, partner_id=partner)


class TestHandover:
    def test_agreed_at_any_time_it_passes_at_once(self, world: World) -> None:
        world.asks("dan", "2026-03-10 10:00", CaseKind.HANDOVER)
        world.agrees("alice", "2026-03-11 10:00")
        assert (world.claim("dan").state, world.claim("dan").state_rule) == (State.ACTIVE, Rule.VOLUNTARY)
        assert (world.claim("alice").state, world.claim("carol").queue_position) == (State.RELEASED, 1)
        assert world.case.decision["rules"] == ["C9"]
        assert world.holds("2026-03-11 11:00") == []

    def test_it_needs_nobody_elses_vote_and_takes_none(self, world: World) -> None:
        world.asks("dan", "2026-03-10 10:00", CaseKind.HANDOVER)
        with pytest.raises(RuleViolation, match=r"case\.not_now"):
            world.votes("channel_manager", "2026-03-20 10:00", True)
        with pytest.raises(RuleViolation, match=r"case\.not_yours"):
            world.agrees("dan", "2026-03-11 10:00")

    def test_declined_the_owner_keeps_it_and_its_clock(self, world: World) -> None:
        until = world.claim("alice").protected_until
        world.asks("dan", "2026-03-10 10:00", CaseKind.HANDOVER)
        world.moves("alice", "2026-03-12 10:00", Stage.MEETING)
        assert world.claim("alice").protected_until > until, "asking stops no clock"
        world.declines("alice", "2026-03-13 10:00")
        assert world.case.outcome is Outcome.DECLINED
        with pytest.raises(RuleViolation, match=r"case\.too_early_again"):
            world.asks("dan", "2026-03-14 10:00", CaseKind.HANDOVER)
        assert world.holds("2026-03-13 11:00") == []

    def test_an_owner_may_agree_in_a_takeover_too(self, world: World) -> None:
        world.asks("dan", "2026-04-01 10:00")
        world.agrees("alice", "2026-04-02 10:00")
        assert (world.case.outcome, world.claim("dan").is_owner) == (Outcome.HANDED_OVER, True)
        assert world.holds("2026-04-02 11:00") == []

    def test_nothing_is_handed_to_who_has_left_the_channel(self, world: World) -> None:
        world.asks("dan", "2026-03-10 10:00", CaseKind.HANDOVER)
        world.leaves("dan")
        with pytest.raises(RuleViolation, match=r"case\.challenger_left"):
            world.agrees("alice", "2026-03-11 10:00")

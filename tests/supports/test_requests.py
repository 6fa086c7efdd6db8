"""Who may ask for what, who owes it by when, and how it is told and checked."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.pipeline import LostReason, Stage
from portal.domain.support import SupportKind, SupportState, Withdrawal
from portal.models import tables as t
from portal.pipeline.service import lose, release, undo_move
from portal.support.queries import open_requests_of
from tests.support.clocks import shanghai
from tests.supports.conftest import Desk


def refused(code: str) -> Any:
    return pytest.raises(RuleViolation, match=f"^{code}")


class TestAsking:
    def test_it_is_due_as_the_policy_of_the_day_says_and_shown_on_the_project(self, desk: Desk):
        asked = desk.asks("alice", "2026-03-05 10:00")
        row, claim = desk.request(asked), desk.claim("alice")
        assert (row.due_on, row.owner_id, row.state) == (date(2026, 3, 10), None, SupportState.OPEN)
        assert (row.ref, row.asked_by_id) == ("S00000001", desk.people["alice"].user_id)
        assert (claim.support_note, claim.support_since) == ("方案支持", row.asked_at)
        assert desk.holds("2026-03-06 10:00")

    def test_several_may_be_open_and_the_oldest_is_shown(self, desk: Desk):
        first = desk.asks("alice", "2026-03-05 10:00", need="方案")
        desk.asks("bob", "2026-03-06 10:00", SupportKind.PRICE, need="价格")
        assert desk.claim("alice").support_note == "方案"
        desk.gives("channel_sales", "2026-03-06 11:00", first)
        assert desk.claim("alice").support_note == "价格"
        desk.declines("channel_manager", "2026-03-06 12:00", first + 1)
        assert (desk.claim("alice").support_note, desk.claim("alice").support_since) == ("", None)
        assert desk.holds("2026-03-07 10:00")

    def test_the_same_form_sent_twice_asks_once(self, desk: Desk):
        key = "6b0f5f0e-28ce-4b36-a5a1-a6f8a4a1f3c1"
        again = [desk.asks("alice", "2026-03-05 10:00", request_key=key) for _ in range(2)]
        assert again[0] == again[1]
        assert len(desk.requests()) == 1

    @pytest.mark.parametrize("who", ["carol", "key_accounts", "customer_service", "finance"])
    def test_only_the_own_party_and_who_looks_after_it_may_ask(self, desk: Desk, who: str):
        with refused("support.not_yours"):
            desk.asks(who, "2026-03-05 10:00")

    def test_the_channel_manager_asks_for_every_partner(self, desk: Desk):
        assert desk.asks("channel_manager", "2026-03-05 10:00", week=date(2026, 3, 5))

    def test_channel_sales_ask_for_the_partners_they_look_after(self, desk: Desk):
        assert desk.asks("channel_sales", "2026-03-05 10:00", week=date(2026, 3, 5))
        assert desk.requests()[0].week == date(2026, 3, 5)
        with db.transaction(desk.engine) as session:
            other = desk.people["regional_manager"].user_id
            session.execute(sa.update(t.partner).values(manager_id=other))
        with refused("support.not_yours"):
            desk.asks("channel_sales", "2026-03-05 10:00")

    def test_a_partner_does_not_say_by_when(self, desk: Desk):
        with refused("support.due_not_yours"):
            desk.asks("alice", "2026-03-05 10:00", due=date(2026, 3, 6))
        asked = desk.asks("channel_sales", "2026-03-05 10:00", due=date(2026, 3, 6))
        assert desk.request(asked).due_on == date(2026, 3, 6)
        with refused("support.due_in_the_past"):
            desk.asks("channel_sales", "2026-03-05 10:00", due=date(2026, 3, 4))

    def test_nothing_is_asked_for_without_saying_what_or_for_what_has_ended(self, desk: Desk):
        with refused("required"):
            desk.asks("alice", "2026-03-05 10:00", need="")
        with db.transaction(desk.engine) as session:
            release(
                session, actor=desk.people["alice"].actor, now=shanghai("2026-03-05 10:00"),
                registration_id=desk.claims["alice"], version=desk.claim("alice").version, reason="不做了",
            )  # fmt: skip
        with refused("pipeline.ended"):
            desk.asks("alice", "2026-03-05 11:00")

    def test_on_a_partner_it_stands_in_the_trail_alone(self, desk: Desk):
        partner = desk.people["alice"].partner_id
        asked = desk.asks("alice", "2026-03-05 10:00", SupportKind.TRAINING, partner_id=partner)
        desk.plans(
            "product_marketing", "2026-03-05 11:00", asked, owner_id=desk.people["product_marketing"].user_id
        )
        with db.reading(desk.engine) as session:
            assert [row.id for row in open_requests_of(session, partner_id=partner)] == [asked]
            assert open_requests_of(session, [desk.claims["alice"]]) == []
        desk.gives("product_marketing", "2026-03-06 10:00", asked)
        assert desk.holds("2026-03-07 10:00")
        with refused("support.not_yours"):
            desk.asks("carol", "2026-03-05 10:00", SupportKind.TRAINING, partner_id=partner)


class TestPlanning:
    def test_taken_and_moved_before_it_has_passed(self, desk: Desk):
        asked, me = desk.asks("alice", "2026-03-05 10:00"), desk.people["customer_service"].user_id
        desk.plans("channel_sales", "2026-03-05 11:00", asked, owner_id=me)
        desk.plans("customer_service", "2026-03-10 11:00", asked, due=date(2026, 3, 13), reason="等设备")
        row = desk.request(asked)
        assert (row.owner_id, row.due_on, row.version) == (me, date(2026, 3, 13), 3)
        assert desk.holds("2026-03-11 10:00")

    def test_a_day_that_has_passed_stays_but_somebody_else_may_take_it(self, desk: Desk):
        asked, me = desk.asks("alice", "2026-03-05 10:00"), desk.people["customer_service"].user_id
        with refused("support.due_passed"):
            desk.plans("channel_sales", "2026-03-11", asked, due=date(2026, 3, 20), reason="等设备")
        desk.plans("channel_sales", "2026-03-11", asked, owner_id=me)
        assert desk.request(asked).owner_id == me

    @pytest.mark.parametrize("who", ["alice", "finance", "admin", "nobody"])
    def test_only_who_gives_support_can_take_it(self, desk: Desk, who: str):
        asked = desk.asks("alice", "2026-03-05 10:00")
        owner = desk.people[who].user_id if who != "nobody" else 999
        with refused("support.owner"):
            desk.plans("channel_sales", "2026-03-05 11:00", asked, owner_id=owner)

    def test_nobody_owes_what_it_cannot_see(self, desk: Desk):
        asked, sales = desk.asks("alice", "2026-03-05 10:00"), desk.people["channel_sales"].user_id
        with db.transaction(desk.engine) as session:
            session.execute(sa.update(t.user).where(t.user.c.id == sales).values(region="west"))
        with refused("support.owner"):
            desk.plans("channel_manager", "2026-03-05 11:00", asked, owner_id=sales)

    def test_the_party_that_asked_plans_and_answers_nothing_but_may_withdraw(self, desk: Desk):
        asked = desk.asks("alice", "2026-03-05 10:00")
        for act in (desk.gives, desk.declines):
            with refused("support.not_yours"):
                act("carol", "2026-03-05 11:00", asked)
        with refused("support.not_yours"):
            desk.plans("alice", "2026-03-05 11:00", asked, due=date(2026, 3, 6))
        with refused("support.not_yours"):
            desk.gives("alice", "2026-03-05 11:00", asked)
        desk.declines("bob", "2026-03-05 11:00", asked, "客户自己解决了")
        assert desk.request(asked).state is SupportState.DECLINED

    def test_the_second_of_two_is_told_and_what_is_over_stays(self, desk: Desk):
        asked = desk.asks("alice", "2026-03-05 10:00")
        desk.plans("channel_sales", "2026-03-05 11:00", asked, owner_id=desk.people["channel_sales"].user_id)
        with pytest.raises(StaleVersion):
            desk.gives("customer_service", "2026-03-05 12:00", asked, version=1)
        with refused("required"):
            desk.gives("channel_sales", "2026-03-05 12:00", asked, result="")
        desk.gives("channel_sales", "2026-03-05 12:00", asked)
        with refused("support.closed"):
            desk.declines("channel_sales", "2026-03-05 13:00", asked)


class TestInstalls:
    def test_a_trial_and_a_contract_are_tasks_for_customer_service(self, desk: Desk):
        desk.moves("alice", "2026-03-05 10:00", Stage.TRIAL)
        desk.moves("alice", "2026-03-10 10:00", Stage.SIGNED)
        trial, production = desk.requests()
        assert (trial.kind, trial.owner_id, trial.due_on) == (
            SupportKind.TRIAL_INSTALL, None, date(2026, 3, 20),
        )  # fmt: skip
        assert trial.need == "SY-1 · 2026-03-20 · 2026-04-20"
        assert (production.kind, production.due_on) == (SupportKind.PRODUCTION_INSTALL, date(2026, 3, 12))
        assert desk.holds("2026-03-11 10:00")

    def test_a_trial_that_starts_today_leaves_the_days_an_install_takes(self, desk: Desk):
        desk.moves("alice", "2026-03-05 10:00", Stage.TRIAL, trial_start=date(2026, 3, 5))
        assert desk.requests()[0].due_on == date(2026, 3, 9)

    def test_a_trial_that_is_put_off_is_owed_on_its_new_day_and_stops_no_clock_before(self, desk: Desk):
        desk.moves("alice", "2026-03-05 10:00", Stage.TRIAL, trial_start=date(2026, 3, 5))
        desk.moves("alice", "2026-03-06 10:00", Stage.SOLUTION)
        [row] = desk.requests()
        assert (row.state, row.result) == (SupportState.DECLINED, Withdrawal.MOVED_BACK)
        assert desk.claim("alice").paused_from is None
        assert desk.holds("2026-03-08 10:00")
        desk.moves("alice", "2026-03-09 10:00", Stage.TRIAL)
        first, second = desk.requests()
        assert (first.state, second.state, second.due_on) == (
            SupportState.DECLINED, SupportState.OPEN, date(2026, 3, 20),
        )  # fmt: skip
        desk.gives("customer_service", "2026-03-10 10:00", second.id)
        assert desk.holds("2026-03-11 10:00")

    def test_a_contract_that_is_taken_for_a_trial_again_leaves_the_trials_install(self, desk: Desk):
        desk.moves("alice", "2026-03-05 10:00", Stage.TRIAL)
        desk.moves("alice", "2026-03-06 10:00", Stage.SIGNED)
        desk.moves("alice", "2026-03-09 10:00", Stage.TRIAL)
        assert [row.state for row in desk.requests()] == [SupportState.OPEN, SupportState.DECLINED]
        assert desk.holds("2026-03-10 10:00")

    def test_a_move_back_that_is_taken_back_leaves_the_install_owed(self, desk: Desk):
        desk.moves("alice", "2026-03-05 10:00", Stage.TRIAL)
        [before] = desk.requests()
        back = desk.moves("alice", "2026-03-06 10:00", Stage.SOLUTION)
        with db.transaction(desk.engine) as session:
            undo_move(
                session, actor=desk.people["alice"].actor, now=shanghai("2026-03-06 10:00:20"),
                registration_id=desk.claims["alice"], event_id=back,
            )  # fmt: skip
        [row] = desk.requests()
        assert {**row._mapping, "version": before.version} == before._mapping
        assert desk.claim("alice").support_since == before.asked_at
        assert desk.holds("2026-03-07 10:00")
        desk.gives("customer_service", "2026-03-09 10:00", row.id, version=row.version)
        assert desk.holds("2026-03-10 10:00")

    def test_taking_the_move_back_withdraws_the_install(self, desk: Desk):
        moved = desk.moves("alice", "2026-03-05 10:00", Stage.TRIAL)
        with db.transaction(desk.engine) as session:
            undo_move(
                session, actor=desk.people["alice"].actor, now=shanghai("2026-03-05 10:00:20"),
                registration_id=desk.claims["alice"], event_id=moved,
            )  # fmt: skip
        [row] = desk.requests()
        assert (row.state, row.result) == (SupportState.DECLINED, Withdrawal.MOVE_UNDONE)
        assert desk.claim("alice").support_since is None
        assert desk.holds("2026-03-06 10:00")

    def test_a_project_that_ends_leaves_nothing_to_do(self, desk: Desk):
        desk.asks("alice", "2026-03-05 10:00")
        with db.transaction(desk.engine) as session:
            lose(
                session, actor=desk.people["alice"].actor, now=shanghai("2026-03-20 10:00"),
                registration_id=desk.claims["alice"], version=desk.claim("alice").version,
                why=LostReason.PRICE, note="太贵",
            )  # fmt: skip
        [row] = desk.requests()
        assert (row.state, row.result) == (SupportState.DECLINED, Withdrawal.CLAIM_ENDED)
        assert desk.holds("2026-03-21 10:00")

"""What the vendor owes stops the clock of the claim that it owes it to, and of no other (C3)."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.cases.service import open_case
from portal.domain.cases import CaseKind
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.pipeline import Stage
from portal.domain.protection import end_on
from portal.domain.support import SupportKind
from portal.pipeline.queries import COLUMN_SIZE, board, stage_totals
from portal.pipeline.service import release
from portal.registrations.export import registrations_as_of
from portal.registrations.listing import Filters, list_registrations
from portal.registrations.queries import owner_of, state_now
from portal.web.access import registrations_of
from tests.support.clocks import shanghai
from tests.supports.conftest import Desk


def until(desk: Desk, day: str, who: str = "alice") -> date:
    row = desk.claim(who)
    return end_on(row.protected_until, row.paused_from, date.fromisoformat(day))


def test_support_due_on_the_10th_and_given_on_the_14th_protects_until_3_april(desk: Desk):
    asked = desk.asks("alice", "2026-03-05 10:00")
    assert desk.request(asked).due_on == date(2026, 3, 10)
    assert until(desk, "2026-03-10") == date(2026, 3, 30)
    desk.gives("channel_sales", "2026-03-14 16:00", asked)
    claim = desk.claim("alice")
    assert (claim.protected_until, claim.paused_from) == (date(2026, 4, 3), None)
    assert desk.ticks("2026-04-03 23:00") == []
    assert desk.ticks("2026-04-04 00:10") == [desk.claims["alice"]]
    assert desk.holds("2026-04-04 10:00")


def test_declined_on_the_14th_that_day_counts_again(desk: Desk):
    asked = desk.asks("alice", "2026-03-05 10:00")
    desk.declines("channel_sales", "2026-03-14 16:00", asked)
    assert desk.claim("alice").protected_until == date(2026, 4, 2)


def test_while_it_is_owed_the_claim_does_not_lapse_whether_or_not_anything_ticks(desk: Desk):
    desk.asks("alice", "2026-03-05 10:00")
    late = "2026-05-20"
    claim = desk.claim("alice")
    assert claim.paused_from == date(2026, 3, 11)
    assert state_now(claim, date.fromisoformat(late)) is State.ACTIVE
    # Twenty days were left on the 10th: they are left still.
    assert until(desk, late) == date(2026, 6, 9)
    assert desk.ticks(f"{late} 09:00") == []
    assert desk.holds(f"{late} 10:00")
    desk.gives("channel_sales", f"{late} 11:00", 1)
    assert desk.claim("alice").protected_until == date(2026, 6, 9)


def test_what_is_known_of_a_day_is_what_was_due_then(desk: Desk):
    """As of a day the due day in force then counts, and what is open then is owed up to that day."""
    asked = desk.asks("alice", "2026-03-05 10:00")
    desk.plans("channel_sales", "2026-03-09 10:00", asked, due=date(2026, 3, 12), reason="等设备")
    desk.gives("channel_sales", "2026-03-16 10:00", asked)
    told = {}
    with db.reading(desk.engine) as session:
        for day in ("2026-03-08", "2026-03-12", "2026-03-13", "2026-03-15", "2026-03-20"):
            [first, _waits] = registrations_as_of(session, date.fromisoformat(day))
            told[day] = first["protected_until"].isoformat()
    assert told == {
        "2026-03-08": "2026-03-30",
        "2026-03-12": "2026-03-30",
        "2026-03-13": "2026-03-31",
        "2026-03-15": "2026-04-02",
        "2026-03-20": "2026-04-03",
    }


def test_two_requests_that_are_late_at_once_cost_each_day_once(desk: Desk):
    first = desk.asks("alice", "2026-03-05 10:00")
    second = desk.asks("alice", "2026-03-06 10:00", SupportKind.PRICE)  # due on the 11th
    desk.gives("channel_sales", "2026-03-14 10:00", first)
    assert desk.claim("alice").paused_from == date(2026, 3, 12)
    desk.gives("channel_manager", "2026-03-16 10:00", second)
    assert desk.claim("alice").protected_until == date(2026, 4, 5)  # the 11th to the 16th
    assert desk.holds("2026-03-17 10:00")


class TestNoLoophole:
    def test_ten_requests_answered_in_time_stop_nothing(self, desk: Desk):
        for _ in range(10):
            desk.gives("channel_sales", "2026-03-10 23:00", desk.asks("alice", "2026-03-05 10:00"))
        assert (desk.claim("alice").protected_until, desk.claim("alice").paused_from) == (
            date(2026, 3, 30), None,
        )  # fmt: skip

    def test_of_a_claim_that_waits_it_is_kept_and_stops_nobodys_clock(self, desk: Desk):
        desk.asks("carol", "2026-03-05 11:00", on="carol")
        waits, owns = desk.claim("carol"), desk.claim("alice")
        assert (waits.state, waits.paused_from) == (State.WAITING, None)
        assert (owns.protected_until, owns.paused_from) == (date(2026, 3, 30), None)
        assert desk.ticks("2026-03-31 09:00") == [desk.claims["alice"]]
        assert desk.holds("2026-03-31 10:00")

    def test_days_before_a_claim_owned_the_customer_stretch_nothing(self, desk: Desk):
        asked = desk.asks("carol", "2026-03-05 11:00", on="carol")
        desk.gives("channel_sales", "2026-03-20 11:00", asked)
        self.release(desk, "2026-03-25 10:00")
        claim = desk.claim("carol")
        assert (claim.state, claim.protected_until) == (State.ACTIVE, date(2026, 4, 22))

    def test_still_owed_when_it_becomes_owner_the_clock_stands_from_its_first_day(self, desk: Desk):
        asked = desk.asks("carol", "2026-03-05 11:00", on="carol")
        self.release(desk, "2026-03-25 10:00")
        assert desk.claim("carol").paused_from == date(2026, 3, 26)
        desk.gives("channel_sales", "2026-03-27 11:00", asked)
        assert desk.claim("carol").protected_until == date(2026, 4, 24)

    def test_asked_after_the_lapse_it_gives_nothing_back(self, desk: Desk):
        desk.asks("alice", "2026-03-31 10:00")
        claim = desk.claim("alice")
        assert (claim.protected_until, claim.paused_from) == (date(2026, 3, 30), None)
        assert state_now(claim, date(2026, 4, 20)) is State.LAPSED
        assert desk.holds("2026-04-20 10:00")

    def test_due_after_the_clock_has_run_out_it_stops_nothing(self, desk: Desk):
        desk.asks("alice", "2026-03-27 10:00")  # a Friday: due on 1 April
        assert desk.request(1).due_on == date(2026, 4, 1)
        assert desk.claim("alice").paused_from is None
        assert desk.ticks("2026-03-31 09:00") == [desk.claims["alice"]]

    def test_progress_starts_a_new_clock_and_what_is_owed_stops_that(self, desk: Desk):
        desk.asks("alice", "2026-03-31 10:00")  # lapsed; due on 3 April
        desk.moves("alice", "2026-04-02 10:00", Stage.MEETING)
        claim = desk.claim("alice")
        assert (claim.state, claim.protected_until, claim.paused_from) == (
            State.ACTIVE, date(2026, 4, 30), date(2026, 4, 4),
        )  # fmt: skip
        assert desk.holds("2026-04-10 10:00")

    @staticmethod
    def release(desk: Desk, when: str) -> None:
        with db.transaction(desk.engine) as session:
            release(
                session, actor=desk.people["alice"].actor, now=shanghai(when),
                registration_id=desk.claims["alice"], version=desk.claim("alice").version, reason="不做了",
            )  # fmt: skip


def test_an_install_that_is_late_stops_the_clock_of_the_trial(desk: Desk):
    desk.moves("alice", "2026-03-05 10:00", Stage.TRIAL, trial_start=date(2026, 3, 5))
    claim = desk.claim("alice")
    assert (claim.protected_until, claim.paused_from) == (date(2026, 4, 2), date(2026, 3, 10))
    desk.gives("customer_service", "2026-03-11 10:00", 1, "已安装")
    assert desk.claim("alice").protected_until == date(2026, 4, 4)


def test_a_signed_project_has_no_clock_that_an_install_could_stop(desk: Desk):
    desk.moves("alice", "2026-03-05 10:00", Stage.SIGNED)
    assert (desk.claim("alice").protected_until, desk.claim("alice").paused_from) == (None, None)
    assert desk.holds("2026-04-20 10:00")


class TestWhatIsReadOfIt:
    LATE = date(2026, 4, 20)

    @pytest.fixture
    def owed(self, desk: Desk) -> Desk:
        desk.asks("alice", "2026-03-05 10:00")
        return desk

    def test_the_board_keeps_it_among_what_runs(self, owed: Desk):
        person = owed.people["alice"].actor
        for show, shown in (("all", 1), ("lapsing", 0)):
            with db.reading(owed.engine) as session:
                columns = board(
                    session, scope=registrations_of(person), today=self.LATE, user_id=person.user_id,
                    show=show, soon=7, totals=stage_totals(session, sa.true()),
                )  # fmt: skip
            [cards] = [column.cards for column in columns if column.stage is Stage.INTEREST]
            assert len(cards) == shown <= COLUMN_SIZE

    @pytest.mark.parametrize(("state", "found"), [(State.ACTIVE, 1), (State.LAPSED, 0)])
    def test_the_list_calls_it_protected(self, owed: Desk, state: State, found: int):
        person = owed.people["alice"].actor
        with db.reading(owed.engine) as session:
            page = list_registrations(
                session, scope=registrations_of(person), filters=Filters(states=(state,)), today=self.LATE,
                user_id=person.user_id, cursor=None,
            )  # fmt: skip
        assert len(page.rows) == found
        assert all(row.state_now == State.ACTIVE for row in page.rows)

    def test_whoever_waits_is_told_an_honest_day(self, owed: Desk):
        with db.reading(owed.engine) as session:
            neighbour = owner_of(session, owed.claim("alice").customer_id, self.LATE)
        assert neighbour is not None
        assert neighbour.protected_until == date(2026, 5, 10)

    def test_nobody_can_take_over_what_the_vendor_holds_up(self, owed: Desk):
        with (
            db.transaction(owed.engine) as session,
            pytest.raises(RuleViolation, match=r"^case.not_lapsed") as refused,
        ):
            open_case(
                session, actor=owed.people["carol"].actor, now=shanghai("2026-04-20 10:00"),
                registration_id=owed.claims["carol"], kind=CaseKind.TAKEOVER, reason="没有进展",
            )  # fmt: skip
        assert refused.value.params["day"] == date(2026, 5, 11)


def test_as_of_a_day_the_replay_takes_what_was_known_then(desk: Desk) -> None:
    """The stored columns are what a replay of any later day says, without a tick in between."""
    asked = desk.asks("alice", "2026-03-05 10:00")
    days: dict[str, Any] = {}
    for day in ("2026-03-12", "2026-04-15", "2026-06-01"):
        days[day] = until(desk, day).isoformat()
        assert desk.holds(f"{day} 23:00")
    assert days == {"2026-03-12": "2026-04-01", "2026-04-15": "2026-05-05", "2026-06-01": "2026-06-21"}
    desk.gives("channel_sales", "2026-06-01 23:30", asked)
    assert desk.claim("alice").protected_until.isoformat() == days["2026-06-01"]

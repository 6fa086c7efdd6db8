"""Who owns a customer, rule by rule (§4–§6) and the policy's own examples (§13)."""

from datetime import date

import pytest

from portal.domain.errors import RuleViolation
from portal.domain.facts import Change, Pause, Rule, State
from portal.domain.pipeline import Stage
from portal.domain.policy import Policies
from tests.model.histories import policy
from tests.model.told import Story
from tests.support.clocks import shanghai


class TestExamplesOfThePolicy:
    def test_5_a_partner_of_the_same_day_goes_before_key_accounts(self):
        # 2026-03-02 is a Monday.
        story = Story().files("KA", "2026-03-02 09:00").files("A", "2026-03-02 10:00")
        now = story.as_of("2026-03-02 10:00")
        assert now.owner == "A"
        assert now.queue == ["KA"]
        assert now.reigns == [
            ("KA", shanghai("2026-03-02 09:00"), shanghai("2026-03-02 10:00"), Rule.FIRST),
            ("A", shanghai("2026-03-02 10:00"), None, Rule.SAME_DAY),
        ]

    def test_5_key_accounts_of_the_day_before_keep_the_customer(self):
        story = Story().files("KA", "2026-03-01 23:59").files("A", "2026-03-02 10:00")
        now = story.as_of("2026-03-02 10:00")
        assert now.owner == "KA"
        assert now.queue == ["A"]

    def test_6_four_weeks_from_2_march_cover_30_march(self):
        story = Story().files("A", "2026-03-02 10:00")
        story.files("B", "2026-03-05 10:00").files("C", "2026-03-06 10:00")
        last = story.as_of("2026-03-30 23:59:59.999999")
        assert (last["A"].state, last["A"].protected_until) == (State.ACTIVE, date(2026, 3, 30))
        over = story.as_of("2026-03-31")
        assert (over["A"].state, over["A"].rule) == (State.LAPSED, Rule.LAPSED)
        assert over["A"].since == shanghai("2026-03-31")
        assert over.owner == "A"
        assert over.queue == ["B", "C"]

    def test_6_progress_on_31_march_protects_again_for_28_days_from_that_day(self):
        story = Story().files("A", "2026-03-02 10:00").moves("A", "2026-03-31 15:00", Stage.MEETING)
        now = story.as_of("2026-03-31 15:00")["A"]
        assert (now.state, now.rule) == (State.ACTIVE, Rule.RENEWED)
        assert now.protected_until == date(2026, 4, 28)
        assert story.as_of("2026-04-29")["A"].history == [
            Change(shanghai("2026-03-02 10:00"), State.ACTIVE, Rule.FIRST),
            Change(shanghai("2026-03-31"), State.LAPSED, Rule.LAPSED),
            Change(shanghai("2026-03-31 15:00"), State.ACTIVE, Rule.RENEWED),
            Change(shanghai("2026-04-29"), State.LAPSED, Rule.LAPSED),
        ]

    def test_7_coming_back_to_a_stage_reached_before_is_no_progress(self):
        story = Story().files("A", "2026-03-02", stage=Stage.MEETING)
        story.moves("A", "2026-03-20 10:00", Stage.SOLUTION).moves("A", "2026-03-25 10:00", Stage.MEETING)
        story.moves("A", "2026-03-27 10:00", Stage.SOLUTION)
        now = story.as_of("2026-03-28")["A"]
        assert now.last_progress_at == shanghai("2026-03-20 10:00")
        assert now.protected_until == date(2026, 4, 17)
        assert (now.stage, now.stage_since) == (Stage.SOLUTION, shanghai("2026-03-27 10:00"))


class TestWhoIsFirst:
    def test_c1_the_earliest_filing_owns_and_the_rest_wait_in_order_of_filing(self):
        story = Story().files("A", "2026-03-02 10:00").files("B", "2026-03-02 10:01")
        now = story.files("C", "2026-03-03 09:00").as_of("2026-03-04")
        assert (now.owner, now.queue) == ("A", ["B", "C"])
        assert [now[who].queue_position for who in "ABC"] == [0, 1, 2]
        assert (now["B"].state, now["B"].rule) == (State.WAITING, Rule.FIRST)
        assert now["B"].protected_until is None

    def test_c1_a_held_filing_found_the_same_takes_its_place_by_its_own_instant(self):
        story = Story().files("A", "2026-03-03 10:00")
        story.files("B", "2026-03-02 10:00", entered="2026-03-05 11:00", via=Rule.HELD)
        now = story.as_of("2026-03-05 11:00")
        assert (now.owner, now.queue) == ("B", ["A"])
        assert now.reigns[-1] == ("B", shanghai("2026-03-05 11:00"), None, Rule.FIRST)
        assert now["B"].protected_until == date(2026, 4, 2)
        assert now["A"].history[-1] == Change(shanghai("2026-03-05 11:00"), State.WAITING, Rule.FIRST)

    def test_c1_a_held_filing_found_the_same_waits_behind_an_earlier_owner(self):
        story = Story().files("A", "2026-03-02 10:00").files("C", "2026-03-04 10:00")
        story.files("B", "2026-03-03 10:00", entered="2026-03-05", via=Rule.HELD)
        now = story.as_of("2026-03-05")
        assert (now.owner, now.queue) == ("A", ["B", "C"])
        assert now["B"].rule is Rule.HELD

    def test_c1_a_held_filing_does_not_take_a_signed_customer(self):
        story = Story().files("A", "2026-03-03 10:00").moves("A", "2026-03-04", Stage.SIGNED)
        story.files("B", "2026-03-02 10:00", entered="2026-03-05", via=Rule.HELD)
        now = story.as_of("2026-03-06")
        assert (now.owner, now["B"].state, now["B"].rule) == ("A", State.WAITING, Rule.SIGNED)

    def test_c2_among_several_partners_of_the_day_the_earliest(self):
        story = Story().files("KA", "2026-03-02 08:00").files("B", "2026-03-02 12:00")
        now = story.files("A", "2026-03-02 11:00").as_of("2026-03-03")
        assert (now.owner, now.queue) == ("A", ["B", "KA"])

    def test_c2_the_day_is_shanghais(self):
        story = Story().files("KA", "2026-03-02 00:30")  # still 1 March in UTC
        assert story.files("A", "2026-03-02 23:30").as_of("2026-03-03").owner == "A"

    def test_c2_a_held_filing_of_the_same_day_takes_over_from_key_accounts(self):
        story = Story().files("KA", "2026-03-02 08:00")
        story.files("A", "2026-03-02 12:00", entered="2026-03-04", via=Rule.HELD)
        now = story.as_of("2026-03-04")
        assert now.reigns[-1] == ("A", shanghai("2026-03-04"), None, Rule.SAME_DAY)

    def test_c2_not_once_key_accounts_have_signed(self):
        story = Story().files("KA", "2026-03-02 08:00", stage=Stage.SIGNED)
        assert story.files("A", "2026-03-02 12:00").as_of("2026-03-03").owner == "KA"

    def test_of_two_filed_at_one_instant_the_lower_reference_is_first(self):
        story = Story().files("A", "2026-03-02").files("B", "2026-03-02")
        story.facts.reverse()
        assert story.as_of("2026-03-02").owner == "A"

    def test_filed_at_one_instant_key_accounts_never_own_before_the_partner(self):
        now = Story().files("KA", "2026-03-02").files("A", "2026-03-02").as_of("2026-03-02")
        assert now.reigns == [("A", shanghai("2026-03-02"), None, Rule.FIRST)]
        assert not now["KA"].ever_owned

    def test_a_customer_nobody_claims_any_more_goes_to_the_next_who_files(self):
        story = Story().files("A", "2026-03-02").releases("A", "2026-03-05")
        assert story.as_of("2026-03-06").owner is None
        assert story.files("B", "2026-04-02").as_of("2026-04-02").owner == "B"


class TestTheClock:
    def test_c3_counts_from_becoming_owner_not_from_filing(self):
        story = Story().files("A", "2026-03-02").files("B", "2026-03-03").releases("A", "2026-03-10 12:00")
        assert story.as_of("2026-03-11")["B"].protected_until == date(2026, 4, 7)

    def test_c3_progress_starts_it_anew_and_moving_back_does_not(self):
        story = Story().files("A", "2026-03-02").moves("A", "2026-03-10", Stage.SOLUTION)
        assert story.as_of("2026-03-10")["A"].protected_until == date(2026, 4, 7)
        story.moves("A", "2026-03-20", Stage.INTEREST)
        assert story.as_of("2026-03-20")["A"].protected_until == date(2026, 4, 7)

    def test_s3_the_stage_at_filing_counts_as_reached(self):
        story = Story().files("A", "2026-03-02", stage=Stage.TRIAL)
        story.moves("A", "2026-03-03", Stage.INTEREST).moves("A", "2026-03-10", Stage.TRIAL)
        assert story.as_of("2026-03-11")["A"].last_progress_at is None

    def test_s3_an_entry_accepted_as_progress_renews_like_a_move(self):
        story = Story().files("A", "2026-03-02").progresses("A", "2026-04-02 15:00")
        now = story.as_of("2026-04-03")["A"]
        assert (now.state, now.rule, now.protected_until) == (State.ACTIVE, Rule.RENEWED, date(2026, 4, 30))

    def test_c3_days_on_which_the_vendor_owes_the_next_step_do_not_count(self):
        story = Story().files("A", "2026-03-02")
        story.pauses.append(Pause(date(2026, 3, 10), date(2026, 3, 12), "support"))
        assert story.as_of("2026-03-31")["A"].state is State.ACTIVE
        assert story.as_of("2026-03-13")["A"].protected_until == date(2026, 4, 2)
        assert story.as_of("2026-04-03")["A"].since == shanghai("2026-04-03")

    def test_c3_a_new_policy_does_not_stretch_a_running_clock(self):
        policies = Policies([policy(28), policy(60, date(2026, 3, 15), version=2)])
        story = Story(policies).files("A", "2026-03-02").files("B", "2026-03-20")
        assert story.as_of("2026-03-20")["A"].protected_until == date(2026, 3, 30)
        story.moves("A", "2026-03-21", Stage.MEETING)
        assert story.as_of("2026-03-21")["A"].protected_until == date(2026, 5, 20)

    def test_without_a_policy_in_force_nothing_is_decided(self):
        story = Story(Policies([policy(28, date(2026, 6, 1))])).files("A", "2026-03-02")
        with pytest.raises(RuleViolation, match=r"policy\.none_in_force"):
            story.as_of("2026-03-02")

    def test_c3_lapsed_it_never_moves_by_itself(self):
        story = Story().files("A", "2026-03-02").files("B", "2026-03-03")
        now = story.as_of("2027-03-02")
        assert (now.owner, now["A"].state, now["B"].state) == ("A", State.LAPSED, State.WAITING)

    def test_c3_a_lapsed_owner_still_keeps_later_filings_waiting(self):
        story = Story().files("A", "2026-03-02").files("B", "2026-05-03")
        assert story.as_of("2026-05-03").owner == "A"


class TestOnlyTheOwnersProjectMoves:
    def test_s6_what_another_does_is_a_note(self):
        story = Story().files("A", "2026-03-02").files("B", "2026-03-03")
        story.moves("B", "2026-03-04", Stage.SIGNED).progresses("B", "2026-03-05").loses("B", "2026-03-06")
        now = story.as_of("2026-03-10")
        assert now.ignored == ["not_owner"] * 3
        assert (now["B"].stage, now["B"].state) == (Stage.INTEREST, State.WAITING)
        assert now["B"].last_progress_at is None

    def test_s6_what_was_done_before_filing_or_after_the_end_is_a_note(self):
        story = Story().files("A", "2026-03-02").moves("A", "2026-03-01", Stage.MEETING)
        story.releases("A", "2026-03-05").moves("A", "2026-03-06", Stage.TRIAL).loses("A", "2026-03-07")
        now = story.as_of("2026-03-10")
        assert now.ignored == ["not_owner", "ended", "ended"]
        assert (now["A"].state, now["A"].stage) == (State.RELEASED, Stage.INTEREST)

    def test_moving_to_where_it_stands_is_a_note(self):
        story = Story().files("A", "2026-03-02").moves("A", "2026-03-03", Stage.INTEREST)
        assert story.as_of("2026-03-04").ignored == ["same_stage"]

    def test_a_waiting_claim_may_be_released_and_its_place_closes_up(self):
        story = Story().files("A", "2026-03-02").files("B", "2026-03-03").files("C", "2026-03-04")
        now = story.releases("B", "2026-03-05").as_of("2026-03-06")
        assert (now.owner, now.queue) == ("A", ["C"])
        assert (now["B"].state, now["B"].queue_position) == (State.RELEASED, None)


class TestEndings:
    @pytest.mark.parametrize(("act", "state"), [("releases", State.RELEASED), ("loses", State.LOST)])
    def test_c9_the_earliest_waiting_becomes_owner_at_that_instant(self, act: str, state: State):
        story = Story().files("KA", "2026-03-01").files("A", "2026-03-02 09:00")
        story.files("KA two", "2026-03-02 08:00")
        getattr(story, act)("KA", "2026-03-20 12:00")
        now = story.as_of("2026-03-21")
        assert now["KA"].state is state
        assert (now["KA"].protected_until, now["KA"].owned_since) == (None, None)
        assert now.reigns[-1] == ("A", shanghai("2026-03-20 12:00"), None, Rule.VOLUNTARY)
        assert now.queue == ["KA two"]
        assert now["A"].protected_until == date(2026, 4, 17)

    def test_released_and_lost_at_one_instant_end_the_same_whichever_comes_in_first(self):
        one = Story().files("A", "2026-03-02").releases("A", "2026-03-05").loses("A", "2026-03-05")
        other = Story().files("A", "2026-03-02").loses("A", "2026-03-05").releases("A", "2026-03-05")
        states = [story.as_of("2026-03-06")["A"].state for story in (one, other)]
        assert states == [State.LOST, State.LOST]

    def test_c10_a_signed_customer_does_not_lapse_and_cannot_be_released_or_lost(self):
        story = Story().files("A", "2026-03-02").moves("A", "2026-03-10", Stage.SIGNED)
        story.files("B", "2026-03-11").releases("A", "2026-03-12").loses("A", "2026-03-13")
        now = story.as_of("2028-03-02")
        assert (now.owner, now["A"].state, now["A"].rule) == ("A", State.SIGNED, Rule.SIGNED)
        assert now["A"].protected_until is None
        assert now.ignored == ["signed", "signed"]
        assert (now["B"].state, now["B"].rule) == (State.WAITING, Rule.SIGNED)

    def test_moving_back_from_signed_lets_the_clock_run_from_the_last_progress(self):
        story = Story().files("A", "2026-03-02").moves("A", "2026-03-10", Stage.SIGNED)
        story.moves("A", "2026-03-20", Stage.TRIAL)
        now = story.as_of("2026-03-20")["A"]
        assert (now.state, now.rule, now.protected_until) == (
            State.ACTIVE,
            Rule.MOVED_BACK,
            date(2026, 4, 7),
        )

    def test_moving_back_from_signed_late_leaves_it_lapsed(self):
        story = Story().files("A", "2026-03-02").moves("A", "2026-03-10", Stage.SIGNED)
        story.moves("A", "2026-06-20 10:00", Stage.TRIAL)
        now = story.as_of("2026-06-20 10:00")["A"]
        assert (now.state, now.since) == (State.LAPSED, shanghai("2026-06-20 10:00"))

"""What a takeover case does to who owns a customer (C4–C9), by example."""

from datetime import date

import pytest

from portal.domain.facts import Change, Rule, State
from portal.domain.pipeline import Stage
from tests.model.told import Story
from tests.support.clocks import shanghai


def lapsed() -> Story:
    """A owns since 2 March and lapses on 31 March; B and C wait."""
    story = Story().files("A", "2026-03-02 10:00")
    return story.files("B", "2026-03-05 10:00").files("C", "2026-03-06 10:00")


def contested() -> Story:
    """The same, and C has asked for a takeover on 1 April."""
    return lapsed().contests("C", "A", "2026-04-01 10:00")


class TestOpening:
    def test_only_a_lapsed_owner_can_be_contested(self):
        now = lapsed().contests("B", "A", "2026-03-30 23:59").as_of("2026-04-02")
        assert now.timeline.contested is None
        assert now.ignored == ["not_contestable"]

    def test_only_by_a_claim_that_waits(self):
        story = lapsed().releases("B", "2026-03-20 10:00").contests("B", "A", "2026-04-01 10:00")
        assert story.as_of("2026-04-02").ignored == ["not_waiting"]

    def test_one_case_at_a_time(self):
        assert contested().contests("B", "A", "2026-04-01 11:00").as_of("2026-04-02").ignored == [
            "not_contestable"
        ]


class TestProgressMeanwhile:
    def test_before_the_case_it_renews(self):
        story = lapsed().moves("A", "2026-04-01 09:59", Stage.MEETING).contests("C", "A", "2026-04-01 10:00")
        now = story.as_of("2026-04-02")
        assert now["A"].state is State.ACTIVE
        assert now.timeline.contested is None

    def test_during_the_case_it_is_noted_and_does_not_renew(self):
        now = contested().moves("A", "2026-04-02 10:00", Stage.MEETING).as_of("2026-04-03")
        assert now["A"].state is State.LAPSED
        assert now["A"].last_progress_at == shanghai("2026-04-02 10:00")
        assert now["A"].protected_until == date(2026, 3, 30)

    def test_once_the_owner_keeps_the_customer_it_counts_from_its_own_day(self):
        story = contested().moves("A", "2026-04-02 10:00", Stage.MEETING).keeps("A", "2026-04-09 10:00")
        now = story.as_of("2026-04-10")
        assert (now["A"].state, now["A"].rule) == (State.ACTIVE, Rule.RENEWED)
        assert (now["A"].since, now["A"].protected_until) == (shanghai("2026-04-09 10:00"), date(2026, 4, 30))

    def test_without_progress_the_owner_stays_lapsed(self):
        assert contested().keeps("A", "2026-04-09 10:00").as_of("2026-04-10")["A"].state is State.LAPSED

    def test_the_challenger_gives_up_its_claim_and_the_case_is_over(self):
        story = contested().moves("A", "2026-04-02 10:00", Stage.MEETING).releases("C", "2026-04-03 10:00")
        now = story.as_of("2026-04-04")
        assert now.timeline.contested is None
        assert now["A"].protected_until == date(2026, 4, 30)

    def test_who_signs_keeps_it(self):
        story = contested().moves("A", "2026-04-02 10:00", Stage.SIGNED)
        now = story.passes("A", "B", "2026-04-03 10:00").as_of("2026-04-04")
        assert (now.owner, now["A"].state, now.timeline.contested) == ("A", State.SIGNED, None)
        assert now.ignored == ["signed"]

    def test_the_owner_releases_and_the_earliest_waiting_claim_follows(self):
        now = contested().releases("A", "2026-04-02 10:00").as_of("2026-04-03")
        assert (now.owner, now.timeline.contested) == ("B", None)


class TestPassingOn:
    @pytest.mark.parametrize(("to", "queue"), [("B", ["C"]), ("C", ["B"])])
    def test_the_new_owner_starts_that_day_and_the_rest_keep_their_order(self, to: str, queue: list[str]):
        now = contested().passes("A", to, "2026-04-08 15:00").as_of("2026-04-09")
        assert (now.owner, now.queue) == (to, queue)
        assert (now["A"].state, now["A"].rule) == (State.RELEASED, Rule.NEW_CLOCK)
        assert (now[to].rule, now[to].protected_until) == (Rule.TAKEOVER, date(2026, 5, 6))

    def test_without_a_case_nothing_passes_against_the_owners_will(self):
        now = lapsed().passes("A", "B", "2026-04-08 15:00").as_of("2026-04-09")
        assert (now.owner, now.ignored) == ("A", ["not_contestable"])

    def test_a_handover_passes_at_any_time(self):
        now = lapsed().passes("A", "C", "2026-03-10 15:00", Rule.VOLUNTARY).as_of("2026-03-11")
        assert (now.owner, now["A"].rule, now["C"].protected_until) == ("C", Rule.VOLUNTARY, date(2026, 4, 7))

    def test_a_refused_takeover_can_be_granted_on_appeal_whatever_came_meanwhile(self):
        story = contested().keeps("A", "2026-04-08 10:00").moves("A", "2026-04-09 10:00", Stage.MEETING)
        now = story.passes("A", "B", "2026-04-14 10:00", Rule.APPEAL).as_of("2026-04-15")
        assert (now.owner, now["B"].rule) == ("B", Rule.APPEAL)

    def test_on_appeal_the_old_owner_gets_it_back_with_a_new_clock(self):
        story = contested().passes("A", "B", "2026-04-08 15:00").gets_back("A", "2026-04-14 10:00")
        now = story.as_of("2026-04-15")
        assert (now.owner, now.queue) == ("A", ["B", "C"])
        assert (now["A"].rule, now["A"].protected_until) == (Rule.APPEAL, date(2026, 5, 12))

    def test_what_the_new_owner_has_signed_stays(self):
        story = contested().passes("A", "B", "2026-04-08 15:00").moves("B", "2026-04-09 10:00", Stage.SIGNED)
        now = story.gets_back("A", "2026-04-14 10:00").as_of("2026-04-15")
        assert (now.owner, now.ignored) == ("B", ["signed"])

    def test_what_was_given_up_is_not_given_back(self):
        now = (
            lapsed().releases("A", "2026-04-01 10:00").gets_back("A", "2026-04-02 10:00").as_of("2026-04-03")
        )
        assert (now.owner, now.ignored) == ("B", ["ended"])


class TestWaitingTimeOfWhoLost:
    """C6: other filings of the party that lost stand as if made when it may file again (29 + 28 days)."""

    def taken(self) -> Story:
        """C has taken over from A on 8 April; A may file again from 6 May on; B waits."""
        return contested().passes("A", "C", "2026-04-08 10:00")

    def test_a_filing_found_to_be_the_same_takes_its_place_behind(self):
        story = self.taken().files("A again", "2026-02-20 10:00", entered="2026-04-10 10:00", via=Rule.HELD)
        now = story.as_of("2026-04-11")
        assert (now.owner, now.queue) == ("C", ["B", "A again"])
        assert now["A again"].rule is Rule.NEW_CLOCK
        later = story.files("D", "2026-05-05 23:59").files("E", "2026-05-06 09:00").as_of("2026-05-07")
        assert later.queue == ["B", "D", "A again", "E"]

    def test_a_second_claim_that_waited_before_steps_back(self):
        story = lapsed().files("A again", "2026-02-20 10:00", entered="2026-03-10 10:00", via=Rule.HELD)
        assert story.as_of("2026-03-11").owner == "A again", "nobody decided against A yet"
        story = contested().files("A again", "2026-03-04 10:00")
        assert story.as_of("2026-04-07").queue == ["A again", "B", "C"]
        now = story.passes("A", "C", "2026-04-08 10:00").as_of("2026-04-09")
        assert now.queue == ["B", "A again"]
        assert now.history("A again")[-1] == Change(
            shanghai("2026-04-08 10:00"), State.WAITING, Rule.NEW_CLOCK
        )

    def test_on_appeal_it_gets_its_place_back(self):
        story = contested().files("A again", "2026-03-04 10:00").passes("A", "C", "2026-04-08 10:00")
        now = story.gets_back("A", "2026-04-09 10:00").as_of("2026-04-10")
        assert (now.owner, now.queue) == ("A", ["A again", "B", "C"])

    def test_who_handed_it_over_stands_where_it_filed(self):
        story = contested().files("A again", "2026-02-20 10:00", entered="2026-04-10 10:00", via=Rule.HELD)
        now = story.passes("A", "C", "2026-04-08 10:00", Rule.VOLUNTARY).as_of("2026-04-11")
        assert now.owner == "A again", "C6 binds who lost by decision"

    def test_a_customer_that_nobody_else_wants_is_not_kept_from_it(self):
        story = self.taken().releases("B", "2026-04-09 10:00")
        story.files("A again", "2026-02-20 10:00", entered="2026-04-10 10:00", via=Rule.HELD)
        assert story.releases("C", "2026-04-12 10:00").as_of("2026-04-13").owner == "A again"

    def test_a_merge_brings_the_waiting_time_along(self):
        story = (
            Story().files("A", "2026-02-20 10:00").lost_elsewhere("A", "2026-04-08 10:00", "2026-04-10 10:00")
        )
        story.files("C", "2026-03-06 10:00", entered="2026-04-10 10:00", via=Rule.MERGED)
        now = story.as_of("2026-04-11")
        assert (now.owner, now.queue, now["A"].rule) == ("C", ["A"], Rule.MERGED)

    def test_without_a_loss_the_same_merge_leaves_it_with_the_first(self):
        story = Story().files("A", "2026-02-20 10:00")
        story.files("C", "2026-03-06 10:00", entered="2026-04-10 10:00", via=Rule.MERGED)
        assert story.as_of("2026-04-11").owner == "A"

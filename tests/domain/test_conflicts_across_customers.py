"""Claims that change customer, by a merge (C12) or a correction (G8): clock and place go along."""

from datetime import date

from portal.domain.facts import Carried, Rule, State
from portal.domain.pipeline import Stage
from tests.model.told import Story
from tests.support.clocks import shanghai


class TestChangingCustomers:
    def carried(self, stage: Stage = Stage.MEETING, owned: str | None = "2026-03-01 12:00") -> Carried:
        since = shanghai(owned) if owned else None
        return Carried(stage, stage, shanghai("2026-03-01"), None, since, ever_owned=bool(owned))

    def test_c12_claims_of_a_merged_customer_are_ordered_by_filing_at_once(self):
        story = Story().files("B", "2026-03-03").files("D", "2026-03-07")
        merge = {"entered": "2026-03-10", "via": Rule.MERGED}
        story.files("A", "2026-03-01", carried=self.carried(), **merge)
        story.files("C", "2026-03-05", carried=self.carried(owned=None), **merge)
        now = story.as_of("2026-03-10")
        assert (now.owner, now.queue) == ("A", ["B", "C", "D"])
        assert now.reigns[-1] == ("A", shanghai("2026-03-10"), None, Rule.MERGED)
        assert now["B"].history[-1].rule is Rule.MERGED

    def test_c12_c2_among_merged_claims_nobody_owns_for_no_time(self):
        story = Story().files("B", "2026-03-03")
        for who, when in (("KA", "2026-03-01 08:00"), ("A", "2026-03-01 09:00")):
            story.files(who, when, entered="2026-03-10", via=Rule.MERGED, carried=self.carried())
        assert [reign[0] for reign in story.as_of("2026-03-10").reigns] == ["B", "A"]

    def test_c3_a_merge_does_not_restart_the_owners_clock(self):
        story = Story().files("B", "2026-03-03")
        story.files("A", "2026-03-01", entered="2026-03-10", via=Rule.MERGED, carried=self.carried())
        assert story.as_of("2026-03-10")["A"].protected_until == date(2026, 3, 29)

    def test_c3_a_clock_that_ran_out_elsewhere_has_run_out_here(self):
        story = Story().files("B", "2026-05-03")
        story.files("A", "2026-03-01", entered="2026-05-10 09:00", via=Rule.MERGED, carried=self.carried())
        now = story.as_of("2026-05-10 09:00")["A"]
        assert (now.state, now.since) == (State.LAPSED, shanghai("2026-05-10 09:00"))

    def test_c10_a_signed_claim_keeps_its_customer_through_a_merge(self):
        story = Story().files("B", "2026-02-03")
        signed = self.carried(Stage.SIGNED)
        now = story.files("A", "2026-03-01", entered="2026-03-10", via=Rule.MERGED, carried=signed)
        assert now.as_of("2026-03-10").owner == "A"

    def test_g8_a_signed_claim_that_was_corrected_keeps_it_because_it_signed(self):
        story = Story().files("B", "2026-02-03")
        signed = self.carried(Stage.SIGNED)
        story.files("A", "2026-03-01", entered="2026-03-10", via=Rule.CORRECTED, carried=signed)
        assert story.as_of("2026-03-10").reigns[-1][3] is Rule.SIGNED

    def test_c12_a_claim_filed_as_signed_that_never_owned_gains_nothing(self):
        story = Story().files("B", "2026-02-03")
        waited = self.carried(Stage.SIGNED, owned=None)
        story.files("A", "2026-03-01", entered="2026-03-10", via=Rule.MERGED, carried=waited)
        assert story.as_of("2026-03-10").owner == "B"

    def test_g8_a_corrected_filing_of_the_same_day_goes_before_key_accounts_by_c2(self):
        story = Story().files("KA", "2026-03-02 08:00")
        story.files("A", "2026-03-02 09:00", entered="2026-03-05", via=Rule.CORRECTED)
        assert story.as_of("2026-03-05").reigns[-1][3] is Rule.SAME_DAY

    def test_an_owner_that_leaves_hands_on_to_the_first_who_waits(self):
        story = Story().files("A", "2026-03-02").files("B", "2026-03-03")
        now = story.leaves("A", "2026-03-10", Rule.CORRECTED).as_of("2026-03-11")
        assert now.reigns[-1] == ("B", shanghai("2026-03-10"), None, Rule.CORRECTED)
        assert list(now.timeline.claims) == [2]

    def test_when_all_leave_at_once_nobody_owns_in_between(self):
        story = Story().files("A", "2026-03-02").files("B", "2026-03-03")
        now = story.leaves("A", "2026-03-10").leaves("B", "2026-03-10").as_of("2026-03-11")
        assert [reign[0] for reign in now.reigns] == ["A"]
        assert now.owner is None

    def test_what_has_ended_stays_where_it_ended(self):
        story = Story().files("A", "2026-03-02").releases("A", "2026-03-05").leaves("A", "2026-03-10")
        now = story.as_of("2026-03-11")
        assert (now["A"].state, now.ignored) == (State.RELEASED, [])

    def test_who_owned_elsewhere_did_own(self):
        story = Story().files("B", "2026-02-03")
        story.files("A", "2026-03-01", entered="2026-03-10", via=Rule.MERGED, carried=self.carried())
        assert story.as_of("2026-03-10")["A"].ever_owned

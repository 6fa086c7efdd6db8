"""Which filing is on which customer, by example (§6, G4, G8, C12)."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.facts import Rule
from portal.domain.identity import (
    Assignment,
    Corrected,
    DecidedDifferent,
    DecidedSame,
    Filed,
    IdentityEvent,
    Merged,
    assign,
)
from portal.domain.matching import Keys, MatchReason, Outcome

A, B = "91110000100007478A", "91330106R3E9BHKFGW"
START = datetime(2026, 3, 2, 1, tzinfo=UTC)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def keys(name: str, code: str | None = None) -> Keys:
    """A name such as ``x1``: its first letter is its core, so that x1 and x2 are alike."""
    return Keys(code, name, name[0])


def filed(filing: int, name: str, code: str | None = None, at: int | None = None) -> Filed:
    return Filed(filing, hour(filing if at is None else at), f"R{filing:08d}", keys(name, code))


def corrected(filing: int, at: int, name: str, code: str | None = None) -> Corrected:
    return Corrected(filing, hour(at), keys(name, code))


def same(filing: int, at: int, founder: int) -> DecidedSame:
    return DecidedSame(filing, hour(at), founder)


def different(filing: int, at: int, founder: int) -> DecidedDifferent:
    return DecidedDifferent(filing, hour(at), founder)


def merged(at: int, loser: int, winner: int) -> Merged:
    return Merged(hour(at), loser, winner)


def where(*events: IdentityEvent) -> dict[int, int | None]:
    """The customer that each filing is on in the end; None: held."""
    return {filing: each.placed[-1].founder for filing, each in assign(events).filings.items()}


def stays(assignment: Assignment, filing: int) -> list[tuple[int, int | None, Rule]]:
    hours = timedelta(hours=1)
    placed = assignment.filings[filing].placed
    return [((each.at - START) // hours, each.founder, each.rule) for each in placed]


class TestFiling:
    def test_the_first_founds_and_the_same_join(self):
        assert where(filed(1, "x1"), filed(2, "x1"), filed(3, "y1")) == {1: 1, 2: 1, 3: 3}

    def test_an_alike_name_is_held_and_no_candidate_for_others(self):
        assignment = assign([filed(1, "x1"), filed(2, "x2"), filed(3, "x2")])
        assert [each.placed[-1].founder for each in assignment.filings.values()] == [1, None, None]
        assert assignment.filings[3].suspect == 1
        assert list(assignment.customers) == [1]

    def test_a_customer_without_a_code_gains_one_and_is_found_by_it(self):
        assert where(filed(1, "x1"), filed(2, "x1", A), filed(3, "z9", A)) == {1: 1, 2: 1, 3: 1}

    def test_two_codes_are_two_companies_and_then_the_bare_name_is_held(self):
        events = [filed(1, "x1", A), filed(2, "x1", B), filed(3, "x1")]
        assignment = assign(events)
        assert where(*events) == {1: 1, 2: 2, 3: None}
        assert assignment.filings[3].match.reason is MatchReason.SAME_NAME_SEVERAL
        assert assignment.filings[3].suspect == 1

    def test_an_older_filing_that_comes_in_later_founds(self):
        assert where(filed(5, "x1"), filed(6, "x1"), filed(2, "x1")) == {2: 2, 5: 2, 6: 2}

    def test_of_two_filed_at_one_instant_the_lower_reference_founds(self):
        assert where(filed(7, "x1", at=1), filed(6, "x1", at=1)) == {6: 6, 7: 6}


class TestDeciding:
    def test_same_puts_it_on_the_customer_from_then_on(self):
        assignment = assign([filed(1, "x1"), filed(2, "x2"), same(2, 5, 1)])
        assert stays(assignment, 2) == [(2, None, Rule.HELD), (5, 1, Rule.HELD)]
        assert assignment.customers[1].fulls == {"x1", "x2"}
        assert assignment.filings[2].suspect is None
        assert assignment.filings[2].match.outcome is Outcome.SAME

    def test_different_founds_a_customer_of_its_own(self):
        assignment = assign([filed(1, "x1"), filed(2, "x2"), different(2, 5, 1)])
        assert stays(assignment, 2) == [(2, None, Rule.HELD), (5, 2, Rule.HELD)]

    def test_different_goes_on_to_the_next_suspect(self):
        events = [filed(1, "x1", A), filed(2, "x2", B), filed(3, "x3"), different(3, 5, 1)]
        assignment = assign(events)
        assert (stays(assignment, 3)[-1][1], assignment.filings[3].suspect) == (None, 2)
        assert where(*events, different(3, 6, 2))[3] == 3

    def test_a_decision_settles_other_held_filings_of_that_name(self):
        events = [filed(1, "x1"), filed(2, "x2"), filed(3, "x2")]
        assert where(*events, same(2, 5, 1)) == {1: 1, 2: 1, 3: 1}
        assert where(*events, different(2, 5, 1)) == {1: 1, 2: 2, 3: 2}

    def test_a_decision_on_what_came_to_be_known_since_decides_nothing(self):
        known = (filed(1, "x1"), filed(2, "y1"), filed(3, "y1"))
        assert where(*known, same(3, 5, 1)) == {1: 1, 2: 2, 3: 2}
        assert where(*known, different(3, 5, 2)) == {1: 1, 2: 2, 3: 2}

    def test_a_decision_follows_the_customer_to_an_older_founder(self):
        """History imported after the decision: filing 1 founds what filing 3 founded till then."""
        events = [filed(3, "x1"), filed(4, "x2"), same(4, 6, 3)]
        assert where(*events, filed(1, "x1")) == {1: 1, 3: 1, 4: 1}
        events[-1] = different(4, 6, 3)
        assert where(*events, filed(1, "x1")) == {1: 1, 3: 1, 4: 4}

    def test_a_decision_about_a_customer_that_is_itself_held_by_now_waits(self):
        events = [filed(3, "x1"), filed(4, "x2"), same(4, 6, 3), filed(1, "x3")]
        assert where(*events) == {1: 1, 3: None, 4: None}

    def test_a_code_that_came_to_light_overrules_the_decision(self):
        two_codes = [filed(1, "x1"), filed(2, "x2", B), filed(3, "x1", A), same(2, 5, 1)]
        assert where(*two_codes) == {1: 1, 2: 2, 3: 1}
        anothers = [filed(1, "x1"), filed(2, "x2", B), filed(3, "y1", B), same(2, 5, 1)]
        assert where(*anothers) == {1: 1, 2: 3, 3: 3}

    def test_what_was_decided_different_stays_so_when_the_other_is_merged(self):
        events = [filed(1, "x1", A), filed(2, "x2", B), filed(3, "x3"), filed(4, "y1")]
        assignment = assign([*events, different(3, 5, 1), merged(6, 1, 4)])
        assert assignment.filings[3].suspect == 2


class TestCorrecting:
    def test_a_lone_filing_that_keeps_its_code_takes_the_new_name_on(self):
        assignment = assign([filed(1, "x1", A), corrected(1, 3, "y1", A)])
        assert stays(assignment, 1) == [(1, 1, Rule.FIRST)]
        assert assignment.customers[1].code == A
        assert where(filed(1, "x1", A), corrected(1, 3, "y1", A), filed(4, "y1")) == {1: 1, 4: 1}

    @pytest.mark.parametrize("code", [None, B])
    def test_a_lone_filing_takes_its_corrected_code_on(self, code: str | None):
        events = [filed(1, "x1", A), corrected(1, 3, "x1", code), filed(4, "z1", A)]
        assert assign(events).customers[1].code == code
        assert where(*events) == {1: 1, 4: 4}

    def test_a_lone_filing_that_proves_to_be_another_moves_there(self):
        for events in (
            [filed(1, "x1", A), filed(2, "y1"), corrected(2, 3, "y1", A)],
            [filed(1, "x1", A), filed(2, "y1", B), corrected(2, 3, "x1")],
        ):
            assignment = assign(events)
            assert stays(assignment, 2) == [(2, 2, Rule.FIRST), (3, 1, Rule.CORRECTED)]
            assert (list(assignment.customers), assignment.merged) == ([1], {2: 1})

    def test_among_others_a_code_of_another_customer_moves_it_there(self):
        events = [filed(1, "x1", A), filed(2, "y1"), filed(3, "y1"), corrected(3, 5, "y1", A)]
        assignment = assign(events)
        assert where(*events) == {1: 1, 2: 2, 3: 1}
        assert [each.code for each in assignment.customers.values()] == [A, None]

    def test_among_others_a_code_that_contradicts_theirs_founds_another(self):
        events = [filed(1, "x1", A), filed(2, "x1", A), corrected(1, 5, "x1", B)]
        assert where(*events) == {1: -1, 2: 1}
        codes = {founder: each.code for founder, each in assign(events).customers.items()}
        assert codes == {1: A, -1: B}

    def test_a_code_that_only_this_filing_brought_is_corrected_with_it(self):
        events = [filed(1, "x1"), filed(2, "x1", A), corrected(2, 5, "x1", B), filed(6, "z1", B)]
        assert where(*events, filed(7, "x1", A)) == {1: 1, 2: 1, 6: 1, 7: 7}
        assert assign(events).customers[1].code == B

    def test_a_contradiction_that_is_alike_to_a_third_is_held(self):
        events = [filed(1, "x1", A), filed(2, "x1", A), filed(3, "y1"), corrected(2, 5, "y2", B)]
        assignment = assign(events)
        assert stays(assignment, 2) == [(2, 1, Rule.FIRST), (5, None, Rule.HELD)]
        assert assignment.filings[2].suspect == 3

    def test_a_held_filing_is_compared_anew(self):
        held = [filed(1, "x1"), filed(2, "x2")]
        assert where(*held, corrected(2, 5, "x1")) == {1: 1, 2: 1}
        assert where(*held, corrected(2, 5, "y1")) == {1: 1, 2: 2}
        assert where(*held, corrected(2, 5, "x3")) == {1: 1, 2: None}

    def test_a_correction_settles_held_filings_of_the_corrected_name(self):
        assert where(filed(1, "x1"), filed(2, "x2"), corrected(1, 5, "x2")) == {1: 1, 2: 1}

    def test_a_founder_that_was_merged_and_leaves_founds_anew(self):
        events = [filed(1, "x1"), filed(2, "y1", A), filed(3, "y1"), merged(4, 1, 2)]
        assignment = assign([*events, corrected(1, 5, "x1", B)])
        assert stays(assignment, 1) == [(1, 1, Rule.FIRST), (4, 2, Rule.MERGED), (5, -1, Rule.CORRECTED)]
        assert assignment.merged == {1: 2}


class TestMerging:
    def test_c12_all_filings_and_names_and_the_code_go_over(self):
        events = [filed(1, "x1"), filed(2, "y1", A), filed(3, "y1"), merged(5, 2, 1)]
        assignment = assign(events)
        assert where(*events) == {1: 1, 2: 1, 3: 1}
        assert stays(assignment, 3) == [(3, 2, Rule.FIRST), (5, 1, Rule.MERGED)]
        assert assignment.customers[1].code == A
        assert where(*events, filed(6, "y1"), filed(7, "z1", A)) == {1: 1, 2: 1, 3: 1, 6: 1, 7: 1}

    def test_held_filings_follow(self):
        events = [filed(1, "x1"), filed(2, "y1"), filed(3, "y2"), merged(5, 2, 1)]
        assert assign(events).filings[3].suspect == 1
        assert where(*events, same(3, 6, 2))[3] == 1

    def test_chains_end_at_the_last_winner(self):
        events = [filed(1, "x1"), filed(2, "y1"), filed(3, "z1"), merged(5, 3, 2), merged(6, 2, 1)]
        assert where(*events, filed(7, "z1")) == {1: 1, 2: 1, 3: 1, 7: 1}
        assert where(*events, merged(8, 3, 1)) == {1: 1, 2: 1, 3: 1}

    def test_two_valid_codes_are_never_merged(self):
        assert where(filed(1, "x1", A), filed(2, "y1", B), merged(5, 2, 1)) == {1: 1, 2: 2}


def test_what_a_person_decided_outlives_the_rules_of_its_day():
    """Ruleset 2026.2 held y1 against x1; today it founds a customer, which the decision joins."""
    assert where(filed(1, "x1"), filed(2, "y1"), same(2, 3, 1)) == {1: 1, 2: 1}
    assert where(filed(1, "x1"), filed(2, "y1"), filed(3, "y1"), same(2, 4, 1)) == {1: 1, 2: 1, 3: 1}
    assert where(filed(1, "x1"), filed(2, "y1"), different(2, 3, 1)) == {1: 1, 2: 2}
    assert where(filed(1, "x1", A), filed(2, "y1", B), same(2, 3, 1)) == {1: 1, 2: 2}, "two codes"
    older = (filed(3, "y1", at=0), filed(1, "x1"), filed(2, "y1"), same(2, 4, 1))
    assert where(*older) == {1: 1, 2: 3, 3: 3}, "an older filing says whose name it is"

"""Which facts a claim takes along when its customer is merged or a held filing is decided."""

from typing import NamedTuple

import pytest

from portal.conflicts.dossiers import ClaimRow, EventRow
from portal.conflicts.facts import Dossier
from portal.conflicts.service import held_standing
from portal.domain.facts import Rule, State, Timeline
from portal.domain.pipeline import Stage
from portal.domain.terms import EventKind
from tests.model.told import POLICIES
from tests.support.clocks import shanghai

LOSER, WINNER = 1, 2


class Stay(NamedTuple):
    """A row of `placement`."""

    at: object
    customer_id: int | None
    rule: Rule


def dossier(*stays: tuple[int, str, list[tuple[str, int | None, Rule]]]) -> Dossier:
    """Claims by number, filing day, and their stays as (day, customer, rule)."""
    claims, placements, members = {}, {}, {LOSER: set(), WINNER: set()}
    for number, filed, places in stays:
        at = shanghai(filed)
        claims[number] = ClaimRow(number, f"R{number:08d}", at, Stage.INTEREST, f"P{number}")
        placements[number] = [Stay(shanghai(day), customer, rule) for day, customer, rule in places]
        for _day, customer, _rule in places:
            if customer is not None:
                members[customer].add(number)
    return Dossier(claims, placements, {}, members)


def happened(file: Dossier, claim: int, kind: EventKind, day: str, stage: Stage | None = None) -> None:
    file.events.setdefault(claim, []).append(EventRow(0, kind, shanghai(day), stage, None))


def merged() -> Dossier:
    """Claims 1 and 2 on a customer that is merged, on the 20th, into that of claim 3."""
    into = ("2026-03-20", WINNER, Rule.MERGED)
    return dossier(
        (1, "2026-03-02", [("2026-03-02", LOSER, Rule.FIRST), into]),
        (2, "2026-03-03", [("2026-03-03", LOSER, Rule.FIRST), into]),
        (3, "2026-03-10", [("2026-03-10", WINNER, Rule.FIRST)]),
    )


def ends_with(file: Dossier, customer: int = WINNER) -> Timeline:
    return file.timeline(customer, POLICIES, shanghai("2026-03-25"))


def test_c12_the_first_of_all_claims_owns_and_its_clock_runs_on():
    file = merged()
    happened(file, 1, EventKind.MOVED, "2026-03-12", Stage.SOLUTION)
    now = ends_with(file)
    assert now.owner == 1
    assert [now.claims[claim].queue_position for claim in (2, 3)] == [1, 2]
    assert now.claims[1].stage is Stage.SOLUTION
    assert now.claims[1].protected_until == shanghai("2026-04-09").date()
    assert not ends_with(file, LOSER).claims


@pytest.mark.parametrize("kind", [EventKind.RELEASED, EventKind.LOST])
def test_a_claim_that_had_ended_does_not_come_back_by_a_merge(kind: EventKind):
    file = merged()
    happened(file, 1, kind, "2026-03-12")
    assert ends_with(file).owner == 2
    assert 1 not in ends_with(file).claims
    assert ends_with(file, LOSER).claims[1].state is State(kind.value)


def test_s6_a_note_that_a_waiting_claim_was_lost_does_not_keep_it_out_of_the_merge():
    file = merged()
    happened(file, 2, EventKind.LOST, "2026-03-12")
    assert ends_with(file).claims[2].state is State.WAITING


def test_c10_a_release_after_signing_does_not_keep_the_claim_out_of_the_merge():
    file = merged()
    happened(file, 1, EventKind.MOVED, "2026-03-12", Stage.SIGNED)
    happened(file, 1, EventKind.RELEASED, "2026-03-13")
    assert ends_with(file).claims[1].state is State.SIGNED


def test_who_had_owned_before_the_merge_had_owned():
    file = merged()
    file.claims[3] = file.claims[3]._replace(filed_at=shanghai("2026-03-01"))
    now = ends_with(file)
    assert (now.owner, now.claims[1].state, now.claims[1].ever_owned) == (3, State.WAITING, True)
    assert not now.claims[2].ever_owned


def held() -> Dossier:
    """Claim 1 was held and found to be the customer of claim 3 on the 20th."""
    return dossier(
        (1, "2026-03-02", [("2026-03-02", None, Rule.HELD), ("2026-03-20", WINNER, Rule.HELD)]),
        (3, "2026-03-10", [("2026-03-10", WINNER, Rule.FIRST)]),
    )


def test_c1_a_held_filing_enters_when_decided_with_its_own_place_and_a_fresh_clock():
    now = ends_with(held())
    assert now.owner == 1
    assert now.claims[1].protected_until == shanghai("2026-04-17").date()


def test_a_held_filing_that_was_released_never_enters():
    file = held()
    happened(file, 1, EventKind.RELEASED, "2026-03-12")
    assert list(ends_with(file).claims) == [3]
    file.placements[1].append(Stay(shanghai("2026-03-22"), LOSER, Rule.CORRECTED))
    file.members[LOSER].add(1)
    assert not ends_with(file, LOSER).claims


def test_s6_a_held_filing_can_be_released_and_lost_is_a_note():
    file = held()
    file.placements[1].pop()
    happened(file, 1, EventKind.LOST, "2026-03-12")
    assert held_standing(file, 1).state is State.HELD
    happened(file, 1, EventKind.RELEASED, "2026-03-13")
    standing = held_standing(file, 1)
    assert (standing.state, standing.rule) == (State.RELEASED, Rule.VOLUNTARY)
    assert standing.since == shanghai("2026-03-13")

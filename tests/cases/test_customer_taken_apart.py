"""A case about a merged customer whose merge is taken back (C12)."""

from typing import Any

import pytest

from portal import db
from portal.conflicts.decisions import merge_customers
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.facts import State
from tests.cases.conftest import World
from tests.support.clocks import shanghai


@pytest.fixture
def merged(world: World, file_as: Any) -> tuple[int, int]:
    """Key accounts' own customer took in alice's; loser and winner."""
    filed = file_as(world.people["key_accounts"], shanghai("2026-03-08 10:00"), "山河信息有限公司")
    world.claims["key_accounts"] = filed.registration_id
    loser, winner = world.claim("alice").customer_id, world.claim("key_accounts").customer_id
    with db.transaction(world.engine) as session:
        merge_customers(
            session, actor=None, now=shanghai("2026-03-10 10:00"), loser=loser, winner=winner, reason="一家"
        )
    return loser, winner


def take_apart(world: World, loser: int, when: str) -> None:
    with db.transaction(world.engine) as session:
        unmerge_customer(session, actor=None, now=shanghai(when), loser=loser, reason="两家")


def test_a_case_between_two_that_are_no_longer_on_one_customer_ends(
    world: World, merged: tuple[int, int]
) -> None:
    world.asks("key_accounts", "2026-04-01 10:00")
    take_apart(world, merged[0], "2026-04-02 10:00")
    assert world.claim("key_accounts").is_owner
    assert world.claim("alice").is_owner
    assert not world.case.is_open
    assert world.holds("2026-04-03 11:00") == []


def test_a_takeover_decided_meanwhile_stays_decided(world: World, merged: tuple[int, int]) -> None:
    world.asks("carol", "2026-04-01 10:00")
    world.answers("alice", "2026-04-02 10:00")
    world.votes("channel_manager", "2026-04-03 10:00", True, to="carol", reason="客户指定")
    take_apart(world, merged[0], "2026-04-08 10:00")
    assert (world.claim("carol").is_owner, world.claim("alice").state) == (True, State.RELEASED)
    assert world.claim("key_accounts").is_owner
    assert world.holds("2026-04-08 11:00") == []


def test_a_case_between_two_that_go_back_together_ends_as_well(world: World, merged: tuple[int, int]) -> None:
    world.asks("carol", "2026-04-01 10:00")
    take_apart(world, merged[0], "2026-04-02 10:00")
    assert world.claim("alice").is_owner
    assert not world.case.is_open, "it can be asked anew, about the customer that is left"
    world.asks("carol", "2026-04-03 10:00")
    assert world.case.customer_id == merged[0]
    assert world.holds("2026-04-03 11:00") == []

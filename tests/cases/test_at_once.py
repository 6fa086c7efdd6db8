"""Two people in one case at the same moment: one is heard, the other is told, nothing is half done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from portal import db
from portal.cases.service import withdraw_case
from portal.domain.cases import CaseStatus, Outcome
from portal.domain.errors import RuleViolation
from portal.domain.pipeline import Stage
from portal.models import tables as t
from tests.cases.conftest import World


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Do all of it at the same time; how each one came out."""

    def outcome(act: Callable[[], Any]) -> str:
        try:
            act()
        except RuleViolation as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(outcome, acts))


def test_yes_and_no_at_once(world: World) -> None:
    world.asks("carol", "2026-04-01 10:00")
    seen = world.case.version
    outcomes = at_once(
        *(
            lambda yes=yes: world.votes("channel_manager", "2026-04-08 10:00", yes, version=seen)
            for yes in (True, False, True, False)
        )
    )
    assert outcomes == ["done", "stale", "stale", "stale"]
    with db.reading(world.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.case_vote)) == 1
    assert world.claim("carol").is_owner is (world.case.outcome is Outcome.REASSIGNED)
    assert world.holds("2026-04-08 11:00") == []


def test_two_ask_at_once(world: World) -> None:
    outcomes = at_once(
        lambda: world.asks("carol", "2026-04-01 10:00"), lambda: world.asks("dan", "2026-04-01 10:00")
    )
    assert outcomes == ["case.open_already", "done"]
    with db.reading(world.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.conflict_case)) == 1
    assert world.holds("2026-04-01 11:00") == []


def test_a_vote_while_the_owner_signs(world: World) -> None:
    world.asks("carol", "2026-04-01 10:00")
    seen = world.case.version
    outcomes = at_once(
        lambda: world.votes("channel_manager", "2026-04-08 10:00", True, version=seen),
        lambda: world.moves("alice", "2026-04-08 10:00", Stage.SIGNED),
    )
    signed = world.case.status is CaseStatus.CLOSED
    assert outcomes == sorted(["done", "case.not_now" if signed else "pipeline.ended"])
    assert world.claim("alice" if signed else "carol").is_owner
    assert world.holds("2026-04-08 11:00") == []


def test_a_vote_while_the_challenger_withdraws(world: World) -> None:
    world.asks("carol", "2026-04-01 10:00")
    seen = world.case.version
    outcomes = at_once(
        lambda: world.votes("channel_manager", "2026-04-08 10:00", True, version=seen),
        lambda: world._act(withdraw_case, "carol", "2026-04-08 10:00", version=seen),
    )
    assert outcomes == ["done", "stale"]
    assert world.claim("carol").is_owner is (world.case.outcome is Outcome.REASSIGNED)
    assert world.holds("2026-04-08 11:00") == []

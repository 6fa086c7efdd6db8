"""A server's clock that is set back, or two acts in one instant, reorder nothing (G3)."""

from datetime import timedelta
from typing import Any

from portal import db
from portal.domain.cases import CaseKind, Outcome
from portal.domain.facts import State
from portal.domain.pipeline import LostReason, Stage
from portal.domain.support import SupportKind
from portal.pipeline.service import lose, move_project, undo_move
from portal.registrations import work
from portal.support.service import ask, finish
from tests.cases.conftest import GATES, World
from tests.support.clocks import shanghai

LATER, EARLIER = "2026-04-08 10:03", "2026-04-08 10:00"


def as_told(world: World) -> None:
    """The facts alone lead to what the pages read, and every column is what they tell."""
    assert world.holds("2026-04-08 10:10") == []


def test_asked_then_withdrawn_then_asked_again_by_an_earlier_clock(world: World) -> None:
    world.asks("carol", LATER)
    world.withdraws("carol", EARLIER)
    assert (world.case.outcome, world.replayed("2026-04-08 10:04").contested) == (Outcome.WITHDRAWN, None)
    world.asks("dan", EARLIER)
    assert world.replayed("2026-04-08 10:10").contested == world.claims["alice"]
    as_told(world)


def test_a_vote_after_progress_by_an_earlier_clock(world: World) -> None:
    world.asks("carol", "2026-04-01 10:00")
    world.moves("alice", LATER, Stage.MEETING)
    world.votes("channel_manager", EARLIER, True)
    assert world.claim("carol").is_owner
    assert world.case.decided_at > shanghai(LATER), "after what it was decided upon"
    as_told(world)


def test_progress_before_the_request_renews_though_the_clock_went_back(world: World) -> None:
    world.moves("alice", LATER, Stage.MEETING)
    assert world.claim("alice").state is State.ACTIVE
    world.asks("carol", EARLIER, CaseKind.HANDOVER)
    world.agrees("alice", EARLIER)
    world.moves("carol", EARLIER, Stage.MEETING)
    assert world.claim("carol").stage is Stage.MEETING, "its own move, though earlier by the clock"
    as_told(world)


def test_signed_and_taken_back_by_an_earlier_clock(world: World) -> None:
    world.asks("carol", "2026-04-01 10:00")
    about = {"actor": world.people["alice"].actor, "registration_id": world.claims["alice"]}
    with db.transaction(world.engine) as session:
        moved = move_project(
            session, **about, now=shanghai(LATER), version=world.claim("alice").version, to=Stage.SIGNED,
            gate=GATES[Stage.SIGNED],
        )  # fmt: skip
    assert world.case.closed_at > shanghai(LATER)
    with db.transaction(world.engine) as session:
        undo_move(session, **about, now=shanghai(EARLIER), event_id=moved.event_id)
    assert world.claim("alice").state is State.LAPSED
    as_told(world)


def test_lost_after_a_move_by_an_earlier_clock(world: World) -> None:
    world.moves("alice", LATER, Stage.MEETING)
    with db.transaction(world.engine) as session:
        lose(
            session, actor=world.people["alice"].actor, now=shanghai(EARLIER),
            registration_id=world.claims["alice"], version=world.claim("alice").version,
            why=LostReason.PRICE, note="价格",
        )  # fmt: skip
    assert (world.claim("alice").state, world.claim("alice").stage) == (State.LOST, Stage.MEETING)
    assert world.claim("carol").is_owner
    as_told(world)


def test_the_last_word_on_a_registration_counts_whatever_the_clock_says(world: World) -> None:
    claim = world.claims["alice"]

    def do(what: Any, when: str, **how: Any) -> None:
        with db.transaction(world.engine) as session:
            what(
                session, actor=world.people["alice"].actor, now=shanghai(when), registration_id=claim,
                version=world.claim("alice").version, **how,
            )  # fmt: skip

    day = shanghai(LATER).date() + timedelta(days=1)
    do(work.set_next_step, LATER, step="电话", due=day)
    do(work.set_next_step, EARLIER, step="拜访", due=day)
    with db.transaction(world.engine) as session:
        asked = ask(
            session, actor=world.people["alice"].actor, now=shanghai(LATER), registration_id=claim,
            kind=SupportKind.SOLUTION, need="方案",
        )  # fmt: skip
        finish(
            session, actor=world.people["channel_sales"].actor, now=shanghai(EARLIER), request_id=asked,
            version=1, result="已发",
        )  # fmt: skip
    do(work.edit_details, LATER, values={"city": "临江市北"})
    do(work.edit_details, EARLIER, values={"city": "临江市南"})
    do(work.ask_correction, LATER, fields=["phone"], note="电话不对")
    do(work.correct, EARLIER, values={"phone": "13900000000"})
    row = world.claim("alice")
    assert (row.next_step, row.support_note, row.city, row.phone, row.correction_fields) == (
        "拜访", "", "临江市南", "13900000000", None,
    )  # fmt: skip
    as_told(world)

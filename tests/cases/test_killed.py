"""A process killed around a decision (kill -9): nothing half done, and what is broken is reported."""

import multiprocessing
import os
import signal
from datetime import datetime

import pytest
import sqlalchemy as sa

from portal import db
from portal.cases.decisions import cast_vote
from portal.conflicts.service import rebuild
from portal.domain.cases import CaseStatus
from portal.domain.facts import State
from portal.domain.roles import Actor
from portal.models import tables as t
from tests.cases.conftest import World
from tests.support.clocks import shanghai


def vote(url: str, actor: Actor, now: datetime, case_id: int, version: int, *, kill: str) -> None:
    """Vote yes; die without a word before the commit, or between fact and projection."""
    engine = db.make_engine(url)
    if kill == "before the projection":

        def die(*_statement: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        from portal.conflicts import service

        service._write_claims = die  # type: ignore[assignment]
    with db.transaction(engine) as session:
        cast_vote(
            session, actor=actor, now=now, case_id=case_id, version=version, agrees=True, reason="四周未进展",
        )  # fmt: skip
        session.flush()
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("kill", ["before the projection", "before the commit"])
def test_killed_while_deciding_the_case_is_as_it_was_and_can_be_decided(
    world: World, db_url: str, kill: str
) -> None:
    world.asks("carol", "2026-04-01 10:00")
    before = (world.case, world.claim("alice"), world.claim("carol"))
    manager = world.people["channel_manager"].actor
    act = (db_url, manager, shanghai("2026-04-08 10:00"), world.case_id, world.case.version)
    run = multiprocessing.get_context("spawn").Process(target=vote, args=act, kwargs={"kill": kill})
    run.start()
    run.join(60)
    assert run.exitcode == -signal.SIGKILL
    assert (world.case, world.claim("alice"), world.claim("carol")) == before
    assert world.holds("2026-04-08 10:01") == []
    world.votes("channel_manager", "2026-04-08 10:02", True)
    assert world.claim("carol").is_owner
    assert world.holds("2026-04-08 10:03") == []


def test_a_projection_that_a_decision_never_reached_is_reported_and_derived_anew(world: World) -> None:
    """As a database without transactions, or a hand, would leave it: the fact is there, its effect is not."""
    world.asks("carol", "2026-04-01 10:00")
    behind = {name: world.claim(name) for name in ("alice", "carol", "dan")}
    world.votes("channel_manager", "2026-04-08 10:00", True)
    with db.transaction(world.engine) as session:
        c = t.registration.c
        names = ("state", "state_rule", "state_since", "is_owner", "ever_owned", "owned_since")
        columns = (*names, "queue_position", "protected_until")
        for name in ("carol", "dan", "alice"):  # the database admits one owner at every moment
            row = behind[name]
            values = {column: getattr(row, column) for column in columns}
            session.execute(sa.update(t.registration).where(c.id == row.id).values(**values))
    found = {each[0] for each in world.holds("2026-04-08 10:01")}
    assert found, "nothing is repaired silently"
    assert world.claim("alice").is_owner
    with db.transaction(world.engine) as session:
        db.lock_registry(session)
        rebuild(session, now=shanghai("2026-04-08 10:02"))
    assert (world.claim("alice").state, world.claim("carol").state) == (State.RELEASED, State.ACTIVE)
    assert world.case.status is CaseStatus.DECIDED
    assert world.holds("2026-04-08 10:03") == []

"""A process killed between a decision and its commit leaves nothing behind (kill -9)."""

import multiprocessing
import os
import signal
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held
from portal.domain.facts import State
from portal.domain.roles import Actor
from tests.support.people import Person


def decide(
    url: str, actor: Actor, now: datetime, registration_id: int, version: int, customer: int, *, kill: bool
) -> None:
    """Decide the held filing; when told to, die without a word before the commit."""
    engine = db.make_engine(url)
    with db.transaction(engine) as session:
        decide_held(
            session, actor=actor, now=now, registration_id=registration_id, version=version,
            customer_id=customer, same=True, reason="看过执照",
        )  # fmt: skip
        session.flush()
        if kill:
            os.kill(os.getpid(), signal.SIGKILL)
    engine.dispose()


def test_killed_before_the_commit_the_filing_is_still_held_and_can_be_decided(
    engine: sa.Engine, db_url: str, people: Mapping[str, Person], file_as: Any, row_of: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    file_as(people["alice"], now, "深圳市华达科技有限公司")
    held = file_as(people["carol"], now, "华达科技").registration_id
    before = row_of(held)
    act = (db_url, people["channel_manager"].actor, now, held, before.version, before.suspect_id)
    run = multiprocessing.get_context("spawn").Process(target=decide, args=act, kwargs={"kill": True})
    run.start()
    run.join(60)
    assert run.exitcode == -signal.SIGKILL
    assert row_of(held) == before
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []
    decide(*act, kill=False)
    assert row_of(held).state is State.WAITING
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []

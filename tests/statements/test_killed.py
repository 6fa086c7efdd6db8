"""`portal statements generate` killed (kill -9) at random: repeated, it ends as if undisturbed (M12)."""

import json
import multiprocessing
import os
import random
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from portal import audit, db
from portal.commands import moving, paying
from portal.domain.periods import parse_period
from portal.models import tables as t
from portal.statements.export import statements_of
from portal.statements.generation import generate
from tests.statements.adding import holds
from tests.statements.test_resumed import decided, parked, received, refunded
from tests.statements.test_sums import folk, world_of  # noqa: F401 - a fixture
from tests.support.people import Person

PERIOD = "2026-Q2"
TIMES = 5


def die_at(number: int) -> None:
    """Die without a word at the given question to the database, or commit."""
    count = [0]

    def die(*_what: object) -> None:
        count[0] += 1
        if count[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "before_cursor_execute", die)
    sa.event.listen(sa.Engine, "commit", die)


def run(url: str, number: int) -> None:
    """Generate, in a process of its own."""
    die_at(number)
    paying.run(db.make_engine(url), PERIOD, None)


def exported(engine: sa.Engine) -> bytes:
    """The statements as `portal export` writes them."""
    return moving.export(engine, "statements", None, "json", PERIOD)


class TakenBack(Exception):  # noqa: N818 - nothing is wrong
    """The run that nobody kills is only looked at."""


def undisturbed(engine: sa.Engine, now: Any) -> tuple[list[Any], int]:
    """What a run leaves that nobody kills, taken back again; and how many questions it asks."""
    asked, told = [0], []

    def count(*_what: object) -> None:
        asked[0] += 1

    with suppress(TakenBack), db.transaction(engine) as session:
        sa.event.listen(engine, "before_cursor_execute", count)
        db.lock_registry(session)
        generate(session, actor=None, now=now, period=parse_period(PERIOD))
        session.flush()
        sa.event.remove(engine, "before_cursor_execute", count)
        told = [audit.plain(each) for each in statements_of(session, parse_period(PERIOD))]
        raise TakenBack
    return told, asked[0]


def test_killed_and_repeated_it_ends_as_if_undisturbed(
    engine: sa.Engine,
    db_url: str,
    folk: Mapping[str, Person],  # noqa: F811
    tmp_path: Any,
    at: Any,
) -> None:
    world = world_of(engine, folk, tmp_path, 0)
    first = received(world, "R0", "2026-02-01", "12000.00")
    decided(world, parked(world, "2026-Q1", first), "5000.00")
    for number in range(1, 30):
        receipt = received(world, f"R{number}", f"2026-04-{number:02}", f"{number}00.05")
    refunded(world, receipt, "2026-06-01", "50.00")
    at("2026-12-02 12:00")
    expected, asked = undisturbed(engine, at("2026-12-02 12:00"))
    before = world.rows("statement_line"), world.rows("statement"), world.rows("audit_entry")
    context, draw = multiprocessing.get_context("fork"), random.Random(11)
    for _time in range(TIMES):
        process = context.Process(target=run, args=(db_url, draw.randint(1, asked)))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        assert (world.rows("statement_line"), world.rows("statement"), world.rows("audit_entry")) == before
    outcome = paying.run(engine, PERIOD, None)
    assert (len(outcome.written), outcome.unchanged) == (1, 0)
    left = exported(engine)
    assert json.loads(left) == expected
    again = paying.run(engine, PERIOD, None)
    assert (again.written, again.unchanged) == ([], 1)
    assert exported(engine) == left
    assert len(world.rows("statement", t.statement.c.period == PERIOD)) == 1
    assert holds(world) == []

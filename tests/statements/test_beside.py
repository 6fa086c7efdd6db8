"""Statements that another process composes are those that this one would compose."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.periods import parse_period
from portal.models import tables as t
from portal.statements.beside import LARGE, composing_for
from portal.statements.composing import composed
from portal.statements.generation import generate
from portal.statements.ground import load_ground
from tests.statements.conftest import NOW

pytestmark = pytest.mark.usefixtures("signed")

Receive, Make = Callable[..., int], Callable[..., Any]


@pytest.fixture(autouse=True)
def received(receive: Receive) -> None:
    """Two partners' receipts, a refund and one that is withheld for want of minutes."""
    receive("R1", "2026-02-01", "HT-1", "port", "12000.35")
    receive("R2", "2026-02-01", "HT-2", "port", "200.00")
    receive("R3", "2026-03-01", "HT-1", "port", "-100.01", of="R1")
    receive("R4", "2026-02-01", "HT-4", "port", "77.77")


def stored(engine: sa.Engine) -> list[Any]:
    with db.reading(engine) as session:
        line, head = t.statement_line.c, t.statement.c
        columns = [column for column in line if column.name not in ("id", "statement_id")]
        query = sa.select(head.number, head.total, head.content_hash, *columns)
        rows = session.execute(query.join(t.statement_line).order_by(head.number, line.ordinal))
        return [tuple(row) for row in rows]


def test_both_ways_write_the_same(engine: sa.Engine, make: Make):
    with db.transaction(engine) as session:
        db.lock_registry(session)
        with composing_for(session, large=1) as composing:
            assert composing is not composed
            done = generate(session, actor=None, now=NOW, period=parse_period("2026-Q1"), composing=composing)
    there = stored(engine)
    assert (len(there), done.lines) == (4, 4)
    assert make("2026-Q1").unchanged == 2, "computed here it has the same hashes"
    with db.transaction(engine) as session:
        session.execute(sa.update(t.statement).values(content_hash="-"))
    assert len(make("2026-Q1").written) == 2
    assert stored(engine) == there


def test_a_small_quarter_needs_no_other_process(engine: sa.Engine):
    assert LARGE > 4
    with db.reading(engine) as session, composing_for(session) as composing:
        assert composing is composed


def test_what_fails_there_fails_here(engine: sa.Engine):
    with db.reading(engine) as session:
        ground = load_ground(session)
        with composing_for(session, large=1) as composing, pytest.raises(AttributeError):
            list(composing(session, ground, {1: "CS-1"}, None))  # type: ignore[arg-type]


_WAITING = """
import sys, time
from portal import db
from portal.statements.beside import composing_for
if __name__ == "__main__":
    with db.reading(db.make_engine(sys.argv[1])) as session, composing_for(session, large=1):
        import multiprocessing
        print(multiprocessing.active_children()[0].pid, flush=True)
        time.sleep(60)
"""


@pytest.mark.engines("sqlite")
def test_the_other_process_ends_when_this_one_is_killed(engine: sa.Engine, tmp_path: Any):
    script = tmp_path / "waiting.py"
    script.write_text(_WAITING)
    url = engine.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, script, url], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        other = int(running.stdout.readline())
        running.send_signal(signal.SIGKILL)
    for _attempt in range(300):
        try:
            os.kill(other, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.kill(other, signal.SIGKILL)
    pytest.fail("the other process was still there after thirty seconds")

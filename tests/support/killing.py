"""Work killed (kill -9) at random moments and repeated, held against the same work left in peace.

Every run works on a copy of one database, in a process of its own. A moment is drawn from the time that
the undisturbed run took, every third one from the time of a commit. Every other work is killed once more
while it is repeated. PORTAL_KILLS=50 disturbs each work fifty times.
"""

import multiprocessing
import os
import random
import select
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from portal import db

KILLS = int(os.environ.get("PORTAL_KILLS", "1"))
BEGUN, COMMITTING, COMMITTED, ENDED = b"b", b"c", b"d", b"e"
Work = Callable[[str], Callable[[], None]]
"""What there is to do on the database of this address: made ready when called, done when that is called."""
Copies = Callable[[str], AbstractContextManager[str]]
Stored = Mapping[str, list[str]]
Killed = Callable[[str, Work, Work], None]


@dataclass(frozen=True)
class Moment:
    """So many seconds after the beginning, or after a commit was sent off (counted from 1)."""

    after: float
    commit: int = 0


@dataclass
class Run:
    """What a process told on its way, and when."""

    marks: list[tuple[bytes, float]] = field(default_factory=list)
    exitcode: int | None = None

    def times(self, mark: bytes) -> list[float]:
        """When it told this, in seconds since it began."""
        began = next(at for each, at in self.marks if each == BEGUN)
        return [at - began for each, at in self.marks if each == mark]

    @property
    def landed(self) -> bool:
        """Whether it was killed before it was done."""
        return self.exitcode == -signal.SIGKILL and not self.times(ENDED)

    @property
    def place(self) -> str:
        """Where it was killed."""
        sent, done = len(self.times(COMMITTING)), len(self.times(COMMITTED))
        if sent > done:
            return "in a commit"
        return f"after {done} commits" if done else "before any commit"


def stored(url: str) -> Stored:
    """Every row of every table as text; the file itself is whole."""
    engine = sa.create_engine(url)
    found: dict[str, list[str]] = {table.name: [] for table in SQLModel.metadata.sorted_tables}
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
                for name in found:
                    rows = connection.exec_driver_sql(f'SELECT * FROM "{name}"')  # noqa: S608 - a table
                    found[name] = sorted(map(repr, rows))
                return found
            every = (f"SELECT '{name}', x::text FROM \"{name}\" AS x" for name in found)  # noqa: S608 - a table
            for name, row in connection.exec_driver_sql(" UNION ALL ".join(every) + " ORDER BY 1, 2"):
                found[name].append(row)
    finally:
        engine.dispose()
    return found


def differing(one: Stored, other: Stored) -> dict[str, Any]:
    """The tables that are not the same, with the rows that one of them has alone."""
    return {
        name: ([row for row in one[name] if row not in other[name]],
               [row for row in other[name] if row not in one[name]])
        for name in one
        if one[name] != other[name]
    }  # fmt: skip


_OTHERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_NUMBERED = sa.text(
    "SELECT pg_get_serial_sequence(format('%I', table_name), column_name), table_name, column_name"
    " FROM information_schema.columns WHERE table_schema = 'public'"
    " AND pg_get_serial_sequence(format('%I', table_name), column_name) IS NOT NULL"
)


@contextmanager
def _seen(url: str, stages: list[Stored]) -> Iterator[None]:
    """Note what is stored after each commit."""
    commit = db.commit

    def noted(session: Session) -> None:
        commit(session)
        stages.append(stored(url))

    db.commit = noted  # type: ignore[assignment]
    try:
        yield
    finally:
        db.commit = commit  # type: ignore[assignment]


def _settled(url: str) -> None:
    """Wait until PostgreSQL noticed who died; numbers that the dead one drew are drawn again.

    Only so can the rows be compared to the letter: a number drawn is lost, whatever becomes of the act.
    """
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    try:
        with engine.connect() as connection:
            for _try in count():
                if not connection.scalar(sa.text(others)):
                    break
                assert _try < 500, "the connection of a dead process is still there"
                time.sleep(0.02)
            for table in SQLModel.metadata.sorted_tables:
                for column in table.primary_key.columns:
                    name = f"pg_get_serial_sequence('\"{table.name}\"', '{column.name}')"
                    last = sa.select(sa.func.max(column)).scalar_subquery()
                    if connection.scalar(sa.text(f"SELECT {name}")):
                        used = sa.func.coalesce(last, 1), last.is_not(None)
                        connection.execute(sa.select(sa.func.setval(sa.text(name), *used)))
    finally:
        engine.dispose()


def _run_marked(work: Work, url: str, pipe: int) -> None:
    """The process: does the work, and tells where it is."""

    def mark(what: bytes) -> None:
        os.write(pipe, what)

    commit = db.commit

    def marked(session: Session) -> None:
        commit(session)
        mark(COMMITTED)

    db.commit = marked  # type: ignore[assignment]
    sa.event.listen(sa.Engine, "commit", lambda _connection: mark(COMMITTING))
    do = work(url)
    mark(BEGUN)
    do()
    mark(ENDED)


def run(work: Work, url: str, moment: Moment | None = None) -> Run:
    """Do the work in a process of its own, which is killed at a moment."""
    told, pipe = os.pipe()
    process = multiprocessing.get_context("fork").Process(target=_run_marked, args=(work, url, pipe))
    process.start()
    os.close(pipe)
    try:
        marks = _watch(process, told, moment)
    finally:
        os.close(told)
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL), "the work failed"
    return Run(marks, process.exitcode)


def _watch(process: BaseProcess, told: int, moment: Moment | None) -> list[tuple[bytes, float]]:
    marks: list[tuple[bytes, float]] = []
    due: float | None = None
    while True:
        left = None if due is None else max(0.0, due - time.monotonic())
        if not select.select([told], [], [], left)[0]:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            moment = due = None
            continue
        said = os.read(told, 1)
        if not said:
            return marks
        marks.append((said, time.monotonic()))
        if moment is not None and due is None:
            due = _due(moment, marks)


def _due(moment: Moment, marks: list[tuple[bytes, float]]) -> float | None:
    found = [at for each, at in marks if each == (COMMITTING if moment.commit else BEGUN)]
    place = max(0, moment.commit - 1)
    return found[place] + moment.after if len(found) > place else None


@dataclass
class Killing:
    """One work: what is stored before it and after each of its commits, and what should come of it."""

    copies: Copies
    base: str
    work: Work
    finish: Work
    draw: random.Random = field(default_factory=lambda: random.Random(7))
    places: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.stages = [stored(self.base)]
        with self.copies(self.base) as url:
            with _seen(url, self.stages):
                self.work(url)()
            self.once = self._finished(url)
        with self.copies(self.base) as url:
            timed = self._whole(url)
        self.seconds = timed.times(ENDED)[0]
        sent, done = timed.times(COMMITTING), timed.times(COMMITTED)
        assert 0 < len(sent) == len(done) == len(self.stages) - 1, "something is committed past `db.commit`"
        self.commits = [end - start for start, end in zip(sent, done, strict=True)]

    @cached_property
    def twice(self) -> Stored:
        """What comes of it when it is repeated although it was done."""
        with self.copies(self.base) as url:
            self._whole(url)
            self._whole(url)
            return self._finished(url)

    def _finished(self, url: str) -> Stored:
        self.finish(url)()
        return stored(url)

    def _whole(self, url: str) -> Run:
        done = run(self.work, url)
        assert done.exitcode == 0, "a run that nobody kills fails"
        return done

    def _moment(self, number: int) -> Moment:
        if number % 3 == 1:
            place = self.draw.randrange(len(self.commits))
            return Moment(self.draw.uniform(0, 1.5 * self.commits[place]), place + 1)
        return Moment(self.draw.uniform(0, self.seconds))

    def disturb(self, times: int) -> None:
        """Kill it so many times, each time on another copy."""
        moments = map(self._moment, range(6 * times + 20))
        while times:
            with self.copies(self.base) as url:
                if self._killed(url, next(moments)):
                    if times % 2 and self._left(url) != self.stages[-1]:
                        self._killed(url, next(moments))
                    self._repeat(url)
                    times -= 1

    def _killed(self, url: str, moment: Moment) -> bool:
        """Kill it; whether it was killed before it ended."""
        killed = run(self.work, url, moment)
        if not url.startswith("sqlite"):
            _settled(url)
        self.places[killed.place if killed.landed else "too late"] += 1
        return killed.landed

    def _left(self, url: str) -> Stored:
        left = stored(url)
        assert left in self.stages, "it left what no commit leaves"
        return left

    def _repeat(self, url: str) -> None:
        wanted = self.twice if self._left(url) == self.stages[-1] else self.once
        self._whole(url)
        assert differing(self._finished(url), wanted) == {}, "repeated, it ends otherwise"


@pytest.fixture
def killing(copies: Copies, database: str) -> Killed:
    """`killing(url, work, finish)`: kill the work on the database of this address, which nobody has open."""

    def kill(base: str, work: Work, finish: Work) -> None:
        killed = Killing(copies, base, work, finish)
        killed.disturb(KILLS)
        told = ", ".join(f"{number} {place}" for place, number in sorted(killed.places.items()))
        print(f"{database}: {KILLS} times in {killed.seconds:.3f} s: {told}")

    return kill

"""Compose statements in other processes, while this one writes them: a large quarter needs all processors.

The others read what is committed. The registry lock that `generate` is called under keeps everybody
from changing that, and no statement of a period depends on the others that are being written.
None of them makes garbage in circles: looking for it in a million lines would cost a fifth of the time.
"""

import gc
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle
from multiprocessing.connection import Connection

import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.domain.periods import Period
from portal.models import tables as t
from portal.statements.composing import Composed, Composing, composed
from portal.statements.ground import Ground

# Below so many receipts to settle, starting processes takes longer than it saves.
LARGE = 50_000
# So many partners go to one process before the next gets some.
_SLICE = 8
# One that composes for each processor: this process waits for the database more than it computes.
_MOST = 2


@contextmanager
def composing_for(session: Session, *, large: int = LARGE) -> Iterator[Composing]:
    """How to compose in this transaction, which has the registry lock and has written nothing yet."""
    waiting = session.scalar(sa.select(sa.func.count()).select_from(t.unsettled_receipt)) or 0
    url = session.connection().engine.url
    if waiting < large or url.database in (None, "", ":memory:"):
        yield composed
        return
    with ExitStack() as stack:
        number = min(os.cpu_count() or 1, _MOST)
        others = [stack.enter_context(_started(url)) for _each in range(number)]
        gc.disable()
        stack.callback(gc.enable)
        yield lambda _session, ground, numbers, period: _received(others, ground, numbers, period)


@contextmanager
def _started(url: sa.URL) -> Iterator[Connection]:
    """A process that composes, at the other end of a pipe."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    plain = url.render_as_string(hide_password=False)
    other = context.Process(target=_work, args=(there, plain), daemon=True)
    with closing(here):
        other.start()
        there.close()  # so that its end, whatever the cause, is the end of the pipe
        try:
            yield here
        finally:
            other.terminate()
            other.join()


def _received(
    others: list[Connection], ground: Ground, numbers: Mapping[int, str], period: Period
) -> Iterator[Composed]:
    """What the others compose, in the order of the partners: slice by slice from one after the other."""
    wanted = list(numbers.items())
    slices = [dict(wanted[start : start + _SLICE]) for start in range(0, len(wanted), _SLICE)]
    for place, other in enumerate(others):
        share = slices[place :: len(others)]
        other.send((ground, {each: name for part in share for each, name in part.items()}, period))
    for part, other in zip(slices, cycle(others)):
        for _each in part:
            made = other.recv()
            if isinstance(made, Exception):
                raise made
            yield made


def _work(there: Connection, url: str) -> None:
    """The other process: composes what it is told to, from what the first one knows and what it reads."""
    gc.disable()
    with closing(there):
        try:
            ground, numbers, period = there.recv()
            with db.reading(db.make_engine(url)) as session:
                for made in composed(session, ground, numbers, period):
                    there.send(made)
        except (BrokenPipeError, EOFError):
            return  # nobody wants it any more
        except Exception as error:
            there.send(error)

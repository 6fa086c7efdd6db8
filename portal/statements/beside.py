"""Compose statements in a second process, while this one writes them: a large quarter needs two processors.

The other process reads what is committed. The registry lock that `generate` is called under keeps everybody
from changing that, and no statement of a period depends on the others that are being written.
Neither process makes garbage in circles: looking for it in a million lines would cost a fifth of the time.
"""

import gc
import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection

import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.domain.periods import Period
from portal.models import tables as t
from portal.statements.composing import Composed, Composing, composed
from portal.statements.ground import Ground, load_ground

# Below so many receipts to settle, starting a process takes longer than it saves.
LARGE = 50_000


@contextmanager
def composing_for(session: Session, *, large: int = LARGE) -> Iterator[Composing]:
    """How to compose in this transaction, which has the registry lock and has written nothing yet."""
    waiting = session.scalar(sa.select(sa.func.count()).select_from(t.unsettled_receipt)) or 0
    url = session.connection().engine.url
    if waiting < large or url.database in (None, "", ":memory:"):
        yield composed
        return
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    with closing(here):
        other = context.Process(
            target=_work, args=(there, url.render_as_string(hide_password=False)), daemon=True
        )
        other.start()
        there.close()  # so that its end, whatever the cause, is the end of the pipe
        gc.disable()
        try:
            yield lambda _session, _ground, numbers, period: _received(here, numbers, period)
        finally:
            gc.enable()
            other.terminate()
            other.join()


def _received(here: Connection, numbers: Mapping[int, str], period: Period) -> Iterator[Composed]:
    here.send((numbers, period))
    for _each in numbers:
        made = here.recv()
        if isinstance(made, Exception):
            raise made
        yield made


def _work(there: Connection, url: str) -> None:
    """The other process: everything is read before the partners are known, for it reads what they read."""
    gc.disable()
    with closing(there):
        try:
            with db.reading(db.make_engine(url)) as session:
                _compose(there, session, load_ground(session))
        except (BrokenPipeError, EOFError):
            return  # nobody wants it any more
        except Exception as error:
            there.send(error)


def _compose(there: Connection, session: Session, ground: Ground) -> None:
    numbers, period = there.recv()
    for made in composed(session, ground, numbers, period):
        there.send(made)

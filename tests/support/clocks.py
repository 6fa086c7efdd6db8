"""A stopped clock for tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import datetime

import pytest

from portal import clock
from portal.domain.periods import BUSINESS_OFFSET

At = Callable[[str], datetime]

_stopped_at: datetime | None = None


def shanghai(text: str) -> datetime:
    """The instant of a wall clock in Shanghai: ``"2026-03-02"`` or ``"2026-03-02 10:00"``."""
    return datetime.fromisoformat(text).replace(tzinfo=BUSINESS_OFFSET)


def as_in_the_test() -> AbstractContextManager[None]:
    """The test's time for another thread: a stopped clock stops only the thread that stopped it."""
    return clock.frozen(_stopped_at) if _stopped_at else nullcontext()


@pytest.fixture
def at() -> Iterator[At]:
    """`at("2026-03-02 10:00")` stops the clock there, for the rest of the test or until moved."""
    with ExitStack() as stopped:

        def stop(text: str) -> datetime:
            global _stopped_at
            stopped.close()
            _stopped_at = shanghai(text)
            stopped.enter_context(clock.frozen(_stopped_at))
            return clock.now()

        yield stop
    _forget()


def _forget() -> None:
    global _stopped_at
    _stopped_at = None

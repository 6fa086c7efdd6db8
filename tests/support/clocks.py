"""A stopped clock for tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest

from portal import clock
from portal.domain.periods import BUSINESS_OFFSET

At = Callable[[str], datetime]


def shanghai(text: str) -> datetime:
    """The instant of a wall clock in Shanghai: ``"2026-03-02"`` or ``"2026-03-02 10:00"``."""
    return datetime.fromisoformat(text).replace(tzinfo=BUSINESS_OFFSET)


@pytest.fixture
def at() -> Iterator[At]:
    """`at("2026-03-02 10:00")` stops the clock there, for the rest of the test or until moved."""
    with ExitStack() as stopped:

        def stop(text: str) -> datetime:
            stopped.close()
            stopped.enter_context(clock.frozen(shanghai(text)))
            return clock.now()

        yield stop

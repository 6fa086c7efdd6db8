"""The only reader of the system time. One instant per request or command; tests set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

from portal.domain.periods import business_date

_frozen: ContextVar[datetime | None] = ContextVar("portal_clock", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC, to the microsecond; the frozen one where one is set."""
    return _frozen.get() or datetime.now(UTC)  # noqa: TID251 - the one place


def today() -> date:
    """The present business day."""
    return business_date(now())


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Make `now()` answer `instant` inside the block (``portal tick --now``, seed, tests)."""
    if instant.tzinfo is None:
        raise ValueError("the clock takes aware instants only")
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)

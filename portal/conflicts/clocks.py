"""How claims' clocks stand on a day, said to the database once (C3); `domain.protection` says it to Python.

A clock that stands never lapses: `paused_from` is set only where it stops before it has run out.
"""

from typing import Any

import sqlalchemy as sa

from portal.models import tables as t

_c = t.registration.c


def lapsed(today: Any) -> Any:
    """Protection was over before `today`, whether or not a tick wrote it down."""
    return sa.and_(_c.protected_until < today, _c.paused_from.is_(None))


def protected(today: Any) -> Any:
    """It is not over: it runs, or it stands."""
    return sa.or_(_c.protected_until >= today, _c.paused_from.is_not(None))


def running(today: Any) -> Any:
    """Days are counted on `today`."""
    return sa.and_(_c.protected_until >= today, sa.or_(_c.paused_from.is_(None), _c.paused_from > today))


def standing(today: Any) -> Any:
    """The vendor owes something: `today` does not count."""
    return sa.and_(_c.paused_from.is_not(None), _c.paused_from <= today)

"""The four-week clock (C3): how long an owner is protected, and from when it is contestable."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from portal.domain.calendar import add_working_days
from portal.domain.facts import Pause
from portal.domain.periods import business_date, day_start

_DAY = timedelta(days=1)
HELD_REVIEW = "held_review"


def protected_until(start: date, days: int, pauses: Sequence[Pause] = ()) -> date:
    """The last protected day of a clock started on `start`; paused days do not count.

    28 days from 2 March cover 30 March (§13 example 6).
    """
    last = start + days * _DAY
    if not pauses:
        return last
    paused = {
        pause.first + offset * _DAY
        for pause in pauses
        for offset in range((pause.last - pause.first).days + 1)
    }
    day, left = start, days
    while left:
        day += _DAY
        if day not in paused:
            left -= 1
    return day


def late_review(claim: int, held: date, decided: date, working_days: int) -> Pause | None:
    """The days on which the vendor owed the review of a held filing: after its due date, until decided."""
    first = add_working_days(held, working_days) + _DAY
    return Pause(first, decided, HELD_REVIEW, claim) if first <= decided else None


def lapses_at(last_protected: date) -> datetime:
    """The instant at which protection is over: the start of the next business day."""
    return day_start(last_protected + _DAY)


def reassignable_from(last_protected: date) -> date:
    """The first day on which the customer could be reassigned (G4)."""
    return last_protected + _DAY


def days_left(last_protected: date, today: date) -> int:
    """Protected days left, today not counted; 0 on the last day, negative once lapsed."""
    return (last_protected - today).days


def started_on(*instants: datetime | None) -> date:
    """The business day of the latest of the instants that can start the clock."""
    return business_date(max(instant for instant in instants if instant is not None))

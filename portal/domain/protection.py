"""The four-week clock (C3): how long an owner is protected, and from when it is contestable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from portal.domain.calendar import add_working_days
from portal.domain.facts import Pause
from portal.domain.periods import business_date, day_start

_DAY = timedelta(days=1)
HELD_REVIEW = "held_review"


@dataclass(frozen=True, slots=True)
class Clock:
    """A claim's clock: the last protected day if nothing stopped it any more, and from when on it stands.

    `paused_from` is the first day that does not count because the vendor owes something still; None
    where nothing is owed, or where the clock runs out before. From that day on the last protected day
    moves on by a day a day: `end_on`.
    """

    protected_until: date
    paused_from: date | None = None


def run_clock(start: date, days: int, pauses: Sequence[Pause]) -> Clock:
    """The clock of a claim started on `start`: days on which something was owed do not count (C3)."""
    owed = [pause.first for pause in pauses if pause.last is None]
    if not owed:
        return Clock(protected_until(start, days, pauses))
    stands = max(min(owed), start + _DAY)
    over = [replace(pause, last=min(pause.last, stands - _DAY)) for pause in pauses if pause.last is not None]
    last = protected_until(start, days, over)
    return Clock(last, stands if stands <= last else None)


def is_lapsed(last_protected: date | None, paused_from: date | None, today: date) -> bool:
    """Whether protection is over on a day: never while the clock stands (C3).

    `conflicts.clocks` says the same to the database.
    """
    return last_protected is not None and paused_from is None and last_protected < today


def stands(paused_from: date | None, today: date) -> bool:
    """Whether the clock stands on a day."""
    return paused_from is not None and paused_from <= today


def end_on(last_protected: date, paused_from: date | None, today: date) -> date:
    """The last protected day as things stand on `today`: every day on which the clock stands is added."""
    if paused_from is None or paused_from > today:
        return last_protected
    return last_protected + (today - paused_from + _DAY)


def protected_until(start: date, days: int, pauses: Sequence[Pause] = ()) -> date:
    """The last protected day of a clock started on `start`; paused days do not count.

    28 days from 2 March cover 30 March (§13 example 6). Of pauses that are over; see `run_clock`.
    """
    last = start + days * _DAY
    if not pauses:
        return last
    paused = {
        pause.first + offset * _DAY
        for pause in pauses
        if pause.last is not None
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

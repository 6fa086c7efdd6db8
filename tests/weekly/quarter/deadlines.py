"""Until when a report is in time: Wednesday at six, or earlier where a holiday is in the way (W2, W5)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SHANGHAI = ZoneInfo("Asia/Shanghai")
# The State Council's calendar, typed in: what is off on weekdays, and the weekends that are worked.
FIRST_KNOWN, LAST_KNOWN = date(2025, 6, 3), date(2026, 6, 18)
_OFF = ((date(2025, 10, 1), 8), (date(2026, 1, 1), 3), (date(2026, 2, 15), 9), (date(2026, 4, 4), 3),
        (date(2026, 5, 1), 5))  # fmt: skip
_WORKED = (date(2025, 9, 28), date(2025, 10, 11), date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28),
           date(2026, 5, 9))  # fmt: skip


def is_worked(day: date) -> bool:
    """Whether people work on a day."""
    if any(first <= day < first + days * _DAY for first, days in _OFF):
        return False
    return day in _WORKED or day.weekday() < 5


def deadline(thursday: date) -> datetime:
    """Six o'clock of the last working day before the review, which is on the last one up to Thursday."""
    day = thursday
    while not is_worked(day):
        day -= _DAY
    day -= _DAY
    while not is_worked(day):
        day -= _DAY
    return datetime(day.year, day.month, day.day, 18, tzinfo=_SHANGHAI)

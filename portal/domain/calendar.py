"""Dates as people type them, and working days in mainland China (§3, [D])."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from portal.domain.errors import RuleViolation
from portal.domain.periods import BUSINESS_OFFSET

_DAY = timedelta(days=1)
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_EARLIEST, _LATEST = date(1990, 1, 1), date(2199, 12, 31)


def parse_date(text: str) -> date:
    """A day typed as 2026-03-01, 2026/3/1 or 2026年3月1日.

    :raises RuleViolation: ``date.form`` not a date at all; ``date.no_such_day`` as 2026-02-30;
        ``date.out_of_range`` before 1990 or after 2199.
    """
    typed = unicodedata.normalize("NFKC", text[:60]).strip()
    found = _DATE.fullmatch(typed)
    if not found:
        raise RuleViolation("date.form", value=text[:40])
    try:
        day = date(*(int(part) for part in found.groups()))
    except ValueError:
        raise RuleViolation("date.no_such_day", value=text[:40]) from None
    if not _EARLIEST <= day <= _LATEST:
        raise RuleViolation("date.out_of_range", value=text[:40])
    return day


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is Asia/Shanghai, without a time the day's start.

    :raises RuleViolation: ``instant.form`` or the date's own codes.
    """
    typed = unicodedata.normalize("NFKC", text[:60]).strip()
    if _DATE.fullmatch(typed):
        day = parse_date(typed)
        return datetime(day.year, day.month, day.day, tzinfo=BUSINESS_OFFSET).astimezone(UTC)
    head, gap, clock = typed.replace("T", " ").partition(" ")
    if not gap:
        raise RuleViolation("instant.form", value=text[:40])
    day = parse_date(head)
    try:
        instant = datetime.fromisoformat(f"{day.isoformat()} {clock.strip()}")
    except ValueError:
        raise RuleViolation("instant.form", value=text[:40]) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=BUSINESS_OFFSET)
    return instant.astimezone(UTC)


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Whether mainland China works on `day`: public holidays off, make-up days on.

    For a year the calendar does not know yet, weekends are off and weekdays on; see
    `calendar_is_official`.
    """
    import chinese_calendar  # 10 ms to import: only where a deadline is asked for

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def calendar_is_official(year: int) -> bool:
    """Whether the state's holiday calendar of `year` is known."""
    try:
        import chinese_calendar

        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def add_working_days(day: date, count: int) -> date:
    """The working day `count` working days after `day` (a deadline is kept until its end)."""
    while count:
        day += _DAY
        if is_working_day(day):
            count -= 1
    return day


def working_days_late(due: date, today: date) -> int:
    """How many working days something is overdue; 0 while it is not."""
    return sum(is_working_day(due + offset * _DAY) for offset in range(1, (today - due).days + 1))


def review_day(thursday: date) -> date:
    """The day of the Thursday review: the last working day up to and with the Thursday (W5)."""
    day = thursday
    while not is_working_day(day):
        day -= _DAY
    return day

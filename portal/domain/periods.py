"""Business days as instants (all business dates are Asia/Shanghai), reporting weeks (W1), periods (§8)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from portal.domain.errors import RuleViolation

# Mainland China keeps one offset all year and has since 1991: a fixed one is exact and fast.
BUSINESS_OFFSET = timezone(timedelta(hours=8), "Asia/Shanghai")
_THURSDAY = 3
_LONGEST_MONTH = 31
_PERIOD = re.compile(r"(20\d\d|19\d\d|21\d\d)-(?:(0[1-9]|1[0-2])|Q([1-4]))")


def business_date(instant: datetime) -> date:
    """The calendar day in Asia/Shanghai that an aware `instant` falls on."""
    return instant.astimezone(BUSINESS_OFFSET).date()


def day_start(day: date) -> datetime:
    """The first instant of a business day, in UTC."""
    return datetime.combine(day, time.min, BUSINESS_OFFSET).astimezone(UTC)


def day_end(day: date) -> datetime:
    """The last microsecond of a business day, in UTC ("as things stood at the end of day D")."""
    return day_start(day + timedelta(days=1)) - timedelta(microseconds=1)


def reporting_week(day: date) -> date:
    """The Thursday that names the reporting week of `day`, Friday to Thursday (W1)."""
    return day + timedelta(days=(_THURSDAY - day.weekday()) % 7)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar month (``2026-09``) or quarter (``2026-Q3``): what a statement covers (§8)."""

    first: date
    last: date

    @property
    def is_quarter(self) -> bool:
        """Whether it is a quarter rather than a month."""
        return (self.last - self.first).days > _LONGEST_MONTH

    @property
    def next(self) -> "Period":
        """The period of the same length that follows."""
        return (quarter_of if self.is_quarter else month_of)(self.last + timedelta(days=1))

    def __str__(self) -> str:
        if self.is_quarter:
            return f"{self.first.year:04d}-Q{self.first.month // 3 + 1}"
        return f"{self.first.year:04d}-{self.first.month:02d}"


def month_of(day: date) -> Period:
    """The month that `day` lies in."""
    return _from(day.year, day.month, 1)


def quarter_of(day: date) -> Period:
    """The quarter that `day` lies in."""
    return _from(day.year, 3 * ((day.month - 1) // 3) + 1, 3)


def parse_period(text: str) -> Period:
    """A period as ``2026-09`` or ``2026-Q3``.

    :raises RuleViolation: ``period.form``.
    """
    found = _PERIOD.fullmatch(text.strip().upper())
    if not found:
        raise RuleViolation("period.form", value=text[:40])
    year, month, quarter = found.groups()
    if quarter:
        return _from(int(year), 3 * int(quarter) - 2, 3)
    return _from(int(year), int(month), 1)


def _from(year: int, month: int, months: int) -> Period:
    after = month + months
    return Period(date(year, month, 1), date(year + after // 13, (after - 1) % 12 + 1, 1) - timedelta(days=1))

"""Business days as instants (all business dates are Asia/Shanghai), reporting weeks (W1)."""

from datetime import UTC, date, datetime, time, timedelta, timezone

# Mainland China keeps one offset all year and has since 1991: a fixed one is exact and fast.
BUSINESS_OFFSET = timezone(timedelta(hours=8), "Asia/Shanghai")
_THURSDAY = 3


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

"""Formatting by locale, made for long lists: plain f-strings and look-ups, no parsing per value."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from flask import Flask
from flask_babel import gettext, ngettext

from portal.domain.periods import BUSINESS_OFFSET
from portal.web import labels, request, support_labels
from portal.web.language import locale

_ZH_DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_EN_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def init_app(app: Flask) -> None:
    """Register the filters and label look-ups."""
    for each in (money, whole_money, count, day, iso, moment, in_days, due_in, age, initials):
        app.jinja_env.filters[each.__name__] = each
    app.jinja_env.globals["label"] = labels.label
    app.jinja_env.globals["cause_words"] = support_labels.cause_words
    app.jinja_env.globals["rule_words"] = labels.rule_words
    app.jinja_env.globals["problem_words"] = labels.message
    app.jinja_env.globals["today"] = request.today
    app.jinja_env.globals["now"] = request.now


_SIGNS = {"CNY": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "TWD": "NT$"}


def sign_of(code: str) -> str:
    """A currency as it stands before an amount: ¥ for CNY."""
    return _SIGNS.get(code, f"{code} ")


def sign() -> str:
    """The deployer's currency as it stands before an amount."""
    return sign_of(request.config().currency)


def money(amount: Decimal | None) -> str:
    """¥18,901.88 in both languages (DESIGN.md §8)."""
    return "" if amount is None else f"{sign()}{amount:,.2f}"


def whole_money(amount: Decimal | None) -> str:
    """¥126,000: for sums on cards, where the fen would only make noise."""
    return "" if amount is None else f"{sign()}{amount:,.0f}"


def count(number: int | None) -> str:
    """12,345."""
    return "" if number is None else f"{number:,}"


def _local(value: date | datetime) -> date:
    return value.astimezone(BUSINESS_OFFSET).date() if isinstance(value, datetime) else value


def day(value: date | datetime | None) -> str:
    """11-27 周五 / Fri 27 Nov; with the year when it is another one."""
    return "" if value is None else day_in(value, locale(), request.today().year)


def day_in(value: date | datetime, language: str, year: int) -> str:
    """`day` for a known language and present year: for lists, which have a date in every row."""
    return _day(_local(value), language, year)


@lru_cache(maxsize=2048)
def _day(when: date, language: str, year: int) -> str:
    if language == "zh":
        text = f"{when.month:02}-{when.day:02}"
        return f"{text} {_ZH_DAYS[when.weekday()]}" if when.year == year else f"{when.year}-{text}"
    text = f"{when.day} {_EN_MONTHS[when.month - 1]}"
    return f"{_EN_DAYS[when.weekday()]} {text}" if when.year == year else f"{text} {when.year}"


def iso(value: date | datetime | None) -> str:
    """2026-11-27, the form of forms, exports and cases."""
    return "" if value is None else _local(value).isoformat()


def moment(value: datetime | None) -> str:
    """2026-11-27 14:02, Shanghai time."""
    return "" if value is None else f"{value.astimezone(BUSINESS_OFFSET):%Y-%m-%d %H:%M}"


def in_days(value: date | None) -> str:
    """How far a day is: today, in 4 days, 2 days ago."""
    return "" if value is None else _in_days((value - request.today()).days, locale())


def due_in(value: date | None) -> str:
    """How far a day is on which something is due: today, in 4 days, 2 days late."""
    late = 0 if value is None else (request.today() - value).days
    return str(ngettext("%(num)d day late", "%(num)d days late", late)) if late > 0 else in_days(value)


def age(value: datetime | None) -> str:
    """How long ago the day of an instant is: today, 2 days ago."""
    return "" if value is None else in_days(_local(value))


@lru_cache(maxsize=512)
def _in_days(days: int, _language: str) -> str:
    if days == 0:
        return str(gettext("today"))
    if days > 0:
        return str(ngettext("in %(num)d day", "in %(num)d days", days))
    return str(ngettext("%(num)d day ago", "%(num)d days ago", -days))


def initials(name: str) -> str:
    """One Han character or two Latin letters for a round badge."""
    name = name.strip()
    if not name:
        return "?"
    if ord(name[0]) > 0x2E80:
        return name[0]
    return "".join(part[0] for part in name.split()[:2]).upper()

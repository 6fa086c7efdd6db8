"""A request for support in one line, as it is typed in a meeting: “what @who when” (W3, L2). Pure.

    售前同去 @唐越 11-27        presales joins @Tang Yue Fri        试点报价 @我 周五

Who and when may be left out, and stand in either order after what is needed. A day is only read as one at the
end of the line, so that a need may speak of days.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portal.domain.errors import RuleViolation

_DAYS = "一二三四五六日"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Whole names or their usual short forms: a month is no Monday, and a decision is not in December.
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DAY_NAME = (
    r"mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)
_SOON = {"今天": 0, "明天": 1, "后天": 2, "today": 0, "tomorrow": 1}
_ME = frozenset({"me", "我"})
_WEEK = 7
LONGEST_LINE = 600
_WHEN = re.compile(
    r"(?:^|(?<=\s))(?:"
    r"(?P<year>\d{4})[-/.年](?P<ymonth>\d{1,2})[-/.月](?P<yday>\d{1,2})日?"
    r"|(?P<month>\d{1,2})(?:[-/]|月)(?P<day>\d{1,2})[日号]?"
    rf"|(?P<dfirst>\d{{1,2}})\s+(?P<mname>{_MONTH})|(?P<mname2>{_MONTH})\s+(?P<dlast>\d{{1,2}})"
    r"|(?P<soon>今天|明天|后天|today|tomorrow)"
    r"|(?P<next>下|next\s+)?(?:周|星期|礼拜)(?P<zh>[一二三四五六日天])"
    rf"|(?P<next2>next\s+)?(?P<en>{_DAY_NAME})"
    r")$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ShortAsk:
    """What is needed, whose it is, and by when; None: as the policy and the departments have it."""

    need: str
    owner_id: int | None = None
    due: date | None = None


def read_short_ask(text: str, *, today: date, people: Mapping[str, int], me: int) -> ShortAsk:
    """Read one line; `people` are those who may take it, by name.

    A name may be cut short as long as it means one person. A day without its year is the nearest to
    `today`; a weekday the next one from today on, with “next” the one of the week after this.

    :raises RuleViolation: ``text.too_long``; ``required``; ``support.nobody`` with `name` and `known`;
        ``support.no_day``.
    """
    if len(text) > LONGEST_LINE:  # before anything looks at each of its words
        raise RuleViolation("text.too_long", "support", length=len(text), longest=LONGEST_LINE)
    rest = " ".join(text.replace("＠", "@").split())
    rest, due = _cut_day(rest, today)
    rest, owner = _cut_person(rest, people, me)
    if due is None:
        rest, due = _cut_day(rest, today)
    if not rest:
        raise RuleViolation("required", "support")
    return ShortAsk(rest, owner, due)


def _cut_day(text: str, today: date) -> tuple[str, date | None]:
    found = _WHEN.search(text)
    if found is None:
        return text, None
    return text[: found.start()].rstrip(), _day(found, today)


def _day(found: re.Match[str], today: date) -> date:
    """The day that is meant."""
    part = found.groupdict()
    if part["soon"]:
        return today + timedelta(days=_SOON[part["soon"].lower()])
    if part["zh"] or part["en"]:
        wanted = (
            _DAYS.index(part["zh"].replace("天", "日"))
            if part["zh"]
            else _WEEKDAYS.index(part["en"].lower()[:3])
        )
        return _weekday(wanted, today, of_next_week=bool(part["next"] or part["next2"]))
    name = part["mname"] or part["mname2"]
    month = _MONTHS.index(name.lower()[:3]) + 1 if name else int(part["ymonth"] or part["month"])
    day = int(part["yday"] or part["day"] or part["dfirst"] or part["dlast"])
    year = int(part["year"]) if part["year"] else None
    try:
        return date(year, month, day) if year else _nearest(month, day, today)
    except ValueError:
        raise RuleViolation("support.no_day", "support", value=found[0]) from None


def _weekday(wanted: int, today: date, *, of_next_week: bool) -> date:
    if of_next_week:
        return today + timedelta(days=_WEEK - today.weekday() + wanted)
    return today + timedelta(days=(wanted - today.weekday()) % _WEEK)


def _nearest(month: int, day: int, today: date) -> date:
    years = [each for each in (today.year - 1, today.year, today.year + 1) if _is_day(each, month, day)]
    if not years:
        raise ValueError
    return min((date(each, month, day) for each in years), key=lambda found: abs(found - today))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _cut_person(text: str, people: Mapping[str, int], me: int) -> tuple[str, int | None]:
    """The first @ that names somebody; a name ends where the next word is not of it any more."""
    at = text.find("@")
    if at < 0:
        return text, None
    said = text[at + 1 :]
    words = said.split(" ")
    for many in range(len(words), 0, -1):
        owner = _person(" ".join(words[:many]), people, me)
        if owner is not None:
            rest = f"{text[:at].rstrip()} {' '.join(words[many:])}"
            return rest.strip(), owner
    raise RuleViolation("support.nobody", "support", name=words[0], known=tuple(sorted(people)))


def _person(name: str, people: Mapping[str, int], me: int) -> int | None:
    name = name.casefold()
    if name in _ME:
        return me
    if not name:
        return None
    whole = [number for known, number in people.items() if known.casefold() == name]
    begun = [number for known, number in people.items() if known.casefold().startswith(name)]
    found = whole or begun
    return found[0] if len(found) == 1 else None

"""What people are told: kinds, who may get which, by what channel and when. Nothing is sent here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.domain.periods import business_date
from portal.domain.roles import Role
from portal.domain.weeks import at_hour

_R = Role
_DAY = timedelta(days=1)
# How long a failed delivery waits for its next try; the last wait is repeated.
WAITS = (
    *(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=2), timedelta(hours=12)),
)
# Over two and a half days: a mail server that breaks on a Friday evening costs nobody anything.
MOST_TRIES = 10
# A message that is claimed and not marked by then belongs to a worker that died.
LEASE = timedelta(minutes=10)
# A digest lists so many; how many more there are it says.
MOST_LISTED = 50
# Between two tests of one person: nobody writes to others with our address.
TEST_PAUSE = timedelta(minutes=1)
# What fell due longer ago is no news: lists show it.
OLD_NEWS = timedelta(days=30)


class Channel(StrEnum):
    """By what a notice reaches a person; the inbox always has it."""

    INBOX = "inbox"
    EMAIL = "email"
    WECOM = "wecom"
    DINGTALK = "dingtalk"


OUTER = (Channel.EMAIL, Channel.WECOM, Channel.DINGTALK)


class OutboxState(StrEnum):
    """How far a delivery is: waiting ones are tried again, failed ones were given up."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Dropped(StrEnum):
    """Why a delivery was not even tried."""

    INACTIVE = "inactive"
    NO_ADDRESS = "no_address"
    NO_MAIL_SERVER = "no_mail_server"
    KEY_LOST = "key_lost"
    PARTNER_LEFT = "partner_left"


class NoticeKind(StrEnum):
    """What a notice is about. A new kind needs a rule below and its words (`web/notice_words.py`)."""

    REPORT_REMINDER = "report_reminder"
    REPORT_MISSING = "report_missing"
    REPORT_LATE_IN = "report_late_in"
    LINE_RETURNED = "line_returned"
    PROGRESS_ACCEPTED = "progress_accepted"
    SUPPORT_ASKED = "support_asked"
    SUPPORT_PLANNED = "support_planned"
    SUPPORT_OVERDUE = "support_overdue"
    SUPPORT_CLOSED = "support_closed"
    LAPSE_SOON = "lapse_soon"
    LAPSED = "lapsed"
    ROLLUP_READY = "rollup_ready"
    REVIEW_DONE = "review_done"


@dataclass(frozen=True, slots=True)
class KindRule:
    """Who may get a kind, what its words are made of, and how it goes out unless a person chose.

    `about`: the names that `tell` must be given; dates as ``2026-03-30``. `urgent` ones wait for no digest.
    """

    roles: frozenset[Role]
    about: frozenset[str]
    urgent: bool = False
    by_default: frozenset[Channel] = frozenset(OUTER)


_PARTNER = frozenset({_R.PARTNER_REP, _R.PARTNER_ADMIN})
_CLAIMANTS = _PARTNER | {_R.KEY_ACCOUNTS, _R.KEY_ACCOUNTS_MANAGER}
_LOOK_AFTER = frozenset({_R.CHANNEL_SALES, _R.REGIONAL_MANAGER, _R.CHANNEL_MANAGER})
_HELPERS = _LOOK_AFTER | {_R.CUSTOMER_SERVICE, _R.PRODUCT_MARKETING}
_ROBOTS = frozenset({Channel.WECOM, Channel.DINGTALK})


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS: Mapping[NoticeKind, KindRule] = {
    NoticeKind.REPORT_REMINDER: KindRule(_PARTNER, _names("week due_on due_hour"), urgent=True),
    NoticeKind.REPORT_MISSING: KindRule(_PARTNER | _LOOK_AFTER, _names("partner week"), urgent=True),
    NoticeKind.REPORT_LATE_IN: KindRule(_LOOK_AFTER, _names("partner week")),
    NoticeKind.LINE_RETURNED: KindRule(_CLAIMANTS, _names("customer reason")),
    NoticeKind.PROGRESS_ACCEPTED: KindRule(_CLAIMANTS, _names("customer until"), by_default=_ROBOTS),
    NoticeKind.SUPPORT_ASKED: KindRule(_HELPERS, _names("customer partner need")),
    NoticeKind.SUPPORT_PLANNED: KindRule(_CLAIMANTS, _names("customer who due_on")),
    NoticeKind.SUPPORT_OVERDUE: KindRule(_HELPERS, _names("customer partner due_on"), urgent=True),
    NoticeKind.SUPPORT_CLOSED: KindRule(_CLAIMANTS, _names("customer result")),
    NoticeKind.LAPSE_SOON: KindRule(_CLAIMANTS | _LOOK_AFTER, _names("customer partner until")),
    NoticeKind.LAPSED: KindRule(_CLAIMANTS | _LOOK_AFTER, _names("customer partner until"), urgent=True),
    NoticeKind.ROLLUP_READY: KindRule(
        frozenset({_R.REGIONAL_MANAGER, _R.CHANNEL_MANAGER, _R.PRODUCT_MARKETING}), _names("region week")
    ),
    NoticeKind.REVIEW_DONE: KindRule(_PARTNER, _names("week who looked_at accepted returned")),
}


def kinds_for(roles: Collection[Role]) -> list[NoticeKind]:
    """The kinds that people of these roles can get, in the order in which they are shown."""
    return [kind for kind in NoticeKind if KINDS[kind].roles & frozenset(roles)]


def send_at(now: datetime, hours: Collection[int], *, urgent: bool) -> datetime:
    """When a notice of this instant goes out: at once, or at the next hour that the person chose."""
    if urgent or not hours:
        return now
    today = business_date(now)
    hoped = [at_hour(day, hour) for day in (today, today + _DAY) for hour in hours]
    return min(each for each in hoped if each >= now)


def plan(
    kind: NoticeKind,
    now: datetime,
    *,
    reached_by: Collection[Channel],
    choices: Mapping[Channel, bool],
    hours: Collection[int],
) -> dict[Channel, datetime]:
    """By which outer channels a notice goes to a person, and when: each at most once.

    `reached_by`: channels with an address that are switched on; `choices`: those made for the kind.
    """
    rule = KINDS[kind]
    at = send_at(now, hours, urgent=rule.urgent)
    return {
        channel: at
        for channel in OUTER
        if channel in reached_by and choices.get(channel, channel in rule.by_default)
    }


def next_try(tries: int, now: datetime) -> datetime | None:
    """When a delivery that failed for the `tries`-th time is tried again; None: it is given up."""
    if tries >= MOST_TRIES:
        return None
    return now + WAITS[min(tries, len(WAITS)) - 1]


def parse_hours(texts: Collection[str]) -> tuple[int, ...]:
    """Hours of the day as they are ticked; what is none is left out."""
    return tuple(sorted({int(each) for each in texts if each in _HOURS}))


_HOURS = frozenset(str(hour) for hour in range(24))


def lapse_mark(days_left: int, marks: Collection[int]) -> int | None:
    """The reminder that is due with so many protected days left: the closest; None where none is yet."""
    return min((mark for mark in marks if 0 <= days_left <= mark), default=None)

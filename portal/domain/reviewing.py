"""The Thursday review (W3): when it can be held, as what a verdict is told, who takes it back. Pure."""

from collections.abc import Mapping
from datetime import date, datetime

from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.terms import EventKind
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week, week_of

FACTS: Mapping[LineVerdict, EventKind] = {
    LineVerdict.NOTED: EventKind.REVIEWED,
    LineVerdict.PROGRESS: EventKind.PROGRESS,
    LineVerdict.RETURNED: EventKind.RETURNED,
}
"""As what each verdict stands on the project's time line; progress (S3) alone renews protection."""
VERDICTS: Mapping[EventKind, LineVerdict] = {kind: verdict for verdict, kind in FACTS.items()}
LONGEST_SENTENCE = 2000
LONGEST_NOTES = 20_000


def is_known(week: Week, today: date) -> bool:
    """Whether a week has begun: there is nothing to look at before."""
    return week.first <= today


def can_be_held(week: Week, today: date) -> bool:
    """From its Friday on, and afterwards until the day of the next week's review."""
    return week.first <= today < week.next.review_on


def is_late(week: Week, today: date) -> bool:
    """Whether the review is held after its day."""
    return today > week.review_on


def check_time(week: Week, today: date) -> None:
    """Refuse a review that comes too early or too late.

    :raises RuleViolation: ``review.too_early``, ``review.too_late``.
    """
    if not is_known(week, today):
        raise RuleViolation("review.too_early", day=week.first)
    if not can_be_held(week, today):
        raise RuleViolation("review.too_late", day=week.next.review_on)


def to_do_next(today: date, *, last_is_done: bool) -> Week:
    """The week to review next: last week's until it is done or this week's reports are due."""
    this = week_of(today)
    if last_is_done or today >= this.due_on or not can_be_held(this.before, today):
        return this
    return this.before


def check_verdict(
    verdict: LineVerdict, sentence: str, *, owned_since: datetime | None, stage: Stage, week: Week
) -> None:
    """Whether a verdict can be given of a project as it stands; `owned_since` None: its partner's no more.

    :raises RuleViolation: ``review.not_owner`` (S6), ``review.not_in_week``, ``review.signed``,
        ``review.sentence``: progress and a return say why.
    """
    if owned_since is None:
        raise RuleViolation("review.not_owner")
    if owned_since > week.end:
        raise RuleViolation("review.not_in_week")
    if verdict is LineVerdict.PROGRESS and stage is Stage.SIGNED:
        raise RuleViolation("review.signed")
    if verdict is not LineVerdict.NOTED and not sentence:
        raise RuleViolation("review.sentence", "sentence")


def may_take_back(given_at: datetime, by_id: int, *, user_id: int, today: date) -> bool:
    """Its author alone takes a verdict back, on the day on which it was given."""
    return by_id == user_id and business_date(given_at) == today

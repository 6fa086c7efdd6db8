"""Words about the Thursday review: enum labels, refusals, what the trail notes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.weekly import Group, LineVerdict

LABELS: tuple[tuple[StrEnum, Any], ...] = (
    (Group.NEW, _l("New")),
    (Group.ADVANCED, _l("Advanced")),
    (Group.FELL_BACK, _l("Fell back")),
    (Group.LAPSING, _l("Protection about to lapse, or lapsed")),
    (Group.STUCK, _l("Stuck")),
    (Group.SAME, _l("Unchanged")),
    (Group.GONE, _l("Gone")),
    (LineVerdict.NOTED, _l("Looked at")),
    (LineVerdict.PROGRESS, _l("Accepted as progress")),
    (LineVerdict.RETURNED, _l("Returned")),
)

MESSAGES: Mapping[str, Any] = {
    "review.decided_already": _l("%(name)s gave this project its verdict already."),
    "review.is_done": _l("This partner’s review is done. Reopen it first."),
    "review.not_in_week": _l(
        "The partner came to own this customer after the week: it belongs to the next review."
    ),
    "review.not_owner": _l("The customer is not this partner’s any more: nothing can be decided here."),
    "review.not_your_verdict": _l(
        "Only %(name)s can take this verdict back, and only on the day on which it was given."
    ),
    "review.not_yours": _l(
        "You do not hold this partner’s reviews any more. "
        "What you typed is still here: pass it on to whoever does."
    ),
    "review.nothing_to_take_back": _l("This verdict was taken back already."),
    "review.sentence": _l("Say why in a sentence: the partner reads it."),
    "review.signed": _l("A signed project needs no progress: its customer stays with the partner."),
    "review.too_early": _l("This review can be held from %(day)s on."),
    "review.too_late": _l("This review could be held until the next one, on %(day)s."),
}

ACTS: Mapping[str, Any] = {
    "meeting.placed": _l("Moved a partner in the order of the meeting"),
    "review.done": _l("Finished a review"),
    "review.noted": _l("Saved the notes of a review"),
    "review.opened": _l("Began a review"),
    "review.reopened": _l("Reopened a review"),
}

SUBJECTS: Mapping[str, Any] = {
    "meeting_place": _l("Order of the meeting"),
    "review": _l("Thursday review"),
    "week": _l("Week"),
}

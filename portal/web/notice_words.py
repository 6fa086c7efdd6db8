"""What people are told, in words: one title and one sentence for each kind of notice.

The names in the texts are those that the kind's rule asks for (`domain/notices.py`, `KINDS`).
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from portal.domain.letters import Told, one_line
from portal.domain.notices import NoticeKind
from portal.domain.periods import business_date
from portal.web import filters
from portal.web.language import locale

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST_VALUE = 120

TITLES: Mapping[NoticeKind, Any] = {
    NoticeKind.REPORT_REMINDER: _l("The weekly report is due on %(due_on)s, %(due_hour)s:00"),
    NoticeKind.REPORT_MISSING: _l("%(partner)s has not reported for the week of %(week)s"),
    NoticeKind.REPORT_LATE_IN: _l("%(partner)s reported late for the week of %(week)s"),
    NoticeKind.LINE_RETURNED: _l("%(customer)s: returned in the review"),
    NoticeKind.PROGRESS_ACCEPTED: _l("%(customer)s: progress accepted"),
    NoticeKind.SUPPORT_ASKED: _l("%(customer)s: %(partner)s asks for support"),
    NoticeKind.SUPPORT_PLANNED: _l("%(customer)s: support planned by %(due_on)s"),
    NoticeKind.SUPPORT_OVERDUE: _l("%(customer)s: support overdue since %(due_on)s"),
    NoticeKind.SUPPORT_CLOSED: _l("%(customer)s: support given"),
    NoticeKind.LAPSE_SOON: _l("%(customer)s: protected until %(until)s"),
    NoticeKind.LAPSED: _l("%(customer)s: protection has lapsed"),
    NoticeKind.ROLLUP_READY: _l("%(region)s: the roll-up for the week of %(week)s is ready"),
    NoticeKind.REVIEW_DONE: _l("The review of the week of %(week)s is done"),
}

SENTENCES: Mapping[NoticeKind, Any] = {
    NoticeKind.REPORT_REMINDER: _l("The report for the week of %(week)s is drafted: complete and submit it."),
    NoticeKind.REPORT_MISSING: _l("It can still be handed in; it then counts as late."),
    NoticeKind.REPORT_LATE_IN: _l("Look at it before the review."),
    NoticeKind.LINE_RETURNED: _l("Why: %(reason)s"),
    NoticeKind.PROGRESS_ACCEPTED: _l("Protected until %(until)s."),
    NoticeKind.SUPPORT_ASKED: _l("What is needed: %(need)s"),
    NoticeKind.SUPPORT_PLANNED: _l("%(who)s takes care of it."),
    NoticeKind.SUPPORT_OVERDUE: _l("%(partner)s still waits. Give it a new date or a result."),
    NoticeKind.SUPPORT_CLOSED: _l("What came of it: %(result)s"),
    NoticeKind.LAPSE_SOON: _l(
        "%(partner)s owns it. Move it on, or have progress accepted in the Thursday review; otherwise others "
        "can ask for it afterwards."
    ),
    NoticeKind.LAPSED: _l(
        "The last protected day was %(until)s. %(partner)s still owns it; progress protects it again as long "
        "as nobody has asked for it."
    ),
    NoticeKind.ROLLUP_READY: _l("Projects by stage, what moved, what is stuck, who did not report."),
    NoticeKind.REVIEW_DONE: _l(
        "Accepted as progress: %(accepted)s. Returned: %(returned)s. Looked at: %(looked_at)s. "
        "Held by %(who)s."
    ),
}


class _Values(dict[str, str]):
    """What a notice of an older version does not tell is a dash, not an error."""

    def __missing__(self, name: str) -> str:
        return "–"


def _values(told: Told) -> _Values:
    year, language = business_date(told.at).year, locale()

    def shown(value: Any) -> str:
        if isinstance(value, list):
            value = gettext(", ").join(value)
        text = one_line(str(value), _LONGEST_VALUE)
        return filters.day_in(date.fromisoformat(text), language, year) if _DAY.fullmatch(text) else text

    values = _Values({name: shown(value) for name, value in told.params.items()})
    if values.get("partner") == "":
        values["partner"] = gettext("Key accounts")
    if values.get("region") == "":
        values["region"] = gettext("All regions")
    return values


def title(told: Told) -> str:
    """What it is about, on one line, in the reader's language."""
    return str(TITLES[told.kind]) % _values(told)


def sentence(told: Told) -> str:
    """What to know or to do about it."""
    return str(SENTENCES[told.kind]) % _values(told)

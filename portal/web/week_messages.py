"""What refusals say that are about the channel's week: reports, reviews, support, roll-ups."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

WEEK: Mapping[str, Any] = {
    "support.closed": _l("This request is over already: nothing was changed."),
    "support.due_in_the_past": _l("It cannot be due before today."),
    "support.due_needs_reason": _l("Say why the day is moved: whoever asked reads it."),
    "support.due_not_yours": _l("By when it is due is for the vendor to say."),
    "support.due_passed": _l(
        "It was due on %(day)s: a day that has passed is not moved. Give the support, or decline it."
    ),
    "support.due_required": _l("Say by when it is due."),
    "support.not_yours": _l("This is not yours to ask for or to answer."),
    "support.owner": _l("Only a person of ours who gives support can take it."),
    "week.form": _l("“%(value)s” is not a reporting week: name it by its Thursday, as 2026-11-26."),
}

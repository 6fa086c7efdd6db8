"""What refusals say that are about the channel's week: reports, reviews, support, roll-ups."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

WEEK: Mapping[str, Any] = {
    "check.rollup_missing": _l("The roll-up of the week %(week)s was made, and is not there."),
    "check.rollup_sums": _l("Its sums are not those of the week %(week)s as it was kept."),
    "check.rollup_text": _l("It is not the text of its week and region."),
    "rollup.later_made": _l(
        "The roll-up of the week %(week)s is made already: an earlier week cannot be made after it."
    ),
    "rollup.none": _l("No roll-up is made yet up to that day."),
    "rollup.too_early": _l("The week is not over: its roll-up can be made from %(day)s on."),
    "week.form": _l("“%(value)s” is not a reporting week: name it by its Thursday, as 2026-11-26."),
}

"""What refusals say that are about the channel's week: reports, reviews, support, roll-ups."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

WEEK: Mapping[str, Any] = {
    "week.form": _l("“%(value)s” is not a reporting week: name it by its Thursday, as 2026-11-26."),
}

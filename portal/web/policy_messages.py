"""What refusals say that are about the policy and its figures."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

POLICY: Mapping[str, Any] = {
    "import.json_object": _l("The file must hold one JSON object: {…} with the figures by name."),
    "import.json_twice": _l("“%(name)s” stands in the file twice."),
    "import.not_json": _l("The file is not JSON: it cannot be read from line %(line)s on."),
    "policy.day_taken": _l("Another version starts on %(day)s: choose another day."),
    "policy.does_not_fit": _l("It is missing, or does not fit what stands beside it."),
    "policy.gone": _l("It is not there any more: somebody withdrew it, threw it away or put it in force."),
    "policy.in_force": _l("This version has been in force since %(day)s and stays: write a new one."),
    "policy.odd_floor_order": _l("%(product)s: a better tier has a higher floor price than a worse one."),
    "policy.odd_no_floor": _l(
        "%(product)s: a tier has no floor price. Its receipts wait until there is one."
    ),
    "policy.odd_no_rate": _l("%(product)s: a tier has no rate. Its receipts wait until there is one."),
    "policy.odd_rate_order": _l("%(product)s: a better tier has a lower rate than a worse one."),
    "policy.statement_out": _l(
        "The statements of %(period)s are out already: a version can only start after that period."
    ),
    "policy.too_early": _l("A version starts tomorrow at the earliest: %(day)s or later."),
    "policy.too_many": _l("“%(value)s” is too much: %(most)s at most."),
    "policy.unknown_figure": _l("The policy has no figure “%(figure)s”."),
    "price.decimals": _l("“%(value)s” has more than four decimals."),
    "share.decimals": _l(
        "“%(value)s” has too many decimals: at most two in per cent, as 12.25, or four in a share, as 0.1225."
    ),
    "share.not_a_share": _l("“%(value)s” is not a percentage: write 40 or 0.40."),
    "share.one": _l("“%(value)s” could be one per cent or all of it: write 0.01 or 100."),
    "share.order": _l("“%(value)s” is out of order: the lower percentage first, none twice."),
    "share.too_large": _l("“%(value)s” is more than all of it: at most 100."),
}

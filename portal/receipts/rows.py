"""Where a receipt stands, in one word for the pages: on a statement, waiting, or not going to any."""

from collections.abc import Sequence
from typing import Any

from portal.domain.commissions import NOTHING, WITHHELD
from portal.domain.statements import ISSUED


def whereabouts(row: Any, lines: Sequence[Any], credit: Any) -> tuple[str, Any]:
    """A word for where a receipt stands, and its line on a statement, if it has one.

    ``unknown``, ``contested``, ``key_accounts``, ``nothing``, ``withheld``, ``sent``, ``drafted`` or
    ``waiting``. ``nothing``: no statement will ever count it (M14); ``withheld``: a term is missing (M2).
    """
    line = lines[-1] if lines else None
    if line is not None:
        if line.flag in NOTHING:
            return "nothing", line
        if line.flag in WITHHELD:
            return "withheld", line
        return ("sent" if line.station in ISSUED else "drafted"), line
    if credit is None:
        return "unknown", None
    if credit.contested and row.refund_of_id is None:
        return "contested", None
    if credit.partner_on(row.credited_on) is None:
        return "key_accounts", None
    return "waiting", None

"""How requests look to the person who reads them: what is owed, how late, and what it does to a clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.calendar import working_days_late
from portal.domain.support import INSTALLS, SupportKind, SupportState, Withdrawal, department_of
from portal.web.labels import label
from portal.web.language import gettext as _

_AGREED = 3
_WITHDRAWN = {each.value: each for each in Withdrawal}


@dataclass(frozen=True)
class Line:
    """One request, ready to be written."""

    row: Any
    is_open: bool
    late: bool
    late_days: int
    owner: str
    result: str
    words: str
    need: str


def lines(rows: Iterable[Any], today: date) -> list[Line]:
    """Requests as they stand today."""
    return [line(row, today) for row in rows]


def line(row: Any, today: date) -> Line:
    """A request as it stands today."""
    is_open = row.state is SupportState.OPEN
    late = is_open and row.due_on is not None and row.due_on < today
    days = working_days_late(row.due_on, today) if late else 0
    return Line(
        row, is_open, late, days, row.owner or department_words(row), result_words(row), support_words(row),
        need_words(row),
    )  # fmt: skip


def support_words(row: Any) -> str:
    """What is needed, in a line: of an install, whose text only says what was agreed on, also its kind."""
    kind = label(row.kind)
    if row.kind in INSTALLS and row.need:
        return f"{kind}{_(': ')}{need_words(row)}"
    return str(row.need or kind)


def need_words(row: Any) -> str:
    """What is needed; of an install, which keeps three bare values of the agreement, what each of them is."""
    agreed = str(row.need).rsplit(" · ", 2) if row.kind in INSTALLS else []
    if len(agreed) != _AGREED:
        return str(row.need)
    name, first, last = agreed
    if row.kind is SupportKind.TRIAL_INSTALL:
        return _("Agreement %(number)s, trial %(first)s to %(last)s", number=name, first=first, last=last)
    return _("Contract %(number)s of %(day)s, ports: %(ports)s", number=name, day=first, ports=last)


def department_words(row: Any) -> str:
    """Whose turn it is as long as nobody has taken it."""
    return label(department_of(row.kind, of_partner=row.party_id is not None))


def result_words(row: Any) -> str:
    """What came of it, in words also where it fell away by itself."""
    withdrawn = _WITHDRAWN.get(row.result)
    return label(withdrawn) if withdrawn else str(row.result)

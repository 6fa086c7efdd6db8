"""What an act in a case would change: the very act, done for once, looked at, and taken back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.cases.queries import case_row
from portal.conflicts.preview import Change, compared, standing
from portal.db import trial


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The claims before and after, and the case as it would stand."""

    changes: list[Change]
    case: Any


def foresee(
    session: Session,
    customer_id: int | None,
    act: Callable[[], Any],
    *,
    today: date,
    own: int | None = None,
    case_id: int | None = None,
) -> Foreseen:
    """Do `act` inside `trial`; nothing of it is left behind.

    A party is given `own`, its claim, and sees what becomes of that one alone. `act` answers the
    case where it opens one.

    :raises RuleViolation: what the act itself would be refused for.
    """
    customers = [] if customer_id is None else [customer_id]
    before = standing(session, customers)
    with trial(session):
        answer = act()
        after = standing(session, customers)
        case = case_row(session, case_id or answer, sa.true())
    changes = compared(before, after, today)
    return Foreseen([each for each in changes if own in (None, each.registration_id)], case)

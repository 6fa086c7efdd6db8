"""`portal check`: every feature's own part, one after the other."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from portal.conflicts import check as conflicts
from portal.conflicts.check import Problem
from portal.deposits import check as deposits
from portal.domain.errors import RuleViolation
from portal.notices import check as notices
from portal.payments import check as payments
from portal.receipts import check as receipts
from portal.statements import check as statements
from portal.support import check as support
from portal.weekly import check_reports as weekly
from portal.weekly import check_review as reviews
from portal.weekly import check_rollup as rollups

UNREADABLE = (
    *(RuleViolation, LookupError, TypeError, ValueError, ArithmeticError),
    *(AttributeError, RecursionError),
)
_PARTS = (
    ("registration", conflicts.problems),
    ("weekly_report", weekly.problems),
    ("support_request", support.problems),
    ("review", reviews.problems),
    ("receipt", receipts.problems),
    ("statement", statements.problems),
    ("payment_batch", payments.problems),
    ("deposit_entry", deposits.problems),
    ("notice", notices.problems),
    ("rollup", rollups.problems),
)


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken invariant on the whole database; nothing is repaired."""
    for table, part in _PARTS:
        try:
            yield from part(session, now=now)
        except UNREADABLE as error:
            yield table, "*", RuleViolation("check.unreadable", error=f"{type(error).__name__}: {error}")

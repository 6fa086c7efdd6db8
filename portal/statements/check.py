"""`portal check` of statements: what they say and how they came to be where they are."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from portal.statements import check_lines, check_walk
from portal.statements.check_lines import Problem


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken invariant of statements."""
    yield from check_lines.problems(session)
    yield from check_walk.problems(session)

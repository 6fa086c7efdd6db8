"""Write down what moves and endings tell about a project: contract, end of trial, reason of loss."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.pipeline import LostReason
from portal.domain.terms import EventKind
from portal.domain.told import Told, project_told
from portal.models import tables as t

_TELLING = (EventKind.MOVED, EventKind.LOST, EventKind.UNDONE)
_READ: Mapping[str, Callable[[str], Any]] = {
    "contract_no": str,
    "contract_on": date.fromisoformat,
    "trial_ends_on": date.fromisoformat,
    "lost_reason": LostReason,
}


def keep_told(session: Session, registrations: Collection[int]) -> None:
    """Bring these columns of registrations to what their facts, in order of instant, tell."""
    for part in chunks(registrations):
        facts: defaultdict[int, list[Told]] = defaultdict(list)
        e = t.registration_event.c
        query = sa.select(
            e.registration_id, e.id, e.kind, e.at, e.stage, e.reason, e.note, e.data, e.about_id
        ).where(e.registration_id.in_(part), e.kind.in_(_TELLING))
        for row in session.execute(query):
            facts[row.registration_id].append(Told(*row[1:]))
        c = t.registration.c
        stored = sa.select(c.id, *(c[name] for name in _READ)).where(c.id.in_(part))
        for row in session.execute(stored).all():
            told = {name: _typed(name, value) for name, value in project_told(facts[row.id]).items()}
            if told != {name: getattr(row, name) for name in told}:
                session.execute(sa.update(t.registration).where(c.id == row.id).values(**told))


def _typed(name: str, value: Any) -> Any:
    return None if value is None else _READ[name](value)

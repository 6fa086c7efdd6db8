"""Whether `contract` is what the signed moves and ownership say (M1, M7, S6)."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.contracts import COLUMNS, stated
from portal.db import chunks
from portal.domain.errors import RuleViolation
from portal.domain.pipeline import Stage
from portal.domain.terms import EventKind
from portal.models import tables as t

Problem = tuple[str, Any, RuleViolation]


def problems(session: Session) -> Iterator[Problem]:
    """Every contract that no fact states, every stated one that is missing, every column that differs."""
    e = t.registration_event.c
    query = sa.select(e.registration_id).where(e.kind == EventKind.MOVED, e.stage == Stage.SIGNED)
    signed = session.scalars(query.distinct().order_by(e.registration_id)).all()
    wanted = {
        (row["registration_id"], row["number_key"]): row
        for part in chunks(signed)
        for row in stated(session, part)
    }
    for row in session.execute(sa.select(t.contract).order_by(t.contract.c.id)):
        told = wanted.pop((row.registration_id, row.number_key), None)
        if told is None:
            yield "contract", row.id, RuleViolation("check.contract")
            continue
        for column in COLUMNS:
            if getattr(row, column) != told[column]:
                yield "contract", row.id, RuleViolation("check.not_told", column=column)
    for registration_id, number_key in wanted:
        yield "contract", f"registration {registration_id}/{number_key}", RuleViolation("check.missing")

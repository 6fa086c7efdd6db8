"""What a report states of many projects at once (W2): ports, revenue, the next step.

The facts and columns are those that the single acts of `work` leave; the statements are as many for one
project as for hundreds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts import stats
from portal.conflicts.claims import next_of_claims
from portal.db import chunks
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.models import tables as t

_TICK = timedelta(microseconds=1)
_FIGURES = ("ports", "yearly_revenue")
_STEP = ("next_step", "next_step_on")
_c = t.registration.c
_WRITE = (
    sa.update(t.registration)
    .where(_c.id == sa.bindparam("of"))
    .values({name: sa.bindparam(f"new_{name}") for name in (*_FIGURES, *_STEP)})
    .values(version=_c.version + sa.bindparam("more"))
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What is said of a project: None, or no next step, says nothing about it."""

    ports: int | None = None
    yearly_revenue: Decimal | None = None
    next_step: str = ""
    next_step_on: date | None = None

    def over(self, row: Any) -> dict[str, Any]:
        """The columns of a registration as they are with it."""
        figures = (getattr(self, name) for name in _FIGURES)
        step = self if self.next_step else row
        return {
            name: getattr(row, name) if said is None else said
            for name, said in zip(_FIGURES, figures, strict=True)
        } | {name: getattr(step, name) for name in _STEP}


def restate(session: Session, *, actor: Actor, now: datetime, stated: Mapping[int, Stated]) -> None:
    """Tell on each project's time line what is stated otherwise than it stands, and change it there.

    The caller holds the registry lock, so nobody else changes them meanwhile.
    """
    rows, times = _rows(session, stated), next_of_claims(session, stated, now)
    totals, facts, changed = stats.Delta(), [], []
    for row in rows:
        after = stated[row.id].over(row)
        told = _facts(row, after, actor, times[row.id])
        if not told:
            continue
        facts += told
        totals.change(row, after)
        changed.append(
            {"of": row.id, "more": len(told)} | {f"new_{name}": value for name, value in after.items()}
        )
    if changed:
        session.connection().execute(_WRITE, changed)
        totals.apply(session)
        journal.write(session, facts, actor=actor)


def _rows(session: Session, stated: Mapping[int, Stated]) -> list[Any]:
    query = sa.select(t.registration).with_for_update()
    return [row for part in chunks(stated) for row in session.execute(query.where(_c.id.in_(part)))]


def _facts(row: Any, after: Mapping[str, Any], actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """What of it is new; each later than the one before (what is told last is what counts)."""
    found = []
    news = {name: value for name, value in after.items() if value != getattr(row, name)}
    if figures := {name: news[name] for name in _FIGURES if name in news}:
        data = {"before": {name: getattr(row, name) for name in figures}, "after": figures}
        found.append(journal.fact(row.id, EventKind.EDITED, at=at, now=at, actor=actor, data=data))
        at += _TICK
    if news.keys() & set(_STEP):
        due = {"due": after["next_step_on"]} if after["next_step_on"] else {}
        found.append(
            journal.fact(
                row.id, EventKind.NEXT_STEP, at=at, now=at, actor=actor, note=after["next_step"], data=due
            )
        )
    return found

"""Undo a merge that proved to be wrong: a fact that takes the merge back, then settle again (C12)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.claims import next_instant
from portal.conflicts.service import resettle
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.models import tables as t


def unmerge_customer(
    session: Session, *, actor: Actor | None, now: datetime, loser: int, reason: str
) -> None:
    """Take `loser` out of the customer it was merged into; each side gets back what was its own.

    Who owned each side just before the merge does again, on the clock it had. Claims that came
    since go to the side whose code or name they bear, else they stay. It can be merged again.

    :raises RuleViolation: ``unmerge.not_merged``; ``reason.required``; ``unmerge.one_company``:
        both sides bear one credit code by now, or one of them would be left without a filing.
    """
    lock_registry(session)
    winner = session.scalar(sa.select(t.customer.c.merged_into_id).where(t.customer.c.id == loser))
    merge = merge_of(session, loser) if winner is not None else None
    if winner is None or merge is None:
        raise RuleViolation("unmerge.not_merged")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    now = next_instant(session, now)
    fact = journal.fact(
        merge.registration_id, EventKind.UNDONE, at=now, now=now, actor=actor, reason=reason,
        about_id=merge.id, data={"unmerged": merge.data},
    )  # fmt: skip
    journal.write(session, [fact], actor=actor)
    resettle(session, _ever_on(session, loser, winner), now=now, also=[loser, winner])
    if session.scalar(sa.select(t.customer.c.merged_into_id).where(t.customer.c.id == loser)) is not None:
        raise RuleViolation("unmerge.one_company")


def merge_of(session: Session, loser: int) -> Any:
    """The fact that merged a customer into another one and still holds; None if there is none."""
    e = t.registration_event.c
    c = t.customer.c
    row = session.execute(sa.select(c.founder_key, c.merged_into_id).where(c.id == loser)).one()
    here = sa.select(t.placement.c.registration_id).where(
        t.placement.c.customer_id.in_((loser, row.merged_into_id))
    )
    undone = set(
        session.scalars(sa.select(e.about_id).where(e.kind == EventKind.UNDONE, e.registration_id.in_(here)))
    )
    facts = session.execute(
        sa.select(t.registration_event)
        .where(e.kind == EventKind.MERGED, e.registration_id.in_(here))
        .order_by(e.at.desc(), e.id.desc())
    )
    holding = [fact for fact in facts if fact.id not in undone]
    for fact in holding:
        if fact.data.get("loser_id") == loser or fact.data["loser"] == row.founder_key:
            return fact
    # An older filing has come in since and founds the customer now: the one that founded it was on it.
    once = set(_ever_on(session, loser))
    return next((fact for fact in holding if abs(fact.data["loser"]) in once), None)


def _ever_on(session: Session, *customers: int) -> list[int]:
    c = t.placement.c
    return list(session.scalars(sa.select(c.registration_id).where(c.customer_id.in_(customers)).distinct()))

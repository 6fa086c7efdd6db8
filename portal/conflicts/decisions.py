"""Decide held filings and merge customers: facts for the identity fold, then settle again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.claims import next_instant, take_version
from portal.conflicts.held import candidates
from portal.conflicts.service import resettle
from portal.db import lock_registry, part
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.matching.apart import part_of
from portal.models import tables as t


def decide_held(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    version: int,
    customer_id: int,
    same: bool,
    reason: str,
) -> State:
    """Settle whether a held filing is on `customer_id` (G4). Answers how the filing stands now.

    Same: it takes its place by its own filing instant (C1). Different: it is compared with the
    rest; with no one else alike it founds a customer and is protected from now on. "Different" is
    remembered for good: the filing is never compared with that customer again.

    :raises StaleVersion: somebody changed the filing meanwhile.
    :raises RuleViolation: ``held.not_held``, ``held.not_a_suspect``, ``reason.required``;
        ``held.code_overrules``: two valid codes say that they are two companies (§6), so "same"
        would decide nothing.
    """
    lock_registry(session)
    row = take_version(session, registration_id, version)
    if row.state is not State.HELD:
        raise RuleViolation("held.not_held")
    if customer_id not in {row.suspect_id, *(each.id for each in candidates(session, row))}:
        raise RuleViolation("held.not_a_suspect")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    founder = session.scalar(sa.select(t.customer.c.founder_key).where(t.customer.c.id == customer_id))
    now = next_instant(session, now)
    kind = EventKind.DECIDED_SAME if same else EventKind.DECIDED_DIFFERENT
    data = {"founder": founder, "customer_id": customer_id}
    if not same:
        data["with"] = part_of(session, customer_id)
    fact = journal.fact(registration_id, kind, at=now, now=now, actor=actor, reason=reason, data=data)
    journal.write(session, [fact], actor=actor)
    resettle(session, [registration_id], now=now, also=[customer_id])
    c = t.registration.c
    now_on = session.execute(sa.select(c.state, c.customer_id).where(c.id == registration_id)).one()
    if same and now_on.customer_id != customer_id:
        raise RuleViolation("held.code_overrules", uscc=row.uscc or "")
    return State(now_on.state)


@dataclass(frozen=True, slots=True)
class Pick:
    """A held filing as somebody saw it when ticking it."""

    registration_id: int
    version: int
    customer_id: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a pick: how the filing stands now, or why it was left alone."""

    pick: Pick
    ref: str = ""
    customer_name: str = ""
    candidate_name: str = ""
    state: State | None = None
    queue_position: int | None = None
    problem: RuleViolation | None = None


def decide_many(
    session: Session, *, actor: Actor, now: datetime, picks: Collection[Pick], same: bool, reason: str
) -> list[Decided]:
    """Decide several held filings alike, oldest first; what somebody else changed is left and named.

    :raises RuleViolation: ``reason.required``.
    """
    lock_registry(session)
    if not reason:
        raise RuleViolation("reason.required", "reason")
    problems: dict[Pick, RuleViolation] = {}
    # In the order in which a replay takes decisions of one instant.
    ordered = sorted(set(picks), key=lambda pick: pick.registration_id)
    for pick in ordered:
        try:
            with part(session):
                decide_held(
                    session, actor=actor, now=now, registration_id=pick.registration_id,
                    version=pick.version, customer_id=pick.customer_id, same=same, reason=reason,
                )  # fmt: skip
        except RuleViolation as error:
            problems[pick] = error
    return _how_they_stand(session, ordered, problems)


def _how_they_stand(
    session: Session, picks: Collection[Pick], problems: dict[Pick, RuleViolation]
) -> list[Decided]:
    r, c = t.registration.c, t.customer.c
    filings = {
        row.id: row
        for row in session.execute(
            sa.select(r.id, r.ref, r.customer_name, r.state, r.queue_position).where(
                r.id.in_([pick.registration_id for pick in picks])
            )
        )
    }
    named = sa.select(c.id, c.name).where(c.id.in_([pick.customer_id for pick in picks]))
    names = {row.id: row.name for row in session.execute(named)}
    return [
        Decided(
            pick, row.ref, row.customer_name, names.get(pick.customer_id, ""), row.state, row.queue_position,
            problems.get(pick),
        )
        for pick in picks
        if (row := filings.get(pick.registration_id))
    ]  # fmt: skip


def merge_customers(
    session: Session, *, actor: Actor | None, now: datetime, loser: int, winner: int, reason: str
) -> None:
    """Two customers proved to be one (C12): all claims are ordered by filing at once.

    :raises RuleViolation: ``merge.same``, ``merge.codes_differ``, ``merge.both_signed``,
        ``reason.required``.
    """
    lock_registry(session)
    rows = check_merge(session, loser=loser, winner=winner)
    if not reason:
        raise RuleViolation("reason.required", "reason")
    now = next_instant(session, now)
    seat: Any = session.scalar(
        sa.select(sa.func.min(t.registration.c.id)).where(t.registration.c.customer_id == loser)
    )
    fact = journal.fact(
        seat, EventKind.MERGED, at=now, now=now, actor=actor, reason=reason,
        data={
            "loser": rows[loser].founder_key, "winner": rows[winner].founder_key,
            "loser_id": loser, "winner_id": winner,
        },
    )  # fmt: skip
    journal.write(session, [fact], actor=actor)
    resettle(session, _claims_on(session, loser, winner), now=now, also=[loser, winner])


def check_merge(session: Session, *, loser: int, winner: int) -> dict[int, Any]:
    """Whether two customers can be merged; answers their rows by id.

    :raises RuleViolation: ``merge.same``, ``merge.codes_differ``, ``merge.both_signed``.
    """
    found = session.execute(
        sa.select(t.customer).where(
            t.customer.c.id.in_((loser, winner)), t.customer.c.merged_into_id.is_(None)
        )
    )
    rows = {row.id: row for row in found}
    if len(rows) != 2:
        raise RuleViolation("merge.same")
    codes = {row.uscc for row in rows.values() if row.uscc}
    if len(codes) == 2:
        raise RuleViolation("merge.codes_differ")
    signed = session.scalar(
        sa.select(sa.func.count())
        .select_from(t.registration)
        .where(
            t.registration.c.customer_id.in_((loser, winner)),
            t.registration.c.state == State.SIGNED,
        )
    )
    if signed == 2:
        raise RuleViolation("merge.both_signed")
    return rows


def _claims_on(session: Session, *customers: int) -> list[int]:
    return list(
        session.scalars(sa.select(t.registration.c.id).where(t.registration.c.customer_id.in_(customers)))
    )

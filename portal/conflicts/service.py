"""Settle customers: replay their facts and write the outcome. The only writer of ownership."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.conflicts import stats
from portal.conflicts.clocks import lapsed
from portal.conflicts.contracts import keep_contracts
from portal.conflicts.facts import Dossier, load_claims, load_dossier
from portal.conflicts.open_cases import end_pointless
from portal.db import chunks
from portal.domain.facts import OWNING_STATES, Rule, Standing, State, Timeline
from portal.domain.policy import Policies
from portal.matching.replay import reassign
from portal.matching.suspicions import look_soon
from portal.models import tables as t
from portal.policy.service import load_policies

PROJECTED = (
    "state",
    "state_rule",
    "state_since",
    "is_owner",
    "ever_owned",
    "owned_since",
    "queue_position",
    "stage",
    "highest_stage",
    "stage_since",
    "last_progress_at",
    "protected_until",
    "paused_from",
)
_CURRENT = sa.select(
    t.registration.c.id,
    t.registration.c.partner_id,
    t.registration.c.ports,
    t.registration.c.yearly_revenue,
    t.registration.c.customer_id,
    t.registration.c.filed_at,
    t.registration.c.filed_stage,
    *(t.registration.c[column] for column in PROJECTED),
)


def settle(session: Session, customers: Collection[int], *, now: datetime) -> dict[int, Timeline]:
    """Replay `customers` up to `now` and bring their claims, ownership rows and totals in line.

    The caller holds the registry lock. Returns the time lines, by customer.
    """
    if not customers:
        return {}
    policies = load_policies(session)
    dossier = load_dossier(session, customers)
    timelines = {each: dossier.timeline(each, policies, dossier.present(each, now)) for each in customers}
    standings = {
        claim: standing for timeline in timelines.values() for claim, standing in timeline.claims.items()
    }
    _write_claims(session, standings)
    _write_ownership(session, timelines)
    keep_contracts(session, dossier.claims)
    end_pointless(session, timelines, now=now)
    return timelines


def settle_held(session: Session, claims: Collection[int]) -> None:
    """Bring claims that are on no customer yet in line: held, or released while held (S6)."""
    if not claims:
        return
    dossier = load_claims(session, claims)
    _write_claims(session, {claim: held_standing(dossier, claim) for claim in claims})
    keep_contracts(session, claims)


def resettle(
    session: Session, seeds: Collection[int], *, now: datetime, also: Collection[int] = ()
) -> dict[int, Timeline]:
    """Find out anew which customers `seeds` and all that hangs with them are on, and settle.

    For anything that is not simply the newest filing: imports, decisions, corrections, merges.
    `also` names customers to settle besides. Customers that learn a name by it are compared with the
    others. The caller holds the registry lock.
    """
    touched = reassign(session, seeds, lambda claims: _suspend(session, claims))
    settle_held(session, touched.held)
    timelines = settle(session, touched.customers | set(also), now=now)
    look_soon(session, touched.learned, now=now)
    return timelines


def _suspend(session: Session, claims: Collection[int]) -> None:
    """Take ownership off claims that change customer, until they are settled there."""
    owners: dict[int, Standing] = {}
    for part in chunks(claims):
        for row in session.execute(_CURRENT.where(t.registration.c.id.in_(part), t.registration.c.is_owner)):
            owners[row.id] = Standing(
                State.WAITING,
                row.state_rule,
                row.state_since,
                row.stage,
                row.highest_stage,
                row.stage_since,
                ever_owned=row.ever_owned,
            )
    _write_claims(session, owners)


def held_standing(dossier: Dossier, claim: int) -> Standing:
    """How a claim without a customer stands."""
    row, since = dossier.claims[claim], dossier.placements[claim][-1].at
    ended = dossier.released_at(claim)
    state, rule = (State.RELEASED, Rule.VOLUNTARY) if ended else (State.HELD, Rule.HELD)
    return Standing(state, rule, ended or since, row.filed_stage, row.filed_stage, row.filed_at)


def projection(standing: Standing) -> dict[str, Any]:
    """The columns of `registration` that the fold decides."""
    return {
        "state": standing.state,
        "state_rule": standing.rule,
        "state_since": standing.since,
        "is_owner": standing.state in OWNING_STATES,
        "ever_owned": standing.ever_owned,
        "owned_since": standing.owned_since,
        "queue_position": standing.queue_position,
        "stage": standing.stage,
        "highest_stage": standing.highest,
        "stage_since": standing.stage_since,
        "last_progress_at": standing.last_progress_at,
        "protected_until": standing.protected_until,
        "paused_from": standing.paused_from,
    }


def _write_claims(session: Session, standings: dict[int, Standing]) -> None:
    changed: list[dict[str, Any]] = []
    totals = stats.Delta()
    for part in chunks(standings):
        for row in session.execute(_CURRENT.where(t.registration.c.id.in_(part))):
            wanted = projection(standings[row.id])
            if any(getattr(row, column) != value for column, value in wanted.items()):
                totals.change(row, wanted)
                changed.append({"row_id": row.id, **wanted})
    if not changed:
        return
    # Losers first: the database admits one owner per customer at every moment (C11).
    changed.sort(key=lambda each: each["is_owner"])
    table = t.registration
    update = sa.update(table).where(table.c.id == sa.bindparam("row_id"))
    session.connection().execute(
        update.values({column: sa.bindparam(column) for column in PROJECTED}), changed
    )
    totals.apply(session)


def ownership_rows(customer: int, timeline: Timeline) -> list[tuple[Any, ...]]:
    """A time line's intervals as rows of `ownership`."""
    return [
        (customer, interval.claim, interval.start, interval.end, interval.rule)
        for interval in timeline.intervals
    ]


def _write_ownership(session: Session, timelines: dict[int, Timeline]) -> None:
    stored: dict[int, list[tuple[Any, ...]]] = {customer: [] for customer in timelines}
    for part in chunks(timelines):
        query = (
            sa.select(
                t.ownership.c.customer_id,
                t.ownership.c.registration_id,
                t.ownership.c.starts_at,
                t.ownership.c.ends_at,
                t.ownership.c.rule,
            )
            .where(t.ownership.c.customer_id.in_(part))
            .order_by(t.ownership.c.id)
        )
        for row in session.execute(query):
            stored[row.customer_id].append(tuple(row))
    rows: list[dict[str, Any]] = []
    stale: list[int] = []
    for customer, timeline in timelines.items():
        wanted = ownership_rows(customer, timeline)
        if wanted != stored[customer]:
            stale.append(customer)
            rows.extend(dict(zip(_OWNERSHIP, row, strict=True)) for row in wanted)
    for part in chunks(stale):
        session.execute(sa.delete(t.ownership).where(t.ownership.c.customer_id.in_(part)))
    if rows:
        session.execute(sa.insert(t.ownership), rows)


_OWNERSHIP = ("customer_id", "registration_id", "starts_at", "ends_at", "rule")


def settle_lapses(session: Session, *, now: datetime, today: Any) -> list[int]:
    """Record every lapse that time has caused (C3); returns the claims that lapsed.

    Reading already shows them as lapsed (`effective_state`); this writes it down.
    """
    due = session.execute(
        sa.select(t.registration.c.id, t.registration.c.customer_id).where(
            t.registration.c.is_owner,
            lapsed(today),
            t.registration.c.state == State.ACTIVE,
        )
    ).all()
    settle(session, {row.customer_id for row in due}, now=now)
    return [row.id for row in due]


def rebuild(session: Session, *, now: datetime) -> int:
    """Derive every claim's place, standing, ownership and totals anew from the facts; how many customers.

    For a database whose projection is broken, or was made by rules that took names for the same
    otherwise; what the facts say is not touched. The caller holds the registry lock.
    """
    reassign(
        session, list(session.scalars(sa.select(t.registration.c.id))), lambda _moving: _step_down(session)
    )
    dossier = load_dossier(session, None)
    session.execute(sa.delete(t.ownership))
    held = {claim for claim, stays in dossier.placements.items() if stays[-1].customer_id is None}
    settle_held(session, held)
    _step_down(session)
    settle(session, set(dossier.members), now=now)
    session.execute(sa.delete(t.pipeline_stat))
    counted = [
        dict(zip(_TOTALS, (*key, *totals), strict=True)) for key, totals in stats.recount(session).items()
    ]
    if counted:
        session.execute(sa.insert(t.pipeline_stat), counted)
    audit.record(
        session, actor=None, action="ownership.rebuilt", at=now, subject=("ownership", None),
        customers=len(dossier.members),
    )  # fmt: skip
    return len(dossier.members)


_TOTALS = ("party_id", "stage", "projects", "ports", "yearly_revenue", "reached")


def _step_down(session: Session) -> None:
    """Take ownership off everybody: a wrong owner must not stand in the way of the right one."""
    c = t.registration.c
    session.execute(sa.update(t.registration).where(c.is_owner).values(is_owner=False, state=State.WAITING))


def timelines(
    session: Session, until: datetime, customers: Iterable[int] | None = None
) -> tuple[Dossier, dict[int, Timeline]]:
    """Replay customers (all when None) as of `until`, without writing anything."""
    policies: Policies = load_policies(session)
    dossier = load_dossier(session, customers)
    return dossier, {
        customer: dossier.timeline(customer, policies, until)
        for customer in (dossier.members if customers is None else customers)
    }

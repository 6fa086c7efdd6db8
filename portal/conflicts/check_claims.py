"""Whether facts are as sealed, and claims, ownership and totals what the facts say."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit, journal
from portal.conflicts import stats
from portal.conflicts.facts import Dossier, load_dossier
from portal.conflicts.service import PROJECTED, held_standing, ownership_rows, projection
from portal.domain.errors import RuleViolation
from portal.domain.facts import Rule, State
from portal.domain.terms import EventKind
from portal.domain.told import Told, columns_told
from portal.models import tables as t
from portal.policy.service import load_policies

Problem = tuple[str, Any, RuleViolation]


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every claim, fact, ownership or total that does not hold."""
    yield from _facts(session)
    yield from _told(session)
    yield from _ownership(session, now)
    yield from _totals(session)


def _facts(session: Session) -> Iterator[Problem]:
    """Every fact is as it was sealed, and every sealed fact is there."""
    sealed: dict[str, int] = {}
    c = t.audit_entry.c
    for row in session.execute(sa.select(c.subject_id, c.details).where(c.subject_type == "registration")):
        if "digest" in row.details:
            sealed[row.details["digest"]] = row.subject_id
    for row in session.execute(sa.select(t.registration_event)):
        digest = journal.event_digest(dict(row._mapping))
        if digest != row.digest:
            yield "registration_event", row.id, RuleViolation("check.fact_changed")
        elif sealed.pop(digest, None) is None:
            yield "registration_event", row.id, RuleViolation("check.untrailed")
        sealed.pop(row.digest, None)
    for claim in sealed.values():
        yield "registration", claim, RuleViolation("check.fact_missing")


def _told(session: Session) -> Iterator[Problem]:
    """What was stated, edited, corrected and told by moves is what the registration still says."""
    e = t.registration_event.c
    facts: defaultdict[int, list[Told]] = defaultdict(list)
    filers: dict[int, int | None] = {}
    for row in session.execute(
        sa.select(
            e.registration_id, e.actor_id,
            e.id, e.kind, e.at, e.stage, e.reason, e.note, e.data, e.about_id,
        )
    ):  # fmt: skip
        fact = Told(*row[2:])
        facts[row.registration_id].append(fact)
        if fact.kind is EventKind.FILED:
            filers[row.registration_id] = row.actor_id
    for row in session.execute(sa.select(t.registration)):
        filed = [fact for fact in facts[row.id] if fact.kind is EventKind.FILED]
        if len(filed) != 1:
            yield "registration", row.id, RuleViolation("check.not_filed")
            continue
        told = columns_told(facts[row.id])
        told |= {"filed_at": filed[0].at, "filed_stage": filed[0].stage, "filed_by_id": filers[row.id]}
        for column, value in audit.plain(told).items():
            if not same(getattr(row, column), value):
                yield "registration", row.id, RuleViolation("check.not_told", column=column)


def same(stored: Any, told: Any) -> bool:
    """Whether a column holds what a fact or the trail tells in plain JSON; 21600 is 21600.00."""
    if isinstance(stored, Decimal) and told is not None:
        return stored == Decimal(told)
    return bool(audit.plain(stored) == told)


def _ownership(session: Session, now: datetime) -> Iterator[Problem]:
    policies, dossier = load_policies(session), load_dossier(session, None)
    wanted: dict[int, dict[str, Any]] = {}
    rows: dict[int, list[tuple[Any, ...]]] = {}
    customer_of: dict[int, int] = {}
    for customer in dossier.members:
        timeline = dossier.timeline(customer, policies, dossier.present(customer, now))
        rows[customer] = ownership_rows(customer, timeline)
        for claim, standing in timeline.claims.items():
            wanted[claim], customer_of[claim] = projection(standing), customer
    yield from _standings(session, dossier, wanted, customer_of)
    o = t.ownership.c
    stored: dict[int, list[tuple[Any, ...]]] = {}
    query = sa.select(o.customer_id, o.registration_id, o.starts_at, o.ends_at, o.rule).order_by(o.id)
    for row in session.execute(query):
        stored.setdefault(row.customer_id, []).append(tuple(row))
    for customer in sorted({*rows, *stored}):
        if rows.get(customer, []) != stored.get(customer, []):
            yield "ownership", f"customer {customer}", RuleViolation("check.ownership")


def _standings(
    session: Session,
    dossier: Dossier,
    wanted: dict[int, dict[str, Any]],
    customer_of: dict[int, int],
) -> Iterator[Problem]:
    c = t.registration.c
    columns = [c[name] for name in PROJECTED]
    for row in session.execute(sa.select(c.id, c.customer_id, *columns).order_by(c.id)):
        ended = row.id in wanted and wanted[row.id]["state"] in (State.RELEASED, State.LOST)
        # What has ended stays on the time line where it ended, whatever its customer became since.
        if row.customer_id != customer_of.get(row.id) and not ended:
            if row.id in dossier.placements and dossier.released_at(row.id) is None:
                yield "registration", row.id, RuleViolation("check.not_told", column="customer_id")
            continue
        if row.id in wanted:
            expected = wanted[row.id]
        elif row.id in dossier.placements:
            expected = projection(held_standing(dossier, row.id))
        else:
            yield "registration", row.id, RuleViolation("check.not_placed")
            continue
        for name, value in expected.items():
            if getattr(row, name) != value and not _lapse_not_written(row, name, expected):
                yield "registration", row.id, RuleViolation("check.not_told", column=name)


def _lapse_not_written(row: Any, name: str, expected: dict[str, Any]) -> bool:
    """A lapse shows at reading time; the tick that writes it down may not have run yet."""
    lapsed = expected["state"] is State.LAPSED and row.state is State.ACTIVE
    lapsed = lapsed and row.state_rule is not Rule.LAPSED  # the tick writes all three at once
    return lapsed and name in ("state", "state_rule", "state_since")


def _totals(session: Session) -> Iterator[Problem]:
    counted = stats.recount(session)
    for row in session.execute(sa.select(t.pipeline_stat)):
        stored = (row.projects, row.ports, row.yearly_revenue, row.reached)
        if tuple(counted.pop((row.party_id, row.stage), (0, 0, 0, 0))) != stored:
            yield "pipeline_stat", f"{row.party_id}/{row.stage.value}", RuleViolation("check.total")
    for (party, stage), totals in counted.items():
        if any(totals):
            yield "pipeline_stat", f"{party}/{stage.value}", RuleViolation("check.missing")

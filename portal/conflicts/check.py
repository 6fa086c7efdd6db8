"""`portal check`: everything that must hold, verified on the real database, row by row."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit, journal
from portal.conflicts import stats
from portal.conflicts.facts import Dossier, load_dossier
from portal.conflicts.service import PROJECTED, held_standing, ownership_rows, projection
from portal.domain.facts import State
from portal.domain.roles import PARTNER_ROLES
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.policy.service import load_policies

Problem = tuple[str, Any, str]
"""Table, row, and what is wrong with it."""


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken invariant; nothing is repaired."""
    yield from _audit_chain(session)
    yield from _facts(session)
    yield from _filings(session)
    yield from _ownership(session, now)
    yield from _totals(session)
    yield from _people(session)


def _audit_chain(session: Session) -> Iterator[Problem]:
    rows = session.execute(sa.select(t.audit_entry).order_by(t.audit_entry.c.id))
    for row_id in audit.broken_links(dict(row._mapping) for row in rows):
        yield "audit_entry", row_id, "its seal or its link to the row before does not hold"


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
            yield "registration_event", row.id, "it was changed after it was written"
        elif sealed.pop(digest, None) is None:
            yield "registration_event", row.id, "it has no entry in the audit trail"
        sealed.pop(row.digest, None)
    for claim in sealed.values():
        yield "registration", claim, "a fact of it in the audit trail is missing or changed"


def _filings(session: Session) -> Iterator[Problem]:
    """What was filed is what the registration still says it was."""
    c, event = t.registration.c, t.registration_event.c
    corrected = set(
        session.scalars(sa.select(event.registration_id).where(event.kind == EventKind.CORRECTED))
    )
    rows = session.execute(
        sa.select(
            c.id, c.ref, c.partner_id, c.filed_at, c.filed_stage, c.customer_name, c.uscc,
            event.at, event.stage, event.data,
        ).join(
            t.registration_event,
            sa.and_(event.registration_id == c.id, event.kind == EventKind.FILED),
            isouter=True,
        )
    )  # fmt: skip
    for row in rows:
        if row.data is None:
            yield "registration", row.id, "it has no fact that files it"
            continue
        stated = ["ref", "partner_id"]
        stated += [] if row.id in corrected else ["customer_name", "uscc"]
        wrong = [name for name in stated if getattr(row, name) != row.data.get(name)]
        wrong += ["filed_at"] if row.at != row.filed_at else []
        wrong += ["filed_stage"] if row.stage is not row.filed_stage else []
        for name in wrong:
            yield "registration", row.id, f"{name} is not what was filed"


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
            yield "ownership", f"customer {customer}", "it is not what the facts say"


def _standings(
    session: Session,
    dossier: Dossier,
    wanted: dict[int, dict[str, Any]],
    customer_of: dict[int, int],
) -> Iterator[Problem]:
    c = t.registration.c
    columns = [c[name] for name in PROJECTED]
    for row in session.execute(sa.select(c.id, c.customer_id, *columns).order_by(c.id)):
        if row.customer_id != customer_of.get(row.id):
            if row.id in dossier.placements and dossier.released_at(row.id) is None:
                yield "registration", row.id, "customer_id is not what the facts say"
            continue
        if row.id in wanted:
            expected = wanted[row.id]
        elif row.id in dossier.placements:
            expected = projection(held_standing(dossier, row.id))
        else:
            yield "registration", row.id, "it was never placed"
            continue
        for name, value in expected.items():
            if getattr(row, name) != value and not _lapse_not_written(row, name, expected):
                yield "registration", row.id, f"{name} is not what the facts say"


def _lapse_not_written(row: Any, name: str, expected: dict[str, Any]) -> bool:
    """A lapse shows at reading time; the tick that writes it down may not have run yet."""
    lapsed = expected["state"] is State.LAPSED and row.state is State.ACTIVE
    return lapsed and name in ("state", "state_rule", "state_since")


def _totals(session: Session) -> Iterator[Problem]:
    counted = stats.recount(session)
    for row in session.execute(sa.select(t.pipeline_stat)):
        stored = (row.projects, row.ports, row.yearly_revenue, row.reached)
        if tuple(counted.pop((row.party_id, row.stage), (0, 0, 0, 0))) != stored:
            yield "pipeline_stat", f"{row.party_id}/{row.stage.value}", "it is not the sum of its projects"
    for (party, stage), totals in counted.items():
        if any(totals):
            yield "pipeline_stat", f"{party}/{stage.value}", "it is missing"


def _people(session: Session) -> Iterator[Problem]:
    u, role = t.user.c, t.user_role.c
    rows = session.execute(sa.select(u.id, u.partner_id, role.role).join(t.user_role, role.user_id == u.id))
    for row in rows:
        if (row.role in PARTNER_ROLES) != (row.partner_id is not None):
            yield "user_account", row.id, f"the role {row.role.value} does not go with where it belongs"

"""Whether customers, what they are known by and every filing's place are what the facts come to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.errors import RuleViolation
from portal.domain.identity import Assignment, assign
from portal.domain.identity_events import filing_of
from portal.domain.names import keys_of
from portal.domain.ties import ties_of
from portal.matching.component import Component, load_everything
from portal.matching.identifiers import identifier_rows
from portal.matching.naming import agrees, names_of
from portal.matching.pairs import judged
from portal.matching.replay import last_winner, stays
from portal.models import tables as t

Problem = tuple[str, Any, RuleViolation]
"""Table, row, and what is wrong with it."""


def problems(session: Session) -> Iterator[Problem]:
    """Every row that differs from a replay of all filings, decisions, corrections and merges."""
    component = load_everything(session)
    assignment = assign(component.events)
    ids = {row.founder_key: row.id for row in component.customers.values()}
    founders = {*assignment.customers, *assignment.merged}
    for founder in sorted(founders - set(ids)):
        yield "registration", filing_of(founder), RuleViolation("check.customer_missing")
    for founder in sorted(set(ids) - founders):
        yield "customer", ids[founder], RuleViolation("check.unfounded")
    if founders != set(ids):
        return
    for row in component.customers.values():
        yield from _customer(row, component, assignment, ids)
    yield from _names(session, component, assignment, ids)
    yield from _identifiers(session)
    yield from _places(session, component, assignment, ids)


def problems_of_pairs(session: Session) -> Iterator[Problem]:
    """Every pair that may be one whose open flag is not what the facts say; what is due to no customer."""
    pairs = session.execute(sa.select(t.suspicion).order_by(t.suspicion.c.id)).all()
    for row, why in judged(session, pairs):
        if row.is_open != (why is None):
            yield "suspicion", row.id, RuleViolation("check.not_told", column="is_open")
    due, c = t.comparison_due.c, t.customer.c
    lost = sa.select(due.customer_id).where(~sa.exists().where(c.id == due.customer_id))
    for customer in session.scalars(lost.order_by(due.customer_id)):
        yield "comparison_due", customer, RuleViolation("check.no_customer")


def _customer(
    row: Any, component: Component, assignment: Assignment, ids: Mapping[int, int]
) -> Iterator[Problem]:
    founder, filing = row.founder_key, component.rows[filing_of(row.founder_key)]
    known = assignment.customers.get(founder)
    merged = None if known else ids[last_winner(assignment, founder)]
    wanted = {
        "uscc": known.code if known else None,
        "merged_into_id": merged,
        "founder_at": filing.filed_at,
        "founder_ref": filing.ref,
    }
    for column, value in wanted.items():
        if getattr(row, column) != value:
            yield "customer", row.id, RuleViolation("check.not_told", column=column)
    if row.name not in {name for name, _keys in component.names[filing.id]}:
        yield "customer", row.id, RuleViolation("check.not_told", column="name")


def _names(
    session: Session, component: Component, assignment: Assignment, ids: Mapping[int, int]
) -> Iterator[Problem]:
    wanted = {
        (customer, full): name
        for customer, names in names_of(component, assignment, ids).items()
        for full, name in names.items()
    }
    for row in session.execute(sa.select(t.customer_alias)):
        told = wanted.pop((row.customer_id, row.full_key), None)
        if told is None or not agrees(row, told):
            yield "customer_alias", row.id, RuleViolation("check.alias")
    for customer, full in wanted:
        yield "customer", customer, RuleViolation("check.alias_missing", name=full)


def _identifiers(session: Session) -> Iterator[Problem]:
    """Customers have the identifiers that their filings and people state, and no others."""
    c = t.customer_identifier.c
    wanted = identifier_rows(session, None)
    stored = {tuple(row) for row in session.execute(sa.select(c.kind, c.value, c.customer_id))}
    for kind, value, customer in sorted(stored - wanted):
        yield "customer_identifier", f"{kind.value} {value} {customer}", RuleViolation("check.identifier")
    for _kind, value, customer in sorted(wanted - stored):
        yield "customer", customer, RuleViolation("check.identifier_missing", value=value)


def problems_of_ties(session: Session) -> Iterator[Problem]:
    """Filings are tied to what the facts on them say, and to nothing else."""
    e, c = t.registration_event.c, t.tie.c
    wanted = {
        (kind.value, value, row.registration_id)
        for row in session.execute(sa.select(e.registration_id, e.kind, e.data))
        for kind, value in ties_of(row.registration_id, row.kind, row.data)
    }
    stored = {
        (row.kind.value, row.value, row.registration_id)
        for row in session.execute(sa.select(c.kind, c.value, c.registration_id))
    }
    for kind, value, filing in sorted(stored ^ wanted):
        yield "tie", f"{kind} {value} {filing}", RuleViolation("check.tie")


def _places(
    session: Session, component: Component, assignment: Assignment, ids: Mapping[int, int]
) -> Iterator[Problem]:
    stored: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    c = t.placement.c
    for row in session.execute(
        sa.select(c.registration_id, c.at, c.customer_id, c.rule).order_by(c.registration_id, c.at)
    ):
        stored[row.registration_id].append(tuple(row))
    for filing, history in assignment.filings.items():
        if stored.pop(filing, []) != list(stays(history, filing, ids)):
            yield "placement", filing, RuleViolation("check.place")
        row = component.rows[filing]
        suspect = None if history.suspect is None else ids[history.suspect]
        founder = history.placed[-1].founder
        wanted = {
            "customer_id": None if founder is None else ids[founder],
            "suspect_id": suspect,
            "match_outcome": history.match.outcome.value,
            "match_reason": history.match.reason.value,
            "full_key": keys_of(row.customer_name).full,
            "core_key": keys_of(row.customer_name).core,
        }
        for column, value in wanted.items():
            if getattr(row, column) != value:
                yield "registration", filing, RuleViolation("check.not_told", column=column)
    for filing in stored:
        yield "placement", filing, RuleViolation("check.place")

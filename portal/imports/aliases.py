"""Import what customers are called besides what their filings say; the same name again is skipped.

The export of names can come back: a name as filed is skipped where a filing bears it, and nothing else
makes one.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.naming import may_restate, named
from portal.conflicts.service import resettle
from portal.db import chunks
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean
from portal.domain.names import check_name, keys_of
from portal.domain.roles import Actor
from portal.domain.terms import NameKind
from portal.exports import from_safe_cell
from portal.imports.reading import Row
from portal.imports.report import Cells, Report
from portal.imports.words import member
from portal.models import tables as t

EXPORTED = ("source", "stated_by", "at", "customer", "customer_id", "uscc")
LONGEST_REASON = 1000


def take(session: Session, rows: list[Row], report: Report, actor: Actor | None, now: datetime) -> None:
    """Check and add the rows, then bring the names of every customer they touch in line, once."""
    customers = customers_by_ref(session, {row.cells.get("registration", "") for row in rows})
    known = _known(session, {row.customer_id for row in customers.values()})
    kinds: dict[tuple[int, str], NameKind] = {}
    facts: list[dict[str, Any]] = []
    for row in rows:
        values = _read(row, report, customers)
        if values is None:
            continue
        customer, kind, name = customers[values["registration"]], values["kind"], values["name"]
        place = (customer.customer_id, keys_of(name).full)
        problem = _problem(kind, known.get(place), kinds.get(place))
        if problem is not None:
            report.refuse(row, "kind", problem)
        elif _is_so(kind, known.get(place), kinds.get(place)):
            report.skipped += 1
        else:
            kinds[place] = kind
            reason = values["reason"]
            facts.append(named(customer.founder_key, kind, name, actor=actor, now=now, reason=reason))
    if report.refused or not facts:
        return
    journal.write(session, facts, actor=actor)
    resettle(session, {fact["registration_id"] for fact in facts}, now=now)
    report.accepted = len(facts)


def customers_by_ref(session: Session, refs: Iterable[str]) -> dict[str, Any]:
    """Registrations by reference, with their customer and its founder; held ones have neither."""
    c = t.registration.c
    found: dict[str, Any] = {}
    for part in chunks(set(refs)):
        query = sa.select(
            c.id, c.ref, c.filed_at, c.customer_id, t.customer.c.founder_key, t.customer.c.uscc
        ).join(t.customer, t.customer.c.id == c.customer_id, isouter=True)
        found.update((row.ref, row) for row in session.execute(query.where(c.ref.in_(part))))
    return found


def reason_of(text: str) -> str:
    """A reason as somebody wrote it, also where it comes from an export."""
    return from_safe_cell(clean(text))


def _known(session: Session, customers: set[int | None]) -> dict[tuple[int, str], Any]:
    c = t.customer_alias.c
    found: dict[tuple[int, str], Any] = {}
    for part in chunks(each for each in customers if each is not None):
        rows = session.execute(sa.select(t.customer_alias).where(c.customer_id.in_(part)))
        found.update(((row.customer_id, row.full_key), row) for row in rows)
    return found


def _read(row: Row, report: Report, customers: dict[str, Any]) -> dict[str, Any] | None:
    cells = Cells(row, report)
    values = {
        "registration": cells.read("registration", clean, required=True),
        "kind": cells.read("kind", lambda text: member(NameKind, text), required=True),
        "name": cells.read("name", lambda text: check_name(from_safe_cell(text)), required=True),
        "reason": cells.read("reason", reason_of) or "",
    }
    ref = values["registration"]
    if ref and ref not in customers:
        cells.wrong("registration", RuleViolation("import.unknown_registration", value=ref[:40]))
    elif ref and customers[ref].customer_id is None:
        cells.wrong("registration", RuleViolation("import.held_registration", value=ref[:40]))
    if len(values["reason"]) > LONGEST_REASON:
        length = len(values["reason"])
        cells.wrong("reason", RuleViolation("text.too_long", length=length, longest=LONGEST_REASON))
    return values if cells.sound else None


def _problem(kind: NameKind, known: Any, told: NameKind | None) -> RuleViolation | None:
    """What stands against saying so: of what is known, and of what an earlier row says."""
    if kind is NameKind.FILED and (known is None or known.kind is not NameKind.FILED):
        return RuleViolation("naming.not_filed")
    if told not in (None, kind):
        return RuleViolation("naming.known", kind=told)
    if known is None or known.kind in (kind, NameKind.FILED) or may_restate(known):
        return None
    return RuleViolation("naming.known", kind=known.kind)


def _is_so(kind: NameKind, known: Any, told: NameKind | None) -> bool:
    """Whether a customer is known by the name already, as this kind or as filed."""
    return told is kind or (known is not None and known.kind in (kind, NameKind.FILED))

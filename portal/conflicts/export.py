"""What customers are known by, and what people decided about who is who, as tables to take along.

A customer is named by the reference of the filing that made it known: that one never changes hands.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.belonging import family_tree
from portal.db import chunks
from portal.domain.evidence import IdentifierKind, identifiers_of
from portal.domain.periods import BUSINESS_OFFSET
from portal.domain.terms import EventKind
from portal.matching.identifiers import shared_values
from portal.matching.stated import stated_of
from portal.models import tables as t

ALIASES = ("customer", "customer_id", "name", "uscc", "merged_into")
IDENTIFIERS = ("customer", "customer_id", "kind", "value", "registration", "shared", "parent")
DECISIONS = (
    "id",
    "at",
    "decision",
    "registration",
    "customer",
    "other",
    "reason",
    "decided_by",
    "takes_back",
)
_DECIDING = (
    EventKind.DECIDED_SAME,
    EventKind.DECIDED_DIFFERENT,
    EventKind.MERGED,
    EventKind.LINKED,
)


def aliases(session: Session) -> Iterator[dict[str, Any]]:
    """Every name of every customer."""
    c, alias, into = t.customer.c, t.customer_alias.c, t.customer.alias("into")
    query = (
        sa.select(c.founder_ref, c.id, alias.name, c.uscc, into.c.founder_ref.label("merged_into"))
        .join(t.customer_alias, alias.customer_id == c.id, isouter=True)
        .join(into, into.c.id == c.merged_into_id, isouter=True)
        .order_by(c.id, alias.id)
    )
    for row in session.execute(query):
        yield dict(
            zip(ALIASES, (row.founder_ref, row.id, row.name or "", row.uscc, row.merged_into), strict=True)
        )


def identifiers(session: Session) -> Iterator[dict[str, Any]]:
    """Every code, website and telephone that a filing on a customer states, and what people stated of it.

    `registration` is empty for the latter; `shared`: it says nothing about who somebody is; `parent`
    is the customer that this one belongs to.
    """
    c, r = t.customer.c, t.registration.c
    query = (
        sa.select(c.founder_ref, c.id, r.ref, r.uscc, r.website, r.phone)
        .join(t.registration, r.customer_id == c.id)
        .order_by(c.id, r.filed_at, r.id)
    )
    shared = shared_values(session)
    family = {child: each.parent for child, each in family_tree(session).items()}
    stated: defaultdict[int, list[Any]] = defaultdict(list)
    for fact in stated_of(session, None, EventKind.IDENTIFIED):
        stated[fact.customer].append(fact.data)
    refs = _refs(session, c.id, c.founder_ref, {*family.values(), *stated})

    def line(ref: str, customer: int, kind: str, value: str, filing: str, common: Any) -> dict[str, Any]:
        found = "yes" if not shared.isdisjoint(common) else "no"
        told = (ref, customer, kind, value, filing, found, refs.get(family.get(customer, 0), ""))
        return dict(zip(IDENTIFIERS, told, strict=True))

    for row in session.execute(query):
        here = (row.founder_ref, row.id)
        if row.uscc:
            yield line(*here, "uscc", row.uscc, row.ref, ())
        if row.website:
            yield line(*here, "website", row.website, row.ref, identifiers_of(row.website, ""))
        if row.phone:
            yield line(*here, "phone", row.phone, row.ref, identifiers_of("", row.phone))
    for customer, facts in sorted(stated.items()):
        for data in facts:
            common = {(IdentifierKind(data["kind"]), data["value"])}
            yield line(refs[customer], customer, data["kind"], data["text"], "", common)


def decisions(session: Session, until: datetime) -> Iterator[dict[str, Any]]:
    """Verdicts on held filings, merges, links, and what took them back, up to `until`, oldest first."""
    e, r = t.registration_event.c, t.registration.c
    query = (
        sa.select(e.id, e.at, e.kind, e.data, e.reason, e.about_id, r.ref, t.user.c.name.label("actor"))
        .join(t.registration, r.id == e.registration_id)
        .join(t.user, t.user.c.id == e.actor_id, isouter=True)
        .where(e.kind.in_((*_DECIDING, EventKind.UNDONE)), e.at <= until)
        .order_by(e.at, e.id)
    )
    rows = session.execute(query).all()
    about = {row.id for row in rows if row.kind in _DECIDING}
    told = [row for row in rows if row.kind in _DECIDING or row.about_id in about]
    named = _Named(session, [row.data.get("unmerged", row.data) for row in told])
    for row in told:
        customer, other = named.by(row.data.get("unmerged", row.data))
        yield {
            "id": row.id,
            "at": row.at.astimezone(BUSINESS_OFFSET).isoformat(),
            "decision": row.kind.value,
            "registration": row.ref,
            "customer": customer,
            "other": other,
            "reason": row.reason,
            "decided_by": row.actor or "",
            "takes_back": row.about_id,
        }


class _Named:
    """The references by which decisions name customers."""

    def __init__(self, session: Session, told: list[dict[str, Any]]) -> None:
        founders = {
            abs(data[key]) for data in told for key in ("winner", "loser", "founder") if data.get(key)
        }
        customers = {data[key] for data in told for key in ("here_id", "other_id") if data.get(key)}
        r, c = t.registration.c, t.customer.c
        self._founded = _refs(session, r.id, r.ref, founders)
        self._customers = _refs(session, c.id, c.founder_ref, customers)

    def by(self, data: dict[str, Any]) -> tuple[str, str]:
        """The one or two customers that a decision is about."""
        if "loser" in data:
            return self._founded.get(abs(data["winner"]), ""), self._founded.get(abs(data["loser"]), "")
        if "other_id" in data:
            return self._customers.get(data["here_id"], ""), self._customers.get(data["other_id"], "")
        return self._founded.get(abs(data.get("founder") or 0), ""), ""


def _refs(session: Session, key: Any, ref: Any, ids: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in chunks(ids):
        found.update({row[0]: row[1] for row in session.execute(sa.select(key, ref).where(key.in_(part)))})
    return found

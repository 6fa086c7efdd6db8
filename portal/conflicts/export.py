"""What customers are known by, and what people decided about who is who, as tables to take along.

A customer is named by the reference of a filing: of the one that bears the name, of the one that was
decided about, else of the one that made the customer known. Names and decisions can be imported again.
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
from portal.domain.identity_events import filing_of
from portal.domain.periods import BUSINESS_OFFSET
from portal.domain.terms import EventKind, Verdict
from portal.matching.identifiers import shared_values
from portal.matching.stated import stated_of
from portal.models import tables as t

ALIASES = (
    *("registration", "kind", "name", "reason"),
    *("source", "stated_by", "at", "customer", "customer_id", "uscc"),
)
IDENTIFIERS = ("customer", "customer_id", "kind", "value", "registration", "shared", "parent")
DECISIONS = ("id", "at", "decision", "registration", "other", "reason", "decided_by", "takes_back")
_VERDICTS = {
    EventKind.DECIDED_SAME: Verdict.SAME,
    EventKind.DECIDED_DIFFERENT: Verdict.DIFFERENT,
    EventKind.TOLD_APART: Verdict.DIFFERENT,
    EventKind.MERGED: Verdict.MERGED,
    EventKind.LINKED: Verdict.LINKED,
    EventKind.UNDONE: Verdict.UNDONE,
}
_DECIDING = tuple(kind for kind in _VERDICTS if kind is not EventKind.UNDONE)


def aliases(session: Session) -> Iterator[dict[str, Any]]:
    """Every name of every customer, what kind it is, and which filing bears it or who stated it."""
    c, alias, r, e = t.customer.c, t.customer_alias.c, t.registration.c, t.registration_event.c
    stated_on = t.registration.alias("stated_on")
    query = (
        sa.select(
            c.founder_ref, c.id, c.uscc, alias.name, alias.kind, alias.event_id,
            sa.func.coalesce(r.ref, stated_on.c.ref).label("ref"),
            sa.func.coalesce(e.at, r.filed_at, type_=r.filed_at.type).label("at"),
            e.reason, t.user.c.name.label("actor"),
        )
        .join(t.customer_alias, alias.customer_id == c.id)
        .join(t.registration, r.id == alias.registration_id, isouter=True)
        .join(t.registration_event, e.id == alias.event_id, isouter=True)
        .join(stated_on, stated_on.c.id == e.registration_id, isouter=True)
        .join(t.user, t.user.c.id == e.actor_id, isouter=True)
        .order_by(c.id, alias.id)
    )  # fmt: skip
    for row in session.execute(query):
        source = "filing" if row.event_id is None else "person"
        at = row.at.astimezone(BUSINESS_OFFSET).isoformat()
        told = (row.ref, row.kind.value, row.name, row.reason or "", source, row.actor or "", at)
        yield dict(zip(ALIASES, (*told, row.founder_ref, row.id, row.uscc), strict=True))


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
    """Verdicts on filings and pairs, merges, links, and what took them back, up to `until`, oldest first."""
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
    taken_back = {row.id: row for row in told if row.kind in (EventKind.LINKED, EventKind.TOLD_APART)}
    for row in told:
        # What takes a link back, or that two are different, says no more than that.
        data = taken_back.get(row.about_id, row).data
        data = data.get("unmerged", data)
        registration, other = named.by(data, row.ref)
        yield {
            "id": row.id,
            "at": row.at.astimezone(BUSINESS_OFFSET).isoformat(),
            "decision": _VERDICTS[row.kind].value,
            "registration": registration,
            "other": other,
            "reason": row.reason,
            "decided_by": row.actor or "",
            "takes_back": row.about_id,
        }


class _Named:
    """The references of the filings by which decisions name customers."""

    def __init__(self, session: Session, told: list[dict[str, Any]]) -> None:
        founders = {
            filing_of(data[key])
            for data in told
            for key in ("winner", "loser", "founder", "other")
            if data.get(key)
        }
        customers = {data["other_id"] for data in told if data.get("other_id")}
        r, c = t.registration.c, t.customer.c
        self._founded = _refs(session, r.id, r.ref, founders)
        self._customers = _refs(session, c.id, c.founder_ref, customers)

    def by(self, data: dict[str, Any], ref: str) -> tuple[str, str]:
        """The filing that was decided about, and one on the other customer; merged: loser and winner."""
        if "loser" in data:
            return self._founded.get(filing_of(data["loser"]), ref), self._founded.get(
                filing_of(data["winner"]), ""
            )
        if "other" in data:
            return self._founded.get(filing_of(data["founder"]), ""), self._founded.get(
                filing_of(data["other"]), ""
            )
        if "other_id" in data:
            return ref, self._customers.get(data["other_id"], "")
        return ref, self._founded.get(filing_of(data.get("founder") or 0), "")


def _refs(session: Session, key: Any, ref: Any, ids: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in chunks(ids):
        found.update({row[0]: row[1] for row in session.execute(sa.select(key, ref).where(key.in_(part)))})
    return found

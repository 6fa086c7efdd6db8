"""What customers are known by, and what people decided about who is who, as tables to take along.

A customer is named by the reference of the filing that made it known: that one never changes hands.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.periods import BUSINESS_OFFSET
from portal.domain.terms import EventKind
from portal.models import tables as t

ALIASES = ("customer", "customer_id", "name", "uscc", "merged_into")
IDENTIFIERS = ("customer", "customer_id", "kind", "value", "registration")
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
    EventKind.TOLD_APART,
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
    """Every code, website and telephone that a filing on a customer states."""
    c, r = t.customer.c, t.registration.c
    query = (
        sa.select(c.founder_ref, c.id, r.ref, r.uscc, r.website, r.phone)
        .join(t.registration, r.customer_id == c.id)
        .order_by(c.id, r.filed_at, r.id)
    )
    for row in session.execute(query):
        for kind in ("uscc", "website", "phone"):
            if value := getattr(row, kind):
                yield dict(zip(IDENTIFIERS, (row.founder_ref, row.id, kind, value, row.ref), strict=True))


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
            abs(data[key])
            for data in told
            for key in ("winner", "loser", "founder", "other")
            if data.get(key)
        }
        customers = {data[key] for data in told for key in ("here_id", "other_id") if data.get(key)}
        r, c = t.registration.c, t.customer.c
        self._founded = _refs(session, r.id, r.ref, founders)
        self._customers = _refs(session, c.id, c.founder_ref, customers)

    def by(self, data: dict[str, Any]) -> tuple[str, str]:
        """The one or two customers that a decision is about."""
        if "loser" in data:
            return self._founded.get(abs(data["winner"]), ""), self._founded.get(abs(data["loser"]), "")
        if "other" in data:
            return self._founded.get(abs(data["founder"]), ""), self._founded.get(abs(data["other"]), "")
        if "other_id" in data:
            return self._customers.get(data["here_id"], ""), self._customers.get(data["other_id"], "")
        return self._founded.get(abs(data.get("founder") or 0), ""), ""


def _refs(session: Session, key: Any, ref: Any, ids: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in chunks(ids):
        found.update({row[0]: row[1] for row in session.execute(sa.select(key, ref).where(key.in_(part)))})
    return found

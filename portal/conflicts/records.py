"""Reads for the customer record: what was decided about it, and what came of that."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.terms import EventKind
from portal.models import tables as t

_DECIDING = (
    EventKind.MERGED,
    EventKind.LINKED,
    EventKind.DECIDED_SAME,
    EventKind.DECIDED_DIFFERENT,
    EventKind.TOLD_APART,
    EventKind.UNDONE,
)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that a person decided about which filing or customer is which."""

    id: int
    kind: EventKind
    at: datetime
    actor: str | None
    reason: str
    registration_id: int
    ref: str
    other_id: int | None
    other_name: str
    undone: bool
    unmerges: bool


def decisions(session: Session, customer_id: int) -> list[Decision]:
    """Merges, links and verdicts about the filings that are or were on a customer, newest first."""
    rows = session.execute(_decided(), {"here": customer_id}).all()
    undone = {row.about_id for row in rows if row.kind is EventKind.UNDONE}
    told = [
        (row, _other(row, customer_id)) for row in rows if row.kind is not EventKind.UNDONE or _unmerges(row)
    ]
    names = _names(session, {other for _row, other in told if other})
    return [
        Decision(
            row.id, row.kind, row.at, row.actor, row.reason, row.registration_id, row.ref,
            other if other in names else None, names.get(other or 0, ""), row.id in undone, _unmerges(row),
        )
        for row, other in told
    ]  # fmt: skip


def _unmerges(row: Any) -> bool:
    return row.kind is EventKind.UNDONE and "unmerged" in row.data


def _other(row: Any, customer_id: int) -> int | None:
    """The other customer that a fact is about."""
    data = row.data.get("unmerged", row.data)
    for key in ("other_id", "customer_id", "loser_id", "winner_id"):
        if data.get(key) not in (None, customer_id):
            return int(data[key])
    return None


@lru_cache(maxsize=1)
def _decided() -> Any:
    e, r = t.registration_event.c, t.registration.c
    was_here = sa.select(t.placement.c.registration_id).where(
        t.placement.c.customer_id == sa.bindparam("here")
    )
    return (
        sa.select(
            e.id, e.kind, e.at, e.reason, e.data, e.about_id, e.registration_id, r.ref,
            t.user.c.name.label("actor"),
        )
        .join(t.registration, r.id == e.registration_id)
        .join(t.user, t.user.c.id == e.actor_id, isouter=True)
        .where(e.registration_id.in_(was_here), e.kind.in_(_DECIDING))
        .order_by(e.at.desc(), e.id.desc())
        .limit(_MOST)
    )  # fmt: skip


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    c = t.customer.c
    return {row.id: row.name for row in session.execute(sa.select(c.id, c.name).where(c.id.in_(ids)))}


def found_different_from(session: Session, customer_id: int) -> list[Any]:
    """Filings on other customers that somebody said are not this one, by what they share with its names."""
    e, r, alias = t.registration_event.c, t.registration.c, t.customer_alias.c
    cores = sa.select(alias.core_key).where(alias.customer_id == customer_id, alias.core_key.is_not(None))
    rows = session.execute(
        sa.select(r.customer_id, r.customer_name, r.ref, e.registration_id, e.at, e.reason, e.data)
        .join(t.registration, r.id == e.registration_id)
        .where(r.core_key.in_(cores), r.customer_id != customer_id, e.kind == EventKind.DECIDED_DIFFERENT)
        .order_by(e.at.desc())
        .limit(_MOST)
    )
    return [row for row in rows if row.data.get("customer_id") == customer_id]


def merged_into(session: Session, customer_id: int) -> list[Any]:
    """The customers that became part of this one."""
    c = t.customer.c
    return list(
        session.execute(
            sa.select(c.id, c.name, c.uscc, c.founder_key)
            .where(c.merged_into_id == customer_id)
            .order_by(c.id)
        )
    )


def cases_of(session: Session, customer_id: int) -> list[Any]:
    """The cases about a customer, newest first."""
    c = t.conflict_case.c
    query = sa.select(c.id, c.ref, c.kind, c.status, c.opened_at).where(c.customer_id == customer_id)
    return list(session.execute(query.order_by(c.opened_at.desc())))

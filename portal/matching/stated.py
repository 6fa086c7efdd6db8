"""What people stated of customers that no filing carries, by whom it is about now.

A fact names a customer by its founder and stands on the founding filing. Merges, un-merges and
corrections may have made that customer part of another one since: the fact goes with its founder.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.identity_events import filing_of
from portal.domain.terms import EventKind
from portal.models import tables as t

# For more customers than this all facts are read: there are not many of them.
_FEW = 500
# The words of the index: only with them do both databases use it.
_IS_STATED = sa.text("registration_event.kind IN ('identified', 'belongs')")


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact about a customer that was not taken back."""

    id: int
    registration_id: int
    kind: EventKind
    at: Any
    reason: str
    data: dict[str, Any]
    customer: int


def stated_of(session: Session, customers: Collection[int] | None, kind: EventKind) -> list[Stated]:
    """The facts of a kind that are about these customers now (None: about any), oldest first."""
    found: dict[int, Any] = {}
    everywhere = customers is None or len(customers) > _FEW
    for seats in [None] if everywhere else chunks(_seats(session, customers or ())):
        found |= {row.id: row for row in session.execute(_facts(seats, kind))}
    undone: set[int] = set()
    for part in chunks({row.registration_id for row in found.values()}):
        e = t.registration_event.c
        taken_back = sa.select(e.about_id).where(e.registration_id.in_(part), e.kind == EventKind.UNDONE)
        undone.update(session.scalars(taken_back))
    rows = [found[each] for each in sorted(found) if each not in undone]
    now = customers_now(session, {row.data["founder"] for row in rows})
    return [
        Stated(row.id, row.registration_id, row.kind, row.at, row.reason, row.data, customer)
        for row in rows
        if (customer := now.get(row.data["founder"])) is not None
        and (customers is None or customer in customers)
    ]


def _facts(seats: Collection[int] | None, kind: EventKind) -> Any:
    e = t.registration_event.c
    query = sa.select(e.id, e.registration_id, e.kind, e.at, e.reason, e.data).where(
        _IS_STATED, e.kind == kind
    )
    return query if seats is None else query.where(e.registration_id.in_(seats))


def _seats(session: Session, customers: Collection[int]) -> set[int]:
    """The filings that facts about these customers may stand on."""
    c, r = t.customer.c, t.registration.c
    seats: set[int] = set()
    for part in chunks(customers):
        founders = sa.select(c.founder_key).where(sa.or_(c.id.in_(part), c.merged_into_id.in_(part)))
        seats.update(filing_of(founder) for founder in session.scalars(founders))
        # An older filing may have become the founder since: the fact stands on one that still is there.
        seats.update(session.scalars(sa.select(r.id).where(r.customer_id.in_(part))))
    return seats


def customers_now(session: Session, founders: Iterable[int]) -> dict[int, int]:
    """The customer that each founder's has become; none where its filing is held."""
    c, r = t.customer.c, t.registration.c
    wanted, now = set(founders), dict[int, int]()
    for part in chunks(wanted):
        rows = session.execute(
            sa.select(c.founder_key, c.id, c.merged_into_id).where(c.founder_key.in_(part))
        )
        now |= {row.founder_key: row.merged_into_id or row.id for row in rows}
    gone = wanted - now.keys()
    for part in chunks({filing_of(founder) for founder in gone}):
        rows = session.execute(
            sa.select(r.id, r.customer_id).where(r.id.in_(part), r.customer_id.is_not(None))
        )
        on = {row.id: row.customer_id for row in rows}
        now |= {founder: on[filing_of(founder)] for founder in gone if filing_of(founder) in on}
    return now

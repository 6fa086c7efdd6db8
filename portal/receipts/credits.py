"""Whose commission a receipt is: from the contract number on it to the customer's owners (M7, C6)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.commissions import Owner, credited
from portal.domain.periods import business_date
from portal.models import tables as t


@dataclass(frozen=True, slots=True)
class Credit:
    """What a contract number stands for: the claim that signed it, since when, whose customer it was."""

    registration_id: int
    customer_name: str
    contract_no: str
    starts_on: date
    owners: tuple[Owner, ...]
    # Another party signed the number too, for another customer, or its first day was stated anew: whose and
    # since when it is waits for finance's word.
    contested: bool = False

    def partner_on(self, day: date) -> int | None:
        """Whom a receipt of `day` belongs to; None: key accounts."""
        return credited(self.owners, day)


@dataclass
class Credits:
    """What contract numbers stand for, by their keys, and which of them were ever a partner's."""

    by_key: dict[str, Credit]
    of_partner: dict[int, list[str]] = field(default_factory=dict)


def load_credits(
    session: Session, *, partner_id: int | None = None, keys: Collection[str] | None = None
) -> Credits:
    """All numbers that are known; or those whose customer was ever a partner's; or those given by key.

    A number that finance matched stands for the contract it was matched to; otherwise for the contract
    that bears it, of several the one signed first. Until finance has said so such a number is contested, and
    so is one whose contract was stated with another first day since.
    """
    matched = _matches(session)
    wanted = None if keys is None else {*keys, *(matched[key][1] for key in keys if key in matched)}
    signed = {(row.registration_id, row.number_key): row for row in _contracts(session, partner_id, wanted)}
    bearers: dict[str, Any] = {}
    contested: set[str] = set()
    for row in sorted(signed.values(), key=lambda row: (row.signed_at, row.id)):
        if row.first:
            bearers.setdefault(row.number_key, row)
            if row.number_key not in matched and (row.twice or row.restated_at):
                contested.add(row.number_key)
    for key, (claim, number, said_at) in matched.items():
        if keys is not None and key not in keys:
            continue
        if (meant := signed.get((claim, number))) is not None:
            bearers[key] = meant
            if meant.restated_at is not None and meant.restated_at > said_at:
                contested.add(key)
        else:  # matched to a contract of somebody else, or one that is no more
            bearers.pop(key, None)
    owners = _owners(session, {row.customer_id for row in bearers.values() if row.customer_id is not None})
    by_key = {key: _credit(row, owners, key in contested) for key, row in bearers.items()}
    if keys is not None:
        by_key = {key: credit for key, credit in by_key.items() if key in keys}
    of_partner: defaultdict[int, list[str]] = defaultdict(list)
    for key, credit in by_key.items():
        for partner in {owner.partner_id for owner in credit.owners}:
            if partner is not None:
                of_partner[partner].append(key)
    return Credits(by_key, dict(of_partner))


def _credit(row: Any, owners: dict[int, list[Owner]], contested: bool) -> Credit:
    line = owners.get(row.customer_id) or [Owner(row.starts_on, row.partner_id)]
    return Credit(row.registration_id, row.customer_name, row.number, row.starts_on, tuple(line), contested)


def _matches(session: Session) -> dict[str, tuple[int, str, datetime]]:
    """What finance says numbers mean: the newest word on each, unless it was taken back."""
    c = t.contract_match.c
    said: dict[str, tuple[int, str, datetime] | None] = {}
    query = sa.select(c.number_key, c.registration_id, c.contract_key, c.matched_at).order_by(c.id)
    for row in session.execute(query):
        known = row.registration_id is not None and row.contract_key is not None
        said[row.number_key] = (row.registration_id, row.contract_key, row.matched_at) if known else None
    return {key: target for key, target in said.items() if target is not None}


def _contracts(session: Session, partner_id: int | None, keys: Collection[str] | None) -> Iterable[Any]:
    """Contracts with the claims that signed them.

    `first`: nobody signed that number before; `twice`: another party signed it too, for another customer.
    """
    c, r, earlier = t.contract.c, t.registration.c, t.contract.alias()
    first = ~sa.exists().where(
        earlier.c.number_key == c.number_key,
        sa.or_(
            earlier.c.signed_at < c.signed_at,
            sa.and_(earlier.c.signed_at == c.signed_at, earlier.c.id < c.id),
        ),
    )
    query = sa.select(
        c.id, c.registration_id, c.number_key, c.number, c.starts_on, c.signed_at, c.restated_at,
        r.customer_id, r.customer_name, r.partner_id, first.label("first"), signed_by_others().label("twice"),
    ).join(t.registration, r.id == c.registration_id)  # fmt: skip
    if partner_id is not None:
        claim = t.registration.alias()
        owned = (
            sa.select(t.ownership.c.customer_id)
            .join(claim, claim.c.id == t.ownership.c.registration_id)
            .where(claim.c.partner_id == partner_id)
        )
        query = query.where(sa.or_(r.customer_id.in_(owned), r.partner_id == partner_id))
    if keys is None:
        return session.execute(query)
    return [row for part in chunks(set(keys)) for row in session.execute(query.where(c.number_key.in_(part)))]


def signed_by_others() -> Any:
    """Whether another party signed the number of a row of `contract` too, for another customer."""
    c, r, other = t.contract.c, t.registration.c, t.contract.alias("other_contract")
    claim = t.registration.alias("other_claim")
    party = sa.func.coalesce(claim.c.partner_id, 0) != sa.func.coalesce(r.partner_id, 0)
    return (
        sa.exists()
        .where(other.c.number_key == c.number_key, other.c.registration_id == claim.c.id)
        .where(party, claim.c.customer_id.is_distinct_from(r.customer_id))
        .correlate(t.contract, t.registration)
    )


def _owners(session: Session, customers: Collection[int]) -> dict[int, list[Owner]]:
    """Who owned these customers from which day on, in order."""
    o, r = t.ownership.c, t.registration.c
    found: dict[int, list[Owner]] = {}
    for part in chunks(customers):
        query = (
            sa.select(o.customer_id, o.starts_at, r.partner_id)
            .join(t.registration, r.id == o.registration_id)
            .where(o.customer_id.in_(part))
            .order_by(o.customer_id, o.starts_at, o.id)
        )
        for row in session.execute(query):
            found.setdefault(row.customer_id, []).append(Owner(business_date(row.starts_at), row.partner_id))
    return found

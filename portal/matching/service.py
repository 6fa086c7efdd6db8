"""Put filings on customers: one at a time as they are filed, or by replay after anything older."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.matching import Keys, KnownCustomer, Match, match
from portal.domain.names import keys_of
from portal.models import Customer, CustomerAlias


def keys_for(name: str, uscc: str | None) -> Keys:
    """What a filing with this name and valid code is compared by."""
    names = keys_of(name)
    return Keys(uscc, names.full, names.core)


def find_customer(
    session: Session, keys: Keys, excluded: Collection[int] = ()
) -> tuple[Match, dict[int, KnownCustomer]]:
    """Compare one filing with the customers that share a key (three index look-ups)."""
    known = _known(session, _near(session, keys))
    return match(keys, known.values(), excluded), known


def _near(session: Session, keys: Keys) -> set[int]:
    conditions: list[Any] = [CustomerAlias.full_key == keys.full]
    if keys.core:
        conditions.append(CustomerAlias.core_key == keys.core)
    near = set(session.scalars(sa.select(CustomerAlias.customer_id).where(sa.or_(*conditions))))
    if keys.uscc:
        near.update(session.scalars(sa.select(Customer.id).where(Customer.uscc == keys.uscc)))
    return near


def _known(session: Session, ids: Iterable[int]) -> dict[int, KnownCustomer]:
    known: dict[int, KnownCustomer] = {}
    for part in chunks(ids):
        rows = session.execute(
            sa.select(
                Customer.id,
                Customer.uscc,
                Customer.founder_at,
                Customer.founder_ref,
                CustomerAlias.full_key,
                CustomerAlias.core_key,
            )
            .join(CustomerAlias, CustomerAlias.customer_id == Customer.id)
            .where(Customer.id.in_(part), Customer.merged_into_id.is_(None))  # type: ignore[union-attr]
        )
        for row in rows:
            customer = known.setdefault(
                row.id, KnownCustomer(row.id, (row.founder_at, row.founder_ref), row.uscc)
            )
            customer.fulls.add(row.full_key)
            if row.core_key:
                customer.cores.add(row.core_key)
    return known


def found_customer(
    session: Session, *, name: str, keys: Keys, registration_id: int, ref: str, at: datetime
) -> int:
    """A new customer, made known by the filing `registration_id`."""
    customer = Customer(
        name=name,
        uscc=keys.uscc,
        founder_key=registration_id,
        founder_at=at,
        founder_ref=ref,
        created_at=at,
    )
    session.add(customer)
    session.flush()  # the alias and the claim need the id
    assert customer.id is not None  # noqa: S101 - flushed
    return customer.id


def teach_customer(
    session: Session, customer_id: int, *, name: str, keys: Keys, known: KnownCustomer | None
) -> None:
    """Let a customer learn a filing's name, and its code where none was known."""
    if known is None or keys.full not in known.fulls:
        session.execute(
            sa.insert(CustomerAlias),
            [
                {
                    "customer_id": customer_id,
                    "name": name,
                    "full_key": keys.full,
                    "core_key": keys.core,
                }
            ],
        )
    if known is not None and keys.uscc and not known.code:
        session.execute(
            sa.update(Customer).where(Customer.id == customer_id).values(uscc=keys.uscc)
        )

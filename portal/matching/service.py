"""Put filings on customers: one at a time as they are filed, or by replay after anything older."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.matching import Keys, KnownCustomer, Match, match
from portal.domain.names import keys_of
from portal.models import Customer
from portal.models import tables as t


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
    conditions: list[Any] = [t.customer_alias.c.full_key == keys.full]
    if keys.core:
        conditions.append(t.customer_alias.c.core_key == keys.core)
    near = set(session.scalars(sa.select(t.customer_alias.c.customer_id).where(sa.or_(*conditions))))
    if keys.uscc:
        near.update(session.scalars(sa.select(t.customer.c.id).where(t.customer.c.uscc == keys.uscc)))
    return near


def _known(session: Session, ids: Iterable[int]) -> dict[int, KnownCustomer]:
    known: dict[int, KnownCustomer] = {}
    for part in chunks(ids):
        rows = session.execute(
            sa.select(
                t.customer.c.id,
                t.customer.c.uscc,
                t.customer.c.founder_at,
                t.customer.c.founder_ref,
                t.customer_alias.c.full_key,
                t.customer_alias.c.core_key,
            )
            .join(t.customer_alias, t.customer_alias.c.customer_id == t.customer.c.id)
            .where(t.customer.c.id.in_(part), t.customer.c.merged_into_id.is_(None))
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
            sa.insert(t.customer_alias),
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
        session.execute(sa.update(t.customer).where(t.customer.c.id == customer_id).values(uscc=keys.uscc))

"""Put filings on customers: one at a time as they are filed, or by replay after anything older."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.alike import HELD_FROM, TOLD_FROM, Alike
from portal.domain.company import parse
from portal.domain.likeness import likeness
from portal.domain.matching import RULESET, Keys, KnownCustomer, Match, MatchReason, Outcome, match
from portal.domain.names import keys_of
from portal.matching import index
from portal.matching.pairs import due, refresh_customers
from portal.models import Customer, CustomerAlias
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


@dataclass(frozen=True, slots=True)
class Near:
    """A known customer whose name is like the one compared; `name` is the one that is most like it."""

    customer: int
    founder: int
    name: str
    alike: Alike


NEAREST = 5
"""So many are kept with a filing."""


def compare_names(
    session: Session, name: str, uscc: str | None, excluded: Collection[int] = ()
) -> list[Near]:
    """The customers whose names are most like `name`, the likest first; at most NEAREST.

    Left out are those that another valid code proves to be other companies (§6), and `excluded`.
    """
    asked, best = parse(name), dict[int, Near]()
    for row in index.names_near(session, asked):
        if row.id in excluded or (uscc and row.uscc and uscc != row.uscc):
            continue
        alike = likeness(asked, parse(row.name))
        before = best.get(row.id)
        if alike.score and (before is None or alike.score > before.alike.score):
            best[row.id] = Near(row.id, row.founder_key, row.name, alike)
    return sorted(best.values(), key=lambda each: (-each.alike.score, each.customer))[:NEAREST]


def weigh(found: Match, nearest: Sequence[Near]) -> Match:
    """What the likeness of names makes of a comparison by keys that found nothing.

    Likely the same: a person decides (held). Less like: the filing goes ahead, and whoever decides
    sees the relatives.
    """
    if found.outcome is not Outcome.DIFFERENT or not nearest or nearest[0].alike.score < TOLD_FROM:
        return found
    first, ids = nearest[0], tuple(each.customer for each in nearest)
    if first.alike.score >= HELD_FROM:
        return Match(Outcome.POSSIBLY, first.customer, MatchReason.LIKELY_NAME, ids)
    return Match(Outcome.RELATED, None, MatchReason.RELATED_NAME, ids)


def compared_data(nearest: Sequence[Near]) -> dict[str, Any]:
    """What is kept of a comparison, as the data of a `compared` fact."""
    return {
        "ruleset": RULESET,
        "nearest": [
            {
                "founder": each.founder,
                "customer_id": each.customer,
                "name": each.name,
                "score": f"{each.alike.score:.1f}",
                "why": each.alike.why.value,
                "outcome": _outcome(each.alike.score).value,
            }
            for each in nearest
        ],
    }


def _outcome(score: float) -> Outcome:
    if score >= HELD_FROM:
        return Outcome.POSSIBLY
    return Outcome.RELATED if score >= TOLD_FROM else Outcome.DIFFERENT


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
    """Let a customer learn a filing's name, and its code where none was known.

    What one that is known learns was compared with nobody yet; a founding name was, when it was filed.
    """
    news = known is not None and (keys.full not in known.fulls or bool(keys.uscc and not known.code))
    if known is None or keys.full not in known.fulls:
        alias = CustomerAlias(customer_id=customer_id, name=name, full_key=keys.full, core_key=keys.core)
        session.add(alias)
        session.flush()  # the index needs the id
        assert alias.id is not None  # noqa: S101 - flushed
        index.enter_names(session, [(alias.id, name)])
    if known is not None and keys.uscc and not known.code:
        session.execute(sa.update(t.customer).where(t.customer.c.id == customer_id).values(uscc=keys.uscc))
    if news:
        due(session, [customer_id])
        refresh_customers(session, [customer_id])

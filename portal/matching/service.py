"""Put filings on customers: one at a time as they are filed, or by replay after anything older."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.alike import HELD_FROM, TOLD_FROM, Alike
from portal.domain.company import parse
from portal.domain.evidence import Identifier, IdentifierKind
from portal.domain.likeness import likeness
from portal.domain.matching import RULESET, Keys, KnownCustomer, Match, MatchReason, Outcome, match
from portal.domain.names import keys_of
from portal.domain.terms import NameKind
from portal.matching import identifiers, index
from portal.matching.naming import enter_filed
from portal.matching.pairs import due, refresh_customers
from portal.models import Registration
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
    """A known customer whose name is like the one compared; `name` is the one that is most like it.

    `names` is how like that name alone is, where an equal identifier adds to it; `shared` are equal
    ones that say nothing.
    """

    customer: int
    founder: int
    name: str
    alike: Alike
    names: Alike | None = None
    shared: tuple[IdentifierKind, ...] = ()


NEAREST = 5
"""So many are kept with a filing."""


def compare_names(
    session: Session,
    name: str,
    uscc: str | None,
    excluded: Collection[int] = (),
    told: Collection[Identifier] = (),
    *,
    english: str = "",
) -> list[Near]:
    """The customers with a name most like `name`, or like `english`, the likest first; at most NEAREST.


    Names of every kind are looked at, and the best score counts; where `told` is given, also the
    customers that have one of these identifiers, and what that adds. Left out are customers that
    another valid code proves to be other companies (§6), and `excluded`.
    """
    best: dict[int, Near] = {}
    questions = [parse(each) for each in (name, english) if each]
    for asked in questions:
        for row in index.names_near(session, asked):
            if row.id in excluded or (uscc and row.uscc and uscc != row.uscc):
                continue
            alike = likeness(asked, parse(row.name))
            before = best.get(row.id)
            if alike.score and (before is None or alike.score > before.alike.score):
                best[row.id] = Near(row.id, row.founder_key, row.name, alike)
    bearers = {
        customer: each
        for customer, each in identifiers.bearers_of(session, told).items()
        if customer not in excluded and not (uscc and each.row.uscc and uscc != each.row.uscc)
    }
    for asked in questions if bearers else ():
        for customer, (likest, weighed) in identifiers.weigh_bearers(session, asked, bearers).items():
            if customer not in best or weighed.alike.score > best[customer].alike.score:
                founder = bearers[customer].row.founder_key
                best[customer] = Near(customer, founder, likest, weighed.alike, weighed.names)
    for customer in bearers.keys() & best.keys():
        best[customer] = replace(best[customer], shared=tuple(sorted(bearers[customer].shared)))
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
                **({"names": f"{each.names.score:.1f}"} if each.names else {}),
                **({"shared": [kind.value for kind in each.shared]} if each.shared else {}),
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
    named = sa.select(t.customer_alias.c.customer_id).where(sa.or_(*conditions), _as_filed())
    near = set(session.scalars(named))
    if keys.uscc:
        near.update(session.scalars(sa.select(t.customer.c.id).where(t.customer.c.uscc == keys.uscc)))
    return near


def _as_filed() -> Any:
    """Only names as filed are keys; what people state or write in English is compared for likeness."""
    return t.customer_alias.c.kind == NameKind.FILED


def _known(session: Session, ids: Iterable[int]) -> dict[int, KnownCustomer]:
    known: dict[int, KnownCustomer] = {}
    for part in chunks(ids):
        rows = session.execute(
            sa.select(
                t.customer.c.id,
                t.customer.c.uscc,
                t.customer.c.founder_at,
                t.customer.c.founder_ref,
                t.customer.c.founder_key,
                t.customer_alias.c.full_key,
                t.customer_alias.c.core_key,
            )
            .join(t.customer_alias, t.customer_alias.c.customer_id == t.customer.c.id)
            .where(t.customer.c.id.in_(part), t.customer.c.merged_into_id.is_(None), _as_filed())
        )
        for row in rows:
            rank = (row.founder_at, row.founder_ref, -row.founder_key)
            customer = known.setdefault(row.id, KnownCustomer(row.id, rank, row.uscc))
            customer.fulls.add(row.full_key)
            if row.core_key:
                customer.cores.add(row.core_key)
    return known


def enter_filing(
    session: Session, filing: Registration, customer: int | None, known: Mapping[int, KnownCustomer]
) -> int:
    """Let the customer that a new filing is on learn its names and code; None: it makes a new one known.

    What one that is known learns was compared with nobody yet; a founding name was, when it was filed.
    """
    assert filing.id is not None  # noqa: S101 - flushed
    named = (filing.customer_name, filing.customer_name_en)
    if customer is None:
        customer = _found(session, filing, filing.id)
        enter_filed(session, customer, filing.id, *named)
        return customer
    coded = bool(filing.uscc and not known[customer].code)
    if coded:
        session.execute(sa.update(t.customer).where(t.customer.c.id == customer).values(uscc=filing.uscc))
    if enter_filed(session, customer, filing.id, *named) or coded:
        due(session, [customer])
        refresh_customers(session, [customer])
    return customer


def _found(session: Session, filing: Registration, founder: int) -> int:
    """A new customer; past the ORM, which would keep what nobody edits here."""
    values = {
        "name": filing.customer_name,
        "uscc": filing.uscc,
        "founder_key": founder,
        "founder_at": filing.filed_at,
        "founder_ref": filing.ref,
        "created_at": filing.filed_at,
    }
    result: Any = session.execute(sa.insert(t.customer), values)
    return int(result.inserted_primary_key[0])

"""Reads for the customer record: the identifiers a customer is known by, and whom it shares them with."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.evidence import Identifier, IdentifierKind, identifiers_of
from portal.domain.terms import EventKind
from portal.matching.identifiers import standing_of
from portal.matching.stated import stated_of
from portal.models import tables as t

_ORDER = tuple(IdentifierKind)


@dataclass(frozen=True, slots=True)
class Known:
    """An identifier of a customer. `others`: how many more have it; `near`: some of these, as rows.

    `shared`: it says nothing about who somebody is; `fact`: a manager stated it.
    """

    field: IdentifierKind
    value: str
    others: int
    shared: bool
    near: tuple[Any, ...]
    fact: int | None


def identifiers(session: Session, customer_id: int, claims: Collection[Any]) -> list[Known]:
    """Tax ids, websites and telephones of a customer, as people write them."""
    i = t.customer_identifier.c
    rows = session.execute(sa.select(i.kind, i.value).where(i.customer_id == customer_id))
    here = sorted(((row.kind, row.value) for row in rows), key=lambda each: (_ORDER.index(each[0]), each[1]))
    if not here:
        return []
    written = dict(_written(claims))
    facts: dict[Identifier, int] = {}
    for fact in stated_of(session, {customer_id}, EventKind.IDENTIFIED):
        identifier = (IdentifierKind(fact.data["kind"]), fact.data["value"])
        facts[identifier] = fact.id
        written.setdefault(identifier, fact.data["text"])
    standing, counts = standing_of(session, here), _counts(session, here)
    return [
        Known(
            each[0],
            written.get(each, each[1]),
            counts.get(each, 1) - 1,
            standing[each].shared,
            tuple(row for row in standing[each].rows if row.id != customer_id),
            facts.get(each),
        )
        for each in here
        if each in standing
    ]


def _written(claims: Collection[Any]) -> Iterator[tuple[Identifier, str]]:
    """How the filings write their identifiers; the last word is the first filing's."""
    for claim in reversed(list(claims)):
        for website, phone in ((claim.website, ""), ("", claim.phone)):
            for identifier in identifiers_of(website, phone):
                yield identifier, website or phone


def _counts(session: Session, identifiers: Collection[Identifier]) -> dict[Identifier, int]:
    i = t.customer_identifier.c
    query = (
        sa.select(i.kind, i.value, sa.func.count().label("customers"))
        .where(sa.or_(*(sa.and_(i.kind == kind, i.value == value) for kind, value in identifiers)))
        .group_by(i.kind, i.value)
    )
    return {(row.kind, row.value): row.customers for row in session.execute(query)}

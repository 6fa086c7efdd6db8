"""State that a customer belongs to another one, a separately licensed subsidiary; take it back (§6).

Both stay customers of their own: no filing moves, and who owns which is untouched.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.identifying import founder_of, take_back
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.family import Belongs, closes_circle, parents
from portal.domain.identity_events import filing_of
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.matching.pairs import refresh_customers
from portal.matching.stated import customers_now, stated_of
from portal.matching.suspicions import ask_again
from portal.models import tables as t


@dataclass(frozen=True, slots=True)
class Relative:
    """The other customer of a statement, as the record of one of them shows it."""

    fact: int
    id: int
    name: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Family:
    """What a customer belongs to, and what belongs to it."""

    parent: Relative | None
    subsidiaries: tuple[Relative, ...]


def state_parent(
    session: Session, *, actor: Actor | None, now: datetime, customer: int, parent: int, reason: str
) -> None:
    """Note that `customer` belongs to `parent`.

    :raises RuleViolation: ``belongs.already``: to this or another one: take that back first;
        ``belongs.circle``; ``customer.merged``; ``reason.required``.
    """
    lock_registry(session)
    founders = [founder_of(session, each) for each in (customer, parent)]
    family = family_tree(session)
    if customer in family:
        raise RuleViolation("belongs.already")
    if closes_circle(family, customer, parent):
        raise RuleViolation("belongs.circle")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    fact = journal.fact(
        filing_of(founders[0]), EventKind.BELONGS, at=now, now=now, actor=actor, reason=reason,
        data={"founder": founders[0], "parent_founder": founders[1]},
    )  # fmt: skip
    journal.write(session, [fact], actor=actor)
    refresh_customers(session, [customer, parent])


def take_back_parent(
    session: Session, *, actor: Actor | None, now: datetime, customer: int, fact: int, reason: str
) -> None:
    """Take back what a customer was said to belong to.

    :raises RuleViolation: ``stated.gone``; ``reason.required``.
    """
    lock_registry(session)
    take_back(session, EventKind.BELONGS, actor=actor, now=now, customer=customer, fact=fact, reason=reason)
    ask_again(session, [customer], now=now)


def family_tree(session: Session) -> dict[int, Belongs]:
    """What every customer that belongs to another one belongs to now, by customer.

    Few customers do, and what people stated of them has an index of its own.
    """
    stated = stated_of(session, None, EventKind.BELONGS)
    now = customers_now(session, {each.data["parent_founder"] for each in stated})
    return parents(
        Belongs(each.id, each.customer, parent)
        for each in stated
        if (parent := now.get(each.data["parent_founder"])) is not None
    )


def family_of(session: Session, customer_id: int) -> Family:
    """Parent and subsidiaries of a customer, as they are called now."""
    family = family_tree(session)
    own = family.get(customer_id)
    below = [each for each in family.values() if each.parent == customer_id]
    others = {each.child for each in below} | ({own.parent} if own else set())
    if not others:
        return Family(None, ())
    c, e = t.customer.c, t.registration_event.c
    names = {row.id: row.name for row in session.execute(sa.select(c.id, c.name).where(c.id.in_(others)))}
    told = [each.order for each in (*below, *([own] if own else []))]
    facts = {row.id: row for row in session.execute(sa.select(e.id, e.at, e.reason).where(e.id.in_(told)))}

    def relative(each: Belongs, other: int) -> Relative:
        fact = facts[each.order]
        return Relative(fact.id, other, names[other], fact.at, fact.reason)

    return Family(
        relative(own, own.parent) if own else None,
        tuple(relative(each, each.child) for each in sorted(below, key=lambda each: each.order)),
    )

"""State of a customer what no filing carries: a website, a telephone, a tax id; take it back (§6)."""

from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.evidence import IdentifierKind, identifiers_of
from portal.domain.identifiers import normalise_phone, normalise_website, parse_tax_id
from portal.domain.identity_events import filing_of
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.matching.identifiers import write_identifiers
from portal.matching.stated import stated_of
from portal.matching.suspicions import ask_again
from portal.models import tables as t


def read_identifier(kind: IdentifierKind, text: str) -> tuple[str, str]:
    """An identifier as typed: in the form that is compared, and as people write it.

    :raises RuleViolation: what its reader refuses; ``identifier.nobodys``: it says nothing about who
        somebody is, as free mail and shops under another's name do; ``required``.
    """
    if not text.strip():
        raise RuleViolation("required", "value")
    shown = _READERS[kind](text) or ""
    told = {
        IdentifierKind.TAX_ID: frozenset({(IdentifierKind.TAX_ID, shown)}),
        IdentifierKind.WEBSITE: identifiers_of(shown, ""),
        IdentifierKind.PHONE: identifiers_of("", shown),
    }[kind]
    value = dict(told).get(kind)
    if not value:
        raise RuleViolation("identifier.nobodys", "value")
    return value, shown


_READERS: Mapping[IdentifierKind, Callable[[str], str | None]] = {
    IdentifierKind.TAX_ID: parse_tax_id,
    IdentifierKind.WEBSITE: normalise_website,
    IdentifierKind.PHONE: normalise_phone,
}


def state_identifier(
    session: Session, *, actor: Actor | None, now: datetime, customer: int, kind: IdentifierKind, text: str
) -> None:
    """Note an identifier of a customer; it is compared with filings from now on.

    :raises RuleViolation: what `read_identifier` refuses; ``identifier.stated``: it is known already;
        ``customer.merged``.
    """
    lock_registry(session)
    founder = founder_of(session, customer)
    value, shown = read_identifier(kind, text)
    c = t.customer_identifier.c
    here = sa.and_(c.kind == kind, c.value == value, c.customer_id == customer)
    if session.execute(sa.select(c.value).where(here)).first():
        raise RuleViolation("identifier.stated", "value")
    fact = journal.fact(
        filing_of(founder), EventKind.IDENTIFIED, at=now, now=now, actor=actor,
        data={"founder": founder, "kind": kind.value, "value": value, "text": shown},
    )  # fmt: skip
    journal.write(session, [fact], actor=actor)
    write_identifiers(session, {customer})
    ask_again(session, [customer], now=now)


def take_back_identifier(
    session: Session, *, actor: Actor | None, now: datetime, customer: int, fact: int, reason: str
) -> None:
    """Take back what was stated. What a filing states as well stays.

    :raises RuleViolation: ``stated.gone``; ``reason.required``.
    """
    lock_registry(session)
    take_back(
        session, EventKind.IDENTIFIED, actor=actor, now=now, customer=customer, fact=fact, reason=reason
    )
    write_identifiers(session, {customer})


def founder_of(session: Session, customer: int) -> int:
    """Whom facts about a customer name it by.

    :raises RuleViolation: ``customer.merged``: it is part of another one, or there is none.
    """
    c = t.customer.c
    found = session.scalar(sa.select(c.founder_key).where(c.id == customer, c.merged_into_id.is_(None)))
    if found is None:
        raise RuleViolation("customer.merged")
    return int(found)


def take_back(
    session: Session,
    kind: EventKind,
    *,
    actor: Actor | None,
    now: datetime,
    customer: int,
    fact: int,
    reason: str,
) -> None:
    """Take back a fact of a kind that was stated of this customer.

    :raises RuleViolation: ``stated.gone``: there is none, or it was taken back; ``reason.required``.
    """
    found = next((each for each in stated_of(session, {customer}, kind) if each.id == fact), None)
    if found is None:
        raise RuleViolation("stated.gone")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    undone = journal.fact(
        found.registration_id, EventKind.UNDONE, at=now, now=now, actor=actor, reason=reason, about_id=fact
    )
    journal.write(session, [undone], actor=actor)

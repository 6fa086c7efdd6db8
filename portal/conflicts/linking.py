"""Link two customers that are one company but both signed: each keeps what it signed (C12)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.matching.pairs import refresh_customers
from portal.matching.suspicions import ask_again
from portal.models import tables as t


@dataclass(frozen=True, slots=True)
class Link:
    """A link as one of the two customers shows it."""

    id: int
    registration_id: int
    other_id: int
    other_name: str
    at: datetime
    reason: str


def link_customers(
    session: Session, *, actor: Actor | None, now: datetime, one: int, other: int, reason: str
) -> None:
    """Note on both customers that they are one company; no claim moves.

    :raises RuleViolation: ``merge.same``; ``link.not_both_signed``: they can be merged;
        ``link.linked``; ``reason.required``.
    """
    lock_registry(session)
    signed = signed_owners(session, one, other)
    if one == other:
        raise RuleViolation("merge.same")
    if len(signed) != 2:
        raise RuleViolation("link.not_both_signed")
    if any(link.other_id == other for link in links_of(session, one)):
        raise RuleViolation("link.linked")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    facts = [
        journal.fact(
            signed[here], EventKind.LINKED, at=now, now=now, actor=actor, reason=reason,
            data={"here_id": here, "other_id": there},
        )
        for here, there in ((one, other), (other, one))
    ]  # fmt: skip
    journal.write(session, facts, actor=actor)
    refresh_customers(session, [one, other])


def unlink_customers(
    session: Session, *, actor: Actor | None, now: datetime, one: int, other: int, reason: str
) -> None:
    """Take a link back.

    :raises RuleViolation: ``link.none``; ``reason.required``.
    """
    lock_registry(session)
    found = [link for link in links_of(session, one) if link.other_id == other]
    found += [link for link in links_of(session, other) if link.other_id == one]
    if not found:
        raise RuleViolation("link.none")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    facts = [
        journal.fact(
            link.registration_id, EventKind.UNDONE, at=now, now=now, actor=actor, reason=reason,
            about_id=link.id,
        )
        for link in found
    ]  # fmt: skip
    journal.write(session, facts, actor=actor)
    ask_again(session, [one, other], now=now)


def signed_owners(session: Session, *customers: int) -> dict[int, int]:
    """The signed owner's claim of each of these customers that has one."""
    c = t.registration.c
    rows = session.execute(
        sa.select(c.customer_id, c.id).where(c.customer_id.in_(customers), c.state == State.SIGNED)
    )
    return {row.customer_id: row.id for row in rows}


def links_of(session: Session, customer_id: int) -> list[Link]:
    """The links of a customer that hold, oldest first."""
    e, r = t.registration_event.c, t.registration.c
    rows = session.execute(
        sa.select(e.id, e.kind, e.registration_id, e.at, e.reason, e.data, e.about_id)
        .join(t.registration, r.id == e.registration_id)
        .where(r.customer_id == customer_id, e.kind.in_((EventKind.LINKED, EventKind.UNDONE)))
        .order_by(e.at)
    ).all()
    gone = {row.about_id for row in rows if row.kind is EventKind.UNDONE}
    live = [row for row in rows if row.kind is EventKind.LINKED and row.id not in gone]
    c = t.customer.c
    named = sa.select(c.id, c.name).where(c.id.in_([row.data["other_id"] for row in live]))
    names = {row.id: row.name for row in session.execute(named)} if live else {}
    found = ((row, row.data["other_id"]) for row in live)
    return [
        Link(row.id, row.registration_id, other, names[other], row.at, row.reason)
        for row, other in found
        if other in names
    ]

"""State what else a customer is called (§6), and take it back: facts that its names follow from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.service import resettle
from portal.db import lock_registry
from portal.domain.alike import TOLD_FROM
from portal.domain.errors import RuleViolation
from portal.domain.identity_events import filing_of
from portal.domain.names import check_name, keys_of
from portal.domain.roles import Actor
from portal.domain.terms import EventKind, NameKind
from portal.matching.service import Near, compare_names
from portal.models import tables as t

STATABLE = tuple(kind for kind in NameKind if kind is not NameKind.FILED)
"""The kinds that people state; what was filed comes from filings alone."""


def state_name(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    customer_id: int,
    kind: NameKind,
    name: str,
    reason: str = "",
) -> None:
    """Let a customer be known by another name: from now on filings are compared with it too.

    It may be like another customer's name; `also_like` says so.

    :raises RuleViolation: ``name.*``; ``naming.from_filings``: `kind` is not for people to state;
        ``naming.known``: it bears the name already; ``naming.merged``: state it where it went.
    """
    lock_registry(session)
    name = check_name(name)
    customer = session.execute(sa.select(t.customer).where(t.customer.c.id == customer_id)).first()
    if kind not in STATABLE:
        raise RuleViolation("naming.from_filings", "kind")
    if customer is None or customer.merged_into_id is not None:
        raise RuleViolation("naming.merged")
    known = known_as(session, customer_id, name)
    if known is not None and not may_restate(known):
        raise RuleViolation("naming.known", "name", kind=known.kind)
    fact = named(customer.founder_key, kind, name, actor=actor, now=now, reason=reason)
    journal.write(session, [fact], actor=actor)
    resettle(session, [fact["registration_id"]], now=now)


def named(
    founder: int, kind: NameKind, name: str, *, actor: Actor | None, now: datetime, reason: str
) -> dict[str, Any]:
    """The fact that the customer founded by `founder` has this name too, not yet written."""
    return journal.fact(
        filing_of(founder), EventKind.NAMED, at=now, now=now, actor=actor, reason=reason,
        data={"founder": founder, "kind": kind, "name": name},
    )  # fmt: skip


def known_as(session: Session, customer_id: int, name: str) -> Any:
    """The name among a customer's that is written like this one, if any."""
    c = t.customer_alias.c
    query = sa.select(t.customer_alias).where(c.customer_id == customer_id, c.full_key == keys_of(name).full)
    return session.execute(query).first()


def may_restate(known: Any) -> bool:
    """Whether a person may say of a known name what kind it is: of the English name of a filing."""
    return known.kind is NameKind.ENGLISH and known.event_id is None


def take_name_back(
    session: Session, *, actor: Actor | None, now: datetime, customer_id: int, event_id: int, reason: str = ""
) -> None:
    """Take a stated name back: nothing is compared with it any more.

    :raises RuleViolation: ``naming.not_stated``: nobody stated it of this customer, or not any more.
    """
    lock_registry(session)
    c, e = t.customer_alias.c, t.registration_event.c
    filing = session.scalar(
        sa.select(e.registration_id)
        .join(t.customer_alias, c.event_id == e.id)
        .where(c.customer_id == customer_id, c.event_id == event_id)
    )
    if filing is None:
        raise RuleViolation("naming.not_stated")
    fact = journal.fact(
        filing, EventKind.UNDONE, at=now, now=now, actor=actor, reason=reason, about_id=event_id
    )
    journal.write(session, [fact], actor=actor)
    resettle(session, [filing], now=now)


def also_like(session: Session, customer_id: int, name: str) -> list[Near]:
    """The other customers that a name is like enough to tell, the likest first."""
    uscc = session.scalar(sa.select(t.customer.c.uscc).where(t.customer.c.id == customer_id))
    near = compare_names(session, name, uscc, excluded=(customer_id,))
    return [each for each in near if each.alike.score >= TOLD_FROM]


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name as the customer record shows it: what kind, and which filing bears it or who stated it."""

    name: str
    kind: NameKind
    registration_id: int | None
    ref: str | None
    event_id: int | None
    at: datetime
    actor: str | None
    reason: str


def names_with_source(session: Session, customer_id: int) -> list[KnownName]:
    """A customer's names: as filed first, then what was stated and what filings say in English."""
    c, r, e = t.customer_alias.c, t.registration.c, t.registration_event.c
    rows = session.execute(
        sa.select(
            c.name, c.kind, c.registration_id, r.ref, c.event_id,
            sa.func.coalesce(e.at, r.filed_at, type_=r.filed_at.type).label("at"),
            t.user.c.name.label("actor"), sa.func.coalesce(e.reason, "").label("reason"),
        )
        .join(t.registration, r.id == c.registration_id, isouter=True)
        .join(t.registration_event, e.id == c.event_id, isouter=True)
        .join(t.user, t.user.c.id == e.actor_id, isouter=True)
        .where(c.customer_id == customer_id)
        .order_by(sa.case((c.kind == NameKind.FILED, 0), else_=1), "at", c.id)
    )  # fmt: skip
    return [KnownName(*row) for row in rows]

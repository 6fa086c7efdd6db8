"""Which requests a person sees, and on what it may ask for support."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.access import Permission, Scope, allows, can_see, scope_of, works_for
from portal.domain.facts import State
from portal.domain.roles import Actor, Role
from portal.models import tables as t

_s, _r, _p = t.support_request.c, t.registration.c, t.partner.c
PARTY = sa.func.coalesce(_s.partner_id, _r.partner_id)
"""The partner that a request is for: its own, or its project's; none: key accounts'."""


ENDED = (State.RELEASED, State.LOST)
"""On what has ended nothing is asked for any more."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a request is for, and how the project stands that it is about."""

    partner_id: int | None
    region: str | None
    manager_id: int | None
    customer_id: int | None = None
    state: State | None = None


def party_of_claim(session: Session, registration_id: int) -> Party:
    """The party of a registration, and how that stands."""
    return parties_of_claims(session, [registration_id])[registration_id]


def parties_of_claims(session: Session, registrations: Collection[int]) -> dict[int, Party]:
    """The same of many registrations."""
    query = (
        sa.select(_r.id, _r.partner_id, _p.region, _manager(), _r.customer_id, _r.state)
        .join(t.partner, _p.id == _r.partner_id, isouter=True)
        .join(t.user, t.user.c.id == _p.manager_id, isouter=True)
    )
    return {
        row[0]: Party(*row[1:])
        for part in chunks(registrations)
        for row in session.execute(query.where(_r.id.in_(part)))
    }


def party_of(session: Session, partner_id: int | None) -> Party:
    """A partner as the party of a request."""
    row = session.execute(
        sa.select(_p.id, _p.region, _manager())
        .join(t.user, t.user.c.id == _p.manager_id, isouter=True)
        .where(_p.id == partner_id)
    ).one()
    return Party(*row)


def _manager() -> Any:
    """Who looks after a partner; whoever has left does not."""
    return sa.case((t.user.c.active, _p.manager_id))


def may_ask(actor: Actor, party: Party) -> bool:
    """Whether the person may ask for this party: for its own, or for a partner that it looks after.

    The channel manager runs the review of every partner (W3), so may ask for each.
    """
    if not allows(actor, Permission.SUPPORT_ASK):
        return False
    if works_for(actor, partner_id=party.partner_id):
        return True
    roles = actor.effective_roles
    its_own = Role.CHANNEL_SALES in roles and party.manager_id in (None, actor.user_id)
    if party.partner_id is None or not (its_own or Role.CHANNEL_MANAGER in roles):
        return False
    return can_see(actor, partner_id=party.partner_id, region=party.region)


def may_ask_on(
    session: Session,
    actor: Actor,
    *,
    registration_id: int | None,
    partner_id: int | None,
    of_partner: bool = True,
) -> bool:
    """The same of a registration or a partner that the person sees: its own people see no other's.

    `of_partner`: not for the registrations of key accounts.
    """
    if actor.is_partner or actor.is_key_accounts or not allows(actor, Permission.SUPPORT_ASK):
        return allows(actor, Permission.SUPPORT_ASK)
    if not of_partner or Role.CHANNEL_MANAGER in actor.effective_roles:
        return of_partner
    if registration_id is None:
        return may_ask(actor, party_of(session, partner_id))
    return may_ask(actor, party_of_claim(session, registration_id))


def may_withdraw(actor: Actor, party: Party) -> bool:
    """Whether the person's own party asked."""
    return allows(actor, Permission.SUPPORT_ASK) and works_for(actor, partner_id=party.partner_id)


def requests_of(person: Actor) -> Any:
    """The condition on `support_request` (joined with registration and partner) for what `person` sees."""
    if not allows(person, Permission.SUPPORT_VIEW):
        return sa.false()
    return _requests(scope_of(person), person.partner_id, person.region)


@lru_cache(maxsize=1000)
def _requests(scope: Scope, partner_id: int | None, region: str | None) -> Any:
    """The same object for the same rows: statements that were built with it are found again."""
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.OWN_PARTNER:
        return partner_id == PARTY
    if scope is Scope.KEY_ACCOUNTS:
        return PARTY.is_(None)
    if scope is Scope.REGION:
        return _p.region == region
    return sa.false()

"""Which rows a person sees. Everything outside does not exist for that person: 404, never 403."""

from typing import Any

import sqlalchemy as sa
from flask import abort

from portal.domain.access import Scope, scope_of
from portal.domain.roles import Actor
from portal.models import tables as t
from portal.web.request import actor, reading


def registrations_of(person: Actor) -> Any:
    """The condition on `registration` for the rows `person` sees."""
    scope, column = scope_of(person), t.registration.c.partner_id
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.OWN_PARTNER:
        return column == person.partner_id
    if scope is Scope.KEY_ACCOUNTS:
        return column.is_(None)
    if scope is Scope.REGION:
        return column.in_(sa.select(t.partner.c.id).where(t.partner.c.region == person.region))
    return sa.false()


def partners_of(person: Actor) -> Any:
    """The condition on `partner` for the rows `person` sees."""
    scope = scope_of(person)
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.OWN_PARTNER:
        return t.partner.c.id == person.partner_id
    if scope is Scope.REGION:
        return t.partner.c.region == person.region
    return sa.false()


def registration_or_404(registration_id: int) -> Any:
    """The id, party and version of a registration the person sees; aborts with 404 otherwise."""
    row = (
        reading()
        .execute(
            sa.select(t.registration)
            .where(t.registration.c.id == registration_id)
            .where(registrations_of(actor()))
        )
        .first()
    )
    if row is None:
        abort(404)
    return row


def partner_or_404(partner_id: int) -> Any:
    """A partner the person sees; aborts with 404 otherwise."""
    row = (
        reading()
        .execute(sa.select(t.partner).where(t.partner.c.id == partner_id).where(partners_of(actor())))
        .first()
    )
    if row is None:
        abort(404)
    return row

"""Which rows a person sees. Everything outside does not exist for that person: 404, never 403."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask import abort

from portal.domain.access import Scope, scope_of
from portal.domain.roles import Actor
from portal.models import tables as t
from portal.web.request import actor, reading

_SCOPES = 1000


def registrations_of(person: Actor) -> Any:
    """The condition on `registration` for the rows `person` sees."""
    return _registrations(scope_of(person), person.partner_id, person.region)


@lru_cache(maxsize=_SCOPES)
def _registrations(scope: Scope, partner_id: int | None, region: str | None) -> Any:
    """The same object for the same rows: statements that were built with it are found again."""
    column = t.registration.c.partner_id
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.OWN_PARTNER:
        return column == partner_id
    if scope is Scope.KEY_ACCOUNTS:
        return column.is_(None)
    if scope is Scope.REGION:
        return column.in_(sa.select(t.partner.c.id).where(t.partner.c.region == region))
    return sa.false()


def partners_of(person: Actor) -> Any:
    """The condition on `partner` for the rows `person` sees."""
    return _partners(scope_of(person), person.partner_id, person.region)


@lru_cache(maxsize=_SCOPES)
def _partners(scope: Scope, partner_id: int | None, region: str | None) -> Any:
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.OWN_PARTNER:
        return t.partner.c.id == partner_id
    if scope is Scope.REGION:
        return t.partner.c.region == region
    return sa.false()


def registration_or_404(registration_id: int) -> Any:
    """The whole row of a registration the person sees; aborts with 404 otherwise."""
    row = reading().execute(_one_of(registrations_of(actor())), {"id": registration_id}).first()
    if row is None:
        abort(404)
    return row


@lru_cache(maxsize=_SCOPES)
def _one_of(scope: Any) -> Any:
    return sa.select(t.registration).where(t.registration.c.id == sa.bindparam("id")).where(scope)


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

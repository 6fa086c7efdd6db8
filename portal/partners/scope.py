"""The running totals a person may sum up: own partner, region, key accounts, all."""

from typing import Any

import sqlalchemy as sa

from portal.domain.access import Scope, scope_of
from portal.domain.roles import Actor
from portal.models import tables as t

KEY_ACCOUNTS_ID = 0


def totals_of(person: Actor) -> Any:
    """The condition on `pipeline_stat` for the parties `person` sees."""
    scope, party = scope_of(person), t.pipeline_stat.c.party_id
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.OWN_PARTNER:
        return party == person.partner_id
    if scope is Scope.KEY_ACCOUNTS:
        return party == KEY_ACCOUNTS_ID
    if scope is Scope.REGION:
        return party.in_(sa.select(t.partner.c.id).where(t.partner.c.region == person.region))
    return sa.false()

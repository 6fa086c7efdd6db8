"""The running totals a person may sum up: own partner, region, key accounts, all."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from portal.domain.access import Scope, scope_of
from portal.domain.roles import Actor
from portal.models import tables as t

KEY_ACCOUNTS_ID = 0


def totals_of(person: Actor) -> Any:
    """The condition on `pipeline_stat` for the parties `person` sees."""
    return _totals(scope_of(person), person.partner_id, person.region)


@lru_cache(maxsize=1000)
def _totals(scope: Scope, partner_id: int | None, region: str | None) -> Any:
    party = t.pipeline_stat.c.party_id
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.OWN_PARTNER:
        return party == partner_id
    if scope is Scope.KEY_ACCOUNTS:
        return party == KEY_ACCOUNTS_ID
    if scope is Scope.REGION:
        return party.in_(sa.select(t.partner.c.id).where(t.partner.c.region == region))
    return sa.false()

"""Whose reviews a person sees, and whose it holds (W3): its region's and its own partners', or all."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from portal.domain.access import PERMISSIONS, Permission
from portal.domain.roles import REGIONAL_ROLES, Actor, Role
from portal.models import tables as t


def _carries(person: Actor, permission: Permission) -> frozenset[Role]:
    return frozenset(role for role in person.effective_roles if permission in PERMISSIONS[role])


def partners_reviewed(person: Actor) -> Any:
    """The condition on `partner` for the reviews that `person` sees."""
    roles = _carries(person, Permission.REVIEW_VIEW)
    own = person.user_id if Role.CHANNEL_SALES in roles else None
    return _partners(bool(roles - REGIONAL_ROLES), person.region if roles else None, own)


@lru_cache(maxsize=1000)
def _partners(wide: bool, region: str | None, user_id: int | None) -> Any:
    """The same object for the same rows: statements that were built with it are found again."""
    c = t.partner.c
    if wide:
        return sa.true()
    conditions = [c.region == region] if region else []
    conditions += [c.manager_id == user_id] if user_id is not None else []
    return sa.or_(*conditions) if conditions else sa.false()


def holds(person: Actor, *, region: str, manager_id: int | None) -> bool:
    """Whether `person` holds the review of a partner of that region, looked after by `manager_id`."""
    roles = _carries(person, Permission.REVIEW_HOLD)
    if roles - REGIONAL_ROLES:
        return True
    return bool(roles) and (manager_id == person.user_id or (bool(region) and region == person.region))

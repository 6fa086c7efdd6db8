"""Whose papers a person sees: a partner its own once they are out, the vendor's people by their roles."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.access import PERMISSIONS, Permission, allows
from portal.domain.roles import REGIONAL_ROLES, Actor
from portal.domain.statements import OPEN
from portal.models import tables as t

_SCOPES = 1000


def papers_of(person: Actor) -> Any:
    """The condition on `statement` for those whose paper `person` may have (M12: a partner's own, issued)."""
    if not allows(person, Permission.STATEMENT_VIEW):
        return sa.false()
    if person.is_partner:
        return _own(person.partner_id)
    wide = any(
        Permission.STATEMENT_VIEW in PERMISSIONS[role] for role in person.effective_roles - REGIONAL_ROLES
    )
    return sa.true() if wide else _region(person.region or "")


def seen_among(session: Session, person: Actor, ids: Collection[int]) -> list[int]:
    """Those of the statements whose paper `person` may have."""
    s, seen = t.statement.c, papers_of(person)
    return [
        found
        for part in chunks(ids)
        for found in session.scalars(sa.select(s.id).where(s.id.in_(part), seen))
    ]


@lru_cache(maxsize=_SCOPES)
def _own(partner_id: int | None) -> Any:
    s = t.statement.c
    return sa.and_(s.partner_id == partner_id, s.station.not_in(sorted(OPEN)))


@lru_cache(maxsize=_SCOPES)
def _region(region: str) -> Any:
    p = t.partner.c
    return t.statement.c.partner_id.in_(sa.select(p.id).where(p.region == region))

"""Whom a thing concerns: a partner's people, who looks after it, who holds a role. One place for all."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.domain.roles import Role
from portal.models import tables as t

_ANSWERS = {Role.PARTNER_ADMIN, Role.KEY_ACCOUNTS_MANAGER}
_PARTNERS = (Role.PARTNER_ADMIN, Role.PARTNER_REP)
_OWN = (Role.KEY_ACCOUNTS_MANAGER, Role.KEY_ACCOUNTS)


@dataclass(slots=True)
class Party:
    """The people of a partner, or of the vendor's own key accounts, who can sign in.

    `answering`: who answers for it; `everybody`: they and those who work projects; `after`: who
    looks after it.
    """

    answering: set[int] = field(default_factory=set)
    everybody: set[int] = field(default_factory=set)
    after: set[int] = field(default_factory=set)


def parties(session: Session, partners: Iterable[int | None]) -> dict[int | None, Party]:
    """The people of many partners with one query; None stands for the vendor's own key accounts."""
    wanted = set(partners)
    found: dict[int | None, Party] = {each: Party() for each in wanted}
    u, r, p = t.user.c, t.user_role.c, t.partner.c
    query = (
        sa.select(p.id, p.manager_id, r.user_id, r.role)
        .join(t.user, sa.and_(u.partner_id == p.id, u.active), isouter=True)
        .join(t.user_role, sa.and_(r.user_id == u.id, r.role.in_(_PARTNERS)), isouter=True)
    )
    for part in db.chunks(each for each in wanted if each is not None):
        for row in session.execute(query.where(p.id.in_(part))):
            party = found[row.id]
            party.after = {row.manager_id} - {None}
            if row.user_id is not None:
                _join(party, row.user_id, row.role)
    if None in wanted:
        own = sa.select(r.user_id, r.role).join(t.user, u.id == r.user_id)
        for row in session.execute(own.where(u.active, u.partner_id.is_(None), r.role.in_(_OWN))):
            _join(found[None], row.user_id, row.role)
    return found


def _join(party: Party, person: int, role: Role) -> None:
    party.everybody.add(person)
    if role in _ANSWERS:
        party.answering.add(person)


def holders(session: Session, roles: Collection[Role]) -> dict[Role, set[int]]:
    """Everybody who holds each of the roles and can sign in."""
    u, r = t.user.c, t.user_role.c
    query = sa.select(u.id, r.role).join(t.user_role, r.user_id == u.id).where(u.active, r.role.in_(roles))
    found: dict[Role, set[int]] = {role: set() for role in roles}
    for row in session.execute(query) if roles else ():
        found[row.role].add(row.id)
    return found


def holders_by_region(session: Session, role: Role) -> dict[str, set[int]]:
    """Everybody who holds a role and can sign in, by the region that the person is of."""
    u, r = t.user.c, t.user_role.c
    query = sa.select(u.id, u.region).join(t.user_role, r.user_id == u.id).where(u.active, r.role == role)
    found: defaultdict[str, set[int]] = defaultdict(set)
    for row in session.execute(query.where(u.region.is_not(None))):
        found[row.region].add(row.id)
    return found

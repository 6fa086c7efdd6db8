"""Who holds a role, for those who tell people something."""

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.roles import Role
from portal.models import tables as t


def with_role(session: Session, role: Role) -> set[int]:
    """Everybody who holds a role and can sign in."""
    u, r = t.user.c, t.user_role.c
    query = sa.select(u.id).join(t.user_role, r.user_id == u.id).where(u.active, r.role == role)
    return set(session.scalars(query))

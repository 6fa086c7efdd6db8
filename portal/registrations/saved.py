"""A person's named filters of a list."""

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor
from portal.models import tables as t

MOST = 30


def save_view(session: Session, *, actor: Actor, page: str, name: str, query: str) -> None:
    """Keep a filter under a name; the same name replaces it.

    :raises RuleViolation: ``view.name``.
    """
    name = "".join(char for char in name if char.isprintable()).strip()
    if not name or len(name) > 60:
        raise RuleViolation("view.name", "name")
    c = t.saved_view.c
    session.execute(sa.delete(t.saved_view).where(c.user_id == actor.user_id, c.page == page, c.name == name))
    row = {"user_id": actor.user_id, "page": page, "name": name, "query": query[:2000]}
    session.execute(sa.insert(t.saved_view), [row])


def drop_view(session: Session, *, actor: Actor, view_id: int) -> None:
    """Forget one's own view."""
    c = t.saved_view.c
    session.execute(sa.delete(t.saved_view).where(c.id == view_id, c.user_id == actor.user_id))

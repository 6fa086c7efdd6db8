"""Reads for administration."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.models import tables as t
from portal.paging import Page, page_by_key


def list_users(session: Session, *, partner_id: int | None) -> list[dict[str, Any]]:
    """People with their roles; of one partner, or all."""
    u, role = t.user.c, t.user_role.c
    query = (
        sa.select(
            u.id, u.name, u.email, u.active, u.region, u.last_seen_on, u.password_hash.is_(None).label("new"),
            t.partner.c.name.label("partner_name"), role.role,
        )
        .join(t.user_role, role.user_id == u.id, isouter=True)
        .join(t.partner, t.partner.c.id == u.partner_id, isouter=True)
        .order_by(t.partner.c.code, u.name, u.id)
    )  # fmt: skip
    if partner_id is not None:
        query = query.where(u.partner_id == partner_id)
    people: dict[int, dict[str, Any]] = {}
    for row in session.execute(query):
        person = people.setdefault(row.id, {**row._mapping, "roles": []})
        if row.role:
            person["roles"].append(row.role)
    return list(people.values())


def one_user(session: Session, user_id: int) -> Any:
    """A person's row."""
    return session.execute(sa.select(t.user).where(t.user.c.id == user_id)).first()


def roles_of(session: Session, user_id: int) -> list[Any]:
    """A person's roles."""
    return list(session.scalars(sa.select(t.user_role.c.role).where(t.user_role.c.user_id == user_id)))


def audit_page(session: Session, *, text: str, cursor: str | None) -> Page:
    """The audit trail, newest first; `text` narrows by action or person."""
    c = t.audit_entry.c
    query = sa.select(
        c.id, c.at, c.actor, c.action, c.subject_type, c.subject_id, c.reason, c.details, c.hash
    )
    if text:
        query = query.where(
            sa.or_(c.action.startswith(text, autoescape=True), c.actor.startswith(text, autoescape=True))
        )
    return page_by_key(session, query, column=c.at, key=c.id, descending=True, size=50, cursor=cursor)

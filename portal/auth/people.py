"""The people who may sign in: adding, changing, switching off (domain.md §1)."""

import secrets
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.roles import KEY_ACCOUNTS_ROLES, PARTNER_ROLES, REGIONAL_ROLES, Actor, Role
from portal.models import User, UserRole
from portal.models import tables as t


def check_roles(roles: Collection[Role], *, partner_id: int | None, region: str | None) -> None:
    """Whether these roles go together with a partner or a region.

    Key accounts is a party to conflicts: who works for it must not also review a region's claims.

    :raises RuleViolation: ``user.needs_role``, ``user.partner_roles``, ``user.needs_region``,
        ``user.two_sides``.
    """
    if not roles:
        raise RuleViolation("user.needs_role", "roles")
    partner_roles = set(roles) & PARTNER_ROLES
    if bool(partner_roles) != (partner_id is not None) or (partner_roles and set(roles) - PARTNER_ROLES):
        raise RuleViolation("user.partner_roles", "roles")
    if set(roles) & REGIONAL_ROLES and not region:
        raise RuleViolation("user.needs_region", "region")
    if set(roles) & KEY_ACCOUNTS_ROLES and set(roles) & REGIONAL_ROLES:
        raise RuleViolation("user.two_sides", "roles")


def add_user(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    email: str,
    name: str,
    roles: Collection[Role],
    partner_id: int | None = None,
    region: str | None = None,
    locale: str | None = None,
    password_hash: str | None = None,
) -> int:
    """A new person; answers the id. Without a password a one-time link is needed.

    :raises RuleViolation: ``email.taken`` or as `check_roles`.
    """
    check_roles(roles, partner_id=partner_id, region=region)
    if session.scalar(sa.select(t.user.c.id).where(t.user.c.email == email)):
        raise RuleViolation("email.taken", "email")
    user = User(
        email=email,
        name=name,
        password_hash=password_hash,
        session_stamp=secrets.token_hex(8),
        partner_id=partner_id,
        region=region or None,
        locale=locale,
        created_at=now,
    )
    session.add(user)
    session.flush()  # the roles need the id
    assert user.id is not None  # noqa: S101 - flushed
    _store_roles(session, user.id, roles)
    audit.record(
        session,
        actor=actor,
        action="user.added",
        at=now,
        subject=("user", user.id),
        email=email,
        name=name,
        roles=sorted(roles),
        partner_id=partner_id,
        region=region or None,
        active=True,
    )
    return user.id


def change_user(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    user_id: int,
    version: int,
    name: str,
    roles: Collection[Role],
    region: str | None,
    active: bool,
) -> None:
    """Change a person; switching off ends the sessions.

    :raises StaleVersion: somebody else changed the person meanwhile.
    :raises RuleViolation: ``user.self``, ``user.last_admin`` or as `check_roles`.
    """
    user = session.get(User, user_id)
    assert user is not None  # noqa: S101 - the view has looked
    if user.version != version:
        raise StaleVersion("stale")
    check_roles(roles, partner_id=user.partner_id, region=region)
    before = set(session.scalars(sa.select(t.user_role.c.role).where(t.user_role.c.user_id == user_id)))
    if not active and user_id == actor.user_id:
        raise RuleViolation("user.self", "active")
    if Role.ADMIN in before and (not active or Role.ADMIN not in roles):
        _keep_an_admin(session, user_id)
    was = {"name": user.name, "roles": sorted(before), "region": user.region, "active": user.active}
    then = {"name": name, "roles": sorted(roles), "region": region or None, "active": active}
    user.name, user.region, user.active = name, region or None, active
    if not active or before != set(roles):
        user.session_stamp = secrets.token_hex(8)
    session.execute(sa.delete(t.user_role).where(t.user_role.c.user_id == user_id))
    _store_roles(session, user_id, roles)
    subject = ("user", user_id)
    audit.record(session, actor=actor, action="user.changed", at=now, subject=subject, before=was, after=then)


def _store_roles(session: Session, user_id: int, roles: Collection[Role]) -> None:
    session.add_all(UserRole(user_id=user_id, role=role) for role in sorted(roles))


def _keep_an_admin(session: Session, leaving: int) -> None:
    lock_registry(session)  # two who switch each other off take turns
    others = session.scalar(
        sa.select(sa.func.count())
        .select_from(t.user)
        .join(t.user_role, t.user_role.c.user_id == t.user.c.id)
        .where(t.user_role.c.role == Role.ADMIN, t.user.c.active, t.user.c.id != leaving)
    )
    if not others:
        raise RuleViolation("user.last_admin", "active")

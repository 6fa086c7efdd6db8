"""Passwords, one-time links, throttled sign-in."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlmodel import Session

from portal import audit
from portal.db import lock_sign_in
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor
from portal.models import tables as t

SHORTEST_PASSWORD = 10
ENDED_KEPT = timedelta(days=60)
LINK_LIFETIME = timedelta(days=7)
THROTTLE_WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT = 8
TRIES_PER_ADDRESS = 40


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password fits: an unknown address costs as much time as a known one."""
    return _hasher().hash(secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class Try:
    """A try to sign in, already counted as a failed one; `user` is None for an unknown address."""

    keys: tuple[str, str]
    address_row: int
    user: Any


def begin_sign_in(session: Session, *, email: str, address: str, now: datetime) -> Try | None:
    """Count a try per account and per network address; None when there were too many in 15 minutes.

    It is counted before the password is looked at: many tries at once get no further than many
    in a row, and the slow comparison (`password_fits`) holds up nobody's writing.
    """
    email = email.replace("\x00", "").strip().lower()[:254]
    keys = f"account:{email}"[:128], f"address:{address}"[:128]
    lock_sign_in(session)
    if _throttled(session, keys, now):
        return None
    counted = session.scalars(
        sa.insert(t.login_attempt).returning(t.login_attempt.c.id, sort_by_parameter_order=True),
        [{"key": key, "at": now} for key in keys],
    ).all()
    c = t.user.c
    user = session.execute(
        sa.select(c.id, c.name, c.password_hash, c.session_stamp).where(c.email == email, c.active)
    ).first()
    return Try(keys, counted[1], user)


def password_fits(tried: Try, password: str) -> bool:
    """Whether the password is right. Takes as long for an unknown or switched off account."""
    return _fits(tried.user.password_hash if tried.user else None, password)


def end_sign_in(session: Session, *, tried: Try, fits: bool, now: datetime) -> str | None:
    """Write down how the try ended; the cookie id, or None: unknown, switched off and wrong look the same."""
    user = tried.user
    if user and fits:
        c = t.user.c
        same = sa.update(t.user).where(c.id == user.id, c.session_stamp == user.session_stamp, c.active)
        fits = session.execute(same.values(last_seen_on=now).returning(c.id)).first() is not None
    if user is None or not fits:
        subject = ("user", user.id if user else None)
        audit.record(session, actor=None, action="user.sign_in_failed", at=now, subject=subject)
        return None
    forget_try(session, tried)
    person = Actor(user.id, user.name, frozenset())
    audit.record(session, actor=person, action="user.signed_in", at=now, subject=("user", user.id))
    return f"{user.id}:{user.session_stamp}"


def forget_try(session: Session, tried: Try) -> None:
    """A try that was right is no failed one; the account's earlier ones do not matter any more."""
    attempt = t.login_attempt.c
    mine = sa.or_(attempt.key == tried.keys[0], attempt.id == tried.address_row)
    session.execute(sa.delete(t.login_attempt).where(mine))


def end_session(session: Session, *, key: str, now: datetime) -> None:
    """Log a session out for good; such cookies are too old by themselves after a month."""
    ended = t.ended_session.c
    session.execute(sa.delete(t.ended_session).where(ended.ended_at < now - ENDED_KEPT))
    session.execute(sa.delete(t.ended_session).where(ended.key == key))
    session.execute(sa.insert(t.ended_session), [{"key": key, "ended_at": now}])


def _throttled(session: Session, keys: tuple[str, str], now: datetime) -> bool:
    session.execute(sa.delete(t.login_attempt).where(t.login_attempt.c.at < now - THROTTLE_WINDOW))
    counts = dict(
        session.execute(
            sa.select(t.login_attempt.c.key, sa.func.count())
            .where(t.login_attempt.c.key.in_(keys))
            .group_by(t.login_attempt.c.key)
        ).all()
    )
    limits = (TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS)
    return any(counts.get(key, 0) >= limit for key, limit in zip(keys, limits, strict=True))


def _fits(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher().verify(password_hash or _nobody(), password) and bool(password_hash)
    except (Argon2Error, InvalidHashError):
        return False


def hash_password(password: str, email: str) -> str:
    """The argon2 hash of a new password.

    :raises RuleViolation: ``password.short``, ``password.same_as_email``.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise RuleViolation("password.short", "password", least=SHORTEST_PASSWORD)
    if password.strip().lower() == email:
        raise RuleViolation("password.same_as_email", "password")
    return _hasher().hash(password)


def make_link(session: Session, *, actor: Actor | None, user_id: int, now: datetime) -> str:
    """A new one-time secret to set a password with; earlier ones of that person end."""
    secret = secrets.token_urlsafe(32)
    session.execute(
        sa.update(t.password_link)
        .where(t.password_link.c.user_id == user_id, t.password_link.c.used_at.is_(None))
        .values(used_at=now)
    )
    row = {
        "user_id": user_id,
        "secret_hash": _digest(secret),
        "created_at": now,
        "expires_at": now + LINK_LIFETIME,
    }
    session.execute(sa.insert(t.password_link), [row])
    subject = ("user", user_id)
    audit.record(session, actor=actor, action="user.link_made", at=now, subject=subject)
    return secret


def link_owner(session: Session, secret: str, now: datetime) -> tuple[int, str, str]:
    """Id, name and e-mail address of the person a live link belongs to.

    :raises RuleViolation: ``password.link_used``.
    """
    link = t.password_link.c
    row = session.execute(
        sa.select(t.user.c.id, t.user.c.name, t.user.c.email)
        .join(t.password_link, link.user_id == t.user.c.id)
        .where(
            link.secret_hash == _digest(secret),
            link.used_at.is_(None),
            link.expires_at > now,
            t.user.c.active,
        )
    ).first()
    if row is None:
        raise RuleViolation("password.link_used")
    return row.id, row.name, row.email


def set_password_by_link(session: Session, *, secret: str, password: str, now: datetime) -> str:
    """Set a password with a link, which ends with it; answers the cookie id.

    :raises RuleViolation: ``password.*``.
    """
    user_id, name, email = link_owner(session, secret, now)
    link = t.password_link.c
    unused = sa.update(t.password_link).where(link.secret_hash == _digest(secret), link.used_at.is_(None))
    # Of two who use it in the same moment one finds it used.
    if session.execute(unused.values(used_at=now).returning(link.id)).first() is None:
        raise RuleViolation("password.link_used")
    return _store_password(session, Actor(user_id, name, frozenset()), email, password, now)


def change_password(
    session: Session, *, actor: Actor, tried: Try, current: str, password: str, now: datetime
) -> str:
    """Replace one's own password; other sessions end. Answers the new cookie id.

    `tried` was begun before; it counts as a failed one unless the password is changed.

    :raises RuleViolation: ``password.wrong`` or as `hash_password`.
    """
    row = session.execute(
        sa.select(t.user.c.email, t.user.c.password_hash).where(t.user.c.id == actor.user_id)
    ).one()
    if not _fits(row.password_hash, current):
        raise RuleViolation("password.wrong", "current")
    forget_try(session, tried)
    return _store_password(session, actor, row.email, password, now)


def _store_password(session: Session, person: Actor, email: str, password: str, now: datetime) -> str:
    stamp = secrets.token_hex(8)
    session.execute(
        sa.update(t.user)
        .where(t.user.c.id == person.user_id)
        .values(password_hash=hash_password(password, email), session_stamp=stamp)
    )
    audit.record(session, actor=person, action="user.password_set", at=now, subject=("user", person.user_id))
    return f"{person.user_id}:{stamp}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def keep_preference(session: Session, *, actor: Actor, **values: str) -> None:
    """Store the person's own language or theme."""
    session.execute(sa.update(t.user).where(t.user.c.id == actor.user_id).values(**values))


def ping(session: Session) -> None:
    """Whether the database answers; raises when it does not."""
    session.execute(sa.text("SELECT 1"))

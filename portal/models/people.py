"""People: users, their roles, one-time links, saved views, drafts."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.roles import Role
from portal.models.base import Versioned
from portal.models.columns import UTCDateTime, enum_type


class User(Versioned, table=True):
    """A person who can sign in. Partner people have a partner, vendor people have none."""

    __tablename__ = "user_account"
    __table_args__ = (
        sa.CheckConstraint("email = lower(email)", name="email_lower"),
        sa.CheckConstraint("locale IN ('zh', 'en')", name="locale"),
        sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name="theme"),
    )

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=100)
    password_hash: str | None = Field(default=None, max_length=255)
    session_stamp: str = Field(max_length=64)
    active: bool = Field(default=True)
    partner_id: int | None = Field(default=None, foreign_key="partner.id", index=True)
    region: str | None = Field(default=None, max_length=40)
    locale: str | None = Field(default=None, max_length=2)
    theme: str = Field(default="auto", max_length=5)
    created_at: datetime = Field(sa_type=UTCDateTime)
    last_seen_on: datetime | None = Field(default=None, sa_type=UTCDateTime)


class UserRole(SQLModel, table=True):
    """One role that one person holds (domain.md §1)."""

    __tablename__ = "user_role"

    user_id: int = Field(foreign_key="user_account.id", primary_key=True, ondelete="CASCADE")
    role: Role = Field(sa_type=enum_type(Role, "role"), primary_key=True)


class PasswordLink(SQLModel, table=True):
    """A one-time link to set a password; only the hash of its secret is kept."""

    __tablename__ = "password_link"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    secret_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class LoginAttempt(SQLModel, table=True):
    """Failed sign-ins, counted per address and per account to slow guessing down."""

    __tablename__ = "login_attempt"
    __table_args__ = (sa.Index("ix_login_attempt_key_at", "key", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=128)
    at: datetime = Field(sa_type=UTCDateTime)


class EndedSession(SQLModel, table=True):
    """A session that was logged out: whoever kept its cookie gets nothing for it any more."""

    __tablename__ = "ended_session"

    key: str = Field(max_length=32, primary_key=True)
    ended_at: datetime = Field(sa_type=UTCDateTime)


class SavedView(SQLModel, table=True):
    """A person's named filter of a list page; `query` is the page's query string."""

    __tablename__ = "saved_view"
    __table_args__ = (sa.UniqueConstraint("user_id", "page", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE")
    page: str = Field(max_length=40)
    name: str = Field(max_length=60)
    query: str = Field(max_length=2000)


class Draft(SQLModel, table=True):
    """What a person has typed into a form and not yet submitted; one per form."""

    __tablename__ = "draft"

    user_id: int = Field(foreign_key="user_account.id", primary_key=True, ondelete="CASCADE")
    form: str = Field(max_length=40, primary_key=True)
    data: dict[str, Any] = Field(sa_type=sa.JSON)
    saved_at: datetime = Field(sa_type=UTCDateTime)

"""What people are told: the inbox, what goes out by other channels, and what each person chose."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.notices import Channel, NoticeKind, OutboxState
from portal.models.columns import UTCDateTime, enum_type, partial_index

_OUTER = "channel <> 'inbox'"


class Notice(SQLModel, table=True):
    """One thing that one person was told. `key` names the thing: telling it twice changes nothing.

    Kinds have no CHECK: a new one needs no migration. `params` are what its words are made of.
    """

    __tablename__ = "notice"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "key"),
        sa.CheckConstraint("link LIKE '/%' AND link NOT LIKE '//%'", name="link"),
        sa.Index("ix_notice_user", "user_id", "at", "id"),
        sa.Index("ix_notice_kind", "kind", "at"),
        partial_index("ix_notice_unread", "read_at IS NULL", "user_id", "at"),
        partial_index("ix_notice_read", "read_at IS NOT NULL", "read_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE")
    kind: NoticeKind = Field(sa_type=enum_type(NoticeKind, "kind", checked=False))
    at: datetime = Field(sa_type=UTCDateTime)
    params: dict[str, Any] = Field(sa_type=sa.JSON)
    link: str = Field(max_length=300)
    key: str = Field(max_length=120)
    read_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Outbox(SQLModel, table=True):
    """A notice's way through one outer channel. All of a person and channel that is due is one message.

    `batch` is that message; until `lease_until` it belongs to the worker that is sending it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.UniqueConstraint("notice_id", "channel"),
        sa.CheckConstraint(_OUTER, name="outer"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        sa.CheckConstraint("state <> 'sent' OR (batch IS NOT NULL AND attempts > 0)", name="batch"),
        sa.CheckConstraint("lease_until IS NULL OR (state = 'waiting' AND batch IS NOT NULL)", name="lease"),
        partial_index("ix_outbox_due", "state = 'waiting'", "due_at"),
        partial_index("ix_outbox_group", "state = 'waiting'", "user_id", "channel"),
        partial_index("ix_outbox_sent", "sent_at IS NOT NULL", "sent_at"),
        sa.Index("ix_outbox_batch", "batch"),
        sa.Index("ix_outbox_state", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id", ondelete="CASCADE")
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE")
    channel: Channel = Field(sa_type=enum_type(Channel, "channel"))
    due_at: datetime = Field(sa_type=UTCDateTime)
    attempts: int = Field(default=0)
    state: OutboxState = Field(sa_type=enum_type(OutboxState, "state"))
    last_error: str = Field(default="", max_length=300)
    sent_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    batch: str | None = Field(default=None, max_length=32)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


class NoticeChoice(SQLModel, table=True):
    """Whether a person wants a kind by an outer channel; without a row the kind's default holds."""

    __tablename__ = "notice_choice"
    __table_args__ = (sa.CheckConstraint(_OUTER, name="outer"),)

    user_id: int = Field(foreign_key="user_account.id", primary_key=True, ondelete="CASCADE")
    kind: NoticeKind = Field(sa_type=enum_type(NoticeKind, "kind", checked=False), primary_key=True)
    channel: Channel = Field(sa_type=enum_type(Channel, "channel"), primary_key=True)
    wanted: bool


class NoticeAddress(SQLModel, table=True):
    """Where a person's notices go beside the inbox, and at which hours those that can wait are sent.

    Robots are kept by their keys alone, sealed (`notices/vault.py`): the host is never the person's to
    choose.
    """

    __tablename__ = "notice_address"
    __table_args__ = (sa.CheckConstraint("dingtalk_secret = '' OR dingtalk_token <> ''", name="dingtalk"),)

    user_id: int = Field(foreign_key="user_account.id", primary_key=True, ondelete="CASCADE")
    email_on: bool = Field(default=True)
    wecom_key: str = Field(default="", max_length=300)
    dingtalk_token: str = Field(default="", max_length=300)
    dingtalk_secret: str = Field(default="", max_length=300)
    hours: list[int] = Field(sa_type=sa.JSON)
    tested_at: datetime | None = Field(default=None, sa_type=UTCDateTime)

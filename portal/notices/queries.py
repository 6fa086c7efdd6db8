"""Reads: a person's inbox and settings, the log of what was sent."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.notices import Channel, NoticeKind, OutboxState
from portal.models import tables as t
from portal.paging import Page, page_by_key

INBOX_SIZE = 30
LOG_SIZE = 50


def inbox(session: Session, *, user_id: int, kind: NoticeKind | None, cursor: str | None) -> Page:
    """One page of a person's notices, the newest first."""
    c = t.notice.c
    return page_by_key(
        session, _inbox(kind is not None), column=c.at, key=c.id, descending=True, size=INBOX_SIZE,
        cursor=cursor, values={"user": user_id} | ({"kind": kind} if kind else {}),
    )  # fmt: skip


@lru_cache
def _inbox(of_a_kind: bool) -> Any:
    c = t.notice.c
    query = sa.select(c.id, c.kind, c.at, c.params, c.link, c.read_at).where(
        c.user_id == sa.bindparam("user")
    )
    return query.where(c.kind == sa.bindparam("kind", type_=c.kind.type)) if of_a_kind else query


def address_of(session: Session, user_id: int) -> Any:
    """A person with the addresses kept, whether any are kept or not."""
    u, a = t.user.c, t.notice_address.c
    return session.execute(
        sa.select(
            u.id, u.name, u.email, u.locale, u.active, t.partner.c.active.label("partner_active"),
            a.email_on, a.wecom_key, a.dingtalk_token, a.dingtalk_secret, a.hours, a.tested_at,
        )
        .join(t.notice_address, a.user_id == u.id, isouter=True)
        .join(t.partner, t.partner.c.id == u.partner_id, isouter=True)
        .where(u.id == user_id)
    ).one()  # fmt: skip


def choices_of(session: Session, user_id: int) -> dict[tuple[NoticeKind, Channel], bool]:
    """What a person chose, by kind and channel."""
    c = t.notice_choice.c
    rows = session.execute(sa.select(c.kind, c.channel, c.wanted).where(c.user_id == user_id))
    return {(row.kind, row.channel): row.wanted for row in rows}


def sent_log(session: Session, *, state: OutboxState | None, cursor: str | None) -> Page:
    """One page of the outbox, the newest first."""
    c = t.outbox.c
    return page_by_key(
        session, _log(state is not None), column=c.id, key=c.id, descending=True, size=LOG_SIZE,
        cursor=cursor, values={"state": state} if state else {},
    )  # fmt: skip


@lru_cache
def _log(of_a_state: bool) -> Any:
    c, n, u = t.outbox.c, t.notice.c, t.user.c
    query = (
        sa.select(
            c.id, c.channel, c.due_at, c.attempts, c.state, c.last_error, c.sent_at, c.batch,
            n.kind, n.at, n.params, n.link, u.name.label("person"), u.email,
        )
        .join(t.notice, n.id == c.notice_id)
        .join(t.user, u.id == c.user_id)
    )  # fmt: skip
    return query.where(c.state == sa.bindparam("state", type_=c.state.type)) if of_a_state else query


def counts(session: Session) -> dict[OutboxState, int]:
    """How many messages are in which state."""
    c = t.outbox.c
    rows = session.execute(sa.select(c.state, sa.func.count().label("number")).group_by(c.state))
    return {row.state: row.number for row in rows}

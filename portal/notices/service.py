"""Tell people something, mark what they read, keep what they chose. Nothing here sends anything."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from portal import audit, db
from portal.domain.notices import KINDS, OUTER, Channel, NoticeKind, OutboxState, plan
from portal.domain.roles import PARTNER_ROLES, VENDOR_ROLES
from portal.models import tables as t

_LINK = re.compile(r"/(?![/\\])[^\x00-\x20\\]{0,299}")
_LONGEST_KEY = 120


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell: to whom, what its words are made of, where it leads.

    `key` names the thing: a person who was told of it already is not told again.
    """

    people: Collection[int]
    about: Mapping[str, Any]
    link: str
    key: str


@dataclass(slots=True)
class _Reach:
    """By what a person is reached, and what the person chose for the kind."""

    channels: frozenset[Channel]
    hours: tuple[int, ...]
    choices: dict[Channel, bool]


def tell(
    session: Session,
    *,
    now: datetime,
    people: Collection[int],
    kind: NoticeKind,
    about: Mapping[str, Any],
    link: str,
    key: str,
) -> int:
    """Tell `people` in this transaction; answers how many heard something new.

    Who is switched off, is of a partner that left, or holds no role that the kind is for, is told nothing.
    `about` holds the names that the kind's words are made of (`KINDS`), dates as `date` or ISO text; `link`
    is a path of the portal.

    :raises ValueError: a name is missing from `about`, or link or key cannot be kept.
    """
    return tell_many(session, now=now, kind=kind, notes=[Note(people, about, link, key)])


def tell_many(session: Session, *, now: datetime, kind: NoticeKind, notes: Iterable[Note]) -> int:
    """The same for many things of one kind: a few statements, however many things and people."""
    notes = [_sound(kind, each) for each in notes]
    reach = _reach(session, kind, {person for note in notes for person in note.people})
    rows = [
        {"user_id": person, "kind": kind, "at": now, "params": about, "link": note.link, "key": note.key}
        for note in notes
        for about in [audit.plain(note.about)]
        for person in sorted(reach.keys() & set(note.people))
    ]
    if not rows:
        return 0
    new = session.execute(_new(session), rows).all()
    out = [
        {"notice_id": row.id, "user_id": row.user_id, "channel": channel, "due_at": due, "attempts": 0,
         "state": OutboxState.WAITING, "last_error": ""}
        for row in new
        for channel, due in _plan(kind, now, reach[row.user_id]).items()
    ]  # fmt: skip
    if out:
        session.execute(sa.insert(t.outbox), out)
    return len(new)


def _sound(kind: NoticeKind, note: Note) -> Note:
    if missing := KINDS[kind].about - note.about.keys():
        raise ValueError(f"{kind} cannot be put into words without {', '.join(sorted(missing))}")
    if not _LINK.fullmatch(note.link):
        raise ValueError(f"{note.link!r} is no path of the portal")
    if not 0 < len(note.key) <= _LONGEST_KEY:
        raise ValueError(f"{note.key!r} cannot be kept as the key of a notice")
    return note


def _plan(kind: NoticeKind, now: datetime, reach: _Reach) -> dict[Channel, datetime]:
    return plan(kind, now, reached_by=reach.channels, choices=reach.choices, hours=reach.hours)


def _new(session: Session) -> Any:
    """Write what is not there yet; answers the new rows."""
    insert = postgresql.insert if db.is_postgres(session) else sqlite.insert
    c = t.notice.c
    return (
        insert(t.notice).on_conflict_do_nothing(index_elements=[c.user_id, c.key]).returning(c.id, c.user_id)
    )


def _reach(session: Session, kind: NoticeKind, people: Collection[int]) -> dict[int, _Reach]:
    """Those of `people` who may be told, with their channels, hours and choices."""
    u, a, w = t.user.c, t.notice_address.c, t.notice_choice.c
    # A role of the other side, however it got there, is void.
    own = [(u.partner_id.is_not(None), PARTNER_ROLES), (u.partner_id.is_(None), VENDOR_ROLES)]
    may = sa.or_(
        *(
            sa.and_(side, t.user_role.c.role.in_(sorted(KINDS[kind].roles & roles)))
            for side, roles in own
            if KINDS[kind].roles & roles
        )
    )
    query = (
        sa.select(
            u.id, a.email_on, a.wecom_key, a.dingtalk_token, a.hours, w.channel, w.wanted,
        )
        .select_from(t.user)
        .join(t.partner, t.partner.c.id == u.partner_id, isouter=True)
        .join(t.notice_address, a.user_id == u.id, isouter=True)
        .join(t.notice_choice, sa.and_(w.user_id == u.id, w.kind == kind), isouter=True)
        .where(u.active, t.partner.c.active.is_not(False))
        .where(sa.exists().where(t.user_role.c.user_id == u.id, may))
    )  # fmt: skip
    found: dict[int, _Reach] = {}
    for part in db.chunks(people):
        for row in session.execute(query.where(u.id.in_(part))):
            one = found.setdefault(row.id, _Reach(channels_of(row), tuple(row.hours or ()), {}))
            if row.channel:
                one.choices[row.channel] = row.wanted
    return found


def channels_of(address: Any) -> frozenset[Channel]:
    """The outer channels by which a person can be reached: mail unless it is off, robots by their keys."""
    there = {
        Channel.EMAIL: address.email_on is not False,
        Channel.WECOM: bool(address.wecom_key),
        Channel.DINGTALK: bool(address.dingtalk_token),
    }
    return frozenset(channel for channel in OUTER if there[channel])


def read_one(session: Session, *, user_id: int, notice_id: int, now: datetime) -> str | None:
    """Mark a notice of the person's as read; answers where it leads, None if there is none."""
    c = t.notice.c
    own = sa.and_(c.id == notice_id, c.user_id == user_id)
    session.execute(sa.update(t.notice).where(own, c.read_at.is_(None)).values(read_at=now))
    link: str | None = session.scalar(sa.select(c.link).where(own))
    return link


def read_all(
    session: Session, *, user_id: int, now: datetime, up_to: int, kind: NoticeKind | None = None
) -> int:
    """Mark everything (of a kind) as read that the person has seen: ids up to `up_to`; answers how many."""
    c = t.notice.c
    unread = sa.and_(c.user_id == user_id, c.read_at.is_(None), c.id <= up_to)
    if kind is not None:
        unread = sa.and_(unread, c.kind == kind)
    done: Any = session.execute(sa.update(t.notice).where(unread).values(read_at=now))
    return int(done.rowcount)

"""What a person chose: which kinds by which channel, at which hours, to which robots."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.errors import RuleViolation
from portal.domain.notices import KINDS, OUTER, TEST_PAUSE, Channel, NoticeKind, OutboxState
from portal.domain.roles import Actor
from portal.models import tables as t
from portal.notices.vault import COLUMNS, Vault

_WECOM = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DINGTALK = re.compile(r"[A-Za-z0-9]{1,128}")
# What the two services hand out is an address: pasted whole, only what follows is kept of it.
_WECOM_ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
_DINGTALK_ADDRESS = "https://oapi.dingtalk.com/robot/send?access_token="


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where notices go, as it is typed. A key is None where the kept one stays, empty where it goes."""

    email_on: bool
    wecom_key: str | None = field(repr=False)
    dingtalk_token: str | None = field(repr=False)
    dingtalk_secret: str | None = field(repr=False)
    hours: tuple[int, ...]


def parse_wecom_key(text: str) -> str:
    """The key of a WeCom robot: never an address with a host of somebody's choice.

    :raises RuleViolation: ``notice.robot_key``.
    """
    return _parsed(_WECOM, text, _WECOM_ADDRESS)


def parse_dingtalk_key(text: str) -> str:
    """The token, or the secret (加签), of a DingTalk robot.

    :raises RuleViolation: ``notice.robot_key``.
    """
    return _parsed(_DINGTALK, text, _DINGTALK_ADDRESS)


def _parsed(form: re.Pattern[str], text: str, address: str) -> str:
    key = text.strip().removeprefix(address)
    if not form.fullmatch(key):
        raise RuleViolation("notice.robot_key")
    return key


def keep(
    session: Session,
    *,
    user_id: int,
    addresses: Addresses,
    kinds: Collection[NoticeKind],
    wanted: Collection[tuple[NoticeKind, Channel]],
    vault: Vault,
) -> None:
    """Keep what the person chose for `kinds`; of what is as usual nothing is kept. Keys are sealed.

    :raises RuleViolation: ``notice.secret_alone``.
    """
    a = t.notice_address.c
    before = session.execute(sa.select(t.notice_address).where(a.user_id == user_id)).first()
    keys: dict[str, str] = {}
    for name in COLUMNS:
        given = getattr(addresses, name)
        keys[name] = vault.seal(given) if given is not None else getattr(before, name, "")
    if keys["dingtalk_secret"] and not keys["dingtalk_token"]:
        raise RuleViolation("notice.secret_alone", "dingtalk_secret")
    _store(session, user_id, before, {"email_on": addresses.email_on, "hours": list(addresses.hours), **keys})
    c = t.notice_choice.c
    session.execute(sa.delete(t.notice_choice).where(c.user_id == user_id, c.kind.in_(list(kinds))))
    rows = [
        {"user_id": user_id, "kind": kind, "channel": channel, "wanted": (kind, channel) in wanted}
        for kind in kinds
        for channel in OUTER
        if ((kind, channel) in wanted) != (channel in KINDS[kind].by_default)
    ]
    if rows:
        session.execute(sa.insert(t.notice_choice), rows)


def _store(session: Session, user_id: int, before: Any, values: Mapping[str, Any]) -> None:
    if before is None:
        session.execute(sa.insert(t.notice_address).values(user_id=user_id, **values))
    else:
        here = t.notice_address.c.user_id == user_id
        session.execute(sa.update(t.notice_address).where(here).values(**values))


def begin_test(session: Session, *, user_id: int, now: datetime) -> None:
    """Note that a person wants a test; one a minute, whatever the channel.

    :raises RuleViolation: ``notice.too_soon``.
    """
    a = t.notice_address.c
    before = session.execute(sa.select(t.notice_address).where(a.user_id == user_id)).first()
    if before and before.tested_at and now - TEST_PAUSE < before.tested_at <= now:
        raise RuleViolation("notice.too_soon")
    if before is None:
        usual = {"email_on": True, "wecom_key": "", "dingtalk_token": "", "dingtalk_secret": "", "hours": []}
        _store(session, user_id, None, {**usual, "tested_at": now})
    else:
        _store(session, user_id, before, {"tested_at": now})


def retry(session: Session, *, actor: Actor, now: datetime, outbox_id: int) -> None:
    """Have a message that was given up, or had nowhere to go, sent again with the next round.

    :raises RuleViolation: ``notice.gone``: it was sent, or waits already.
    """
    c = t.outbox.c
    over = c.state.in_([OutboxState.FAILED, OutboxState.DROPPED])
    again: Any = session.execute(
        sa.update(t.outbox)
        .where(c.id == outbox_id, over)
        .values(state=OutboxState.WAITING, due_at=now, attempts=0, last_error="")
    )  # fmt: skip
    if not again.rowcount:
        raise RuleViolation("notice.gone")
    audit.record(session, actor=actor, action="notice.retried", at=now, subject=("outbox", outbox_id))

"""Telling and sending in tests: one person or many, at any instant."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.config import Config
from portal.domain.letters import Letter
from portal.domain.notices import NoticeKind
from portal.models import tables as t
from portal.notices import transport
from portal.notices.sending import Batch, Outcome, send_due
from portal.notices.service import tell
from portal.notices.vault import Vault
from portal.web.notice_mail import compose
from tests.support.people import Person
from tests.support.web import config_for

ABOUT = {"customer": "慢蜗牛快递", "partner": "P001 通信", "until": "2026-03-09"}
Tell = Callable[..., int]


def address(session: Session, person: Person, **values: Any) -> None:
    """Where a person's notices go."""
    usual = {"email_on": True, "wecom_key": "", "dingtalk_token": "", "dingtalk_secret": "", "hours": []}
    session.execute(sa.insert(t.notice_address).values(user_id=person.user_id, **usual | values))


@pytest.fixture
def told(engine: sa.Engine, people: Mapping[str, Person]) -> Tell:
    """`told("alice", now, key="1")` tells her that a protection ends soon."""

    def one(who: str, now: datetime, *, key: str = "k", count: int = 1, **more: Any) -> int:
        what = {"kind": NoticeKind.LAPSE_SOON, "about": ABOUT, "link": "/registrations/1"} | more
        with db.transaction(engine) as session:
            return sum(
                tell(session, now=now, people=[people[who].user_id], key=f"{key}{n or ''}", **what)
                for n in range(count)
            )

    return one


class Post:
    """Sends what is due, by the services of the test."""

    def __init__(self, engine: sa.Engine, config: Config, app: Any) -> None:
        self.engine, self.config, self.app = engine, config, app

    @property
    def vault(self) -> Vault:
        """What opens the keys that people stated."""
        return Vault(self.config.secret_key)

    def letter(self, batch: Batch) -> Letter:
        """The message as it would go out."""
        with self.app.app_context():
            return compose(
                self.config, name=batch.person.name, language=batch.person.locale, channel=batch.channel,
                items=batch.items, total=batch.total,
            )  # fmt: skip

    def deliver(self, batch: Batch) -> None:
        """Send it."""
        transport.deliver(
            batch.person, batch.channel, self.letter(batch), mail_url=self.config.mail_url, vault=self.vault
        )

    def send(self, now: datetime, deliver: Any = None) -> Outcome:
        """A round at an instant."""
        return send_due(self.engine, clock=lambda: now, deliver=deliver or self.deliver)

    def rows(self) -> list[Any]:
        """The outbox."""
        with db.reading(self.engine) as session:
            return list(session.execute(sa.select(t.outbox).order_by(t.outbox.c.id)))


@pytest.fixture
def post(engine: sa.Engine, db_url: str, tmp_path: Any, app: Any, mail_server: Any) -> Post:
    """`post.send(now)`; mail goes to the test's own server."""
    from dataclasses import replace

    config = replace(
        config_for(db_url, tmp_path), mail_url=mail_server.url, public_url="https://portal.example.com",
        vendor_name="大东", vendor_name_en="Dadong",
    )  # fmt: skip
    return Post(engine, config, app)

"""What goes wrong around sending: services that hang, people who left meanwhile, workers side by side."""

import multiprocessing
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.notices import Channel, Dropped, NoticeKind, OutboxState
from portal.models import tables as t
from portal.notices import transport
from portal.notices.sending import send_due
from portal.notices.service import Note, tell_many
from tests.notices.conftest import ABOUT, Post, Tell, address
from tests.support.clocks import shanghai
from tests.support.mail import MailServer, RobotHost, parts
from tests.support.people import Person

NOW = shanghai("2026-03-02 10:00")
People = Mapping[str, Person]
EVERYBODY = ("alice", "bob", "carol", "channel_sales", "regional_manager", "channel_manager")


@pytest.fixture
def with_robots(engine: sa.Engine, people: People) -> None:
    with db.transaction(engine) as session:
        for name in EVERYBODY:
            address(session, people[name], wecom_key="693a91f6-7")


class Silent:
    """A host that takes connections and says nothing, or dribbles its answer without an end."""

    def __init__(self, dribbles: bytes = b"") -> None:
        self.dribbles, self.over = dribbles, threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _address = self.socket.accept()
            except OSError:
                return
            self._held.append(connection)
            if self.dribbles:
                threading.Thread(target=self._dribble, args=(connection,), daemon=True).start()

    def _dribble(self, connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while not self.over.wait(0.05):
                connection.sendall(self.dribbles)
        except OSError:
            return

    def close(self) -> None:
        self.over.set()
        self.socket.close()
        for each in self._held:
            each.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    host = Silent()
    yield host
    host.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> float:
    """The waits of the transport, short enough for a test."""
    from apprise.plugins.email.base import NotifyEmail

    monkeypatch.setattr(transport, "_TIMEOUT", 0.4)
    monkeypatch.setattr(NotifyEmail, "socket_connect_timeout", 0.4)
    return 0.4


def robots_at(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    from apprise.plugins.wecombot import NotifyWeComBot

    monkeypatch.setattr(NotifyWeComBot, "notify_url", f"http://127.0.0.1:{port}/?key={{key}}")


def of(post: Post, channel: Channel) -> Counter[OutboxState]:
    return Counter(row.state for row in post.rows() if row.channel is channel)


@pytest.mark.usefixtures("with_robots", "impatient")
def test_a_robots_host_that_hangs_keeps_no_mail_back(
    told: Tell, post: Post, mail_server: MailServer, silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    robots_at(monkeypatch, silent.port)
    for name in EVERYBODY:
        told(name, NOW)
    start = time.monotonic()
    outcome = post.send(NOW)
    assert time.monotonic() - start < 30, "three waits, and the mails"
    assert (outcome.sent, outcome.put_off) == (6, 3)
    assert sorted(mail_server.recipients) == sorted(f"{name}@example.com" for name in EVERYBODY)
    assert of(post, Channel.WECOM) == {OutboxState.WAITING: 6}
    assert {row.last_error for row in post.rows() if row.attempts and row.channel is Channel.WECOM} == {
        "no connection (ReadTimeout)"
    }


@pytest.mark.usefixtures("with_robots", "impatient")
def test_a_mail_server_that_hangs_keeps_no_robot_back(
    told: Tell, post: Post, robots: RobotHost, silent: Silent
) -> None:
    from dataclasses import replace

    post.config = replace(post.config, mail_url=f"mailto://127.0.0.1:{silent.port}?from=portal@example.com")
    for name in EVERYBODY:
        told(name, NOW)
    start = time.monotonic()
    outcome = post.send(NOW)
    assert time.monotonic() - start < 30
    assert (outcome.sent, outcome.put_off) == (6, 3)
    assert len(robots.posted) == 6
    assert of(post, Channel.EMAIL) == {OutboxState.WAITING: 6}


@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("with_robots", "impatient")
@pytest.mark.parametrize("dribbles", [b" ", b" " * 5000], ids=["a little", "very much"])
def test_an_answer_that_does_not_end_is_cut_off(
    told: Tell, post: Post, monkeypatch: pytest.MonkeyPatch, dribbles: bytes
) -> None:
    host = Silent(dribbles)
    try:
        robots_at(monkeypatch, host.port)
        told("alice", NOW)
        start = time.monotonic()
        assert post.send(NOW).put_off == 1
        assert time.monotonic() - start < 10
    finally:
        host.close()
    [row] = [row for row in post.rows() if row.channel is Channel.WECOM]
    assert row.last_error == "an answer that does not end"


def test_a_digest_that_could_not_be_sent_for_a_day_is_sent_once(
    told: Tell, post: Post, mail_server: MailServer, engine: sa.Engine, people: People
) -> None:
    with db.transaction(engine) as session:
        address(session, people["alice"], hours=[9])
    told("alice", NOW, key="first")
    mail_server.down()
    now, tries = shanghai("2026-03-03 09:00"), 0
    while now < shanghai("2026-03-04 09:00"):
        tries += post.send(now).put_off
        if now == shanghai("2026-03-03 12:00"):
            told("alice", now, key="second")
        now += timedelta(minutes=1)
    assert 5 <= tries <= 7
    mail_server.up()
    sent = 0
    while now < shanghai("2026-03-06 09:00"):
        sent += post.send(now).sent
        now += timedelta(minutes=1)
    assert sent == 1
    [mail] = mail_server.received
    assert mail["Subject"] == "[Dadong] 2 notices"
    assert {row.state for row in post.rows()} == {OutboxState.SENT}


def test_who_left_between_queuing_and_sending_is_sent_nothing(
    told: Tell, post: Post, mail_server: MailServer, engine: sa.Engine, people: People
) -> None:
    for name in ("alice", "bob", "carol", "channel_sales"):
        told(name, NOW)
    with db.transaction(engine) as session:
        gone = t.partner.c.id == people["alice"].partner_id
        session.execute(sa.update(t.partner).where(gone).values(active=False))
        off = t.user.c.id == people["carol"].user_id
        session.execute(sa.update(t.user).where(off).values(active=False))
    outcome = post.send(NOW)
    assert (outcome.sent, outcome.dropped) == (1, 3)
    assert mail_server.recipients == ["channel_sales@example.com"]
    why = {row.user_id: row.last_error for row in post.rows() if row.last_error}
    assert why == {
        people["alice"].user_id: Dropped.PARTNER_LEFT,
        people["bob"].user_id: Dropped.PARTNER_LEFT,
        people["carol"].user_id: Dropped.INACTIVE,
    }


def test_who_switched_mail_off_meanwhile_or_has_no_address_is_sent_nothing(
    told: Tell, post: Post, mail_server: MailServer, engine: sa.Engine, people: People
) -> None:
    for name in ("alice", "bob", "carol"):
        told(name, NOW)
    with db.transaction(engine) as session:
        address(session, people["alice"], email_on=False)
        without = t.user.c.id == people["bob"].user_id
        session.execute(sa.update(t.user).where(without).values(email=""))
    outcome = post.send(NOW)
    assert (outcome.sent, outcome.dropped, outcome.put_off) == (1, 2, 0)
    assert mail_server.recipients == ["carol@example.com"]
    dropped = [row for row in post.rows() if row.state is OutboxState.DROPPED]
    assert {row.last_error for row in dropped} == {Dropped.NO_ADDRESS}


def test_five_thousand_notices_of_a_morning_are_one_digest(
    post: Post, mail_server: MailServer, engine: sa.Engine, people: People
) -> None:
    with db.transaction(engine) as session:
        address(session, people["alice"], hours=[17])
        notes = [Note([people["alice"].user_id], ABOUT, f"/registrations/{n}", f"k{n}") for n in range(5000)]
        assert tell_many(session, now=NOW, kind=NoticeKind.LAPSE_SOON, notes=notes) == 5000
    assert post.send(shanghai("2026-03-02 16:59")).sent == 0
    assert post.send(shanghai("2026-03-02 17:00")).sent == 1
    [mail] = mail_server.received
    assert mail["Subject"] == "[Dadong] 5000 notices"
    assert "… and 4950 more in the inbox" in parts(mail)[0]
    assert {(row.state, row.batch) for row in post.rows()} == {(OutboxState.SENT, post.rows()[0].batch)}


def _work(url: str, start: Any, asked: Any) -> None:
    """A worker of its own: sends what is due, and notes what it was handed."""
    engine = db.make_engine(url)

    def deliver(batch: Any) -> None:
        time.sleep(0.02)
        asked.put((batch.person.id, batch.total))

    start.wait(60)
    send_due(engine, clock=lambda: NOW, deliver=deliver)
    engine.dispose()


def test_of_two_processes_one_sends_each_message(told: Tell, post: Post, db_url: str) -> None:
    for name in EVERYBODY:
        told(name, NOW, count=20)
    spawn = multiprocessing.get_context("spawn")
    start, asked = spawn.Barrier(2), spawn.Queue()
    workers = [spawn.Process(target=_work, args=(db_url, start, asked)) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)
    assert [each.exitcode for each in workers] == [0, 0]
    sent = [asked.get(timeout=5) for _ in EVERYBODY]
    assert asked.empty()
    assert Counter(total for _person, total in sent) == {20: len(EVERYBODY)}
    assert {(row.state, row.attempts) for row in post.rows()} == {(OutboxState.SENT, 1)}

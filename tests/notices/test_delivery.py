"""Messages really arrive: mail at a server on loopback, robots' messages at a host on loopback."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.notices import MOST_LISTED, MOST_TRIES, Dropped, NoticeKind, OutboxState
from portal.models import tables as t
from tests.notices.conftest import ABOUT, Post, Tell, address
from tests.support.clocks import shanghai
from tests.support.mail import MailServer, RobotHost, parts
from tests.support.people import Person

NOW = shanghai("2026-03-02 10:00")
People = Mapping[str, Person]


def speaks(engine: sa.Engine, person: Person, locale: str) -> None:
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).where(t.user.c.id == person.user_id).values(locale=locale))


def test_a_mail_arrives_in_english(told: Tell, post: Post, mail_server: MailServer) -> None:
    told("alice", NOW)
    assert post.send(NOW).sent == 1
    (mail,) = mail_server.received
    assert mail_server.recipients == ["alice@example.com"]
    assert mail["Subject"] == "[Dadong] 慢蜗牛快递: protected until Mon 9 Mar"
    assert mail["From"] == "Portal <portal@example.com>"
    for part in parts(mail):
        assert "Hello Alice," in part
        assert "P001 通信 owns it. Move it on" in part
        assert "https://portal.example.com/registrations/1" in part
        assert "https://portal.example.com/notices/settings" in part
    assert '<a href="https://portal.example.com/registrations/1">' in parts(mail)[1]


def test_a_mail_arrives_in_chinese(
    told: Tell, post: Post, mail_server: MailServer, engine: sa.Engine, people: People
) -> None:
    speaks(engine, people["alice"], "zh")
    told("alice", NOW)
    post.send(NOW)
    (mail,) = mail_server.received
    assert mail["Subject"] == "[大东] 慢蜗牛快递：保护期到 03-09 周一"
    for part in parts(mail):
        assert "Alice，你好" in part
        assert "P001 通信" in part
        assert "https://portal.example.com/registrations/1" in part
        assert "owns it" not in part


def test_what_is_due_together_is_one_message(
    told: Tell, post: Post, mail_server: MailServer, engine: sa.Engine, people: People
) -> None:
    with db.transaction(engine) as session:
        address(session, people["alice"], hours=[9, 17])
    told("alice", NOW, key="a")
    told("alice", shanghai("2026-03-02 16:00"), key="b", about=ABOUT | {"customer": "第二家"})
    told("alice", shanghai("2026-03-02 17:01"), key="c")
    assert post.send(shanghai("2026-03-02 16:59")).sent == 0
    assert post.send(shanghai("2026-03-02 17:00")).sent == 1
    (mail,) = mail_server.received
    assert mail["Subject"] == "[Dadong] 2 notices"
    plain, _html = parts(mail)
    assert plain.index("第二家") < plain.index("慢蜗牛快递"), "the newest first"
    assert post.send(shanghai("2026-03-03 09:00")).sent == 1
    assert post.send(shanghai("2026-03-03 09:00")).sent == 0
    assert len({row.batch for row in post.rows()}) == 2


def test_a_digest_of_nothing_is_nothing(post: Post, mail_server: MailServer) -> None:
    outcome = post.send(NOW)
    assert (outcome.sent, outcome.put_off, outcome.dropped) == (0, 0, 0)
    assert mail_server.received == []


def test_a_very_long_digest_is_cut(told: Tell, post: Post, mail_server: MailServer) -> None:
    told("alice", NOW, count=300)
    assert post.send(NOW).sent == 1
    (mail,) = mail_server.received
    assert mail["Subject"] == "[Dadong] 300 notices"
    for part in parts(mail):
        assert part.count("protected until") == MOST_LISTED
        assert "… and 250 more in the inbox" in part
    assert {row.state for row in post.rows()} == {OutboxState.SENT}


def test_ten_thousand_notices_are_one_message(
    engine: sa.Engine, people: People, post: Post, mail_server: MailServer
) -> None:
    from portal.notices.service import Note, tell_many

    alice = people["alice"].user_id
    with db.transaction(engine) as session:
        notes = [Note([alice], ABOUT, "/registrations/1", f"k{n}") for n in range(10_000)]
        assert tell_many(session, now=NOW, kind=NoticeKind.LAPSED, notes=notes) == 10_000
    assert post.send(NOW).sent == 1
    (mail,) = mail_server.received
    assert "… and 9950 more in the inbox" in parts(mail)[0]
    assert len(mail.as_bytes()) < 100_000


HOSTILE = "Evil\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>\u202e%(x)s{{ 7*7 }}"


@pytest.mark.engines("sqlite")
def test_a_hostile_name_stays_a_name(
    told: Tell, post: Post, mail_server: MailServer, engine: sa.Engine, people: People
) -> None:
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).where(t.user.c.name == "Alice").values(name=HOSTILE))
    told("alice", NOW, about=ABOUT | {"customer": HOSTILE})
    assert post.send(NOW).sent == 1
    (mail,) = mail_server.received
    assert mail_server.recipients == ["alice@example.com"]
    assert mail["Bcc"] is None
    assert str(mail["Subject"]).startswith("[Dadong] Evil Bcc: victim@example.com <script>")
    plain, html = parts(mail)
    assert "<script>" not in html
    assert "\u202e" not in plain + html
    assert "{{ 7*7 }}" in plain


def test_a_server_that_is_down_for_a_day_costs_nobody_anything(
    told: Tell, post: Post, mail_server: MailServer, engine: sa.Engine
) -> None:
    mail_server.down()
    told("alice", NOW, key="first")
    now, tries = NOW, 0
    while now < NOW + timedelta(days=1):
        tries += post.send(now).put_off
        if now == NOW + timedelta(hours=3):
            told("alice", now, key="second")
            told("bob", now)
        now += timedelta(minutes=1)
    assert 15 <= tries <= 18, "five or six for each notice"
    assert max(row.attempts for row in post.rows()) <= 6, "what goes along with another loses no try"
    assert {row.state for row in post.rows()} == {OutboxState.WAITING}
    assert all("refused" in row.last_error for row in post.rows())
    with db.reading(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.notice)) == 3, "the inbox has it all"
    mail_server.up()
    for _minute in range(12 * 60):
        post.send(now)
        now += timedelta(minutes=1)
    assert sorted(mail_server.recipients) == ["alice@example.com", "bob@example.com"]
    alices = next(mail for mail in mail_server.received if mail["To"] == "alice@example.com")
    assert parts(alices)[0].count("protected until") == 2
    assert {row.state for row in post.rows()} == {OutboxState.SENT}


@pytest.mark.engines("sqlite")
def test_what_never_gets_through_is_given_up(told: Tell, post: Post, mail_server: MailServer) -> None:
    mail_server.refused.add("alice@example.com")
    told("alice", NOW)
    now: datetime = NOW
    for _try in range(MOST_TRIES):
        assert post.send(now).put_off == 1
        now += timedelta(hours=12)
    assert post.send(now + timedelta(days=9)).put_off == 0
    (row,) = post.rows()
    assert (row.state, row.attempts) == (OutboxState.FAILED, MOST_TRIES)
    assert "no such person" in row.last_error


def test_one_who_cannot_be_reached_keeps_nobody_back(told: Tell, post: Post, mail_server: MailServer) -> None:
    mail_server.refused.add("alice@example.com")
    told("alice", NOW)
    told("bob", NOW)
    outcome = post.send(NOW)
    assert (outcome.sent, outcome.put_off) == (1, 1)
    assert mail_server.recipients == ["bob@example.com"]


def test_a_service_that_is_down_is_left_alone_for_the_round(told: Tell, post: Post, people: People) -> None:
    for name in ("alice", "bob", "carol", "channel_sales", "regional_manager", "channel_manager"):
        told(name, NOW)
    asked: list[str] = []

    def broken(batch: Any) -> None:
        asked.append(batch.person.name)
        raise RuntimeError("boom")

    outcome = post.send(NOW, broken)
    assert (len(asked), outcome.put_off) == (3, 3)
    assert sum(row.attempts for row in post.rows()) == 3, "the others lose no try"
    assert {row.last_error for row in post.rows() if row.attempts} == {"RuntimeError: boom"}


@pytest.mark.engines("sqlite")
def test_without_a_mail_server_mail_is_dropped_and_says_so(
    told: Tell, post: Post, people: People, engine: sa.Engine
) -> None:
    from dataclasses import replace

    post.config = replace(post.config, mail_url=None)
    told("alice", NOW)
    told("bob", NOW)
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).where(t.user.c.name == "Bob").values(active=False))
    assert post.send(NOW).dropped == 2
    assert {row.last_error for row in post.rows()} == {Dropped.NO_MAIL_SERVER, Dropped.INACTIVE}
    assert {row.state for row in post.rows()} == {OutboxState.DROPPED}


@pytest.mark.engines("sqlite")
def test_without_an_address_of_its_own_a_mail_leads_nowhere(
    told: Tell, post: Post, mail_server: MailServer
) -> None:
    from dataclasses import replace

    post.config = replace(post.config, public_url=None)
    told("alice", NOW)
    post.send(NOW)
    assert all("http" not in part and "慢蜗牛快递" in part for part in parts(mail_server.received[0]))


# Robots


@pytest.fixture
def with_robots(engine: sa.Engine, people: People) -> None:
    with db.transaction(engine) as session:
        keys = {"wecom_key": "693a91f6-7xxx", "dingtalk_token": "a1b2c3", "dingtalk_secret": "SECabc"}
        address(session, people["alice"], email_on=False, **keys)


@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("with_robots")
def test_robots_get_their_text(told: Tell, post: Post, robots: RobotHost) -> None:
    told("alice", NOW)
    assert post.send(NOW).sent == 2
    ways = {urlsplit(path).path: (parse_qs(urlsplit(path).query), body) for path, body in robots.posted}
    query, body = ways["/cgi-bin/webhook/send"]
    assert query == {"key": ["693a91f6-7xxx"]}
    assert body["text"]["content"].splitlines()[0] == "慢蜗牛快递: protected until Mon 9 Mar"
    assert body["text"]["content"].endswith("https://portal.example.com/registrations/1")
    query, body = ways["/robot/send"]
    assert query["access_token"] == ["a1b2c3"]
    assert len(query["timestamp"][0]) == 13
    assert query["sign"][0].endswith("="), "the signature arrives as it was made"
    assert body["msgtype"] == "text"


@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("with_robots")
def test_a_robots_message_fits_what_it_takes(told: Tell, post: Post, robots: RobotHost) -> None:
    told("alice", NOW, count=200, about=ABOUT | {"customer": "很长的公司名称" * 12})
    assert post.send(NOW).sent == 2
    for path, body in robots.posted:
        text = body["text"]["content"]
        listed = text.count("• ")
        assert f"… and {200 - listed} more in the inbox" in text
        assert len(text.encode()) <= (2048 if "webhook" in path else 16_000)


@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("with_robots")
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}'), "93000 invalid webhook url"),
        ((500, b""), "HTTP 500"),
        ((302, b""), "HTTP 302"),
        ((200, b"<html>"), "an answer that cannot be read"),
        ((200, b"[]"), "None"),
    ],
    ids=["a wrong key", "broken", "sent elsewhere", "no JSON", "no object"],
)
def test_a_robot_that_did_not_take_it_is_not_believed(
    told: Tell, post: Post, robots: RobotHost, answer: tuple[int, bytes], says: str
) -> None:
    robots.answer = lambda: answer
    told("alice", NOW)
    assert post.send(NOW).put_off == 2
    assert all(says in row.last_error for row in post.rows())
    assert len(robots.posted) == 2, "nobody followed the way elsewhere"


@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("with_robots")
def test_no_key_stands_in_what_is_noted(
    told: Tell, post: Post, robots: RobotHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins.dingtalk import NotifyDingTalk
    from apprise.plugins.wecombot import NotifyWeComBot

    monkeypatch.setattr(NotifyWeComBot, "notify_url", "http://127.0.0.1:1/?key={key}")
    monkeypatch.setattr(NotifyDingTalk, "notify_url", "http://127.0.0.1:1/?key={token}")
    told("alice", NOW)
    assert post.send(NOW).put_off == 2
    assert {row.last_error for row in post.rows()} == {"no connection (ConnectionError)"}

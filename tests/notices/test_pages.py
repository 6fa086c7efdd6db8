"""The bell, the inbox, the settings, the administrator's log."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.domain.notices import MOST_TRIES, Channel, NoticeKind, OutboxState
from portal.models import tables as t
from tests.notices.conftest import ABOUT, Post, Tell
from tests.support.clocks import At
from tests.support.mail import MailServer, RobotHost, parts
from tests.support.people import Person
from tests.support.web import Login

pytestmark = pytest.mark.engines("sqlite")
People = Mapping[str, Person]
SETTINGS = "/notices/settings"


@pytest.fixture
def alice(app: Flask, people: People, login: Login, at: At) -> Any:
    at("2026-03-02 10:00")
    return login(app.test_client(), people["alice"])


def bell(html: str) -> str:
    found = re.search(r'<a class="bell".*?</a>', html)
    assert found is not None
    return found.group()


def unread(engine: sa.Engine) -> int:
    with db.reading(engine) as session:
        c = t.notice.c
        return session.scalar(sa.select(sa.func.count()).where(c.read_at.is_(None))) or 0


def test_the_bell_counts_what_is_not_read(alice: Any, told: Tell, at: At) -> None:
    assert 'class="cnt"' not in bell(alice.get("/").text)
    told("alice", at("2026-03-02 10:00"), count=3)
    told("bob", at("2026-03-02 10:00"))
    assert "Notices: 3 not read" in bell(alice.get("/").text)
    told("alice", at("2026-03-02 10:00"), key="more", count=200)
    assert ">99+<" in bell(alice.get("/").text)


def test_a_click_marks_it_read_and_leads_there(alice: Any, told: Tell, at: At, engine: sa.Engine) -> None:
    told("alice", at("2026-03-02 10:00"))
    page = alice.get("/notices").text
    assert "慢蜗牛快递: protected until Mon 9 Mar" in page
    assert page.count('<li class="new">') == 1
    answer = alice.post("/notices/1/open")
    assert (answer.status_code, answer.location) == (303, "/registrations/1")
    assert unread(engine) == 0
    assert '<li class="new">' not in alice.get("/notices").text


def test_another_persons_notice_does_not_exist(
    app: Flask, alice: Any, people: People, login: Login, told: Tell, at: At, engine: sa.Engine
) -> None:
    told("alice", at("2026-03-02 10:00"))
    bob = login(app.test_client(), people["bob"])
    assert bob.post("/notices/1/open").status_code == 404
    bob.post("/notices/read", data={"up_to": 99})
    assert unread(engine) == 1
    assert "慢蜗牛快递" not in bob.get("/notices").text


def test_all_are_marked_that_were_seen(alice: Any, told: Tell, at: At, engine: sa.Engine) -> None:
    now = at("2026-03-02 10:00")
    told("alice", now, count=2)
    page = alice.get("/notices").text
    newest = re.search(r'name="up_to" value="(\d+)"', page)
    assert newest is not None
    told("alice", now, key="came in meanwhile")
    alice.post("/notices/read", data={"up_to": newest.group(1)})
    assert unread(engine) == 1
    for nonsense in ("", "x", "9" * 40, "-1"):
        assert alice.post("/notices/read", data={"up_to": nonsense}).status_code == 303
    assert unread(engine) == 1


def test_the_inbox_is_paged_and_narrowed(alice: Any, told: Tell, at: At) -> None:
    told("alice", at("2026-03-02 10:00"), count=70)
    told("alice", at("2026-03-02 10:01"), key="l", kind=NoticeKind.LAPSED)
    seen, path, pages = [], "/notices", 0
    while path:
        html = alice.get(path).text
        seen += re.findall(r"/notices/(\d+)/open", html)
        after = re.search(r'rel="next" href="([^"]+)"', html)
        path, pages = after.group(1).replace("&amp;", "&") if after else "", pages + 1
    assert pages == 3
    assert [int(each) for each in seen] == [71, *range(70, 0, -1)]
    assert re.findall(r"/notices/(\d+)/open", alice.get("/notices?kind=lapsed").text) == ["71"]
    assert len(re.findall(r"/notices/\d+/open", alice.get("/notices?kind=nonsense").text)) == 30


def test_a_hostile_notice_is_only_text(alice: Any, told: Tell, at: At) -> None:
    told("alice", at("2026-03-02 10:00"), about=ABOUT | {"customer": "<script>alert(1)</script>%(x)s"})
    page = alice.get("/notices").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;%(x)s" in page


def test_what_an_older_version_did_not_tell_is_a_dash(
    alice: Any, told: Tell, at: At, engine: sa.Engine
) -> None:
    told("alice", at("2026-03-02 10:00"))
    with db.transaction(engine) as session:
        session.execute(sa.update(t.notice).values(params={"customer": "慢蜗牛快递"}))
    assert "慢蜗牛快递: protected until –" in alice.get("/notices").text


def test_settings_are_kept_and_hold(
    alice: Any, told: Tell, at: At, post: Post, engine: sa.Engine, people: People
) -> None:
    page = alice.get(SETTINGS).text
    boxes = re.findall(r'name="(\w+\.\w+)" value="y"( checked)?', page)
    assert ("lapse_soon.email", " checked") in boxes
    assert ("progress_accepted.email", "") in boxes
    assert not any(name.startswith("rollup_ready") for name, _on in boxes), "not a partner's"
    kept = [name for name, on in boxes if on and name != "lapse_soon.email"] + ["progress_accepted.email"]
    data = dict.fromkeys(kept, "y") | {
        "email_on": "y", "hours": ["17", "9", "99"], "wecom_key": " 693a91f6-7 ", "dingtalk_token": "a1b2",
        "dingtalk_secret": "SEC1",
    }  # fmt: skip
    assert alice.post(SETTINGS, data=data).status_code == 303
    with db.reading(engine) as session:
        choices = session.execute(sa.select(t.notice_choice)).all()
        assert {(row.kind, row.channel, row.wanted) for row in choices} == {
            (NoticeKind.LAPSE_SOON, Channel.EMAIL, False),
            (NoticeKind.PROGRESS_ACCEPTED, Channel.EMAIL, True),
        }
        kept_row = session.execute(sa.select(t.notice_address)).one()
    assert post.vault.open(kept_row.wecom_key) == "693a91f6-7"
    assert (post.vault.open(kept_row.dingtalk_token), kept_row.hours) == ("a1b2", [9, 17])
    told("alice", at("2026-03-02 10:00"))
    assert {(row.channel, row.due_at.hour) for row in post.rows()} == {
        (Channel.WECOM, 9), (Channel.DINGTALK, 9),
    }  # fmt: skip
    again = alice.get(SETTINGS).text
    assert "693a91f6" not in again, "a key is not shown again"
    assert "it ends with 1f6-7" not in again
    assert "ends with f6-7" in again
    assert "a1b2" not in again, "nor the end of one that is hardly longer"


def test_a_kept_key_stays_until_it_is_removed(alice: Any, engine: sa.Engine, post: Post) -> None:
    def kept() -> tuple[str, ...]:
        with db.reading(engine) as session:
            row = session.execute(sa.select(t.notice_address)).one()
        return tuple(map(post.vault.open, (row.wecom_key, row.dingtalk_token, row.dingtalk_secret)))

    alice.post(SETTINGS, data={"wecom_key": "k1", "dingtalk_token": "t1", "dingtalk_secret": "s1"})
    alice.post(SETTINGS, data={"wecom_key": "", "dingtalk_token": ""})
    assert kept() == ("k1", "t1", "s1")
    alice.post(SETTINGS, data={"dingtalk_token": "t2"})
    assert kept() == ("k1", "t2", ""), "another robot has another secret"
    alice.post(SETTINGS, data={"wecom_gone": "y", "dingtalk_gone": "y"})
    assert kept() == ("", "", "")


@pytest.mark.parametrize(
    "key",
    [
        "https://evil.example/cgi-bin/webhook/send?key=1", "../../x", "a@evil.example", "a/b", "a?b=c",
        "a#b", "key with blanks", "a\r\nb", "x" * 65, "１２", "127.0.0.1:80",
    ],
)  # fmt: skip
def test_a_robot_is_a_key_and_never_an_address(alice: Any, engine: sa.Engine, key: str) -> None:
    answer = alice.post(SETTINGS, data={"wecom_key": key})
    assert answer.status_code == 422
    assert "This is no key of a robot." in answer.text
    with db.reading(engine) as session:
        assert session.execute(sa.select(t.notice_address)).first() is None


def test_the_whole_address_of_a_robot_may_be_pasted(alice: Any, engine: sa.Engine, post: Any) -> None:
    wecom = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
    dingtalk = "https://oapi.dingtalk.com/robot/send?access_token="
    alice.post(SETTINGS, data={"wecom_key": f"{wecom}693a91f6-7", "dingtalk_token": f"{dingtalk}a1b2"})
    with db.reading(engine) as session:
        row = session.execute(sa.select(t.notice_address)).one()
    kept = tuple(map(post.vault.open, (row.wecom_key, row.dingtalk_token)))
    assert kept == ("693a91f6-7", "a1b2")
    for wrong in (f"{wecom}1&key=2", f"{wecom}{wecom}1", f"{dingtalk}1"):
        assert alice.post(SETTINGS, data={"wecom_key": wrong}).status_code == 422


def test_a_secret_alone_is_refused(alice: Any) -> None:
    answer = alice.post(SETTINGS, data={"dingtalk_secret": "SEC1"})
    assert answer.status_code == 422
    assert "needs the token" in answer.text


def try_out(client: Any, channel: str) -> Any:
    return client.post(f"{SETTINGS}/test", data={"channel": channel}, follow_redirects=True)


def test_a_test_arrives_and_tells_so(
    app: Flask, alice: Any, at: At, mail_server: MailServer, robots: RobotHost
) -> None:
    app.extensions["portal_config"] = replace(app.extensions["portal_config"], mail_url=mail_server.url)
    answer = try_out(alice, "email")
    assert "The test was accepted" in answer.text
    assert "messages from the portal arrive here" in parts(mail_server.received[0])[0]
    answer = try_out(alice, "email")
    assert "less than a minute ago" in answer.text
    at("2026-03-02 10:01")
    assert "State the key first" in try_out(alice, "wecom").text
    alice.post(SETTINGS, data={"wecom_key": "wrong"})
    at("2026-03-02 10:02")
    robots.answer = lambda: (200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}')
    answer = try_out(alice, "wecom")
    assert "The test did not get through: 93000 invalid webhook url" in answer.text
    assert try_out(alice, "inbox").status_code == 404


def test_a_test_without_a_mail_server_says_so(alice: Any) -> None:
    answer = try_out(alice, "email")
    assert "No mail server is set (PORTAL_MAIL_URL)." in answer.text


def test_the_administrator_sees_what_was_sent_and_has_it_sent_again(
    app: Flask, alice: Any, people: People, login: Login, told: Tell, post: Post, at: At,
    mail_server: MailServer,
) -> None:  # fmt: skip
    now = at("2026-03-02 10:00")
    told("alice", now)
    told("bob", now)
    mail_server.refused.add("alice@example.com")
    post.send(now)
    with db.transaction(post.engine) as session:
        spent = sa.update(t.outbox).where(t.outbox.c.state == OutboxState.WAITING)
        session.execute(spent.values(state=OutboxState.FAILED, attempts=MOST_TRIES))
    admin = login(app.test_client(), people["admin"])
    page = admin.get("/admin/notices").text
    assert "alice@example.com" in page
    assert "no such person" in page
    assert "No mail server is set" in page
    assert "bob@example.com" not in admin.get("/admin/notices?state=failed").text
    failed = next(row for row in post.rows() if row.state is OutboxState.FAILED)
    sent = next(row for row in post.rows() if row.state is OutboxState.SENT)
    assert admin.post(f"/admin/notices/{failed.id}/retry").status_code == 303
    assert admin.post(f"/admin/notices/{failed.id}/retry").status_code == 409
    assert admin.post(f"/admin/notices/{sent.id}/retry").status_code == 409
    mail_server.refused.clear()
    assert post.send(now).sent == 1
    assert sorted(mail_server.recipients) == ["alice@example.com", "bob@example.com"]
    assert "notice.retried" in admin.get("/audit").text

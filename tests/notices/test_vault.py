"""Robots' keys at rest: sealed, never shown again, and what happens when the secret is lost."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.domain.notices import Channel, Dropped, OutboxState
from portal.models import tables as t
from portal.notices.vault import KeyLost, Vault, seal_plain
from tests.notices.conftest import Post, Tell, address
from tests.support.clocks import At, shanghai
from tests.support.commands import Portal
from tests.support.mail import MailServer, RobotHost
from tests.support.people import Person
from tests.support.web import Login

NOW = shanghai("2026-03-02 10:00")
SETTINGS = "/notices/settings"
KEYS = {
    "wecom_key": "693a91f6-7abc-4def",
    "dingtalk_token": "a1b2c3d4e5f6a7b8",
    "dingtalk_secret": "SECabcdef123456",
}
People = Mapping[str, Person]


def kept(engine: sa.Engine) -> dict[str, str]:
    with db.reading(engine) as session:
        row = session.execute(sa.select(t.notice_address)).one()
        return {name: getattr(row, name) for name in KEYS}


def everything(engine: sa.Engine) -> str:
    """Every value of every row of the database."""
    with engine.connect() as connection:
        return "\n".join(
            str(tuple(row))
            for table in sa.inspect(engine).get_table_names()
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')  # noqa: S608 - its own tables
        )


def test_a_key_opens_with_its_secret_alone() -> None:
    vault = Vault("one secret")
    sealed = vault.seal("693a91f6-7")
    assert "693a91f6" not in sealed
    assert sealed != vault.seal("693a91f6-7"), "two that are alike do not look alike"
    assert Vault("one secret").open(sealed) == "693a91f6-7"
    assert vault.seal("") == "" == vault.open("")
    for broken in (Vault("another").open, lambda text: vault.open(text[:-6] + "AAAAA=")):
        with pytest.raises(KeyLost):
            broken(sealed)
    assert len(vault.seal("x" * 128)) <= 300, "the longest one has room"


def test_of_a_key_only_the_end_is_shown() -> None:
    vault = Vault("s")
    assert vault.ending(vault.seal("693a91f6-7")) == "f6-7"
    assert vault.ending(vault.seal("12345678")) == "", "half of it would be too much"
    assert vault.ending(None) == ""


def test_what_is_stated_lies_sealed_in_the_database(
    app: Flask, people: People, login: Login, at: At, engine: sa.Engine, post: Post
) -> None:
    at("2026-03-02 10:00")
    alice = login(app.test_client(), people["alice"])
    assert alice.post(SETTINGS, data=KEYS).status_code == 303
    assert {name: post.vault.open(value) for name, value in kept(engine).items()} == KEYS
    whole, page = everything(engine), alice.get(SETTINGS).text
    for key in KEYS.values():
        assert key not in whole
        assert key not in page
        assert key[-5:] not in page
        assert f"ends with {key[-4:]}" in page
    admin = login(app.test_client(), people["admin"])
    for place in ("/audit", "/admin/notices"):
        assert not any(key in admin.get(place).text for key in KEYS.values())


def test_a_tick_seals_what_an_older_version_kept_plain(
    portal: Portal, engine: sa.Engine, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", "the secret of this machine")
    vault = Vault("the secret of this machine")
    with db.transaction(engine) as session:
        address(session, people["alice"], **KEYS)
    assert portal("tick", "--now", "2026-03-02T10:00:00+08:00").exit_code == 0
    sealed = kept(engine)
    assert not any(key in everything(engine) for key in KEYS.values())
    assert {name: vault.open(value) for name, value in sealed.items()} == KEYS
    with db.transaction(engine) as session:
        assert seal_plain(session, vault) == 0
    assert kept(engine) == sealed


@pytest.mark.usefixtures("robots")
def test_what_is_plain_still_sends_until_it_is_sealed(
    told: Tell, post: Post, engine: sa.Engine, people: People
) -> None:
    with db.transaction(engine) as session:
        address(session, people["alice"], email_on=False, **KEYS)
    told("alice", NOW)
    assert post.send(NOW).sent == 2


def test_a_lost_secret_is_told_and_keeps_no_other_channel_back(
    told: Tell, post: Post, engine: sa.Engine, people: People, mail_server: MailServer, robots: RobotHost,
    app: Flask, login: Login, at: At,
) -> None:  # fmt: skip
    old = Vault("a secret that is gone")
    with db.transaction(engine) as session:
        sealed = {name: old.seal(key) for name, key in KEYS.items()}
        for name in ("bob", "carol", "channel_sales", "channel_manager"):
            address(session, people[name], **sealed)
        address(session, people["alice"], **{name: post.vault.seal(key) for name, key in KEYS.items()})
    everybody = ("bob", "carol", "channel_sales", "channel_manager", "alice")
    for name in everybody:
        told(name, NOW)
    outcome = post.send(NOW)
    assert (outcome.sent, outcome.dropped, outcome.put_off) == (7, 8, 0)
    assert len(mail_server.received) == 5
    assert len(robots.posted) == 2, "alice's key is good; those that are not do not tire her service"
    dropped = [row for row in post.rows() if row.state is OutboxState.DROPPED]
    assert {row.last_error for row in dropped} == {Dropped.KEY_LOST}
    assert {row.channel for row in dropped} == {Channel.WECOM, Channel.DINGTALK}
    at("2026-03-02 10:00")
    log = login(app.test_client(), people["admin"]).get("/admin/notices?state=dropped").text
    assert "kept under another PORTAL_SECRET_KEY. Set the old secret again" in log
    bob = login(app.test_client(), people["bob"])
    assert "cannot be read any more" in bob.get(SETTINGS).text
    tried = bob.post(f"{SETTINGS}/test", data={"channel": "wecom"}, follow_redirects=True)
    assert "have the person state the key anew" in tried.text
    bob.post(SETTINGS, data=KEYS | {"email_on": "y"})
    assert "cannot be read any more" not in bob.get(SETTINGS).text


@pytest.mark.engines("sqlite")
def test_no_export_and_no_log_tells_a_key(
    portal: Portal, told: Tell, post: Post, engine: sa.Engine, people: People, robots: RobotHost,
    capfd: pytest.CaptureFixture[str], file_as: Any, at: At,
) -> None:  # fmt: skip
    from portal.cli import _EXPORTED

    file_as(people["bob"], at("2026-03-02 10:00"))
    assert "roll-ups" in portal("tick", "--now", "2026-03-09T10:00:00+08:00").stdout, "to be exported too"
    with db.transaction(engine) as session:
        address(session, people["alice"], email_on=False, **{n: post.vault.seal(k) for n, k in KEYS.items()})
    robots.answer = lambda: (500, b"")
    told("alice", NOW)
    assert post.send(NOW).put_off == 2
    texts = [*capfd.readouterr(), json.dumps([row.last_error for row in post.rows()])]
    for kind in _EXPORTED:
        period = {"statements": ("--period", "2026-Q1"), "rollup": ("--as-of", "2026-03-12")}.get(kind, ())
        for form in ("csv", "json", "xlsx"):
            done = portal("export", kind, *period, "--format", form)
            assert done.exit_code == 0, (kind, form, done.stderr)
            texts += [done.stdout] if form != "xlsx" else cells(done.stdout_bytes)
    secrets = [*KEYS.values(), *kept(engine).values()]
    assert not [key for key in secrets if any(key in text for text in texts)]


def cells(book: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        return [parts.read(name).decode("utf-8", "replace") for name in parts.namelist()]


def test_a_vault_does_not_tell_its_secret() -> None:
    assert "hush" not in repr(Vault("hush"))
    assert "hush" not in repr(replace_addresses("hush"))


def replace_addresses(key: str) -> Any:
    from portal.notices.settings import Addresses

    return replace(Addresses(True, "", "", "", ()), wecom_key=key, dingtalk_token=key, dingtalk_secret=key)

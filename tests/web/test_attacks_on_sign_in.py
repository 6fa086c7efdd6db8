"""Guessing, racing and forging around the login page; on both databases, where turns matter."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import clock, db
from portal.auth import service
from portal.domain.periods import business_date
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.registrations.checks import check_customer
from tests.support.people import PASSWORD, Person

People = Mapping[str, Person]
FOREIGN = ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"})


def _post(app: Flask, email: str, password: str) -> Any:
    return app.test_client().post("/login", data={"email": email, "password": password})


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_many_tries_at_once_get_no_further_than_many_in_a_row(app: Flask, people: People, email: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        statuses = Counter(pool.map(lambda n: _post(app, email, f"guess {n}").status_code, range(24)))
    assert statuses == {401: service.TRIES_PER_ACCOUNT, 429: 24 - service.TRIES_PER_ACCOUNT}
    assert _post(app, email, PASSWORD).status_code == 429


def test_a_right_password_counts_neither_for_the_account_nor_for_the_address(
    app: Flask, people: People, engine: sa.Engine
) -> None:
    for _ in range(2):
        assert _post(app, "bob@example.com", "wrong").status_code == 401
    assert _post(app, "bob@example.com", PASSWORD).status_code == 303
    with db.reading(engine) as session:
        keys = Counter(session.scalars(sa.select(t.login_attempt.c.key)))
    assert keys == {"address:127.0.0.1": 2}


def test_comparing_passwords_holds_up_nobody(
    app: Flask, people: People, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write() -> None:
        with db.transaction(engine) as session:
            service.keep_preference(session, actor=people["carol"].actor, theme="dark")

    def slow(*_arguments: Any) -> bool:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(write).result(timeout=10)
        return False

    monkeypatch.setattr(service, "password_fits", slow)
    assert _post(app, "bob@example.com", PASSWORD).status_code == 401


def test_a_person_switched_off_while_signing_in_stays_out(
    app: Flask, people: People, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_arguments: Any) -> bool:
        with db.transaction(engine) as session:
            session.execute(sa.update(t.user).values(active=False))
        return True

    monkeypatch.setattr(service, "password_fits", meanwhile)
    assert _post(app, "bob@example.com", PASSWORD).status_code == 401


def test_of_two_who_use_a_link_at_once_one_finds_it_used(
    app: Flask, people: People, engine: sa.Engine
) -> None:
    with db.transaction(engine) as session:
        secret = service.make_link(session, actor=None, user_id=people["bob"].user_id, now=clock.now())

    def use(number: int) -> int:
        data = {"password": f"a new password {number}"}
        return int(app.test_client().post(f"/password/{secret}", data=data).status_code)

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(use, range(8))) == {303: 1, 422: 7}


def test_the_daily_quota_of_checks_holds_for_twenty_at_once(people: People, engine: sa.Engine) -> None:
    now, bob = clock.now(), people["bob"].actor
    day = business_date(now)
    with db.transaction(engine) as session:
        limit = policy_on(session, day).check_quota_per_day
        used = {"user_id": bob.user_id, "day": day, "at": now, "typed": "x", "outcome": "clear"}
        session.execute(sa.insert(t.check_log), [used] * (limit - 5))

    def check(number: int) -> str:
        with db.transaction(engine) as session:
            return check_customer(session, actor=bob, now=now, name=f"第{number}公司", uscc=None).outcome

    with ThreadPoolExecutor(20) as pool:
        assert Counter(pool.map(check, range(20))) == {"clear": 5, "quota": 15}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("headers", FOREIGN, ids=["cross-site", "another origin", "no origin"])
def test_nothing_that_another_site_sent_gets_into_a_form(app: Flask, people: People, headers: Any) -> None:
    """A form that a stranger prepared must not become the draft of whoever logs in next."""
    stranger = app.test_client().post("/registrations", data={"customer_name": "别人的"})
    blob = stranger.text.split('name="carried" value="')[1].split('"')[0]
    asked = app.test_client().post("/registrations", data={"customer_name": "别人的"}, headers=headers)
    assert 'name="carried"' not in asked.text
    app.config["WTF_CSRF_ENABLED"] = True
    for path in ("/login", "/registrations"):
        forged = app.test_client().post(path, data={"carried": blob}, headers=headers)
        assert forged.status_code == 401
        assert 'name="carried"' not in forged.text
    own = app.test_client().post("/login", data={"carried": blob}, headers={"Origin": "http://localhost"})
    assert 'name="carried"' in own.text


@pytest.mark.parametrize("kept", ["as it was", "signed anew"])
def test_a_copy_of_the_cookie_is_worth_nothing_after_log_out(
    app: Flask, people: People, login: Any, kept: str
) -> None:
    client, other = (login(app.test_client(), people["alice"]) for _ in range(2))
    cookie = client.get_cookie("session")
    assert cookie
    assert client.post("/logout").status_code == 303
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    if kept == "signed anew":
        thief.post("/language", data={"locale": "zh"})
    assert thief.get("/").status_code == 303
    assert other.get("/").status_code == 200


def test_the_present_password_cannot_be_guessed_from_a_session_left_open(
    app: Flask, people: People, login: Any
) -> None:
    client = login(app.test_client(), people["bob"])
    changed = client.post("/password", data={"current": PASSWORD, "password": "another horse battery"})
    assert changed.status_code == 303
    for _ in range(service.TRIES_PER_ACCOUNT):  # too short is no guess
        short = client.post("/password", data={"current": "another horse battery", "password": "short"})
        assert short.status_code == 422
    for _ in range(service.TRIES_PER_ACCOUNT):
        guess = client.post("/password", data={"current": "wrong", "password": "another horse battery"})
        assert guess.status_code == 422
    right = {"current": "another horse battery", "password": PASSWORD}
    assert client.post("/password", data=right).status_code == 429


@pytest.mark.engines("sqlite")
def test_the_log_has_no_secret_of_a_link(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_arguments: Any) -> None:
        raise sa.exc.OperationalError("x", {}, Exception("gone"))

    monkeypatch.setattr(service, "link_owner", gone)
    assert app.test_client().get("/password/a-secret").status_code == 503
    logged = capsys.readouterr().out
    assert "/password/<secret>" in logged
    assert "a-secret" not in logged

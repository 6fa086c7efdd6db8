"""The database is locked, gone or read-only: said plainly in the person's language, nothing half done."""

import io
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.models import tables as t
from portal.web import request as web_request
from tests.support.filings import FORM
from tests.support.people import Person

People = Mapping[str, Person]


@pytest.fixture
def holder(engine: sa.Engine, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another process in the middle of a long act; people wait half a second for it."""
    monkeypatch.setattr(web_request, "_PATIENCE", 0.5)
    if database == "sqlite":
        other = sqlite3.connect(engine.url.database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
    else:
        with engine.connect() as connection:
            for key in (db._REGISTRY_LOCK, db._SIGN_IN_LOCK):
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
            yield


@pytest.fixture
def alice(app: Flask, people: People, login: Any, at: Any) -> Any:
    at("2026-03-02 10:00")
    return login(app.test_client(), people["alice"])


def _typed(page: str) -> dict[str, str]:
    found = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', page, flags=re.S)
    return dict(found)


def test_who_waits_too_long_is_told_and_nothing_typed_is_lost(
    alice: Any, holder: None, engine: sa.Engine
) -> None:
    started = time.monotonic()
    answer = alice.post("/registrations", data=FORM)
    assert answer.status_code == 503
    assert time.monotonic() - started < 5
    assert "Nothing was half done" in answer.text
    assert 'action="/registrations"' in answer.text
    assert _typed(answer.text) == {name: value for name, value in FORM.items() if value} | {"uscc": ""}
    assert alice.get("/registrations").status_code == 200  # reading goes on
    with db.reading(engine) as session:
        assert session.execute(sa.select(t.registration.c.id)).all() == []


def test_nobody_waits_for_the_patience_of_everybody_before(
    app: Flask, people: People, login: Any, holder: None
) -> None:
    """Ten who sign in while the database is held are told together, not one after another."""
    statuses: list[int] = []

    def try_it() -> None:
        answer = app.test_client().post("/login", data={"email": "x@example.com", "password": "x"})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=try_it) for _ in range(10)]
    started = time.monotonic()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert statuses == [503] * 10
    assert time.monotonic() - started < 4


@pytest.mark.engines("sqlite")
def test_a_read_only_database_is_said_in_the_language_of_the_account(
    new_app: Flask, people: People, engine: sa.Engine, login: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale="zh"))
    client = login(new_app.test_client(), people["alice"])

    def forbid(connection: Any, *_rest: Any) -> None:
        connection.execute("PRAGMA query_only=ON")

    own = new_app.extensions["portal_engine"]
    own.dispose()
    sa.event.listen(own, "connect", forbid)
    answer = client.post("/registrations", data=FORM)
    assert answer.status_code == 503
    assert '<html lang="zh-CN"' in answer.text
    shown = re.search(r"\b[0-9A-F]{8}\b", answer.text)
    assert shown
    logged = capsys.readouterr().out
    assert shown[0] in logged
    assert FORM["contact"] not in logged


@pytest.mark.engines("sqlite")
def test_a_database_file_that_is_gone_is_no_crash(
    app: Flask, people: People, engine: sa.Engine, login: Any
) -> None:
    client = login(app.test_client(), people["alice"])
    app.extensions["portal_engine"].dispose()
    engine.dispose()
    Path(engine.url.database or "").unlink()
    answer = client.get("/registrations")
    assert answer.status_code == 503
    assert "no such table" not in answer.text


def test_a_form_with_a_file_is_not_offered_again(alice: Any, file_as: Any, people: People, at: Any,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    gone = sa.exc.OperationalError("x", {}, Exception("gone"))

    def fail(*_arguments: Any, **_more: Any) -> None:
        raise gone

    monkeypatch.setattr("portal.registrations.files.add_file", fail)
    data = {"file": (io.BytesIO(b"%PDF-1.7"), "a.pdf"), "note": "x"}
    answer = alice.post(f"/registrations/{filed}/files", data=data)
    assert answer.status_code == 503
    assert "hidden>" not in answer.text

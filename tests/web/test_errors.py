"""Every error is a page in the person's language: what happened, what to do, a reference."""

import json
import re

import pytest
import sqlalchemy as sa
from flask import Flask, abort
from flask.testing import FlaskClient

from portal import db
from portal.domain.access import Permission
from portal.domain.errors import RuleViolation, RuleViolations, StaleVersion
from portal.models import tables as t
from portal.web.login import needs
from tests.support.web import Login

pytestmark = pytest.mark.engines("sqlite")
STATUSES = (400, 403, 404, 405, 409, 413, 422, 429, 500, 503)


def raise_one(app: Flask, error: object) -> None:
    """A page of the application that fails with `error` (a status, or an exception)."""

    @app.route("/fails", methods=["GET", "POST"])
    @needs(Permission.PROFILE)
    def fails() -> str:
        if isinstance(error, int):
            abort(error)
        raise error  # type: ignore[misc]


def texts_of(page: str) -> str:
    """What a person reads of the part between the frame's bars."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"<[^>]+>", " ", main)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_each_status_has_words_in_both_languages(
    new_app: Flask, people, login: Login, status: int, locale: str
):
    raise_one(new_app, status)
    client = login(new_app.test_client(), people["alice"])
    client.post("/language", data={"locale": locale})
    answer = client.get("/fails")
    assert answer.status_code == status
    assert answer.text.count("<h1") == 1
    assert f'<html lang="{"zh-CN" if locale == "zh" else "en"}"' in answer.text
    read = texts_of(answer.text)
    assert bool(re.search(r"[\u4e00-\u9fff]", read)) == (locale == "zh")
    assert re.search(r"\b[0-9A-F]{8}\b", read), "no reference"
    assert 'href="/"' in answer.text


def test_the_reference_on_the_page_is_the_one_in_the_log(new_app: Flask, people, login: Login, capsys):
    raise_one(new_app, ZeroDivisionError("the whole story"))
    page = login(new_app.test_client(), people["alice"]).get("/fails")
    assert page.status_code == 500
    assert "the whole story" not in page.text
    shown = re.search(r"\b[0-9A-F]{8}\b", texts_of(page.text))
    assert shown
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    bug = next(line for line in lines if line["event"] == "bug")
    assert bug["reference"] == shown[0]
    assert "the whole story" in bug["exception"]
    assert bug["path"] == "/fails"


def test_a_rule_that_no_form_took_says_its_words(new_app: Flask, people, login: Login):
    raise_one(
        new_app, RuleViolations([RuleViolation("reason.required"), RuleViolation("pipeline.same_stage")])
    )
    page = login(new_app.test_client(), people["alice"]).post("/fails")
    assert page.status_code == 422
    assert "Say why." in page.text
    assert "in this stage already" in page.text


def test_a_stale_version_is_a_conflict_as_page_and_as_fragment(new_app: Flask, people, login: Login):
    raise_one(new_app, StaleVersion("stale"))
    client = login(new_app.test_client(), people["alice"])
    page = client.post("/fails")
    fragment = client.hx.post("/fails")
    assert page.status_code == fragment.status_code == 409
    assert "Nothing was overwritten" in page.text
    assert "Nothing was overwritten" in fragment.text
    assert "<html" in page.text
    assert "<html" not in fragment.text
    assert 'role="alert"' in fragment.text


def test_a_missing_right_says_which_and_who_has_it(client: FlaskClient, people, login: Login):
    page = login(client, people["alice"]).get("/held")
    assert page.status_code == 403
    assert "decide held filings" in page.text
    assert "Channel manager" in page.text
    assert "System administrator" in page.text or "system administrator" in page.text


def test_what_is_not_yours_is_not_there(client: FlaskClient, people, login: Login):
    """Strangers' rows: the very answer of a row that does not exist."""
    login(client, people["carol"])
    stranger, nobody = client.get("/partners/1"), client.get("/partners/999999")
    assert stranger.status_code == nobody.status_code == 404
    assert _without_reference(stranger.text) == _without_reference(nobody.text)


def _without_reference(page: str) -> str:
    page = re.sub(r"/partners/\d+", "", page)
    return re.sub(r'[0-9A-F]{8}\b|value="[^"]*"|CSRFToken": "[^"]*"', "", page)


def broken(statement: str = "SELECT 1") -> sa.exc.OperationalError:
    return sa.exc.OperationalError(statement, {}, Exception("database is locked"))


@pytest.mark.parametrize("error", [broken(), sa.exc.TimeoutError("no connection in the pool")])
def test_a_database_that_is_locked_or_busy_asks_to_try_again(
    new_app: Flask, people, login: Login, error: Exception
):
    raise_one(new_app, error)
    page = login(new_app.test_client(), people["alice"]).get("/fails")
    assert page.status_code == 503
    assert "Nothing was half done" in page.text
    assert "locked" not in page.text
    assert "SELECT" not in page.text


@pytest.mark.parametrize("path", ["/", "/login", "/no-such-page", "/static-page"])
def test_the_error_page_does_not_need_the_database(
    app: Flask, people, login: Login, monkeypatch, engine: sa.Engine, path: str
):
    """It is gone before anyone knows who is asking: the cookie remembers the language."""
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale="zh"))
    client = login(app.test_client(), people["alice"])

    def gone(*_arguments: object, **_options: object) -> None:
        raise broken()

    monkeypatch.setattr("portal.web.login.reading", gone)
    page = client.get(path, headers={"Accept-Language": "en"})
    assert page.status_code == 503
    assert '<html lang="zh-CN"' in page.text
    assert "<h1" in page.text


def test_the_error_page_does_not_need_the_frame(app: Flask, people, login: Login):
    client = login(app.test_client(), people["alice"])

    def brand() -> None:
        raise ZeroDivisionError

    app.jinja_env.globals["brand"] = brand
    page = client.get("/")
    assert page.status_code == 500
    assert "Something is wrong on our side" in page.text
    assert re.search(r"\b[0-9A-F]{8}\b", page.text)


def test_a_body_that_is_too_large_is_refused_with_words(app: Flask, people, login: Login):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    client = login(app.test_client(), people["alice"])
    page = client.post("/registrations", data={"notes": "x" * 5000})
    assert page.status_code == 413
    assert "too large" in page.text


def test_user_text_in_an_error_is_escaped(new_app: Flask, people, login: Login):
    raise_one(new_app, RuleViolation("website.form", value="<script>alert(1)</script>"))
    page = login(new_app.test_client(), people["alice"]).get("/fails")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text

"""Nobody gets in unasked, nobody is sent astray, and a form sent too late loses nothing."""

import html
import json
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal.models import tables as t
from portal.web.login import PUBLIC, safe_next
from tests.support.people import PASSWORD
from tests.support.web import Login

pytestmark = pytest.mark.engines("sqlite")
TYPED = {"customer_name": "纸飞机", "notes": "一\r\n二 <b>&", "contact": "王"}


@pytest.mark.parametrize("path", ["/", "/a/b?c=d&e=%2F", "/registrations?q=客户", "/x//y", "/@evil.com"])
def test_a_path_on_this_site_is_a_safe_place_to_go_next(path: str):
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", None, "x", "//evil.com", "///evil.com", "/\\evil.com", "\\\\evil.com", "/a\\b"),
        *("http://evil.com", "https:evil.com", "javascript:alert(1)", " /a", "/a\n", "/\t/evil.com"),
        *("/a\r\nSet-Cookie: x=1", "/\x00"),
    ],
)
def test_any_other_place_is_not(path: str | None):
    assert safe_next(path) is None


def test_an_unsafe_next_falls_back_to_the_start_page(client: FlaskClient, people):
    form = {"email": people["alice"].email, "password": PASSWORD, "next": "//evil.com"}
    assert client.post("/login", data=form).headers["Location"] == "/"


def test_every_page_asks_a_stranger_to_sign_in(app: Flask):
    """Default deny: whatever is not in the short list of public pages."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        values = {name: _any_value(rule, name) for name in rule.arguments}
        path = adapter.build(rule.endpoint, values)
        for method in rule.methods & {"GET", "POST"}:
            answer = app.test_client().open(path, method=method)
            if method == "GET":
                assert answer.status_code == 303, path
                assert answer.headers["Location"].startswith("/login?next="), path
            else:
                assert answer.status_code == 401, path


def _any_value(rule, name: str) -> object:
    choices = re.search(rf"any\(([^)]*)\):{name}", rule.rule)
    if choices:
        return choices[1].split(",")[0].strip()
    return "x" if f"<{name}>" in rule.rule or f"string:{name}" in rule.rule else 1


def test_every_view_names_the_permission_it_needs(app: Flask):
    unnamed = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint not in PUBLIC and getattr(view, "permission", None) is None
    ]
    assert unnamed == []


def test_signing_in_leads_back_to_where_one_wanted_to_go(client: FlaskClient, people):
    asked = client.get("/registrations?stage=trial").headers["Location"]
    page = client.get(asked).text
    wanted = re.search(r'action="/login".*?name="next" value="([^"]+)"', page, flags=re.S)
    assert wanted
    form = {"email": people["alice"].email, "password": PASSWORD, "next": html.unescape(wanted[1])}
    assert client.post("/login", data=form).headers["Location"] == "/registrations?stage=trial"


def carried(page: str) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def test_a_form_sent_after_log_out_comes_back_after_the_login(client: FlaskClient, people):
    asked = client.post("/registrations", data=TYPED | {"csrf_token": "old"})
    assert asked.status_code == 401
    form = {"email": people["alice"].email, "password": PASSWORD, "carried": carried(asked.text)}
    wrong = client.post("/login", data=form | {"password": "mistyped"})
    assert carried(wrong.text) == form["carried"]
    back = client.post("/login", data=form)
    page = client.get(back.headers["Location"]).text
    assert 'value="纸飞机"' in page
    assert "一\r\n二 &lt;b&gt;&amp;" in page or "一\n二 &lt;b&gt;&amp;" in page


def test_a_form_without_a_draft_of_its_own_is_shown_to_be_sent_again(client: FlaskClient, people):
    asked = client.post("/registrations/7/next-step", data={"notes": "一\r\n二", "version": "3"})
    form = {"email": people["alice"].email, "password": PASSWORD, "carried": carried(asked.text)}
    page = client.post("/login", data=form)
    assert page.status_code == 200
    assert 'action="/registrations/7/next-step"' in page.text
    assert '<textarea name="version" hidden>\n3</textarea>' in page.text
    assert client.get("/").status_code == 200


def test_an_outdated_token_costs_a_click_not_the_text(app: Flask, people, login: Login):
    client = login(app.test_client(), people["alice"])
    app.config["WTF_CSRF_ENABLED"] = True
    page = client.post("/registrations", data=TYPED | {"csrf_token": "of yesterday"})
    assert page.status_code == 400
    assert 'action="/registrations"' in page.text
    assert "纸飞机" in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    again = client.post("/registrations", data=TYPED | {"csrf_token": token[1]})
    assert again.status_code == 422  # the form itself: fields are missing


def test_what_another_site_sent_is_not_kept(app: Flask, people, login: Login):
    foreign = {"Sec-Fetch-Site": "cross-site"}
    asked = app.test_client().post("/registrations", data=TYPED, headers=foreign)
    assert asked.status_code == 401
    assert "carried" not in asked.text
    client = login(app.test_client(), people["alice"])
    app.config["WTF_CSRF_ENABLED"] = True
    assert "纸飞机" not in client.post("/registrations", data=TYPED, headers=foreign).text


@pytest.mark.parametrize("fields", [{"notes": "长" * 70_000}, {"password": "p", "current": "c"}, {}])
def test_too_much_secrets_and_nothing_are_not_carried(client: FlaskClient, fields: dict[str, str]):
    asked = client.post("/registrations", data=fields)
    assert asked.status_code == 401
    assert 'name="carried"' not in asked.text


def test_a_forged_carried_form_is_ignored(client: FlaskClient, people):
    form = {"email": people["alice"].email, "password": PASSWORD, "carried": "eyJwYXRoIjoiLyJ9.x"}
    assert client.post("/login", data=form).headers["Location"] == "/"


def test_htmx_gets_the_login_page_for_the_whole_body(client):
    asked = client.hx.post("/registrations/7/move", data={"to": "trial"}, current="/board")
    assert asked.status_code == 401
    assert asked.headers["HX-Retarget"] == "body"
    assert 'name="next" value="/board"' in asked.text


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/registrations/check"), ("POST", "/registrations/draft")]
)
def test_what_a_page_asks_by_itself_never_takes_the_page_away(client, method: str, path: str):
    asked = client.hx.open(path, method=method, current="/registrations/new")
    assert asked.status_code == 204
    assert "toast" in asked.headers["HX-Trigger"]
    assert "HX-Redirect" not in asked.headers


def test_a_page_left_open_through_another_login_gets_the_new_token(app: Flask, people, login: Login):
    client = login(app.test_client(), people["alice"])
    app.config["WTF_CSRF_ENABLED"] = True
    refused = client.hx.post("/registrations/draft", data=TYPED)
    assert refused.status_code == 204
    headers = {"X-CSRFToken": json.loads(refused.headers["HX-Trigger"])["token"]}
    assert client.hx.post("/registrations/draft", data=TYPED, headers=headers).status_code == 200


def test_a_session_ends_with_a_new_password_and_with_being_switched_off(
    client: FlaskClient, people, login: Login, session
):
    login(client, people["alice"])
    assert client.get("/").status_code == 200
    session.execute(sa.update(t.user).values(session_stamp="another"))
    session.commit()
    assert client.get("/").status_code == 303

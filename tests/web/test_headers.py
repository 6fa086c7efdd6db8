"""Every answer carries the strict headers; pages are never stored, fingerprinted files always."""

import re
from dataclasses import replace

import pytest
from flask import request
from flask.testing import FlaskClient

import portal
from tests.support.web import Login, config_for

pytestmark = pytest.mark.engines("sqlite")


def test_every_kind_of_answer_carries_the_policy(client: FlaskClient, people, login: Login):
    login(client, people["alice"])
    for path in ("/", "/login", "/no-such-page", "/held", "/static/css/base.css", "/health"):
        headers = client.get(path, buffered=True).headers
        policy = dict(each.split(" ", 1) for each in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'", path
        assert policy["script-src"] == policy["style-src"] == "'self'", path
        assert "unsafe" not in headers["Content-Security-Policy"], path
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert "camera=()" in headers["Permissions-Policy"], path


def test_pages_are_never_stored_and_differ_by_who_asks_and_how(client: FlaskClient):
    headers = client.get("/login").headers
    assert headers["Cache-Control"] == "no-store"
    assert {each.strip() for each in headers["Vary"].split(",")} >= {
        "HX-Request",
        "Cookie",
        "Accept-Language",
    }


def test_what_the_head_loads_may_be_kept_for_a_year(client: FlaskClient):
    head = client.get("/login").text.partition("</head>")[0]
    loaded = re.findall(r'(?:href|src)="(/static/[^"]+)"', head)
    assert len(loaded) > 5
    for address in loaded:
        answer = client.get(address, buffered=True)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"], address


def test_a_font_that_a_sheet_asks_for_is_the_one_that_was_preloaded(client: FlaskClient):
    preloaded = re.search(r'rel="preload" href="([^"]+)"', client.get("/login").text)
    assert preloaded
    tokens = client.get("/static/css/tokens.css", buffered=True).text
    fonts = set(re.findall(r'url\("[.][.](/vendor/[^")]+)"\)', tokens))
    assert fonts == {preloaded[1].removeprefix("/static")}


def test_a_file_without_its_fingerprint_is_asked_for_again(client: FlaskClient):
    assert "immutable" not in client.get("/static/css/base.css", buffered=True).headers.get(
        "Cache-Control", ""
    )


def test_behind_a_trusted_proxy_the_callers_address_counts(db_url, tmp_path, people):
    """Sign-ins are throttled by address: behind a proxy they must not all look alike."""
    app = portal.create_app(replace(config_for(db_url, tmp_path), trusted_proxies=1))
    app.config["WTF_CSRF_ENABLED"] = False
    seen: list[str | None] = []
    app.before_request(lambda: seen.append(request.remote_addr))
    app.test_client().get("/login", headers={"X-Forwarded-For": "203.0.113.9"})
    app.extensions["portal_engine"].dispose()
    assert seen == ["203.0.113.9"]


@pytest.mark.parametrize("secure", [True, False])
def test_browsers_keep_to_tls_where_cookies_ask_for_it(db_url, tmp_path, secure: bool):
    app = portal.create_app(replace(config_for(db_url, tmp_path), secure_cookies=secure))
    headers = app.test_client().get("/login").headers
    app.extensions["portal_engine"].dispose()
    assert ("Strict-Transport-Security" in headers) == secure
    assert ("Secure" in headers["Set-Cookie"]) == secure

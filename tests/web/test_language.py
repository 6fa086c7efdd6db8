"""Which language a page is in, and that the switch keeps the page."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.web import language
from tests.support.web import Login

pytestmark = pytest.mark.engines("sqlite")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-TW", "zh"),
        ("zh-Hant-HK", "zh"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("en-GB", "en"),
        ("de-DE,zh;q=0.5", "zh"),
        ("fr", "en"),
        ("", "en"),
        ("*", "en"),
        (";;;q=,,q=zh", "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_the_browser_decides_for_a_stranger(client: FlaskClient, header: str, chosen: str):
    html = client.get("/login", headers={"Accept-Language": header}).text
    assert f'<html lang="{"zh-CN" if chosen == "zh" else "en"}"' in html


def test_the_person_outweighs_the_session_which_outweighs_the_browser(
    client: FlaskClient, people, login: Login
):
    zh = {"Accept-Language": "zh-CN"}
    assert 'lang="zh-CN"' in client.get("/login", headers=zh).text
    client.post("/language", data={"locale": "en"}, headers=zh)
    assert '<html lang="en"' in client.get("/login", headers=zh).text
    login(client, people["alice"])  # her profile says English
    client.post("/language", data={"locale": "zh"})
    assert '<html lang="zh-CN"' in client.get("/").text
    elsewhere = login(client.application.test_client(), people["alice"])
    assert '<html lang="zh-CN"' in elsewhere.get("/", headers={"Accept-Language": "en"}).text


def test_the_switch_keeps_the_page_and_its_filters(client: FlaskClient, people, login: Login):
    login(client, people["alice"])
    page = client.get("/registrations?stage=trial&sort=oldest").text
    assert 'name="next" value="/registrations?stage=trial&amp;sort=oldest"' in page
    answer = client.post("/language", data={"locale": "zh", "next": "/registrations?stage=trial"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/registrations?stage=trial"


def test_the_switch_on_a_refused_form_leads_back_to_a_page_that_exists(
    client: FlaskClient, people, login: Login
):
    """The form was posted to an address that cannot be opened: its own page is meant."""
    login(client, people["alice"])
    came_from = {"Referer": "http://localhost/registrations/new"}
    refused = client.post("/registrations", data={}, headers=came_from)
    assert refused.status_code == 422
    assert 'name="next" value="/registrations/new"' in refused.text


@pytest.mark.parametrize("locale", ["fr", "", "zh-CN", "zh_Hans_CN", "<b>"])
def test_an_unknown_language_changes_nothing(client: FlaskClient, locale: str):
    assert client.post("/language", data={"locale": locale}).status_code == 303
    assert '<html lang="en"' in client.get("/login").text


def test_outside_of_a_request_the_default_is_spoken(app: Flask):
    with app.app_context():
        assert language.locale() == language.DEFAULT


def test_the_theme_is_the_persons_and_drawn_by_the_server(client: FlaskClient, people, login: Login):
    login(client, people["alice"])
    assert "data-theme" not in client.get("/").text
    client.post("/theme", data={"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/").text
    client.post("/theme", data={"theme": "neon"})
    assert 'data-theme="dark"' in client.get("/").text
    client.post("/theme", data={"theme": "auto"})
    assert "data-theme" not in client.get("/").text

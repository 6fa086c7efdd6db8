"""Page or part: one view answers both, and a redirect never lands inside a part."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.web import htmx
from tests.support.web import Login

pytestmark = pytest.mark.engines("sqlite")


def test_a_restored_history_entry_wants_the_whole_page(app: Flask):
    with app.test_request_context(headers={"HX-Request": "true"}):
        assert htmx.wants_fragment()
    with app.test_request_context(headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}):
        assert not htmx.wants_fragment()
    with app.test_request_context():
        assert not htmx.wants_fragment()


def test_a_redirect_is_followed_by_the_browser_itself(app: Flask):
    with app.test_request_context(headers={"HX-Request": "true"}):
        answer = htmx.go_to("/board?moved=7")
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/board?moved=7")
    with app.test_request_context():
        answer = htmx.go_to("/board?moved=7")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/board?moved=7")


def test_a_toast_in_any_language_fits_in_a_header(app: Flask):
    with app.test_request_context():
        answer = htmx.with_toast("", "已保存\r\nX-Evil: 1", bad=True)
    header = answer.headers["HX-Trigger"]
    assert header.isascii()
    assert "\n" not in header
    assert json.loads(header) == {"toast": {"text": "已保存\r\nX-Evil: 1", "bad": True}}


@pytest.mark.parametrize("path", ["/registrations", "/registrations?state=waiting&q=x", "/board"])
def test_every_address_that_a_part_is_asked_from_opens_as_a_page(
    client: FlaskClient, people, login: Login, path: str
):
    login(client, people["alice"])
    page = client.get(path)
    restored = client.get(path, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert page.status_code == restored.status_code == 200
    assert "<!doctype html>" in page.text
    assert "<!doctype html>" in restored.text

"""The bars: entries by permission, each leads somewhere, and every page lights one of them."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.web.nav import ENTRIES, entries_of, entry_of, in_bar
from tests.support.web import Login

pytestmark = pytest.mark.engines("sqlite")
# Pages that belong to nobody's section: search, the account, the phone's list of the rest.
APART = {
    *("home.search", "home.more", "verify.page"),
    *("notices.inbox", "notices.settings_form"),
    *("auth.password_form", "auth.set_password_form", "auth.login_form"),
}


def test_each_entry_leads_to_a_page_its_people_may_see(app: Flask):
    for entry in ENTRIES:
        assert app.view_functions[entry.endpoint].permission is not None, entry.endpoint


def test_every_page_lies_under_an_entry(app: Flask):
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint not in ("static", "auth.health", "auth.logo")
    }
    assert {endpoint for endpoint in pages if entry_of(endpoint) is None} == APART


@pytest.mark.parametrize(
    ("page", "entry"),
    [
        ("registrations.new_form", "registrations.new_form"),
        ("registrations.create", "registrations.new_form"),
        ("registration.detail", "registrations.list_page"),
        ("pipeline.move_form", "pipeline.board"),
        ("held.decide_form", "held.queue"),
        ("admin.user_form", "admin.users"),
        ("admin.audit", "admin.audit"),
    ],
)
def test_a_page_lights_its_nearest_entry(page: str, entry: str):
    found = entry_of(page)
    assert found is not None
    assert found.endpoint == entry


def test_everybody_sees_the_entries_they_may_use_and_no_others(app: Flask, people, login: Login):
    with app.test_request_context():
        links = {entry: app.url_for(entry.endpoint) for entry in ENTRIES}
    for name, person in people.items():
        html = login(app.test_client(), person).get("/").text
        side = html.partition("<aside")[2].partition("</aside>")[0]
        shown = set(re.findall(r'<a href="([^"]+)"', side))
        expected = {links[entry] for entry in entries_of(person.actor)}
        assert shown == expected, name
        bottom = html.partition('<nav class="tabbar')[2].partition("</nav>")[0]
        assert 2 <= bottom.count("<a ") <= 5, name
        assert 'href="/more"' in bottom, name


def test_who_pays_comes_to_payments_by_one_entry(people):
    finance = [each.endpoint for each in entries_of(people["finance"].actor)]
    sales = [each.endpoint for each in entries_of(people["alice"].actor)]
    assert ("payments.work" in finance, "payments.made" in finance) == (True, False)
    assert ("payments.work" in sales, "payments.made" in sales) == (False, True)


def test_the_phone_has_what_each_needs_first(people):
    bars = {name: in_bar(entries_of(people[name].actor)) for name in ("alice", "finance", "call_center")}
    assert {name: {each.endpoint for each in bar} for name, bar in bars.items()} == {
        "alice": {"home.today", "weekly.start", "registrations.new_form", "statements.list_page"},
        "finance": {"home.today", "statement_board.show", "payments.work", "disputes.list_page"},
        "call_center": {"home.today", "statement_board.show", "papers.start_form"},
    }


def test_one_entry_of_each_bar_is_the_current_one(client: FlaskClient, people, login: Login):
    login(client, people["alice"])
    for path in ("/", "/board", "/registrations", "/registrations/new", "/people/new", "/partners/1"):
        side = client.get(path).text.partition("<aside")[2].partition("</aside>")[0]
        assert side.count("aria-current") == 1, path

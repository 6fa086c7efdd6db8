"""Two whole cases in the browser, in both languages: a takeover that is appealed, and a handover."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from portal import db
from portal.models import tables as t
from tests.browser.test_every_page import foreign
from tests.support.browser import PHONE, WIDE
from tests.support.people import Person

BOTH = [("zh", WIDE), ("en", PHONE)]
WORDS = {
    "zh": {
        "look": "先看会改变什么",
        "ask": "提交申请",
        "answer": "答复",
        "vote": "提交表决",
        "appeal": "申诉",
        "last": "裁定",
        "agree": "同意移交",
        "over": "已接管",
        "turned": "申诉后改判",
        "handed": "双方商定移交",
    },
    "en": {
        "look": "See what it changes",
        "ask": "Send the request",
        "answer": "Answer",
        "vote": "Cast the vote",
        "appeal": "Appeal",
        "last": "Decide",
        "agree": "Agree to the handover",
        "over": "Taken over",
        "turned": "Turned round on appeal",
        "handed": "Handed over by agreement",
    },
}


@pytest.fixture
def filed(people: Mapping[str, Person], file_as: Any, at: Any, engine: sa.Engine) -> None:
    """Alice owns a customer, carol waits for it; nothing is written in either language."""
    file_as(people["alice"], at("2026-03-02 10:00"), "Slow Snail Express Ltd")
    file_as(people["carol"], at("2026-03-05 10:00"), "Slow Snail Express Ltd")
    with db.transaction(engine) as session:
        session.execute(sa.update(t.registration).values(city="-", contact="-"))
        session.execute(sa.update(t.partner).values(name=t.partner.c.code))


class Desk:
    """Everybody's browser, one after another, and what every page must be on the way."""

    def __init__(self, page: Page, people: Mapping[str, Person], sign_in: Any, axe: Any, locale: str) -> None:
        self.page, self.people, self.sign_in, self.axe, self.locale = page, people, sign_in, axe, locale
        self.words = WORDS[locale]

    def sit(self, who: str, path: str) -> Page:
        """Somebody else signs in and opens a page; it is accessible and in one language."""
        self.page.context.clear_cookies()
        self.sign_in(self.page, self.people[who])
        self.page.goto(path)
        self.look()
        return self.page

    def look(self) -> None:
        assert self.axe(self.page) == []
        assert foreign(self.page, self.locale) == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not self.page.evaluate(wide)

    def first_look(self) -> None:
        """What the act would change, before it is done."""
        self.press("look")
        self.look()

    def press(self, word: str) -> None:
        self.page.get_by_role("button", name=self.words[word], exact=True).click()
        self.page.wait_for_load_state()


@pytest.fixture
def desk(
    page: Page, people: Mapping[str, Person], sign_in: Any, axe: Any, locale: str, engine: sa.Engine
) -> Desk:
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale=locale))
    return Desk(page, people, sign_in, axe, locale)


cases = pytest.mark.parametrize(
    ("locale", "browser_options"),
    [(locale, {"locale": "zh-CN" if locale == "zh" else "en-US", "viewport": size}) for locale, size in BOTH],
    ids=[locale for locale, _size in BOTH],
)


@cases
@pytest.mark.usefixtures("filed")
def test_a_takeover_from_the_request_to_the_appeal(desk: Desk, at: Any) -> None:
    at("2026-04-01 10:00")
    page = desk.sit("carol", "/registrations/2")
    page.locator("a[href='/registrations/2/case']").click()
    desk.look()
    page.locator("[name=reason]").fill("-")
    desk.first_look()
    desk.press("ask")
    expect(page).to_have_url(re.compile("/cases/1$"))
    page = desk.sit("alice", "/cases/1")
    page.locator("#f-answer").fill("-")
    desk.press("answer")
    page = desk.sit("channel_manager", "/cases")
    page.get_by_role("link", name="Slow Snail Express Ltd").click()
    desk.look()
    page.locator("[name=verdict][value=yes]").check()
    page.locator("#f-why").fill("-")
    desk.first_look()
    desk.press("vote")
    expect(page.locator("main")).to_contain_text(desk.words["over"])
    page = desk.sit("alice", "/cases/1")
    page.goto("/cases/1/decision")
    desk.look()
    expect(page.locator("section[lang=en]")).to_contain_text("Taken over")
    expect(page.locator("section[lang=zh-CN]")).to_contain_text("已接管")
    page.goto("/cases/1")
    page.locator("#f-appeal").fill("-")
    desk.press("appeal")
    page = desk.sit("channel_director", "/cases/1")
    page.locator("[name=verdict][value=overturned]").check()
    page.locator("#f-last").fill("-")
    desk.first_look()
    desk.press("last")
    expect(page.locator("main")).to_contain_text(desk.words["turned"])


@cases
@pytest.mark.usefixtures("filed")
def test_a_handover(desk: Desk, at: Any) -> None:
    at("2026-03-10 10:00")
    page = desk.sit("carol", "/registrations/2/case?kind=handover")
    page.locator("[name=reason]").fill("-")
    desk.first_look()
    desk.press("ask")
    page = desk.sit("alice", "/cases/1")
    desk.first_look()
    desk.press("agree")
    expect(page.locator("main")).to_contain_text(desk.words["handed"])


@cases
@pytest.mark.usefixtures("filed")
def test_key_accounts_take_over_from_a_partner_with_both_departments(
    desk: Desk, at: Any, file_as: Any, people: Mapping[str, Person], engine: sa.Engine
) -> None:
    file_as(people["key_accounts"], at("2026-03-06 10:00"), "Slow Snail Express Ltd")
    with db.transaction(engine) as session:
        session.execute(sa.update(t.registration).values(city="-", contact="-"))
    at("2026-04-01 10:00")
    page = desk.sit("key_accounts", "/registrations/3/case")
    page.locator("[name=reason]").fill("-")
    desk.first_look()
    desk.press("ask")
    page = desk.sit("alice", "/cases/1")
    page.locator("#f-answer").fill("-")
    desk.press("answer")
    for who, decided in (("channel_manager", False), ("key_accounts_manager", True)):
        page = desk.sit(who, "/cases")
        page.get_by_role("link", name="Slow Snail Express Ltd").click()
        page.locator("[name=verdict][value=yes]").check()
        page.locator("[name=next_owner]").select_option("3")
        page.locator("#f-why").fill("-")
        desk.first_look()
        desk.press("vote")
        desk.look()
        over = desk.words["over"] in page.locator("main").inner_text()
        assert over is decided, who
    page = desk.sit("alice", "/cases/1/decision")
    page.emulate_media(media="print")
    expect(page.locator("section[lang=en]")).to_contain_text("Policy version")
    expect(page.locator("section[lang=zh-CN]")).to_contain_text("裁定书")
    expect(page.get_by_role("navigation").first).not_to_be_visible()

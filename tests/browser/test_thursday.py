"""A whole Thursday by keyboard alone, in both languages; two reviewers at once; without any script."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from portal import db
from portal.domain.pipeline import Stage
from portal.domain.support import SupportKind
from portal.domain.terms import EventKind
from portal.domain.weekly import LineVerdict as V
from portal.models import tables as t
from portal.support.service import ask
from tests.support.browser import PHONE
from tests.support.clocks import shanghai
from tests.support.people import Person, make_partner
from tests.weekly.conftest import Channel

HERE = "/thursday/2026-03-12"
WORDS = {
    "en": {
        "progress": "Valid progress: 慢蜗牛快递", "accept": "Accept as progress",
        "noted": "Looked at: 云上豆腐", "all": "Unchanged", "saved": "Saved", "done": "2 partners done",
        "given": "Accepted as progress",
    },
    "zh": {
        "progress": "有效进展: 慢蜗牛快递", "accept": "认定为有效进展",
        "noted": "已看: 云上豆腐", "all": "无变化", "saved": "已保存", "done": "已过 2 家",
        "given": "认定为有效进展",
    },
}  # fmt: skip


@pytest.fixture
def channel(engine: sa.Engine, people: Mapping[str, Person], file_as: Any) -> Channel:
    """Three partners, of which alice's has something to talk about."""
    made = Channel(engine, people, file_as)
    with db.transaction(engine) as session:
        make_partner(session, "P003")
    moved = made.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    made.files("alice", "2026-03-03 10:00", "夜鹭商贸")
    made.moves("alice", "2026-03-09 10:00", moved, Stage.SOLUTION)
    made.files("alice", "2026-03-10 10:00", "云上豆腐")
    with db.transaction(engine) as session:
        ask(
            session, actor=people["alice"].actor, now=shanghai("2026-03-10 11:00"), registration_id=moved,
            kind=SupportKind.SOLUTION, need="售前同去",
        )  # fmt: skip
    return made


def speak(engine: sa.Engine, locale: str) -> None:
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale=locale))


def to(page: Page, name: str) -> None:
    """Tab on until the control of that name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"
        )
        if focused.replace("：", ": ") == name.replace("：", ": "):
            return
    raise AssertionError(f"no way to {name} by Tab")


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_whole_meeting_by_keyboard(
    page: Page, channel: Channel, engine: sa.Engine, sign_in: Any, at: Any, axe: Any, locale: str
) -> None:
    words = WORDS[locale]
    speak(engine, locale)
    at("2026-03-12 14:00")
    sign_in(page, channel.people["channel_manager"])
    page.goto("/thursday")
    page.wait_for_url(f"**{HERE}/1")
    heading = page.locator("#h-p")
    page.keyboard.press("j")
    page.wait_for_url(f"**{HERE}/2")
    expect(heading).to_be_focused()
    expect(heading).to_have_text("P002 通信")
    page.keyboard.press("k")
    page.wait_for_url(f"**{HERE}/1")
    expect(heading).to_be_focused()
    page.keyboard.press("s")
    expect(page.locator("#sup")).to_be_focused()
    expect(page.locator(".sup")).to_contain_text("售前同去")
    page.keyboard.type("报价单 @我 2026-03-13")
    page.keyboard.press("Enter")
    expect(page.locator(".sup li")).to_have_count(2)
    expect(page.locator("#sup")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("tr.grp").last).to_contain_text(words["all"])
    assert axe(page) == []
    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_visible()
    page.keyboard.press("j")  # the sheet is in front: nothing moves behind it
    page.keyboard.press("Escape")
    expect(page.locator("#keys-help")).not_to_be_visible()
    expect(heading).to_have_text("P001 通信")
    to(page, words["progress"])
    page.keyboard.press("Enter")
    expect(page.locator("#s-1")).to_be_focused()
    page.keyboard.type("jkens 客户约好试用")  # in a field the keys are letters
    to(page, words["accept"])
    page.keyboard.press("Enter")
    given = page.locator("#v-1 .given")
    expect(given).to_contain_text(words["given"])
    expect(given).to_be_focused()
    to(page, words["noted"])
    page.keyboard.press("Enter")
    expect(page.locator("#v-3 .given")).to_be_focused()
    page.keyboard.press("n")
    page.keyboard.type("1. 周五前补到访记录")
    expect(page.locator("#notes-words")).to_contain_text(words["saved"])
    page.keyboard.type("，不然转直销")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.wait_for_url(f"**{HERE}/2")
    expect(heading).to_be_focused()
    page.keyboard.press("n")
    page.keyboard.type("无")
    page.keyboard.press("Escape")
    page.keyboard.press("j")  # the notes are saved before one leaves
    page.wait_for_url(f"**{HERE}/3")
    page.keyboard.press("e")
    page.wait_for_url(f"**{HERE}/2")
    expect(page.locator("#notes")).to_have_value("无")
    expect(page.locator("#tally")).to_contain_text(words["done"])
    assert channel.review().notes == "1. 周五前补到访记录，不然转直销"
    [event] = channel.events(1, EventKind.PROGRESS)
    assert event.note == "jkens 客户约好试用"
    assert [line.verdict for line in channel.lines()] == [V.PROGRESS, V.NOTED]
    page.locator("#keys-on").uncheck()
    page.reload()
    page.keyboard.press("k")
    page.keyboard.press("e")
    expect(heading).to_have_text("P002 通信")
    expect(page.locator("#keys-on")).not_to_be_checked()


def test_two_reviewers_see_each_other_and_overwrite_nothing(
    page: Page, channel: Channel, engine: sa.Engine, sign_in: Any, at: Any
) -> None:
    at("2026-03-12 14:00")
    sign_in(page, channel.people["channel_manager"])
    page.goto(f"{HERE}/1")
    page.locator("#v-3").get_by_text("Return").click()
    page.locator("#s-3").fill("half a reason")
    channel.decides("channel_sales", "2026-03-12 14:01", 1, V.NOTED, "看过")
    channel.notes("channel_sales", "2026-03-12 14:01", "他的记录", 1)
    channel.finishes("channel_sales", "2026-03-12 14:01", partner="carol")
    page.evaluate("htmx.ajax('GET', document.getElementById('news').getAttribute('hx-get'), {swap: 'none'})")
    expect(page.locator("#v-1")).to_contain_text("看过")
    expect(page.locator("#m-2")).to_contain_text("reviewed")
    expect(page.locator("#s-3")).to_have_value("half a reason")  # what is being typed is left alone
    expect(page.locator("#notes")).to_have_value("他的记录")
    page.locator("#notes").fill("我的记录")
    expect(page.locator("#notes-words")).to_contain_text("Saved")
    assert channel.review().notes == "我的记录"  # it carried the newer version
    page.locator("#s-3").fill("")
    channel.notes("channel_sales", "2026-03-12 14:02", "又改了", channel.review().version)
    page.locator("#notes").fill("我的记录，二")
    expect(page.locator("#theirs")).to_have_value("又改了")
    assert channel.review().notes == "又改了"
    page.locator("[data-key=j]").click()  # one does not leave with a text that is not saved
    expect(page.locator("#h-p")).to_have_text("P001 通信")
    page.keyboard.press("Escape")
    page.keyboard.press("e")  # and does not end it over the other's notes
    expect(page.locator("#notes-state [data-focus]")).to_be_focused()
    assert channel.review().notes == "又改了"
    assert channel.review().done_at is None
    page.locator("[data-both]").click()
    expect(page.locator("#theirs")).to_have_count(0)
    expect(page.locator("#notes-words")).to_contain_text("Saved")
    assert channel.review().notes == "又改了\n我的记录，二"


def test_a_verdict_on_a_partner_that_is_done_meanwhile_shows_it(
    page: Page, channel: Channel, sign_in: Any, at: Any
) -> None:
    at("2026-03-12 14:00")
    sign_in(page, channel.people["channel_sales"])
    page.goto(f"{HERE}/1")
    page.locator("#v-3").get_by_text("Return").click()
    expect(page.locator("#s-3")).to_be_focused()
    page.keyboard.type("缺访问记录")
    channel.finishes("channel_manager", "2026-03-12 14:01")
    page.keyboard.press("Enter")
    alert = page.locator("#v-3 [role=alert]")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("缺访问记录")
    page.get_by_role("button", name="Reopen").click()
    expect(page.locator("#v-3 .choices")).to_be_visible()


def test_done_pressed_twice_ends_one_partner(page: Page, channel: Channel, sign_in: Any, at: Any) -> None:
    at("2026-03-12 14:00")
    sign_in(page, channel.people["channel_sales"])
    page.goto(f"{HERE}/1")
    heading, tally = page.locator("#h-p"), page.locator("#tally")
    page.keyboard.press("e")
    expect(heading).to_have_text("P002 通信")
    page.keyboard.press("e")  # at once: nobody has read that one
    page.locator("[data-key=e]").click()
    page.wait_for_timeout(300)
    expect(heading).to_have_text("P002 通信")
    expect(tally).to_contain_text("1 partner done")
    page.keyboard.press("n")
    page.keyboard.type("看过")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(tally).to_contain_text("2 partners done")
    assert channel.review("carol").notes == "看过"


def test_what_is_typed_but_not_sent_keeps_one_on_the_page(
    page: Page, channel: Channel, sign_in: Any, at: Any
) -> None:
    at("2026-03-12 14:00")
    sign_in(page, channel.people["channel_sales"])
    page.goto(f"{HERE}/1")
    page.locator("#v-3").get_by_text("Return").click()
    sentence = page.locator("#s-3")
    expect(sentence).to_be_focused()
    page.keyboard.type("访问记录")
    for key in ("e", "j", "a"):
        page.keyboard.press("Escape")
        page.keyboard.press(key)
        expect(sentence).to_be_focused()
        expect(page.locator("#v-3 [role=alert]")).to_contain_text("Not sent yet")
    page.keyboard.type("缺日期")
    expect(page.locator("#unsent")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("#v-3 .given")).to_contain_text("访问记录缺日期")
    page.keyboard.press("s")
    page.keyboard.type("报价单 @没有这个人")
    page.keyboard.press("Enter")
    expect(page.locator("#e-sup")).to_be_visible()
    expect(page.locator("#support .kbd")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("#sup")).to_be_focused()
    page.locator("#sup").fill("")
    page.locator("#support summary").press("Enter")
    expect(page.locator("#support [name=result]")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("先")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("#h-p")).to_have_text("P002 通信")
    page.keyboard.press("k")
    expect(page.locator("#notes")).to_have_value("先")
    page.keyboard.press("n")
    page.keyboard.type("后")  # goes on where it ended
    expect(page.locator("#notes")).to_have_value("先后")
    expect(page.locator("#notes-words")).to_contain_text("Saved")
    assert [line.verdict for line in channel.lines()] == [V.RETURNED]


@pytest.mark.parametrize("browser_options", [{"viewport": PHONE, "java_script_enabled": False}])
def test_it_works_without_script(page: Page, channel: Channel, sign_in: Any, at: Any) -> None:
    at("2026-03-12 14:00")
    sign_in(page, channel.people["channel_manager"])
    page.goto(f"{HERE}/1")
    page.locator("#v-1").get_by_text("Valid progress").click()
    page.locator("#s-1").fill("客户约好试用")
    page.locator("#v-1 form button").click()
    expect(page.locator("#v-1")).to_contain_text("Accepted as progress")
    page.locator("#notes").fill("记录")
    page.get_by_text("Done, next partner").click()
    expect(page.locator("#h-p")).to_have_text("P002 通信")
    assert channel.review().notes == "记录"
    page.locator("#to-later").click()
    page.goto(f"{HERE}/3")
    expect(page.locator(".plist li").nth(1)).to_contain_text("P003")


@pytest.mark.parametrize("browser_options", [{"viewport": PHONE, "locale": "en-US"}])
def test_on_a_phone_the_list_is_folded_and_verdicts_fit_a_thumb(
    page: Page, channel: Channel, sign_in: Any, at: Any
) -> None:
    at("2026-03-12 14:00")
    sign_in(page, channel.people["channel_sales"])
    page.goto(f"{HERE}/1")
    expect(page.locator(".plist ul")).not_to_be_visible()
    expect(page.locator(".plist summary svg")).to_be_visible()  # it says that it opens
    for button in page.locator(".choices .btn").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.locator(".plist summary").click()
    page.locator("#p-2").click()
    expect(page.locator("#h-p")).to_have_text("P002 通信")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

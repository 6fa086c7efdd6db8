"""A partner's weekly report on a phone, in both languages: saved as it is typed, sent, corrected (W2)."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from portal import db
from portal.models import tables as t
from tests.support.browser import PHONE
from tests.support.people import PASSWORD, Person
from tests.weekly.desk import Desk

WORDS = {
    "en": {
        "reason": "or in your own words", "saved": "Saved",
        "more": "Something did happen; support needed, ports, revenue",
        "support": "Support needed", "send": "Send report", "lacking": "Not sent yet: 1 thing is missing",
        "sent": "The report is sent, in time.", "correct": "Correct", "again": "Send correction",
        "changed": "What this revision changed", "nav": "Report", "quick": "Waiting for their budget",
        "left": "Still to do: 1", "none": "Nothing is missing",
    },
    "zh": {
        "reason": "或者自己写", "saved": "已保存", "more": "其实有进展；需要的支持、端口、收入",
        "support": "需要支持", "send": "提交周报", "lacking": "还没有提交：1 处没填",
        "sent": "周报已按时提交。", "correct": "更正", "again": "提交更正",
        "changed": "这一版改了什么", "nav": "周报", "quick": "等预算",
        "left": "还差 1 项", "none": "都填好了",
    },
}  # fmt: skip


def small_targets(page: Page) -> list[str]:
    """What a finger has to hit and is lower than 44 px."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(
            'button, .btn, .chk, summary, input:not([type=radio], [type=hidden])'
        )].filter(each => each.closest('#main') && each.offsetParent)
          .filter(each => each.getBoundingClientRect().height < 44)
          .map(each => each.outerHTML.slice(0, 80))"""
    )
    return found


@pytest.mark.parametrize("browser_options", [{"viewport": PHONE, "has_touch": True}])
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_report_on_a_phone(
    page: Page,
    people: Mapping[str, Person],
    engine: sa.Engine,
    sign_in: Any,
    file_as: Any,
    at: Any,
    axe: Any,
    locale: str,
) -> None:
    words, desk = WORDS[locale], Desk(engine, people)
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale=locale))
    quiet = file_as(people["alice"], at("2026-02-24 10:00")).registration_id
    file_as(people["alice"], at("2026-03-02 10:00"), "夜鹭商贸有限公司")
    at("2026-03-04 10:00")
    sign_in(page, people["alice"])
    page.locator(".tabbar").get_by_text(words["nav"], exact=True).click()
    page.wait_for_url("**/weekly/2026-03-05")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert small_targets(page) == []
    fold = page.locator(".wk summary").first  # its triangle says that it opens
    assert fold.evaluate("each => getComputedStyle(each).display") == "list-item"
    card, bar = page.locator(f"#p{quiet}"), page.locator("#left")
    expect(bar).to_have_text(words["left"])
    page.get_by_role("button", name=words["send"]).click()
    expect(page.get_by_role("alert")).to_contain_text(words["lacking"])
    expect(card.get_by_role("radio").first).to_be_focused()
    expect(card.get_by_role("radio").first).to_be_in_viewport(ratio=1)
    card.get_by_text(words["quick"]).tap()
    expect(bar).to_have_text(words["none"])
    expect(page.locator(f"#s-{quiet}")).to_contain_text(words["saved"])
    assert desk.draft(at("2026-03-04 10:00")).lines[-1].typed.reason == words["quick"]
    expect(card.locator(".field > .err")).to_have_count(0)
    assert axe(page) == []
    card.get_by_label(words["reason"]).fill("Holiday")
    card.get_by_text(words["more"]).click()
    expect(page.locator(f"#s-{quiet}")).to_contain_text(words["saved"])
    card.get_by_label(words["support"], exact=True).fill("A joint visit")
    page.get_by_role("button", name=words["send"]).click()
    page.wait_for_url("**/weekly/2026-03-05/1")
    expect(page.get_by_role("status").first).to_contain_text(words["sent"])
    [first] = desk.sent()
    said = {line["registration"]: line for line in first.content["lines"]}[quiet]
    assert (said["reason"], said["support"]) == ("Holiday", "A joint visit")
    page.get_by_role("link", name=words["correct"]).click()
    card.get_by_text(words["quick"]).tap()
    expect(card.get_by_label(words["reason"])).to_have_value("")
    card.get_by_label(words["reason"]).fill("Budget in April")
    expect(card.get_by_role("radio", checked=True)).to_have_count(0)
    page.get_by_role("button", name=words["again"]).click()
    expect(page.get_by_role("heading", name=words["changed"])).to_be_visible()
    assert [each.revision for each in desk.sent()] == [2, 1]
    page.go_back()
    expect(page.locator("main")).to_be_visible()


@pytest.fixture
def quiet(people: Mapping[str, Person], engine: sa.Engine, file_as: Any, at: Any) -> int:
    """A project of alice's to which nothing happened in the week that runs, the only one."""
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale="en"))
    number: int = file_as(people["alice"], at("2026-02-24 10:00")).registration_id
    at("2026-03-04 10:00")
    return number


def kept(engine: sa.Engine, number: int) -> str:
    """What is kept of the reason."""
    with db.reading(engine) as session:
        c = t.weekly_entry.c
        return session.scalar(sa.select(c.reason).where(c.registration_id == number)) or ""


def test_what_cannot_be_kept_is_said_and_kept_later(
    page: Page, people: Mapping[str, Person], engine: sa.Engine, sign_in: Any, quiet: int
) -> None:
    sign_in(page, people["alice"])
    page.goto("/weekly/2026-03-05")
    state, words = page.locator(f"#s-{quiet}"), page.get_by_label("or in your own words")
    page.context.set_offline(True)
    words.fill("Budget in April")
    expect(state).to_contain_text("Not saved: no connection")
    assert kept(engine, quiet) == ""
    page.context.set_offline(False)
    expect(state).to_contain_text("Saved")
    assert kept(engine, quiet) == "Budget in April"
    expect(page.locator(".toast")).to_have_count(0)


def test_a_day_that_is_over_is_said_beside_it(
    page: Page, people: Mapping[str, Person], sign_in: Any, quiet: int
) -> None:
    sign_in(page, people["alice"])
    page.goto("/weekly/2026-03-05")
    card, day = page.locator(f"#p{quiet}"), page.get_by_label("Next step on")
    day.fill("2026-03-01")
    day.blur()
    expect(card.locator(".err")).to_have_text(
        [
            "Say what happens on that day, or leave the day empty.",
            "That day has passed: give the day of the next step.",
        ]
    )
    expect(page.locator(f"#s-{quiet}")).to_contain_text("Saved")
    page.reload()
    expect(card.locator(".err")).to_have_count(2)
    page.get_by_label("Next step", exact=True).fill("Visit")
    day.fill("2026-03-06")
    day.blur()
    expect(card.locator(".err")).to_have_count(0)
    expect(day).not_to_have_attribute("aria-invalid", "true")


def test_nothing_typed_is_lost_when_the_session_ends_meanwhile(
    page: Page, people: Mapping[str, Person], engine: sa.Engine, sign_in: Any, quiet: int
) -> None:
    sign_in(page, people["alice"])
    page.goto("/weekly/2026-03-05")
    page.get_by_label("or in your own words").fill("Budget in April")
    expect(page.locator(f"#s-{quiet}")).to_contain_text("Saved")
    page.context.clear_cookies()
    page.get_by_label("or in your own words").fill("Budget in May")
    expect(page.locator(f"#s-{quiet}")).to_contain_text("you were logged out")
    assert kept(engine, quiet) == "Budget in April"
    other = page.context.new_page()
    sign_in(other, people["alice"])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(f"#s-{quiet}")).to_contain_text("Saved")
    assert kept(engine, quiet) == "Budget in May"


def test_what_is_sent_after_the_session_ended_goes_through_the_login(
    page: Page, people: Mapping[str, Person], engine: sa.Engine, sign_in: Any, quiet: int
) -> None:
    sign_in(page, people["alice"])
    page.goto("/weekly/2026-03-05")
    page.context.clear_cookies()
    page.get_by_label("or in your own words").fill("Budget in May")
    page.get_by_role("button", name="Send report").click()
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=email]").fill(people["alice"].email)
    page.keyboard.press("Enter")
    page.locator("#main form button").last.click()
    page.wait_for_url("**/weekly/2026-03-05/1")
    assert kept(engine, quiet) == "Budget in May"


@pytest.mark.parametrize("browser_options", [{"viewport": PHONE, "java_script_enabled": False}])
def test_a_report_without_scripts(
    page: Page, people: Mapping[str, Person], engine: sa.Engine, sign_in: Any, quiet: int
) -> None:
    sign_in(page, people["alice"])
    page.goto("/weekly/2026-03-05")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("alert")).to_contain_text("1 thing is missing")
    expect(page.get_by_role("radio").first).to_be_focused()
    page.get_by_label("Cannot be reached").check()
    page.get_by_role("button", name="Send report").click()
    page.wait_for_url("**/weekly/2026-03-05/1")
    assert kept(engine, quiet) == "Cannot be reached"


def test_the_back_button_after_sending_shows_what_was_sent(
    page: Page, people: Mapping[str, Person], engine: sa.Engine, sign_in: Any, quiet: int
) -> None:
    sign_in(page, people["alice"])
    page.goto("/weekly/2026-03-05")
    page.get_by_label("Cannot be reached").check()
    page.get_by_role("button", name="Send report").dblclick()
    page.wait_for_url("**/weekly/2026-03-05/1")
    page.go_back()
    expect(page.get_by_role("button", name="Send correction")).to_be_visible()
    expect(page.get_by_label("Cannot be reached")).to_be_checked()
    page.get_by_label("Waiting for the tender").check()
    expect(page.locator(f"#s-{quiet}")).to_contain_text("Saved")
    page.get_by_role("button", name="Send correction").click()
    expect(page.get_by_role("heading", name="What this revision changed")).to_be_visible()
    with db.reading(engine) as session:
        assert session.scalar(sa.select(sa.func.max(t.weekly_revision.c.revision))) == 2

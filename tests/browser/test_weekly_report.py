"""A partner's weekly report on a phone, in both languages: saved as it is typed, sent, corrected (W2)."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from portal import db
from portal.models import tables as t
from tests.support.browser import PHONE
from tests.support.people import Person
from tests.weekly.desk import Desk

WORDS = {
    "en": {
        "reason": "Why nothing changed", "saved": "Saved", "more": "Support needed, ports, revenue",
        "support": "Support needed", "send": "Send report", "lacking": "Not sent yet: something is missing",
        "sent": "The report is sent, in time.", "correct": "Correct", "again": "Send correction",
        "changed": "What this revision changed", "nav": "Report",
    },
    "zh": {
        "reason": "没有变化的原因", "saved": "已保存", "more": "需要的支持、端口、收入",
        "support": "需要支持", "send": "提交周报", "lacking": "还没有提交：有内容没填",
        "sent": "周报已按时提交。", "correct": "更正", "again": "提交更正",
        "changed": "这一版改了什么", "nav": "周报",
    },
}  # fmt: skip


@pytest.mark.parametrize("browser_options", [{"viewport": PHONE}])
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
    page.get_by_role("button", name=words["send"]).click()
    expect(page.get_by_role("alert")).to_contain_text(words["lacking"])
    card = page.locator(f"#p{quiet}")
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
    page.locator(f"#p{quiet}").get_by_label(words["reason"]).fill("Budget in April")
    page.get_by_role("button", name=words["again"]).click()
    expect(page.get_by_role("heading", name=words["changed"])).to_be_visible()
    assert [each.revision for each in desk.sent()] == [2, 1]
    page.go_back()
    expect(page.locator("main")).to_be_visible()

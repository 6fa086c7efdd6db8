"""The main job in a real browser: file, see who holds a customer, move it to signed."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from portal import db
from portal.models import tables as t
from tests.support.browser import PHONE, WIDE
from tests.support.people import PASSWORD, Person

People = Mapping[str, Person]
TYPED = {
    "Legal name on the licence": "Slow Snail Express Ltd",
    "City": "Linjiang",
    "Contact person": "Su Xiao",
    "Telephone": "13800000000",
    "Ports expected": "60",
    "Yearly revenue expected": "21600",
}


def fill(page: Page, **over: str) -> None:
    for label, text in {**TYPED, **over}.items():
        page.get_by_label(label, exact=False).first.fill(text)
    page.get_by_label("Customer class").select_option("B")
    page.get_by_label("Source").select_option("own")


def registrations(engine: sa.Engine) -> list[Any]:
    with db.reading(engine) as session:
        return list(session.execute(sa.select(t.registration).order_by(t.registration.c.id)))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element of that name has the focus; nobody has a mouse here."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                const here = document.activeElement;
                const named = here.getAttribute('aria-label') || here.labels?.[0]?.innerText;
                return (named || here.innerText || '').trim();
            }"""
        )
        if focused.startswith(name):
            return
    raise AssertionError(f"Tab never reaches {name!r}")


def test_by_keyboard_alone_from_log_in_to_signed(
    page: Page, people: People, at: Any, engine: sa.Engine
) -> None:
    at("2026-03-02 10:00")
    page.goto("/login")
    page.keyboard.type(people["alice"].email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    tab_to(page, "Register customer")
    page.keyboard.press("Enter")
    page.wait_for_url("**/registrations/new")
    for label, text in TYPED.items():
        tab_to(page, label)
        page.keyboard.type(text)
        if label == "City":
            tab_to(page, "Customer class")
            page.keyboard.type("Class B")
    tab_to(page, "Source")
    page.keyboard.type("Own")
    tab_to(page, "Register customer")
    page.keyboard.press("Enter")
    page.wait_for_url("**filed=1")
    expect(page.get_by_text("protected for you until 2026-03-30")).to_be_visible()
    tab_to(page, "Move to another stage")
    page.keyboard.press("Enter")
    page.wait_for_url("**/move")
    tab_to(page, "Signed")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Contract number")).to_be_visible()
    for label, text in (("Contract number", "HT-1"), ("Contract date", "2026-03-02")):
        tab_to(page, label)
        page.keyboard.type(text)
    tab_to(page, "Move to Signed")
    page.keyboard.press("Enter")
    page.wait_for_url("**/board**")
    expect(page.get_by_text("Slow Snail Express Ltd is now in Signed.")).to_be_visible()
    assert registrations(engine)[0].state.value == "signed"


def test_the_live_check_shows_two_dates_and_nobody(
    page: Page, people: People, sign_in: Any, file_as: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), "Slow Snail Express Ltd")
    at("2026-03-10 10:00")
    sign_in(page, people["carol"])
    page.goto("/registrations/new")
    page.get_by_label("Legal name on the licence").fill("slow snail  EXPRESS ltd")
    check = page.locator("#check")
    expect(check).to_contain_text("already registered by another party")
    expect(check).to_contain_text("2026-03-02")
    expect(check).to_contain_text("2026-03-31")
    expect(check).to_contain_text("in 21 days")
    assert not re.search(r"alice|P001", page.content(), re.IGNORECASE)
    page.get_by_label("Legal name on the licence").fill("Snail Express")
    expect(check).to_contain_text("Free to register")
    page.get_by_label("Legal name on the licence").fill("Slow Snail Express")
    expect(check).to_contain_text("Possibly a known customer")


def test_a_waiting_party_sees_its_place_and_the_earliest_day(
    page: Page, people: People, sign_in: Any, file_as: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), "Slow Snail Express Ltd")
    at("2026-03-10 10:00")
    sign_in(page, people["carol"])
    page.goto("/registrations/new")
    fill(page)
    page.get_by_role("button", name="Register customer").click()
    expect(page.get_by_text("you have place 1 in the queue")).to_be_visible()
    expect(page.get_by_text("2026-03-31")).to_be_visible()


def test_a_double_click_files_once(
    page: Page, people: People, sign_in: Any, engine: sa.Engine, at: Any
) -> None:
    at("2026-03-02 10:00")
    sign_in(page, people["alice"])
    page.goto("/registrations/new")
    fill(page)
    page.get_by_role("button", name="Register customer").dblclick()
    page.wait_for_url("**filed=1")
    assert len(registrations(engine)) == 1


def test_a_wrong_field_keeps_everything_typed_and_takes_the_focus(
    page: Page, people: People, sign_in: Any, at: Any
) -> None:
    at("2026-03-02 10:00")
    sign_in(page, people["alice"])
    page.goto("/registrations/new")
    fill(page, **{"Telephone": "138000", "Unified social credit code": "91310115TX2334G26L"})
    page.get_by_role("button", name="Register customer").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("check digit")
    expect(summary).to_be_focused()
    assert page.get_by_label("Telephone").input_value() == "138000"
    assert page.get_by_label("Legal name on the licence").input_value() == TYPED["Legal name on the licence"]


def test_a_form_sent_after_log_out_survives_the_login(
    page: Page, people: People, sign_in: Any, engine: sa.Engine, at: Any
) -> None:
    at("2026-03-02 10:00")
    sign_in(page, people["alice"])
    page.goto("/registrations/new")
    fill(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="Register customer").click()
    expect(page.get_by_text("You were logged out in the meantime")).to_be_visible()
    page.get_by_label("E-mail").fill(people["alice"].email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/registrations/new")
    assert page.get_by_label("Legal name on the licence").input_value() == TYPED["Legal name on the licence"]
    page.get_by_role("button", name="Register customer").click()
    page.wait_for_url("**filed=1")
    assert len(registrations(engine)) == 1


def test_a_card_is_dragged_and_the_gate_is_asked(
    page: Page, people: People, sign_in: Any, file_as: Any, at: Any, row_of: Any
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00"), "Slow Snail Express Ltd").registration_id
    at("2026-03-09 10:00")
    sign_in(page, people["alice"])
    page.goto("/board")
    page.drag_and_drop(f"#d-{filed}", "#s2")
    expect(page.get_by_label("Whom you met")).to_be_visible()
    page.get_by_role("button", name="Move to Meeting").click()
    expect(page.get_by_role("alert")).to_contain_text("This stage needs it")
    page.get_by_label("Day of the meeting").fill("2026-03-09")
    page.get_by_label("Whom you met").fill("Ms Su")
    page.get_by_role("button", name="Move to Meeting").click()
    expect(page.get_by_text("is now in Meeting")).to_be_visible()
    assert row_of(filed).stage.value == "meeting"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    assert row_of(filed).stage.value == "interest"


def test_two_tabs_the_second_mover_is_told(
    page: Page, people: People, sign_in: Any, file_as: Any, at: Any, row_of: Any
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00"), "Slow Snail Express Ltd").registration_id
    at("2026-03-09 10:00")
    sign_in(page, people["alice"])
    page.goto(f"/registrations/{filed}/move?to=solution")
    other = page.context.new_page()
    other.goto(f"/registrations/{filed}/move?to=solution")
    for tab, text in ((other, "first"), (page, "second")):
        tab.get_by_label("What you proposed").fill(text)
        tab.get_by_role("button", name="Move to Solution").click()
    other.wait_for_url("**/board**")
    expect(page.get_by_text("Somebody changed this in the meantime")).to_be_visible()
    assert row_of(filed).stage.value == "solution"


@pytest.mark.parametrize(
    "browser_options", [{"viewport": WIDE, "locale": "en-US", "java_script_enabled": False}]
)
def test_everything_works_without_javascript(
    page: Page, people: People, sign_in: Any, at: Any, engine: sa.Engine
) -> None:
    at("2026-03-02 10:00")
    sign_in(page, people["alice"])
    page.goto("/registrations/new")
    fill(page)
    page.get_by_role("button", name="Register customer").click()
    page.get_by_role("link", name="Move to Meeting").click()
    page.get_by_label("Day of the meeting").fill("2026-03-02")
    page.get_by_label("Whom you met").fill("Ms Su")
    page.get_by_role("button", name="Move to Meeting").click()
    expect(page.get_by_text("is now in Meeting")).to_be_visible()
    assert registrations(engine)[0].stage.value == "meeting"


@pytest.mark.parametrize(
    "browser_options", [{"viewport": PHONE, "locale": "zh-CN", "has_touch": True, "is_mobile": True}]
)
def test_on_a_phone_in_chinese_from_filing_to_signed(
    page: Page, people: People, sign_in: Any, at: Any, engine: sa.Engine
) -> None:
    at("2026-03-02 10:00")
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale="zh"))
    sign_in(page, people["alice"])
    page.get_by_role("navigation", name="底部导航").locator("a[href='/registrations/new']").tap()
    texts = {
        "营业执照全称": "慢蜗牛快递有限公司", "所在城市": "临江市", "联系人": "苏晓",
        "联系电话": "13800000000", "预计端口数": "60", "预计年收入": "21600",
    }  # fmt: skip
    for label, text in texts.items():
        page.get_by_label(label).first.fill(text)
    page.get_by_label("客户分类").select_option("B")
    page.get_by_label("来源").select_option("own")
    expect(page.locator("#check")).to_contain_text("可以报备")
    page.get_by_role("button", name="报备客户").tap()
    expect(page.get_by_text("客户归你保护至 2026-03-30")).to_be_visible()
    page.get_by_role("link", name="变更阶段").tap()
    page.get_by_role("link", name="签约").tap()
    page.get_by_label("合同号").fill("HT-1")
    page.get_by_label("合同日期").fill("2026-03-02")
    page.get_by_role("button", name="进入签约").tap()
    expect(page.get_by_text("慢蜗牛快递有限公司 已进入签约")).to_be_visible()
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider == 0
    assert registrations(engine)[0].state.value == "signed"

"""The frame of every page in chromium: keyboard, small screens, both themes, no script needed."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import PHONE, AxeCheck, SignIn
from tests.support.people import PASSWORD

PAGES = ("/", "/registrations/new", "/search?q=x", "/more", "/held", "/no-such-page", "/password")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_frame_passes_wcag_in_both_languages_and_themes(
    page: Page, sign_in: SignIn, axe: AxeCheck, people, theme: str, locale: str
):
    page.emulate_media(color_scheme=theme)
    page.goto("/login")
    if locale == "zh":
        page.locator("button[name=locale]").click()
    assert axe(page) == []
    sign_in(page, people["alice"])
    if locale == "zh":
        page.locator("button[name=locale]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if locale == "zh" else "en")
    for path in PAGES:
        page.goto(path)
        assert axe(page) == [], path
    page.locator("details.menu summary").click()
    assert axe(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280])
def test_no_page_scrolls_sideways(page: Page, sign_in: SignIn, people, width: int):
    sign_in(page, people["alice"])
    page.set_viewport_size({"width": width, "height": 800})
    for path in (*PAGES, "/board", "/registrations", "/partners", "/people"):
        page.goto(path)
        wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], path


def test_everything_can_be_reached_by_keyboard(page: Page, sign_in: SignIn, people):
    sign_in(page, people["alice"])
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("/")
    expect(page.locator("#q")).to_have_value("/")
    menu = page.locator("details.menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_touch_targets_on_the_phone_are_large_enough(page: Page, sign_in: SignIn, people):
    sign_in(page, people["alice"])
    page.set_viewport_size(PHONE)
    page.goto("/registrations/new")
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('a, button, input, select')]
            .filter(e => e.closest('.tabbar, .top') || e.closest('main') && e.tagName !== 'A')
            .filter(e => e.offsetParent && e.type !== 'hidden')
            .map(e => [e.outerHTML.slice(0, 80), Math.round(e.getBoundingClientRect().height)])"""
    )
    assert len(boxes) > 10
    assert [box for box in boxes if box[1] < 40] == []


def test_a_refused_form_puts_the_focus_on_what_is_wrong(page: Page, sign_in: SignIn, people):
    sign_in(page, people["alice"])
    page.goto("/registrations/new")
    page.locator("[name=contact]").fill("王小明")
    page.locator("#filing .btn-p").click()
    summary = page.locator("[data-focus]")
    expect(summary).to_be_focused()
    expect(page.locator("[name=contact]")).to_have_value("王小明")
    summary.locator("a").first.click()
    expect(page.locator("[name=customer_name]")).to_be_focused()
    expect(page.locator("[name=customer_name]")).to_have_attribute("aria-invalid", "true")


def test_a_page_left_open_through_a_log_out_keeps_what_is_typed(page: Page, sign_in: SignIn, people):
    """Logged out in another tab: the page stays, and sending it leads through the login."""
    sign_in(page, people["alice"])
    page.goto("/registrations/new")
    page.locator("[name=contact]").fill("王小明")
    page.context.clear_cookies()
    page.locator("[name=city]").fill("上海")
    expect(page.locator(".toast.bad")).to_be_visible()
    expect(page.locator("[name=contact]")).to_have_value("王小明")
    page.locator("#filing .btn-p").click()
    page.locator("[name=email]").fill(people["alice"].email)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[name=contact]")).to_have_value("王小明")
    expect(page.locator("[name=city]")).to_have_value("上海")


def test_a_form_that_htmx_sends_after_a_log_out_leads_through_the_login_as_well(
    page: Page, sign_in: SignIn, people
):
    sign_in(page, people["alice"])
    page.goto("/registrations/new")
    page.context.clear_cookies()
    page.evaluate("htmx.ajax('POST', '/registrations/7/move', {target: '#main', values: {reason: 'why'}})")
    expect(page.locator("[name=password]")).to_be_visible()
    page.locator("[name=email]").fill(people["alice"].email)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("form[action='/registrations/7/move'] [name=reason]")).to_have_value("why")


def test_the_frame_works_without_script(browser_instance: Browser, live_server: str, people, browser_options):
    context = browser_instance.new_context(base_url=live_server, java_script_enabled=False, **browser_options)
    page = context.new_page()
    page.goto("/login")
    page.locator("[name=email]").fill(people["alice"].email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main .btn-p").click()
    page.locator("details.menu summary").click()
    page.locator("button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("button[name=locale]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator("details.menu summary").click()
    page.locator("form[action='/logout'] button").click()
    expect(page.locator("[name=password]")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    context.close()

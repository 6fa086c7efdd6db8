"""Deciding held filings by keyboard, and without any script at all."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from portal import db
from portal.domain.facts import State
from portal.imports.run import import_file
from portal.models import tables as t
from tests.imports.files import as_csv
from tests.support.browser import WIDE
from tests.support.people import Person

People = Mapping[str, Person]


@pytest.fixture
def two_held(people: People, file_as: Any, at: Any) -> tuple[int, int]:
    """Two filings that wait for a decision."""
    file_as(people["alice"], at("2026-03-02 10:00"), "Slow Snail Express Ltd")
    file_as(people["alice"], at("2026-03-02 11:00"), "Cloud Tofu Ltd")
    first = file_as(people["carol"], at("2026-03-04 10:00"), "Slow Snail Express")
    second = file_as(people["carol"], at("2026-03-05 10:00"), "Cloud Tofu")
    return first.registration_id, second.registration_id


def test_keys_decide_and_go_on(
    page: Page, people: People, sign_in: Any, two_held: tuple[int, int], row_of: Any
) -> None:
    first, second = two_held
    sign_in(page, people["channel_manager"])
    page.goto(f"/held/{first}")
    page.keyboard.press("j")
    page.wait_for_url(f"**/held/{second}")
    page.keyboard.press("k")
    page.wait_for_url(f"**/held/{first}")
    page.keyboard.press("d")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator("[name=verdict][value=same]")).to_be_checked()
    page.keyboard.type("jdk asked by telephone")  # in a field the keys are letters
    expect(page.locator("#reason")).to_have_value("jdk asked by telephone")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/held/{second}")
    assert row_of(first).state is State.WAITING
    page.keyboard.press("a")
    expect(page.locator("#ask")).to_have_attribute("open", "")
    page.locator("#keys-on").uncheck()
    page.reload()
    page.keyboard.press("s")
    expect(page.locator("[name=verdict][value=same]")).not_to_be_checked()


@pytest.mark.parametrize("browser_options", [{"viewport": WIDE, "java_script_enabled": False}])
def test_it_works_without_script(
    page: Page, people: People, sign_in: Any, two_held: tuple[int, int], row_of: Any
) -> None:
    sign_in(page, people["channel_manager"])
    page.goto("/held")
    for box in page.locator("[name=pick]").all():
        box.check()
    page.locator("button[value=different]").click()
    page.locator("#reason").fill("two companies each")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("h1")).to_contain_text("2")
    assert [row_of(each).state for each in two_held] == [State.ACTIVE, State.ACTIVE]


@pytest.fixture
def two_pairs(engine: sa.Engine, people: People, at: Any) -> None:
    """Two pairs of known customers that may be one."""
    names = (
        *("北京星河动力装备科技有限公司", "北京星合动力装备科技有限公司"),
        *("深圳市慢蜗牛快递有限公司", "深圳市慢蜗牛快地有限公司"),
    )
    rows = [
        {"ref": f"B{number}", "filed_at": "2026-01-05 10:00:00", "party": "P001", "customer_name": name}
        for number, name in enumerate(names)
    ]
    with db.transaction(engine) as session:
        import_file(
            session, kind="registrations", file_name="r.csv", content=as_csv(rows), actor=None,
            now=at("2026-03-02 10:00"),
        )  # fmt: skip


@pytest.mark.usefixtures("two_pairs")
def test_keys_decide_known_customers_that_may_be_one(
    page: Page, people: People, sign_in: Any, engine: sa.Engine
) -> None:
    sign_in(page, people["channel_manager"])
    page.goto("/held/pairs/1")
    page.keyboard.press("j")
    page.wait_for_url("**/held/pairs/2")
    page.keyboard.press("k")
    page.wait_for_url("**/held/pairs/1")
    page.keyboard.press("d")
    page.keyboard.type("sdjk asked by telephone")  # in a field the keys are letters
    expect(page.locator("#reason")).to_have_value("sdjk asked by telephone")
    page.keyboard.press("Enter")
    page.wait_for_url("**/held/pairs/2")
    page.go_back()
    page.reload()
    expect(page.get_by_text("Decided already")).to_be_visible()
    page.goto("/held/pairs/2")
    page.keyboard.press("s")
    page.wait_for_url("**/customers/3/merge/4?pair=2")
    page.locator("#reason").fill("one licence")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/held")
    with db.reading(engine) as session:
        assert session.scalars(sa.select(t.suspicion.c.is_open)).all() == [False, False]

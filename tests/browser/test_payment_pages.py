"""Pages about payment with something on them, both languages, both widths: accessible, never sideways."""

from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from portal import db
from portal.domain.statements import Station
from portal.models import tables as t
from tests.browser.test_every_page import foreign
from tests.payments.conftest import Desk, desk  # noqa: F401 - a fixture
from tests.support.browser import PHONE, WIDE

CASES = [("zh", "light", WIDE), ("zh", "dark", PHONE), ("en", "light", PHONE), ("en", "dark", WIDE)]
PAGES = {
    "finance": (
        "/payments", "/payments/batches", "/payments/batches/1", "/payments/batches/2", "/payments/accounts",
        "/partners/1/account", "/partners/2/account", "/payments/closing", "/payments/uninvoiced",
        "/statements/3/invoice", "/statements/4/invoice", "/payments/made",
    ),
    "alice": ("/payments/made", "/statements/2/invoice", "/statements/4/invoice", "/partners/1/account"),
    "second": ("/payments/batches/1",),
}  # fmt: skip


@pytest.fixture
def lived_in(desk: Desk) -> Desk:  # noqa: F811
    """Something at every station from approved to closed, an account that waits, a failed payment."""
    plain = {"holder": "-", "bank": "-", "branch": "-"}
    desk.account(**plain)
    waits, paid, differs, agrees, failed = (desk.approved(f"{each}00.00") for each in range(1, 6))
    assert (waits, failed) == (1, 5)
    desk.prepare(waits)
    batch = desk.sent(paid, differs, agrees, failed)
    *fine, bad = desk.references(batch)
    desk.answer(*(f"{each},paid,2026-04-02,B1," for each in fine), f"{bad},failed,,,-")
    desk.invoice(differs, title="-")
    desk.invoice(agrees, title="-")
    desk.send_back(agrees, reason="-")
    desk.invoice(agrees)
    desk.approved("-7.00")
    desk.approved("0.00")
    desk.approved("12.00", who="carol")
    desk.state("carol", partner="carol", **plain)
    assert desk.station(differs) is Station.INVOICED
    with db.transaction(desk.engine) as session:
        session.execute(sa.update(t.partner).values(name=t.partner.c.code))
        session.execute(sa.update(t.bank_account).values(word="-"))
    return desk


@pytest.mark.parametrize(
    ("locale", "theme", "browser_options"),
    [
        (
            locale,
            theme,
            {"locale": "zh-CN" if locale == "zh" else "en-US", "viewport": size, "color_scheme": theme},
        )
        for locale, theme, size in CASES
    ],
    ids=[f"{locale}-{theme}-{size['width']}" for locale, theme, size in CASES],
)
def test_every_page_about_payment(
    page: Page, lived_in: Desk, sign_in: Any, axe: Any, locale: str, theme: str
) -> None:
    with db.transaction(lived_in.engine) as session:
        session.execute(sa.update(t.user).values(locale=locale, theme=theme))
    wrong = []
    for who, paths in PAGES.items():
        page.context.clear_cookies()
        sign_in(page, lived_in.people[who])
        for path in paths:
            answer = page.goto(path)
            assert answer is not None
            if answer.status >= 400:
                wrong.append(f"{path}: {answer.status}")
            wrong += [f"{path}: {each}" for each in axe(page)]
            wrong += [f"{path}: other language: {each!r}" for each in foreign(page, locale)]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong.append(f"{path}: sideways scroll")
    assert wrong == []

"""One statement through all nine steps in a real browser: each step by whom it belongs to, by nobody else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from portal import db
from portal.commands.checking import problems
from portal.domain.statements import Station
from portal.models import tables as t
from tests.payments.conftest import PDF, csv_of
from tests.statements.conftest import signed  # noqa: F401 - a fixture
from tests.statements.test_sums import folk  # noqa: F401 - a fixture
from tests.support.clocks import shanghai
from tests.support.people import Person

RECEIPTS = """source,ref,received_on,contract_no,product,amount
boss,R1,2026-02-01,HT-1,port,12000.00
boss,R2,2026-02-02,HT-1,port,3000.00
boss,R3,2026-03-03,HT-4,port,333.35
"""
PAGE = "/statements/1"


@dataclass
class Walk:
    """Everybody at one browser, one after the other; `refused` is what the wrong ones try beside it."""

    page: Page
    app: Flask
    engine: sa.Engine
    people: Mapping[str, Person]
    sign_in: Any
    login: Any
    cookies: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)

    def is_now(self, who: str, path: str) -> None:
        """This person opens a page."""
        self.page.context.clear_cookies()
        if who in self.cookies:
            self.page.context.add_cookies(self.cookies[who])
        else:
            self.sign_in(self.page, self.people[who])
            self.cookies[who] = self.page.context.cookies()
        self.page.goto(path)

    def press(self, form: str, button: str = "button[type=submit]") -> None:
        """Send the form whose address ends so."""
        with self.page.expect_navigation():
            self.page.locator(f'form[action$="{form}"]').locator(button).first.click()

    def fill(self, **values: str) -> None:
        """Type into fields by their names, `__` for a hyphen."""
        for name, value in values.items():
            self.page.locator(f'main [name="{name.replace("__", "-")}"]').first.fill(value)

    def give(self, name: str, content: bytes, file: str = "file") -> None:
        """Choose a file."""
        kind = "text/csv" if name.endswith("csv") else "application/pdf"
        self.page.locator(f'main input[type=file][name="{file}"]').set_input_files(
            {"name": name, "mimeType": kind, "buffer": content}
        )

    def refused(self, who: str, path: str, **form: Any) -> None:
        """Whoever it is, it does not happen."""
        before = self.told()
        self.app.config["WTF_CSRF_ENABLED"] = False
        if who not in self.clients:
            self.clients[who] = self.login(self.app.test_client(), self.people[who])
        row = self.statement() if self.rows("statement") else None
        values = {"version": row.version if row else 1, **form}
        answer = self.clients[who].post(path, data=values)
        self.app.config["WTF_CSRF_ENABLED"] = True
        assert 400 < answer.status_code < 500, (who, path, answer.status_code)
        assert self.told() == before, (who, path)

    def told(self) -> Any:
        """What stands, as far as somebody could have changed it."""
        tables = ("statement", "statement_act", "dispute", "payment_batch", "payment_item", "invoice")
        return [self.rows(each) for each in (*tables, "collected_period", "receipt")]

    def rows(self, table: str) -> list[Any]:
        """All rows of a table."""
        with db.reading(self.engine) as session:
            return list(session.execute(sa.select(getattr(t, table))))

    def statement(self) -> Any:
        """The statement as it stands."""
        return next(each for each in self.rows("statement") if each.id == 1)

    def stands_at(self, station: Station) -> None:
        """It came here."""
        assert self.statement().station is station


@pytest.fixture
def walk(
    page: Page, app: Flask, engine: sa.Engine, folk: Mapping[str, Person], sign_in: Any, login: Any,  # noqa: F811
) -> Walk:  # fmt: skip
    return Walk(page, app, engine, folk, sign_in, login)


@pytest.mark.parametrize(
    "browser_options",
    [{"locale": "zh-CN", "viewport": {"width": 1440, "height": 900}}, {"locale": "en-US"}],
    ids=["zh", "en"],
)
def test_nine_steps_by_nine_people(walk: Walk, at: Any, request: Any) -> None:
    locale = request.node.callspec.id.split("-")[-1]
    with db.transaction(walk.engine) as session:
        session.execute(sa.update(t.user).values(locale=locale))
    at("2026-12-02 10:00")
    collected_and_generated(walk)
    expect(walk.page.locator("html")).to_have_attribute("lang", re.compile(f"^{locale}"))
    printed_and_sent(walk)
    disputed_and_confirmed(walk)
    approved(walk)
    paid(walk)
    invoiced_and_closed(walk)
    with db.reading(walk.engine) as session:
        assert list(problems(session, now=shanghai("2026-12-02 11:00"))) == []


def collected_and_generated(walk: Walk) -> None:
    """Steps 1 and 2: finance brings the receipts in, calls the quarter complete, generates."""
    walk.refused("ann", "/import", kind="receipts")
    walk.is_now("finance", "/import?kind=receipts")
    walk.give("receipts.csv", RECEIPTS.encode())
    walk.press("/import")
    with walk.page.expect_navigation():
        walk.page.locator('form[action*="/import/receipts/"] button').click()
    assert len(walk.rows("receipt")) == 3
    walk.refused("call_center", "/receipts/periods/2026-Q1/collect", seen=3)
    walk.page.goto("/receipts/periods/2026-Q1")
    walk.press("/collect")
    walk.refused("channel_manager", "/statements/generate", period="2026-Q1")
    walk.page.goto("/statements/generate?period=2026-Q1")
    walk.press("/statements/generate", "button.btn-p")
    walk.stands_at(Station.GENERATED)
    assert str(walk.statement().total) == "6133.34"


def printed_and_sent(walk: Walk) -> None:
    """Steps 3 and 4: the call center prints the batch and sends it."""
    walk.refused("finance", f"{PAGE}/act/print")
    walk.refused("call_center", f"{PAGE}/act/send")
    walk.refused("ann", f"{PAGE}/confirm", typed="Ann")
    walk.is_now("call_center", "/papers")
    with walk.page.expect_navigation():
        walk.page.locator('form[action$="/papers"] button').first.click()
    mark = walk.page.locator('form[action$="/printed"] button')
    mark.wait_for(timeout=20_000)
    walk.press("/printed", "button")
    walk.stands_at(Station.PRINTED)
    walk.refused("channel_sales", f"{PAGE}/act/send")
    walk.page.goto(f"{PAGE}/act/send")
    walk.press("/act/send")
    walk.stands_at(Station.SENT)


def disputed_and_confirmed(walk: Walk) -> None:
    """Step 5: two lines disputed, one granted, one refused; confirmed with name and scan; passed on."""
    walk.refused("ben", f"{PAGE}/dispute", missing=1, text="-")
    walk.refused("channel_sales", f"{PAGE}/act/pass_on")
    walk.is_now("ann", PAGE)
    boxes = walk.page.locator('input[name="receipt"]')
    boxes.nth(0).check()
    boxes.nth(1).check()
    walk.press("/dispute", "footer button[type=submit]")
    for number in (1, 2):
        walk.page.locator(f'[name="r{number}-kind"]').select_option("amount")
        walk.fill(**{f"r{number}__expected": "5000.00", f"r{number}__text": "合同另有约定"})
    walk.press("/dispute")
    walk.stands_at(Station.DISPUTED)
    walk.refused("ann", "/disputes/1/answer", verdict="grant", granted="9999.00")
    walk.refused(
        "ann", f"{PAGE}/confirm", typed="Ann", revision=1, content_hash=walk.statement().content_hash
    )
    walk.is_now("finance", "/disputes/1")
    walk.page.locator('[name=verdict][value="grant"]').check()
    walk.fill(granted="5000.00", answer="按补充协议")
    walk.press("/answer")
    walk.stands_at(Station.DISPUTED)
    walk.page.goto("/disputes/2")
    walk.page.locator('[name=verdict][value="refuse"]').check()
    walk.fill(answer="比例与合同一致")
    walk.press("/answer")
    walk.stands_at(Station.SENT)
    row = walk.statement()
    assert (row.revision, str(row.total)) == (2, "6333.34")
    walk.refused("bob", f"{PAGE}/confirm", typed="Bob", revision=2, content_hash=row.content_hash)
    walk.is_now("ann", PAGE)
    expect(walk.page.locator("main")).to_contain_text("200.00")
    expect(walk.page.locator("main")).to_contain_text("比例与合同一致")
    walk.page.goto(f"{PAGE}/confirm")
    walk.fill(typed="Ann")
    walk.give("盖章.pdf", PDF)
    walk.press("/confirm")
    walk.stands_at(Station.CONFIRMED)
    assert [(each.purpose, each.revision) for each in walk.rows("statement_file")] == [("scan", 2)]


def approved(walk: Walk) -> None:
    """Steps 5 and 6: passed on, then three people, none of them before the other."""
    acts = (
        ("channel_sales", "pass_on"), ("channel_manager", "approve_manager"),
        ("channel_director", "approve_director"), ("coo", "approve_coo"),
    )  # fmt: skip
    for place, (who, act) in enumerate(acts):
        for later, its in acts[place + 1 :]:
            walk.refused(later, f"{PAGE}/act/{its}")
        walk.refused("finance", f"{PAGE}/act/{act}")
        walk.refused("finance", "/payments", pick=f"1:{walk.statement().version}")
        walk.is_now(who, f"{PAGE}/act/{act}")
        walk.press(f"/act/{act}")
        walk.refused(who, f"{PAGE}/act/{act}")
    walk.stands_at(Station.APPROVED)


def paid(walk: Walk) -> None:
    """Step 7: one of finance prepares, another releases, the bank's file and its answer."""
    walk.refused("coo", "/payments", pick=f"1:{walk.statement().version}")
    walk.refused("ann", f"{PAGE}/invoice")
    walk.is_now("finance", "/payments")
    walk.press("/payments", "button[name=look]")
    walk.press("/payments")
    batch = "/payments/batches/1"
    walk.refused("finance", f"{batch}/release", version=1)
    walk.refused("second", f"{batch}/file", version=1)
    walk.is_now("second", batch)
    walk.press("/release", "button[name=look]")
    walk.press("/release")
    walk.page.goto(batch)
    with walk.page.expect_download() as download:
        walk.page.locator('form[action$="/file"] button').click()
    assert "6333.34" in download.value.path().read_text(encoding="utf-8-sig")
    reference = walk.rows("payment_item")[0].reference
    walk.refused("channel_manager", "/payments/answers")
    walk.is_now("finance", "/payments/answers")
    walk.give("answer.csv", csv_of(f"{reference},paid,2026-12-02,B1,"))
    walk.press("/payments/answers")
    with walk.page.expect_navigation():
        walk.page.locator('form[action*="/payments/answers/"] button').click()
    walk.stands_at(Station.PAID)


def invoiced_and_closed(walk: Walk) -> None:
    """Steps 8 and 9: the partner's invoice, compared and written off."""
    values = {
        "number": "26320000000000000001", "issued_on": "2026-12-02", "amount": "6333.34",
        "title": "渠道伙伴门户", "tax_no": "91310115TX2334G26K",
    }  # fmt: skip
    walk.refused("ben", f"{PAGE}/invoice", **values)
    walk.refused("finance", "/payments/closing", pick=f"1:{walk.statement().version}")
    walk.is_now("ann", f"{PAGE}/invoice")
    walk.fill(**values)
    walk.give("fapiao.pdf", PDF)
    walk.press("/invoice")
    with walk.page.expect_navigation():
        walk.page.locator('form[action*="/invoice/"] button.btn-p').click()
    walk.stands_at(Station.INVOICED)
    walk.refused("ann", "/payments/closing", pick=f"1:{walk.statement().version}")
    walk.is_now("finance", "/payments/closing")
    walk.press("/payments/closing", "button[name=look]")
    walk.press("/payments/closing")
    walk.stands_at(Station.CLOSED)
    walk.refused("finance", "/payments/closing", pick=f"1:{walk.statement().version}")
    walk.is_now("ann", PAGE)
    expect(walk.page.locator("main")).to_contain_text("6,333.34")

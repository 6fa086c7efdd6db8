"""Steps 6 and 7 on the pages, killed (kill -9) at random: carried on with, they end as if undisturbed."""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import portal
from portal import clock
from portal.domain.payments import BatchState
from portal.domain.periods import parse_period
from portal.domain.rates import Product
from portal.domain.statements import Act, Station
from portal.models import tables as t
from portal.receipts.service import Entry, enter_receipt, refund_receipt
from portal.statements.generation import generate
from tests.payments.conftest import csv_of
from tests.statements.conftest import signed  # noqa: F401 - a fixture, for `folk`
from tests.statements.test_sums import folk, world_of  # noqa: F401 - a fixture
from tests.statements.walking import World
from tests.support.clocks import At
from tests.support.commands import Commands
from tests.support.killing import Killed
from tests.support.people import Person
from tests.support.web import Login, config_for

STAFF = ("channel_manager", "channel_director", "coo", "finance", "second")
APPROVALS = (
    (Station.PASSED_ON, Act.APPROVE_MANAGER, "channel_manager"),
    (Station.MANAGER_APPROVED, Act.APPROVE_DIRECTOR, "channel_director"),
    (Station.DIRECTOR_APPROVED, Act.APPROVE_COO, "coo"),
)


@dataclass
class Office:
    """Everybody does on the pages what is still to be done, each act at an hour of its own."""

    app: Flask
    cookies: Mapping[str, str]
    world: World

    def carry_on(self) -> None:
        """Approve one by one, pay all in one batch; the bank's answer comes in, if need be once more."""
        for hour, (station, act, who) in enumerate(APPROVALS):
            for each in self.waiting(station):
                self.post(who, f"/statements/{each.id}/act/{act}", hour, version=each.version)
        if not self.world.rows("payment_batch"):
            picks = [f"{each.id}:{each.version}" for each in self.waiting(Station.APPROVED)]
            self.post("finance", "/payments", 4, pick=picks)
        if self.batch.state is BatchState.PREPARED:
            self.post("second", "/payments/batches/1/release", 5, version=self.batch.version)
        if not self.batch.taken:
            self.post("second", "/payments/batches/1/file", 6, version=self.batch.version)
        seen = self.post("finance", "/payments/answers", 7, file=(io.BytesIO(self.answer()), "a.csv"))
        address = re.search(r'action="(/payments/answers/[0-9a-f]{32})"', seen.text)
        assert address, "the file was refused"
        self.post("finance", address[1], 7)

    def waiting(self, station: Station) -> list[Any]:
        """The statements that stand there."""
        return [each for each in self.world.rows("statement") if each.station is station]

    @property
    def batch(self) -> Any:
        """The batch as it stands."""
        return self.world.rows("payment_batch")[0]

    def answer(self) -> bytes:
        """What the bank says: the first payment failed, of which a part was set off."""
        day = self.world.now.date()
        items = self.world.rows("payment_item", t.payment_item.c.batch_id == self.batch.id)
        one, *others = [each.reference for each in items]
        return csv_of(f"{one},failed,,,账号有误", *(f"{each},paid,{day},B1," for each in others))

    def post(self, who: str, path: str, hour: int, **data: Any) -> Any:
        """Somebody sends a form."""
        browser = self.app.test_client()
        browser.set_cookie("session", self.cookies[who])
        with clock.frozen(self.world.now + timedelta(hours=hour)):
            answer = browser.post(path, data=data)
        assert answer.status_code in (200, 303), f"{who} at {path}: {answer.status}"
        return answer


def waits(world: World) -> None:
    """Two statements were passed on; of a third, which came to less than nothing, a debt is left."""
    for ref, number, amount in (("R1", "HT-1", "12000.00"), ("R2", "HT-2", "333.35")):
        entry = Entry("boss", ref, date(2026, 2, 1), number, Product.PORT, Decimal(amount), None)
        world.do(enter_receipt, "finance", entry=entry)
    world.do(generate, "finance", period=parse_period("2026-Q1"))
    for each in world.rows("statement"):
        world.take(each.id, Station.PASSED_ON)
    world.do(
        refund_receipt, "finance", receipt_id=1, ref="F1", received_on=date(2026, 4, 1),
        amount=Decimal("100.00"), note="退款",
    )  # fmt: skip
    world.do(generate, "finance", period=parse_period("2026-Q2"))
    world.take(world.rows("statement")[-1].id, Station.PAID)
    assert [each.remaining for each in world.rows("debt")] == [40]


@pytest.fixture
def cookies(app: Flask, folk: Mapping[str, Person], login: Login) -> Mapping[str, str]:  # noqa: F811
    """Everybody is signed in."""
    browsers = {who: login(app.test_client(), folk[who]) for who in STAFF}
    app.extensions["portal_engine"].dispose()
    return {who: browser.get_cookie("session").value for who, browser in browsers.items()}  # type: ignore[union-attr]


def test_payment(
    killing: Killed,
    commands: Commands,
    engine: sa.Engine,
    db_url: str,
    folk: Mapping[str, Person],  # noqa: F811
    cookies: Mapping[str, str],
    at: At,
    tmp_path: Path,
) -> None:
    """Three approvals of two statements, a batch, its release, its file, the bank's answer."""
    world = world_of(engine, folk, tmp_path, 0)
    waits(world)
    at("2026-12-02 12:00")
    engine.dispose()

    def work(url: str) -> Callable[[], None]:
        app = portal.create_app(config_for(url, tmp_path))
        app.config["WTF_CSRF_ENABLED"] = False
        own = app.extensions["portal_engine"]
        office = Office(app, cookies, replace(world, engine=own))

        def do() -> None:
            office.carry_on()
            own.dispose()

        return do

    killing(db_url, work, commands(("check",)))

"""Random histories: what the portal says is what a naive clerk works out from the same files, to the fen.

Each example holds a hundred partners, each with a history of its own.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import audit, db
from portal.auth.people import add_user
from portal.demo.names import uscc
from portal.domain.periods import parse_period
from portal.domain.roles import Actor, Role
from portal.domain.statements import Act
from portal.models import tables as t
from portal.policy.service import add_policy
from portal.statements.check import problems
from portal.statements.deferring import defer_receipt
from portal.statements.export import statements_of
from portal.statements.generation import generate
from portal.statements.walk import take_step
from tests.imports.conftest import importing
from tests.imports.files import as_csv
from tests.model.naive_commissions import Books, ends, period
from tests.support.policies import BODY
from tests.support.postgres import Cluster

Fresh = Callable[[], AbstractContextManager[tuple[sa.Engine, int]]]
PARTNERS = 100
# Each is a hundred histories; PORTAL_HISTORIES=30 makes it three thousand.
EXAMPLES = int(os.environ.get("PORTAL_HISTORIES", "2"))
FIRST, LAST = date(2024, 1, 1), date(2026, 9, 30)
NOW = datetime(2026, 10, 20, tzinfo=UTC)
FLOORS = (
    {
        "ddd": {"gold": "0.12", "silver": "0.13", "ordinary": "0.145"},
        "idd": {"gold": "1.85", "silver": "1.9"},
    },
    {"ddd": {"gold": "0.1", "silver": "0.115"}, "idd": {"gold": "1.7999", "silver": "1.88", "ordinary": "2"}},
)
POLICIES = (
    {"effective_from": "2000-01-01", "rates": BODY["rates"], "floor_prices": BODY["floor_prices"]},
    {"effective_from": "2024-05-01", "rates": BODY["rates"], "floor_prices": FLOORS[0]},
    {
        "effective_from": "2025-07-01",
        "rates": {"port": {"gold": "0.375", "silver": "0.3", "ordinary": "0.2125", "second_year": "0.105"},
                  "conference": "0.0975"},
        "floor_prices": FLOORS[1],
    },
)  # fmt: skip


class History:
    """Files of many partners: tiers with gaps, contracts, and receipts of two waves."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.partners: list[dict[str, str]] = []
        self.tiers: list[dict[str, str]] = []
        self.registrations: list[dict[str, str]] = []
        self.events: list[dict[str, str]] = []
        self.contracts: dict[str, tuple[str, date]] = {}
        self.waves: tuple[list[dict[str, str]], list[dict[str, str]]] = ([], [])
        for number in range(PARTNERS):
            self._partner(f"P{number:03d}")

    def day(self, first: date = FIRST, last: date = LAST) -> date:
        return first + timedelta(days=self.draw.randrange((last - first).days + 1))

    def _partner(self, code: str) -> None:
        self.partners.append({"code": code, "name": f"{code}通信", "kind": "growth", "region": "华东"})
        start = FIRST
        while start < LAST:
            end = start + timedelta(days=self.draw.randrange(60, 400))
            if self.draw.random() < 0.85:
                tier = self.draw.choice(("gold", "silver", "ordinary"))
                self.tiers.append({"partner": code, "tier": tier, "starts_on": start.isoformat(),
                                   "ends_on": end.isoformat()})  # fmt: skip
            start = end + timedelta(days=1)
        for number in range(self.draw.randint(1, 2)):
            self._contract(code, f"{code}-{number}")

    def _contract(self, code: str, ref: str) -> None:
        signed = date(2024, 2, 29) if self.draw.random() < 0.2 else self.day()
        number = f"HT-{ref}"
        self.contracts[number.lower()] = (code, signed)
        self.registrations.append(
            {"ref": ref, "filed_at": "2023-12-01 10:00:00", "party": code, "uscc": uscc(self.draw),
             "customer_name": f"{ref.replace('-', '')}号客户有限公司"}
        )  # fmt: skip
        self.events.append(
            {"registration": ref, "at": f"{signed.isoformat()} 10:00:00", "stage": "signed",
             "contract_no": number, "contract_date": signed.isoformat(), "ports": "10",
             "yearly_amount": "9000.00"}
        )  # fmt: skip
        for each in range(self.draw.randint(1, 6)):
            self._receipt(number, f"R-{ref}-{each}", signed)

    def _receipt(self, number: str, ref: str, signed: date) -> None:
        product = self.draw.choice(("port", "port", "conference", "ddd", "idd"))
        near = [signed + timedelta(days=offset) for offset in (-1, 0, 364, 365, 366, 729, 730, 731)]
        day = self.draw.choice(near) if self.draw.random() < 0.3 else self.day()
        day = min(max(day, FIRST), LAST)
        amount = self.draw.choice((self.draw.randrange(1, 500), self.draw.randrange(1, 2_000_000)))
        written = self.draw.choice((number, number.lower(), f" {number}", "HT-nobody"))
        row = {
            "source": "boss", "ref": ref, "received_on": day.isoformat(), "contract_no": written,
            "product": product, "amount": f"{amount / 100:.2f}", "minutes": "", "refund_of": "",
        }  # fmt: skip
        if product in ("ddd", "idd"):
            row["minutes"] = str(self.draw.randrange(0, 3000))
        wave = self.draw.random() < 0.4
        self.waves[wave].append(row)
        left, refunds = amount, self.draw.choice((0, 0, 0, 1, 2, 3))
        for count in range(refunds):
            part = left if count == 2 else self.draw.randrange(0, left + 1)
            if part == 0:
                continue
            left -= part
            later = wave or self.draw.random() < 0.5
            self.waves[later].append(
                {**row, "ref": f"{ref}-B{count}", "amount": f"-{part / 100:.2f}", "refund_of": ref,
                 "minutes": "", "received_on": self.day(day, LAST).isoformat()}
            )  # fmt: skip


@pytest.mark.engines("sqlite")
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 2**32))
def test_thousands_of_histories_on_sqlite(fresh: Fresh, seed: int) -> None:
    _agree(fresh, seed)


@pytest.mark.engines("postgres")
@settings(max_examples=1, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 2**32))
def test_hundreds_of_histories_on_postgres(fresh: Fresh, seed: int) -> None:
    _agree(fresh, seed)


def _agree(fresh: Fresh, seed: int) -> None:
    history = History(seed)
    rows = [row for wave in history.waves for row in wave]
    periods = {period(row["product"], date.fromisoformat(row["received_on"])) for row in rows}
    names = sorted(periods, key=lambda name: (ends(name), name))
    sent = names[: history.draw.randrange(len(names))]
    books = Books(tiers=history.tiers, contracts=history.contracts, policies=POLICIES)
    with fresh() as (engine, finance):
        for kind in ("partners", "tiers", "registrations", "events"):
            assert importing(engine, kind, as_csv(getattr(history, kind)), now=NOW).refused == []
        said: dict[str, Any] = {}
        wanted: dict[str, Any] = {}
        for wave, done in ((0, sent), (1, [name for name in names if name not in sent])):
            report = importing(engine, "receipts", as_csv(history.waves[wave]), now=NOW)
            assert report.refused == []
            books.receive(history.waves[wave])
            for name in done:
                said |= _generated(engine, name, finance if wave == 0 else None)
                wanted |= {
                    (row["code"], name): found
                    for row in history.partners
                    if (found := books.statement(row["code"], name)) is not None
                }
                if wave == 0 and any(period_ == name for _code, period_ in wanted):
                    books.closed.add(name)
        assert said == wanted
        with db.reading(engine) as session:
            assert list(problems(session, now=NOW)) == []


def _generated(engine: sa.Engine, name: str, finance: int | None) -> dict[tuple[str, str], Any]:
    """Generate a period, read it as it is exported; `finance` sends it out."""
    with db.transaction(engine) as session:
        db.lock_registry(session)
        generate(session, actor=None, now=NOW, period=parse_period(name))
    with db.reading(engine) as session:
        exported = [audit.plain(each) for each in statements_of(session, parse_period(name))]
    if finance is not None:
        with db.transaction(engine) as session:
            db.lock_registry(session)
            _send(session, name, finance)
    said = {}
    for each in exported:
        lines = [*each["lines"], *each["not_included"]]
        told = {line["receipt"]: (line["commission"], _why(line["flags"])) for line in lines}
        said[each["partner"], name] = {"total": each["total"], "lines": told}
    return said


def _why(flags: list[str]) -> str:
    return next((flag for flag in flags if flag != "late"), "")


def _send(session: Any, name: str, finance: int) -> None:
    """Print and send all, deferring by name what lacks a term."""
    c, line = t.statement.c, t.statement_line.c
    actor = Actor(finance, "财务", frozenset({Role.FINANCE}))
    for number in list(session.scalars(sa.select(c.id).where(c.period == name))):
        withheld = sa.select(line.receipt_id).where(line.statement_id == number, ~line.settles)
        for receipt in list(session.scalars(withheld)):
            version = session.scalar(sa.select(c.version).where(c.id == number)) or 1
            defer_receipt(
                session, actor=actor, now=NOW, statement_id=number, version=version, receipt_id=receipt,
                reason="等级待定",
            )  # fmt: skip
        for act in (Act.PRINT, Act.SEND):
            take_step(session, actor=None, now=NOW, statement_id=number, version=None, act=act)


@pytest.fixture
def fresh(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Fresh:
    """`with fresh() as (engine, finance)`: another new database with the policies and somebody of finance."""

    @contextmanager
    def new() -> Iterator[tuple[sa.Engine, int]]:
        if database == "sqlite":
            path = tmp_path / "history.db"
            for old in tmp_path.glob("history.db*"):
                old.unlink()
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            cluster: Cluster = request.getfixturevalue("postgres_cluster")
            url = cluster.create(request.getfixturevalue("postgres_template"))
        engine = db.make_engine(url)
        try:
            yield engine, _founded(engine)
        finally:
            engine.dispose()
            if database != "sqlite":
                cluster.drop(url)

    return new


def _founded(engine: sa.Engine) -> int:
    with db.transaction(engine) as session:
        for policy in POLICIES[1:]:
            figures = {name: policy[name] for name in ("rates", "floor_prices")}
            add_policy(
                session, actor=None, now=NOW, effective_from=date.fromisoformat(policy["effective_from"]),
                reason="历史政策", body={**BODY, **figures},
            )  # fmt: skip
        return add_user(
            session,
            actor=None,
            now=NOW,
            email="f@example.com",
            name="财务",
            roles={Role.FINANCE},
            locale="zh",
        )

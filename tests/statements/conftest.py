"""Money in tests: partners, signed customers, receipts; `statements()` answers the export of a period."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal import audit, db
from portal.domain.contracts import key_of
from portal.domain.periods import parse_period
from portal.models import tables as t
from portal.policy.service import add_policy
from portal.statements.export import statements_of
from portal.statements.generation import Outcome, generate
from tests.imports.conftest import importing
from tests.imports.files import Rows, as_csv
from tests.support.policies import BODY

NOW = datetime(2026, 12, 1, tzinfo=UTC)
PARTNERS: Rows = (
    {"code": "P1", "name": "云帆通信", "kind": "growth", "region": "华东"},
    {"code": "P2", "name": "鹿鸣通信", "kind": "relationship", "region": "华东"},
    {"code": "PW", "name": "话批通信", "kind": "wholesale", "region": "华东"},
)
TIERS: Rows = (
    {"partner": "P1", "tier": "gold", "starts_on": "2026-01-01", "ends_on": "2026-06-30"},
    {"partner": "P1", "tier": "silver", "starts_on": "2026-07-01", "ends_on": "2026-12-31"},
    {"partner": "P2", "tier": "ordinary", "starts_on": "2026-01-01", "ends_on": "2026-03-31"},
)
NAMES = ("慢蜗牛快递有限公司", "静湖茶业集团", "纸上莲花出版社", "第九朵云酒店")
REGISTRATIONS: Rows = tuple(
    {"ref": f"B{number}", "filed_at": "2026-01-02", "party": party, "customer_name": name}
    for number, (party, name) in enumerate(zip(("P1", "P2", "PW", "P1"), NAMES, strict=True), start=1)
)
EVENTS: Rows = tuple(
    {
        "registration": f"B{number}", "at": "2026-01-15 10:00:00", "stage": "signed",
        "contract_no": f"HT-{number}",
        "contract_date": "2026-01-15", "ports": "60", "yearly_amount": "21600.00",
    }
    for number in (1, 2, 3, 4)
)  # fmt: skip
FLOORS = {"ddd": {"gold": "0.12", "silver": "0.13"}, "idd": {"gold": "1.85"}}


@pytest.fixture
def signed(engine: sa.Engine) -> None:
    """Partners with tiers, four signed customers, floor prices from 2026 on."""
    with db.transaction(engine) as session:
        add_policy(
            session, actor=None, now=NOW, effective_from=date(2026, 1, 1), reason="底价",
            body={**BODY, "floor_prices": FLOORS},
        )  # fmt: skip
    for kind, rows in (
        ("partners", PARTNERS), ("tiers", TIERS), ("registrations", REGISTRATIONS), ("events", EVENTS),
    ):  # fmt: skip
        assert importing(engine, kind, as_csv(rows)).refused == []


@pytest.fixture
def receive(engine: sa.Engine) -> Callable[..., int]:
    """Take in a receipt: `receive("R1", "2026-02-01", "HT-1", "port", "12000.00", minutes=…, of="R0")`."""

    def take(
        ref: str, day: str, contract_no: str, product: str, amount: str, *, minutes: int | None = None,
        of: str | None = None, at: datetime = NOW,
    ) -> int:  # fmt: skip
        with db.transaction(engine) as session:
            c = t.receipt.c
            refunded = session.scalar(sa.select(c.id).where(c.ref == of)) if of else None
            values = {
                "source": "boss", "ref": ref, "received_on": date.fromisoformat(day),
                "contract_no": contract_no,
                "contract_key": key_of(contract_no), "product": product, "amount": Decimal(amount),
                "minutes": minutes, "refund_of_id": refunded, "recorded_at": at,
            }  # fmt: skip
            number = session.execute(sa.insert(t.receipt).values(**values).returning(c.id)).scalar_one()
            session.execute(sa.insert(t.unsettled_receipt).values(receipt_id=number))
            return int(number)

    return take


@pytest.fixture
def make(engine: sa.Engine) -> Callable[..., Outcome]:
    """Generate the statements of a period."""

    def run(period: str, **how: Any) -> Outcome:
        with db.transaction(engine) as session:
            db.lock_registry(session)
            arguments = {"actor": None, "now": NOW} | how
            return generate(session, period=parse_period(period), **arguments)

    return run


@pytest.fixture
def statements(engine: sa.Engine) -> Callable[[str], dict[str, Any]]:
    """The statements of a period as exported, by partner."""

    def read(period: str) -> dict[str, Any]:
        with db.reading(engine) as session:
            found = [audit.plain(each) for each in statements_of(session, parse_period(period))]
        return {each["partner"]: each for each in found}

    return read

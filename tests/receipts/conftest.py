"""A signed contract of alice's (HT-1, from 1 February 2026) and one that key accounts signed (HT-KA)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.pipeline import Stage
from portal.models import tables as t
from portal.pipeline.service import move_project
from tests.imports.conftest import importing
from tests.imports.files import as_csv
from tests.support.people import Person


def sign(engine: sa.Engine, person: Person, now: Any, registration_id: int, number: str, **over: Any) -> None:
    """Sign a contract."""
    gate = {
        "contract_no": number, "contract_date": date(2026, 2, 1), "ports": 60, "yearly_amount": 12000,
    } | over  # fmt: skip
    with db.transaction(engine) as session:
        c = t.registration.c
        version = session.execute(sa.select(c.version).where(c.id == registration_id)).scalar_one()
        move_project(
            session, actor=person.actor, now=now, registration_id=registration_id, version=version,
            to=Stage.SIGNED, gate=gate,
        )  # fmt: skip


@pytest.fixture
def signed(engine: sa.Engine, people: Mapping[str, Person], file_as: Any, at: Any) -> None:
    """Two customers with a contract each."""
    file_as(people["alice"], at("2026-02-01 09:00"), "慢蜗牛快递有限公司")
    file_as(people["key_accounts"], at("2026-02-01 10:00"), "静湖茶业集团有限公司")
    sign(engine, people["alice"], at("2026-02-02 10:00"), 1, "HT-1")
    sign(engine, people["key_accounts"], at("2026-02-02 11:00"), 2, "HT-KA")
    at("2026-06-10 10:00")


@pytest.fixture
def received(engine: sa.Engine, signed: None, at: Any) -> None:
    """Receipts of known and unknown contracts, one of them refunded in part."""
    named = ("ref", "received_on", "contract_no", "product", "amount", "refund_of")
    rows = (
        ("B1", "2026-03-01", "HT-1", "port", "12000", ""),
        ("B2", "2026-03-05", "HT-KA", "port", "500", ""),
        ("B3", "2026-04-01", "HT1", "port", "700.5", ""),
        ("B4", "2026-04-02", "HT1", "port", "99.5", ""),
        ("B5", "2026-05-02", "X9", "会议", "10", ""),
        ("R1", "2026-05-03", "HT-1", "port", "-1000", "B1"),
    )
    content = as_csv([{"source": "BOSS", **dict(zip(named, row, strict=True))} for row in rows])
    now = at("2026-06-10 10:00")
    report = importing(engine, "receipts", content, now=now)
    assert report.refused == []

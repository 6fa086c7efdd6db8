"""Contracts of a database that is upgraded: `portal rebuild ownership` derives them from the signed moves."""

from typing import Any

import sqlalchemy as sa

from portal import db
from portal.conflicts.contracts import COLUMNS
from portal.models import tables as t
from tests.imports.conftest import importing
from tests.imports.files import as_csv

ROWS = [
    {"ref": f"A{number}", "filed_at": "2026-01-02", "party": "P001", "customer_name": name}
    for number, name in enumerate(("慢蜗牛快递有限公司", "静湖茶业集团", "纸上莲花出版社"), start=1)
]
MOVES = [
    {
        "registration": f"A{number}", "at": f"2026-01-1{number} 10:00:00", "stage": "signed",
        "contract_no": f"HT-{number}", "contract_date": f"2026-01-1{number}", "ports": "60",
        "yearly_amount": "21600.00",
    }
    for number in (1, 2)
]  # fmt: skip


def contracts(engine: sa.Engine) -> list[Any]:
    with db.reading(engine) as session:
        c = t.contract.c
        return list(session.execute(sa.select(*(c[name] for name in COLUMNS)).order_by(c.number_key)))


def test_rebuilding_ownership_derives_the_contracts(
    engine: sa.Engine, people: Any, portal: Any, at: Any
) -> None:
    """One missing, one changed and one of nobody: all as the moves state it after one run, and after two."""
    at("2026-02-01 10:00")
    for kind, rows in (("registrations", ROWS), ("events", MOVES)):
        assert importing(engine, kind, as_csv(rows)).refused == []
    stated = contracts(engine)
    assert [row.number for row in stated] == ["HT-1", "HT-2"]
    with db.transaction(engine) as session:
        session.execute(sa.delete(t.contract).where(t.contract.c.number == "HT-1"))
        session.execute(sa.update(t.contract).values(ports=61))
        forged = {**stated[0]._mapping, "registration_id": 3, "number": "HT-9", "number_key": "ht-9"}
        session.execute(sa.insert(t.contract), [forged])
    told = portal("check")
    assert told.exit_code == 1
    assert told.stderr.count("contract ") == 3, told.stderr
    for _time in range(2):
        assert portal("rebuild", "ownership").exit_code == 0
        assert contracts(engine) == stated
        assert portal("check").exit_code == 0

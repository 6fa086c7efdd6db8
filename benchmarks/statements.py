"""What a quarter's statements cost: so many receipts of 500 partners, beside a plain loop and one aggregate.

    python -m benchmarks.statements --url sqlite:////tmp/pay.db --receipts 1000000

The database must be new. Growth: `--receipts` a tenth and the whole, each on a database of its own.
"""

import argparse
import csv
import io
import multiprocessing
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from benchmarks.filling import PARTNERS, found
from portal import db
from portal.domain.facts import Rule, State
from portal.domain.pipeline import Stage
from portal.domain.terms import EventKind, Tier
from portal.models import tables as t
from portal.partners.service import add_tier_term

_CONTRACTS = 20_000
_NOW = datetime(2026, 10, 8, tzinfo=UTC)
_SIGNED = datetime(2026, 1, 10, tzinfo=UTC)
_FIRST = date(2026, 7, 1)
_DAYS = 92
_FEN = Decimal("0.01")


def fill(engine: Engine, receipts: int) -> list[tuple[Any, ...]]:
    """Partners with tiers, signed customers, receipts of one quarter; the receipts as plain rows."""
    found(engine)
    with db.transaction(engine) as session:
        for partner in range(1, PARTNERS + 1):
            add_tier_term(
                session, actor=None, now=_NOW, partner_id=partner, tier=list(Tier)[partner % 3],
                starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31),
            )  # fmt: skip
    rows = list(_receipts(receipts))
    with db.transaction(engine) as session:
        _sign(session)
        db.insert_plain(
            session, t.receipt,
            ("id", "source", "ref", "received_on", "contract_no", "contract_key", "product", "amount",
             "recorded_at"),
            rows,
        )  # fmt: skip
        db.insert_plain(session, t.unsettled_receipt, ("receipt_id",), [(row[0],) for row in rows])
    return rows


def _receipts(number: int) -> Iterator[tuple[Any, ...]]:
    draw = random.Random(5)
    for each in range(1, number + 1):
        contract = draw.randrange(1, _CONTRACTS + 1)
        day = _FIRST + timedelta(days=draw.randrange(_DAYS))
        yield (
            each, "boss", f"R{each:08d}", day.isoformat(), f"HT-{contract:06d}", f"ht-{contract:06d}", "port",
            draw.randrange(100, 5_000_000), "2026-10-01 00:00:00.000000",
        )  # fmt: skip


def _sign(session: Any) -> None:
    """One signed customer a contract, forty for each partner."""
    claims, events, contracts, owned, customers = [], [], [], [], []
    for number in range(1, _CONTRACTS + 1):
        partner, name = number % PARTNERS + 1, f"第{number}号有限公司"
        customers.append({"id": number, "name": name, "founder_key": number, "founder_ref": f"R{number}",
                          "founder_at": _SIGNED,
                          "created_at": _SIGNED})  # fmt: skip
        claims.append({
            "id": number, "ref": f"R{number}", "partner_id": partner, "filed_at": _SIGNED, "ports": 10,
            "customer_name": name, "filed_stage": Stage.INTEREST, "full_key": f"k{number}", "version": 1,
            "customer_id": number, "is_owner": True, "state": State.SIGNED, "state_rule": Rule.SIGNED,
            "state_since": _SIGNED, "stage": Stage.SIGNED, "highest_stage": Stage.SIGNED,
            "stage_since": _SIGNED,
        })  # fmt: skip
        events.append({"id": number, "registration_id": number, "kind": EventKind.MOVED, "at": _SIGNED,
                       "recorded_at": _SIGNED, "stage": Stage.SIGNED, "data": {}, "digest": ""})  # fmt: skip
        contracts.append({
            "registration_id": number, "event_id": number, "number": f"HT-{number:06d}",
            "number_key": f"ht-{number:06d}", "signed_at": _SIGNED, "starts_on": date(2026, 1, 10),
            "ports": 10, "yearly_amount": Decimal("9000.00"),
        })  # fmt: skip
        owned.append(
            {"customer_id": number, "registration_id": number, "starts_at": _SIGNED, "rule": Rule.FIRST}
        )
    for model, rows in (
        ("Customer", customers), ("Registration", claims), ("RegistrationEvent", events),
        ("Contract", contracts), ("Ownership", owned),
    ):  # fmt: skip
        _insert(session, model, rows)


def _insert(session: Any, model: str, rows: list[dict[str, Any]]) -> None:
    from portal import models

    session.bulk_insert_mappings(getattr(models, model), rows)


def baseline(rows: list[tuple[Any, ...]]) -> tuple[float, float]:
    """Receipts a second: read as CSV, multiplied as decimals, written by `executemany`; one aggregate."""
    sheet = io.StringIO()
    csv.writer(sheet).writerows(rows)
    sheet.seek(0)
    place = sqlite3.connect(":memory:")
    place.execute("CREATE TABLE line (receipt INTEGER, contract TEXT, amount INTEGER, commission INTEGER)")
    began = time.perf_counter()
    lines = []
    for row in csv.reader(sheet):
        amount = Decimal(row[7]).scaleb(-2)
        earned = (amount * Decimal("0.40")).quantize(_FEN, ROUND_HALF_UP)
        lines.append((int(row[0]), row[5], int(row[7]), int(earned.scaleb(2))))
    place.executemany("INSERT INTO line VALUES (?, ?, ?, ?)", lines)
    place.commit()
    loop = len(rows) / (time.perf_counter() - began)
    began = time.perf_counter()
    place.execute("SELECT contract, sum(amount * 40 / 100) FROM line GROUP BY contract").fetchall()
    return loop, len(rows) / (time.perf_counter() - began)


def _prepare(url: str, receipts: int) -> tuple[float, float]:
    return baseline(fill(db.make_engine(url), receipts))


def main() -> None:
    """Fill, generate, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--receipts", type=int, default=100_000)
    asked = parser.parse_args()
    # In a process of its own: what it takes of memory must not count for the command.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        loop, aggregate = pool.apply(_prepare, (asked.url, asked.receipts))
    engine = db.make_engine(asked.url)
    os.sync()  # what filling left to write must not count either
    began = time.perf_counter()
    # The command itself, in a process of its own: what it takes of memory is its own, too.
    command = [str(Path(sys.executable).with_name("portal")), "statements", "generate", "--period", "2026-Q3"]
    running = subprocess.Popen(command, env=os.environ | {"PORTAL_DATABASE_URL": asked.url})
    _pid, status, used = os.wait4(running.pid, 0)
    assert status == 0
    took, peak = time.perf_counter() - began, used.ru_maxrss
    with db.reading(engine) as session:
        total = session.scalar(sa.select(sa.func.sum(t.statement.c.total)))
        lines = session.scalar(sa.select(sa.func.count()).select_from(t.statement_line)) or 0
    print(f"{engine.dialect.name}, {asked.receipts} receipts, {lines} lines, total {total}")
    print(f"  generated        {lines / took:12,.0f} lines/s   {took:.1f} s, start and commit included")
    print(f"  peak memory      {peak / 1024:12,.0f} MB")
    print(f"  plain loop       {loop:12,.0f} lines/s")
    print(f"  one aggregate    {aggregate:12,.0f} lines/s")


if __name__ == "__main__":
    sys.exit(main())

"""How many statements of 40 lines are read and set as one PDF a second, beside the two plainest ways.

python -m benchmarks.paper --url sqlite:////tmp/paper.db
"""

import argparse
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

import portal
from portal import db
from portal.config import Config
from portal.demo import names
from portal.domain.lines import LineKind
from portal.domain.rates import Product
from portal.domain.statements import Station
from portal.domain.terms import Tier
from portal.models import tables as t
from portal.statements.paper import load_papers
from portal.statements.paper_rows import TOGETHER, Sender, written
from portal.statements.printing import PART
from portal.statements.setting import join, set_papers
from portal.web.language import in_language

from . import filling

STATEMENTS, LINES = 200, 40
FROM = Sender("云汀通信", "Yunting Telecom", "¥", "https://portal.example.com/verify")


def fill(engine: Engine) -> list[int]:
    """200 partners with a statement of 40 lines each; the statements' ids."""
    filling.found(engine)
    random = Random(7)
    with db.transaction(engine) as session:
        partners = session.scalars(sa.select(t.partner.c.id).order_by(t.partner.c.id).limit(STATEMENTS))
        return [_statement(session, random, partner) for partner in partners.all()]


def _statement(session: Any, random: Random, partner: int) -> int:
    amounts = [Decimal(random.randint(10_000, 9_999_999)).scaleb(-2) for _line in range(LINES)]
    earned = [(amount / 10).quantize(Decimal("0.01")) for amount in amounts]
    shared = {
        "revision": 1, "total": sum(earned), "received": sum(amounts), "lines": LINES,
        "content_hash": f"{random.getrandbits(256):064x}",
    }  # fmt: skip
    head = {
        "number": f"CS-2026Q3-{partner:04d}", "partner_id": partner, "period": "2026-Q3", "withheld": 0,
        "station": Station.GENERATED, "station_since": filling.NOW, "generated_at": filling.NOW, "version": 1,
    }  # fmt: skip
    made = sa.insert(t.statement).values(head | shared).returning(t.statement.c.id)
    statement_id = int(session.scalar(made))
    revision = {"statement_id": statement_id, "made_at": filling.NOW, "reason": ""}
    session.execute(sa.insert(t.statement_revision), [revision | shared])
    receipts = [
        {
            "source": "BOSS", "ref": f"R{statement_id}-{place}", "received_on": date(2026, 7, 1 + place % 28),
            "contract_no": f"HT{place}", "contract_key": f"ht{place}", "product": Product.PORT,
            "amount": amount, "recorded_at": filling.NOW,
        }
        for place, amount in enumerate(amounts)
    ]  # fmt: skip
    ids = session.scalars(
        sa.insert(t.receipt).returning(t.receipt.c.id, sort_by_parameter_order=True), receipts
    ).all()
    lines = [
        {
            "statement_id": statement_id, "revision": 1, "ordinal": place + 1, "kind": LineKind.RECEIPT,
            "counted": True, "settles": True, "receipt_id": ids[place], "tier": Tier.GOLD, "rule": "M1",
            "customer_name": names.company(random), "year": 1 + place % 2, "rate": "0.10",
            "commission": earned[place],
        }
        for place in range(LINES)
    ]  # fmt: skip
    session.execute(sa.insert(t.statement_line), lines)
    return statement_id


def ours(engine: Engine, ids: list[int]) -> int:
    """As a batch does it: a part at a time, joined at the end."""
    parts = []
    for start in range(0, len(ids), PART):
        with db.reading(engine) as session:
            papers = load_papers(session, [(each, None) for each in ids[start : start + PART]])
        words = [written(paper, FROM, together=TOGETHER) for paper in papers]
        parts.append(set_papers(words, title="batch", language="zh", tagged=False))
    return len(join(parts)[0])


def one_by_one(engine: Engine, ids: list[int]) -> int:
    """The plain way: every statement read and set by itself, then joined."""
    parts = []
    for each in ids:
        with db.reading(engine) as session:
            papers = load_papers(session, [(each, None)])
        parts.append(set_papers([written(papers[0], FROM)], title="one", language="zh", tagged=False))
    return len(join(parts)[0])


def text_only(engine: Engine, ids: list[int]) -> int:
    """No layout at all: the same words as lines of text."""
    with db.reading(engine) as session:
        papers = load_papers(session, [(each, None) for each in ids])
    pages = [written(paper, FROM) for paper in papers]
    return len("\n".join(str(group["cells"]) for page in pages for group in page["lines"]).encode())


def main() -> None:
    """Fill an empty database, set its statements in three ways; print the best of three runs each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    url = parser.parse_args().url
    engine = db.make_engine(url)
    ids = fill(engine)
    app = portal.create_app(
        Config(database_url=url, secret_key="benchmark", instance=Path("/tmp"), files="/tmp/files")
    )
    ways: tuple[tuple[str, Callable[[Engine, list[int]], int]], ...] = (
        ("one PDF, a part at a time", ours),
        ("every statement by itself", one_by_one),
        ("text without layout", text_only),
    )
    with app.test_request_context("/"), in_language("zh"):
        ours(engine, ids[:PART])  # fonts and words are there afterwards
        for name, way in ways:
            best, size = 0.0, 0
            for _run in range(3):
                began, processor = time.perf_counter(), time.process_time()
                size = way(engine, ids)
                best = max(best, len(ids) / (time.perf_counter() - began))
                used = (time.process_time() - processor) / len(ids)
            print(f"{name}: {best:.0f} statements/s, {used * 1000:.1f} ms of CPU each, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

"""`portal import` killed (kill -9) at random moments: repeated, it ends as if undisturbed (M7)."""

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.imports.files import Rows, as_csv
from tests.statements.conftest import EVENTS, PARTNERS, REGISTRATIONS, TIERS
from tests.support.clocks import At
from tests.support.commands import Commands
from tests.support.killing import Killed

Files = Callable[..., Mapping[str, Path]]
MOVED_IN: Mapping[str, Rows] = {
    "partners": PARTNERS, "tiers": TIERS, "registrations": REGISTRATIONS, "events": EVENTS,
}  # fmt: skip


def receipts(first: int, last: int, seed: int) -> Rows:
    """Receipts of every sort; some are refunded in the same file, some of a number that nobody knows."""
    draw = random.Random(seed)
    rows = []
    for number in range(first, last):
        day = date(2026, 1, 10) + timedelta(days=draw.randrange(150))
        product = draw.choice(("port", "port", "conference", "idd"))
        row = {
            "source": "boss", "ref": f"R{number}", "received_on": day.isoformat(), "product": product,
            "contract_no": draw.choice(("HT-1", "HT-2", "HT-3", "HT-4", "HT-?")),
            "amount": f"{draw.randrange(100, 2_000_000) / 100:.2f}",
            "minutes": "120" if product == "idd" else "", "refund_of": "",
        }  # fmt: skip
        rows.append(row)
        if number % 10 == 0:
            back = {"ref": f"B{number}", "amount": "-1.00", "refund_of": row["ref"], "minutes": ""}
            rows.append({**row, **back})
    return rows


@pytest.fixture
def moved_in(commands: Commands, db_url: str, tmp_path: Path, at: At) -> Files:
    """`moved_in("partners")`: import these; every file is in the folder, and answered by its name."""
    at("2026-12-01 10:00")
    files = {kind: tmp_path / f"{kind}.csv" for kind in MOVED_IN}
    for kind, file in files.items():
        file.write_bytes(as_csv(MOVED_IN[kind]))

    def bring(*kinds: str) -> Mapping[str, Path]:
        commands(*(("import", kind, files[kind]) for kind in kinds))(db_url)()
        return files

    return bring


def test_registrations(killing: Killed, commands: Commands, moved_in: Files, db_url: str) -> None:
    file = moved_in("partners")["registrations"]
    killing(db_url, commands(("import", "registrations", file)), commands(("check",)))


def test_receipts(killing: Killed, commands: Commands, moved_in: Files, db_url: str, tmp_path: Path) -> None:
    """What is stored, in the pool and in the trail; the statements made of it; and `portal check`."""
    moved_in(*MOVED_IN)
    early, file = tmp_path / "early.csv", tmp_path / "receipts.csv"
    early.write_bytes(as_csv(receipts(0, 60, 1)))
    commands(("import", "receipts", early), ("statements", "generate", "--period", "2026-03"))(db_url)()
    file.write_bytes(as_csv([*receipts(0, 60, 1), *receipts(60, 800, 2)]))
    periods = (("statements", "generate", "--period", period) for period in ("2026-03", "2026-Q2"))
    killing(db_url, commands(("import", "receipts", file)), commands(*periods, ("check",)))

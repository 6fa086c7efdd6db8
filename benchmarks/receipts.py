"""What an import of receipts costs, beside a loop that only reads, adds up and inserts.

    python -m benchmarks.receipts --url sqlite:////tmp/receipts.db --rows 1000000

The database must be new. The file is written in a process of its own, and each import is one: the same
function as `portal import receipts`. Growth: `--rows` a tenth and the whole, each on a database of its own.
"""

import argparse
import csv
import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from portal import db, schema
from portal.clock import now
from portal.commands.moving import run

_CONTRACTS = 20_000
_FIRST = date(2026, 1, 1)
_DAYS = 300
_HEADER = ("source", "ref", "received_on", "contract_no", "product", "amount", "minutes", "refund_of")


def rows(number: int) -> Iterator[tuple[object, ...]]:
    """Receipts as a billing system writes them: one in twenty-five goes back in part."""
    draw = random.Random(7)
    yield _HEADER
    for at in range(number):
        product = draw.choice(("port", "port", "conference", "ddd", "idd"))
        fen = draw.randint(10_000, 2_000_000)
        day = _FIRST + timedelta(draw.randrange(_DAYS))
        contract = f"HT-2026-{draw.randrange(_CONTRACTS):05}"
        minutes = draw.randint(1, 5_000) if product in ("ddd", "idd") else ""
        if at % 25 == 24:
            yield ("BOSS", f"R{at:09}", day, contract, product, f"-{fen % 5000 / 100 + 1:.2f}", "", "")
        else:
            yield ("BOSS", f"R{at:09}", day, contract, product, f"{fen / 100:.2f}", minutes, "")


def write(path: Path, number: int) -> None:
    """The file; every refund is of the row before it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out, before = csv.writer(file), ()
        for row in rows(number):
            if str(row[5]).startswith("-"):
                _source, ref, day, contract, product, *_rest = before
                row = ("BOSS", row[1], day, contract, product, row[5], "", ref)
            out.writerow(row)
            before = row


def peak() -> int:
    """The most memory this process held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def tell(what: str, number: int, began: float, spent: float) -> None:
    """Rows a second by the clock and by the processor, which others may have kept busy."""
    seconds, busy = time.perf_counter() - began, time.process_time() - spent
    speed = f"{number / seconds:,.0f} rows a second ({number / busy:,.0f} by processor time)"
    print(f"{what}: {speed}, {seconds:.1f} s, {peak()} MB at most")


def bring_in(url: str, path: Path, number: int, what: str) -> None:
    """Import the file as the command line does."""
    engine = db.make_engine(url)
    schema.bring_up_to_date(engine, now=now())
    began, spent = time.perf_counter(), time.process_time()
    assert run(engine, "receipts", path, dry_run=False, as_json=False) == 0
    tell(what, number, began, spent)


def baseline(path: Path, number: int) -> None:
    """A plain loop: csv, a `Decimal` for every amount, one table without a rule."""
    store = sqlite3.connect(path.with_suffix(".plain"))
    store.execute("CREATE TABLE receipt (source, ref, day, contract, product, fen, minutes, of)")
    began, spent, total = time.perf_counter(), time.process_time(), Decimal(0)
    with path.open(newline="", encoding="utf-8") as file:
        reader, kept = csv.reader(file), []
        next(reader)
        for source, ref, day, contract, product, amount, minutes, of in reader:
            value = Decimal(amount)
            total += value
            kept.append((source, ref, day, contract, product, int(value * 100), minutes, of))
    store.executemany("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?)", kept)
    store.commit()
    tell("plain loop", number, began, spent)


def main() -> None:
    """Write the file, then each figure in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--file", type=Path, default=Path("/tmp/receipts.csv"))
    parser.add_argument("--part", choices=["write", "baseline", "import", "again"])
    asked = parser.parse_args()
    if asked.part == "write":
        write(asked.file, asked.rows)
    elif asked.part == "baseline":
        asked.file.with_suffix(".plain").unlink(missing_ok=True)
        baseline(asked.file, asked.rows)
    elif asked.part:
        told = "import" if asked.part == "import" else "the same file again"
        bring_in(asked.url, asked.file, asked.rows, told)
    else:
        print(f"{asked.rows:,} rows")
        for part in ("write", "baseline", "import", "again"):
            options = ["--url", asked.url, "--rows", str(asked.rows), "--file", str(asked.file)]
            command = [sys.executable, "-m", "benchmarks.receipts", *options, "--part", part]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()

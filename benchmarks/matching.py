"""What it costs to recognise a company among many, beside the databases' own trigram indexes.

    python -m benchmarks.matching --url sqlite:////tmp/match-SIZE.db --data ../shared/data/matching
    python -m benchmarks.matching --url postgresql://…/match_SIZE --data ../shared/data/matching

The databases, one for each size, must be new (PostgreSQL: of a UTF-8 locale, or pg_trgm sees no
Chinese). Customers are the background names; one in five hundred is kept back and asked for as a
new one. The other questions are known names as they are typed: as it is, without its legal form,
two characters swapped, one left out.
"""

import argparse
import gzip
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine
from sqlmodel import Session

from benchmarks.filling import found as found_partners
from benchmarks.pages import signed_in
from benchmarks.registry import NOW, index, know
from benchmarks.rivals import Trigrams
from portal import clock, create_app, db
from portal.config import Config
from portal.domain.terms import NameKind
from portal.matching import check_index, naming, service
from portal.models import tables as t

_KEPT_BACK = 500
_QUESTIONS = 2000
_FILINGS = 300
# Fewer: at a million names an answer of theirs can take half a second.
_ASKED_OF_RIVALS = 100
# The index is built so many times; the median counts.
_BUILDS = 3
# Founders of the customers that are made known here: above any filing's number.
_NOBODYS = 1_500_000_000


def names(folder: Path) -> tuple[list[str], list[str]]:
    """Names to know and names to ask for as new ones, the same each time."""
    lines: dict[str, None] = {}
    for file in ("background.txt.gz", "background_synth.txt.gz"):
        with gzip.open(folder / file, "rt", encoding="utf-8") as text:
            lines.update(dict.fromkeys(line.rstrip("\n").split("\t")[0] for line in text))
    everything = list(lines)
    random.Random(7).shuffle(everything)
    return everything[len(everything) // _KEPT_BACK :], everything[: len(everything) // _KEPT_BACK]


def questions(known: Sequence[str], new: Sequence[str]) -> list[tuple[str, int | None]]:
    """What is asked, and the number of the customer that is meant; None: nobody known."""
    draw = random.Random(11)
    asked: list[tuple[str, int | None]] = [(name, None) for name in draw.sample(new, min(len(new), 500))]
    while len(asked) < _QUESTIONS:
        number = draw.randrange(len(known))
        name = known[number]
        asked.append((_typed(draw, name), number + 1))
    draw.shuffle(asked)
    return asked


def _typed(draw: random.Random, name: str) -> str:
    at = draw.randrange(max(1, min(len(name) - 1, 6)))
    return draw.choice(
        (
            name,
            name.replace("股份有限公司", "").replace("有限公司", "") or name,
            name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
            name[:at] + name[at + 1 :] or name,
        )
    )


def quantiles(times: Sequence[float]) -> str:
    """p50, p95, p99 and the longest, in milliseconds."""
    ordered = sorted(times)
    parts = [ordered[int(len(ordered) * part)] for part in (0.5, 0.95, 0.99)]
    return " | ".join(f"{each * 1000:.1f}" for each in (*parts, ordered[-1]))


def ask(
    who: Callable[[str], list[int]], asked: Sequence[tuple[str, int | None]]
) -> tuple[list[float], float]:
    """Seconds of each question, and the share of the known that were among the five nearest."""
    who(asked[0][0])
    times, right, known = list[float](), 0, 0
    for name, meant in asked:
        began = time.perf_counter()
        answer = who(name)
        times.append(time.perf_counter() - began)
        known += meant is not None
        right += meant in answer
    return times, right / known


def check(engine: Engine, asked: Sequence[tuple[str, int | None]]) -> tuple[list[float], float]:
    """The check of a filing: by keys, then by names."""
    with Session(engine) as session:

        def product(name: str) -> list[int]:
            service.find_customer(session, service.keys_for(name, None))
            return [each.customer for each in service.compare_names(session, name, None)]

        return ask(product, asked)


def learning(engine: Engine, new: Sequence[str]) -> tuple[list[float], list[float]]:
    """Seconds to make one new customer known: what a filing pays for it, and with a commit of its own."""
    times, committed = list[float](), list[float]()
    for number, name in enumerate(new[:_FILINGS]):
        began = time.perf_counter()
        with db.transaction(engine) as session:
            founded = {"founder_key": _NOBODYS + number, "founder_at": NOW, "founder_ref": f"N{number}"}
            insert = sa.insert(t.customer).values(name=name, created_at=NOW, **founded)
            customer = session.execute(insert.returning(t.customer.c.id)).scalar_one()
            naming.enter(session, [naming.name_row(customer, name, NameKind.FILED)])
            times.append(time.perf_counter() - began)
        committed.append(time.perf_counter() - began)
    return times, committed


def filing(app: Flask, engine: Engine, new: Sequence[str]) -> list[float]:
    """Seconds of whole requests that file new names through the form."""
    client, times = signed_in(app, engine, "rep@example.com"), []
    for name in new[-_FILINGS:]:
        form = {
            "customer_name": name, "contact": "王总", "phone": "17000000000", "city": "临江市",
            "customer_class": "B", "ports": "10", "yearly_revenue": "9600", "stage": "interest",
            "source": "own",
        }  # fmt: skip
        began = time.perf_counter()
        answer = client.post("/registrations", data=form)
        times.append(time.perf_counter() - began)
        assert answer.status_code == 303, (name, answer.status_code)
    return times


def run(url: str, size: int, folder: Path, first: float | None) -> float:
    """Fill, build, ask, print; the check's median in seconds. `first`: the same at the first size."""
    engine = db.make_engine(url)
    known, new = names(folder)
    known = known[:size]
    found_partners(engine)
    know(engine, ([name] for name in known))
    if engine.dialect.name == "postgresql":
        # Given by hand above, the ids go on from there.
        with engine.begin() as connection:
            newest = sa.select(sa.func.max(t.customer.c.id)).scalar_subquery()
            connection.execute(
                sa.select(sa.func.setval(sa.func.pg_get_serial_sequence("customer", "id"), newest))
            )
    builds = list[float]()
    for _ in range(_BUILDS):
        began = time.perf_counter()
        number = index(engine, os.cpu_count() or 1)
        builds.append(time.perf_counter() - began)
    took = statistics.median(builds)
    asked = questions(known, new)
    with engine.connect() as connection:
        rival = Trigrams(connection)
        began = time.perf_counter()
        rival.load(known, 1)
        rival_took = time.perf_counter() - began
        _tidy(engine)
        print(f"\n{len(known):,} customers, {engine.dialect.name}\n", flush=True)
        print("| what | p50 ms | p95 ms | p99 ms | longest ms | of the known in the first five |")
        print("| --- " * 6 + "|")
        times, right = check(engine, asked)
        print(f"| check | {quantiles(times)} | {right:.1%} |", flush=True)
        rival_times, rival_right = ask(rival.nearest, asked[:_ASKED_OF_RIVALS])
        print(f"| {rival.name} | {quantiles(rival_times)} | {rival_right:.1%} |", flush=True)
    app = create_app(
        Config(
            database_url=url, secret_key="benchmark", instance=Path("/tmp"), files="/tmp", testing=True,
            log_level="ERROR",
        )
    )  # fmt: skip
    app.config["WTF_CSRF_ENABLED"] = False
    alone, committed = learning(engine, new)
    print(f"| one new customer | {quantiles(alone)} | |")
    print(f"| … and its commit | {quantiles(committed)} | |", flush=True)
    print(f"| a whole filing request | {quantiles(filing(app, engine, new))} | |")
    began = time.perf_counter()
    with db.reading(engine) as session:
        wrong = list(check_index.problems(session))
    checked = time.perf_counter() - began
    assert not wrong, wrong[:3]
    median = statistics.median(times)
    each = ", ".join(f"{seconds:.1f}" for seconds in builds)
    print(f"\nIndex: {number:,} names in {took:.1f} s ({each}), {number / took:,.0f} names/s;", end=" ")
    print(f"{rival.name}: {len(known) / rival_took:,.0f} names/s.", end=" ")
    print(f"Growth of the check: {median / (first or median):.1f}.", end=" ")
    print(f"`portal check` of the index: {checked:.1f} s. Load: {os.getloadavg()[1]:.1f}", flush=True)
    engine.dispose()
    return first or median


def _tidy(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    options = parser.parse_args()
    first: float | None = None
    with clock.frozen(NOW):
        for size in options.sizes.split(","):
            first = run(options.url.replace("SIZE", size), int(size), options.data, first)


if __name__ == "__main__":
    main()

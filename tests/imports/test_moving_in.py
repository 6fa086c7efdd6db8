"""A real move: 2,892 claims in three files and formats, through the command line, in any order."""

import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.imports.reading import read_rows
from portal.imports.run import KINDS
from portal.registrations.export import registrations_as_of
from tests.imports.conftest import importing
from tests.imports.files import as_csv, moving_in
from tests.support.clocks import At, shanghai
from tests.support.commands import Portal

FILES = (
    ("partners", "partners.csv", 40),
    ("tiers", "tiers.csv", 190),
    ("registrations", "registrations-1.csv", 964),
    ("registrations", "registrations-2.csv", 964),
    ("registrations", "registrations-3.xlsx", 964),
    ("events", "events.csv", 2670),
)
DAYS = (date(2026, 5, 1), date(2026, 8, 14), date(2026, 12, 31))
NOW = shanghai("2026-11-23 12:00")
ALIKE = ("state", "stage", "owner", "protected_until", "queue_position", "party", "filed_at")


def told(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, tuple[Any, ...]], set[frozenset[str]]]:
    """How every claim stands, and which claims are on one customer, whatever the customer's number."""
    standing, together = {}, defaultdict(set)
    for row in rows:
        standing[row["ref"]] = tuple(row[name] for name in ALIKE)
        if row["customer_id"] is not None:
            together[row["customer_id"]].add(row["ref"])
    return standing, {frozenset(refs) for refs in together.values()}


def told_by(engine: sa.Engine) -> list[Any]:
    with db.reading(engine) as session:
        assert list(problems(session, now=NOW)) == []
        return [told(registrations_as_of(session, day)) for day in DAYS]


def test_the_files_move_in_through_the_command_line_twice(portal: Portal, at: At) -> None:
    at("2026-11-23 12:00")
    exports = []
    for again in (False, True):
        for kind, name, rows in FILES:
            done = portal("import", kind, moving_in() / name, "--json")
            assert done.exit_code == 0, done.stderr[-2000:]
            accepted, skipped = (0, rows) if again else (rows, 0)
            assert json.loads(done.stdout) == {
                "kind": kind, "file": name, "rows": rows, "accepted": accepted, "skipped": skipped,
                "refused": [],
            }  # fmt: skip
        exports.append(portal("export", "registrations", "--format", "json", "--as-of", "2026-12-31").stdout)
        assert portal("check").exit_code == 0
    assert exports[0] == exports[1]
    rows = json.loads(exports[0])
    owners = [row["customer_id"] for row in rows if row["owner"]]
    assert len(rows) == 2892
    assert len(owners) == len(set(owners)) > 1000


def all_rows() -> dict[str, list[dict[str, str]]]:
    """The rows of every kind, from all of its files."""
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for kind, name, _count in FILES:
        content = (moving_in() / name).read_bytes()
        rows[kind] += [dict(row.cells) for row in read_rows(content, KINDS[kind].columns, ())]
    return rows


def parts(rows: Sequence[Mapping[str, str]], count: int) -> list[bytes]:
    return [as_csv(rows[start::count]) for start in range(count)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> list[Any]:
    """What everything in order of filing, one file of each kind, comes to."""
    path = tmp_path_factory.mktemp("in-order") / "portal.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine, rows = db.make_engine(f"sqlite:///{path}"), all_rows()
    rows["registrations"].sort(key=lambda row: (row["filed_at"], row["ref"]))
    rows["events"].sort(key=lambda row: row["at"])
    for kind, each in rows.items():
        assert importing(engine, kind, as_csv(each), now=NOW).refused == []
    found = told_by(engine)
    engine.dispose()
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffled_and_split_it_comes_to_the_same(engine: sa.Engine, expected: list[Any], seed: int) -> None:
    rows, chance = all_rows(), random.Random(seed)
    for each in rows.values():
        chance.shuffle(each)
    for kind in ("partners", "tiers", "registrations", "events"):
        for part in parts(rows[kind], 3 if kind in ("registrations", "events") else 1):
            assert importing(engine, kind, part, now=NOW).refused == []
    assert told_by(engine) == expected


def test_events_between_the_files_of_claims_come_to_the_same(engine: sa.Engine, expected: list[Any]) -> None:
    """Newer claims and their events first; then the older claims, which take owners' places."""
    rows = all_rows()
    claims = sorted(rows["registrations"], key=lambda row: row["filed_at"], reverse=True)
    for kind in ("partners", "tiers"):
        assert importing(engine, kind, as_csv(rows[kind]), now=NOW).refused == []
    half = len(claims) // 2
    for part in (claims[:half], claims[half:]):
        refs = {row["ref"] for row in part}
        events = [row for row in rows["events"] if row["registration"] in refs]
        assert importing(engine, "registrations", as_csv(part), now=NOW).refused == []
        assert importing(engine, "events", as_csv(events[::-1]), now=NOW).refused == []
    assert told_by(engine) == expected


def test_the_files_are_as_they_are_described() -> None:
    """The BOM, GB18030 and xlsx that the move is about are still in these files."""
    heads = {name: (moving_in() / name).read_bytes()[:4] for _kind, name, _rows in FILES}
    assert heads["registrations-1.csv"].startswith(b"\xef\xbb\xbf")
    assert heads["registrations-3.xlsx"] == b"PK\x03\x04"
    text = (moving_in() / "registrations-2.csv").read_bytes().decode("gb18030")
    assert next(csv.reader([text.splitlines()[0]]))[0] == "报备编号"

"""Money from the command line (interfaces.md, domain.md §13): files in, statements generated, exported."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from portal.imports.words import RECEIPTS, TRAFFIC
from tests.imports.files import Rows, as_csv
from tests.support.commands import Portal
from tests.support.policies import BODY

FLOORS = {"ddd": {"gold": "0.12", "silver": "0.13"}, "idd": {"gold": "1.85", "silver": "1.95"}}
FILES: dict[str, Rows] = {
    "partners": [
        {"code": "G1", "name": "云帆通信", "kind": "growth", "region": "华东"},
        {"code": "S1", "name": "鹿鸣通信", "kind": "growth", "region": "华东"},
        {"code": "W1", "name": "话批通信", "kind": "wholesale", "region": "华东"},
    ],
    "tiers": [
        {"partner": "G1", "tier": "gold", "starts_on": "2026-01-01", "ends_on": "2026-06-30"},
        {"partner": "G1", "tier": "silver", "starts_on": "2026-07-01", "ends_on": "2026-12-31"},
        {"partner": "G1", "tier": "gold", "starts_on": "2027-01-01", "ends_on": "2028-12-31"},
        {"partner": "S1", "tier": "silver", "starts_on": "2026-01-01", "ends_on": "2026-12-31"},
    ],
    "registrations": [
        {"ref": "A1", "filed_at": "2026-01-02", "party": "G1", "customer_name": "慢蜗牛快递有限公司"},
        {"ref": "A2", "filed_at": "2026-01-02", "party": "S1", "customer_name": "静湖茶业集团"},
    ],
    "events": [
        {"registration": f"A{number}", "at": "2026-01-15 10:00:00", "stage": "signed",
         "contract_no": f"HT-{number}", "contract_date": "2026-01-15", "ports": "60",
         "yearly_amount": "21600.00"}
        for number in (1, 2)
    ],
}  # fmt: skip
NAMES = ("ref", "received_on", "contract_no", "product", "amount", "minutes", "refund_of")
RECEIVED = (
    ("E1", "2026-02-01", "HT-1", "port", "12000.00", "", ""),
    ("E2", "2027-01-14", "HT-1", "port", "12000.00", "", ""),
    ("E3", "2027-01-15", "HT-1", "port", "12000.00", "", ""),
    ("E4", "2028-01-15", "HT-1", "port", "12000.00", "", ""),
    ("E5", "2026-02-03", "HT-2", "conference", "333.33", "", ""),
    ("E6", "2026-02-04", "HT-2", "conference", "333.35", "", ""),
    ("E7", "2026-02-05", "HT-1", "idd", "300.00", "120", ""),
    ("E8", "2026-02-06", "HT-1", "idd", "200.00", "120", ""),
    ("E9", "2026-08-01", "HT-1", "port", "-3000.00", "", "E1"),
)
RECEIPT_ROWS: Rows = [{"source": "boss", **dict(zip(NAMES, row, strict=True))} for row in RECEIVED]
TRAFFIC_ROWS: Rows = [{"partner": "W1", "day": "2026-03-01", "amount": "1200.50"}]


def chinese(rows: Rows, headers: Any) -> bytes:
    """The same rows with Chinese headers, in GB18030."""
    return as_csv([{headers[name]: value for name, value in row.items()} for row in rows]).decode(
        "utf-8-sig"
    ).encode("gb18030")  # fmt: skip


@pytest.fixture
def moved_in(portal: Portal, tmp_path: Path, at: Any) -> Path:
    """Policy, partners, tiers, registrations and signed moves, brought in by the command."""
    at("2028-06-01 10:00")
    body = {**BODY, "effective_from": "2026-01-01", "reason": "底价", "floor_prices": FLOORS}
    (tmp_path / "policy.json").write_text(json.dumps(body), encoding="utf-8")
    done = portal("import", "policy", tmp_path / "policy.json", "--json")
    assert (done.exit_code, json.loads(done.stdout)["accepted"]) == (0, 1), done.stderr
    for kind, rows in FILES.items():
        (tmp_path / f"{kind}.csv").write_bytes(as_csv(rows))
        done = portal("import", kind, tmp_path / f"{kind}.csv", "--json")
        assert (done.exit_code, json.loads(done.stdout)["accepted"]) == (0, len(rows)), done.stderr
    return tmp_path


def bring(portal: Portal, folder: Path, kind: str, content: bytes) -> Any:
    (folder / f"{kind}.csv").write_bytes(content)
    done = portal("import", kind, folder / f"{kind}.csv", "--json")
    return done.exit_code, json.loads(done.stdout), done.stderr


def test_the_examples_of_commission_from_file_to_file(portal: Portal, moved_in: Path) -> None:
    """§13, 1–4: with Chinese headers in GB18030; brought in again, nothing is taken twice."""
    content = chinese(RECEIPT_ROWS, RECEIPTS)
    for accepted in (len(RECEIVED), 0):
        code, told, problems = bring(portal, moved_in, "receipts", content)
        assert (code, told["accepted"], told["skipped"]) == (0, accepted, len(RECEIVED) - accepted), problems
    found: dict[str, Any] = {}
    for period in ("2026-02", "2026-Q1", "2026-Q3", "2027-Q1", "2028-Q1"):
        assert portal("statements", "generate", "--period", period).exit_code == 0
        for each in json.loads(portal("export", "statements", "--period", period, "--format", "json").stdout):
            assert {"partner", "period", "revision", "state", "total", "lines"} <= set(each)
            assert each["period"] == period
            for line in each["lines"]:
                found[line["receipt"]] = (line["commission"], line["flags"])
    assert found == {
        "E1": ("4800.00", []), "E2": ("4800.00", []), "E3": ("1200.00", []),
        "E5": ("33.33", []), "E6": ("33.34", []),
        "E7": ("78.00", []), "E8": ("0.00", ["under_floor"]),
        "E9": ("-1200.00", []),
    }  # fmt: skip
    assert portal("check").exit_code == 0
    again = portal("statements", "generate", "--period", "2026-Q1")
    assert (again.exit_code, "0 statements written" in again.stdout) == (0, True), again.stdout


@pytest.mark.engines("sqlite")
def test_wrong_periods_and_partners_are_refused_in_words(portal: Portal, moved_in: Path) -> None:
    """Exit code 1 and one line that says why; what is missing altogether is wrong usage, 2."""
    for period in ("2026-13", "2026-Q5", "2026", "September", "2026-2"):
        for done in (
            portal("statements", "generate", "--period", period),
            portal("export", "statements", "--period", period, "--format", "json"),
        ):
            assert (done.exit_code, done.stdout) == (1, ""), period
            assert period in done.stderr
    done = portal("statements", "generate", "--period", "2026-Q1", "--partner", "P404")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "P404" in done.stderr
    assert portal("statements", "generate").exit_code == 2
    assert portal("export", "everything").exit_code == 2
    assert portal("import", "money", moved_in / "partners.csv").exit_code == 2


@pytest.mark.engines("sqlite")
def test_one_partners_statement_alone(portal: Portal, moved_in: Path) -> None:
    bring(portal, moved_in, "receipts", as_csv(RECEIPT_ROWS))
    assert portal("statements", "generate", "--period", "2026-02", "--partner", "S1").exit_code == 0
    [only] = json.loads(portal("export", "statements", "--period", "2026-02", "--format", "json").stdout)
    assert (only["partner"], only["total"]) == ("S1", "66.67")


@pytest.mark.engines("sqlite")
def test_traffic_comes_in_and_the_deposits_go_out(portal: Portal, moved_in: Path) -> None:
    """B5, in the three forms of file; of a file with one wrong row nothing is taken."""
    wrong: Rows = [*TRAFFIC_ROWS, {"partner": "W404", "day": "2026-03-01", "amount": "1"}]
    code, told, problems = bring(portal, moved_in, "traffic", as_csv(wrong))
    assert (code, told["accepted"]) == (1, 0)
    assert [(each["row"], each["column"], each["value"]) for each in told["refused"]] == [
        (3, "partner", "W404")
    ]
    assert "traffic.csv:3" in problems
    code, told, problems = bring(portal, moved_in, "traffic", chinese(TRAFFIC_ROWS, TRAFFIC))
    assert (code, told["accepted"]) == (0, 1), problems
    rows = json.loads(portal("export", "deposits", "--as-of", "2026-03-31", "--format", "json").stdout)
    ours = {each["partner"]: each for each in rows}["W1"]
    assert (ours["balance"], ours["unpaid_traffic"], ours["wholesale_state"]) == (
        *("0.00", "1200.50", "suspended"),
    )
    [flat] = [
        each
        for each in csv.DictReader(io.StringIO(portal("export", "deposits").stdout.lstrip("\ufeff")))
        if each["partner"] == "W1"
    ]
    assert list(flat) == list(ours)
    assert flat["unpaid_traffic"] == "1200.50"
    sheet = moved_in / "deposits.xlsx"
    assert portal("export", "deposits", "--format", "xlsx", "--out", sheet).exit_code == 0
    [header, *cells] = load_workbook(sheet).active.iter_rows(values_only=True)
    assert list(header) == list(ours)
    assert {each[0] for each in cells} == {"G1", "S1", "W1"}
    trail = json.loads(portal("export", "audit", "--format", "json").stdout)
    assert {"import.traffic", "traffic.added"} <= {each["action"] for each in trail}

"""Traffic is imported by day and settles wholesale service at once (B5); the export says how all stands."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from portal.domain.deposits import DeductionAct
from tests.deposits.conftest import START, Acts
from tests.imports.conftest import importing
from tests.imports.files import as_csv
from tests.support.clocks import shanghai


def bring(acts: Acts, *rows: tuple[str, str, str]) -> Any:
    content = as_csv([{"partner": a, "day": b, "amount": c} for a, b, c in rows])
    return importing(acts.engine, "traffic", content, now=START)


def test_traffic_warns_suspends_and_a_top_up_resumes(acts: Acts) -> None:
    acts.pay("100000.00", who="dora")
    partner = acts.partner("dora")

    def state() -> tuple[str, str | None]:
        row = acts.row("wholesale_state", partner, key="partner_id")
        return row.state.value, row.warned

    assert state() == ("running", None)
    assert bring(acts, ("PW", "2026-02-26", "80000.00")).accepted == 1
    assert state() == ("running", "0.80")
    report = bring(acts, ("PW", "2026-02-26", "80000.00"), ("PW", "2026-02-27", "20000.00"))
    assert (report.accepted, report.skipped) == (1, 1)
    assert state() == ("suspended", "0.95")
    acts.pay("0.01", who="dora")
    assert state()[0] == "running"
    acts.announced(acts.arrears("0.01", who="dora"))
    acts.tick(shanghai("2026-03-10 10:00"))
    assert state()[0] == "suspended", "a deduction counts as well"
    assert acts.problems(START) == []


def test_what_is_wrong_with_traffic_is_refused_whole(acts: Acts) -> None:
    bring(acts, ("PW", "2026-02-26", "10.00"))
    report = bring(
        acts, ("PW", "2026-02-26", "11.00"), ("P001", "2026-02-26", "1"), ("PW", "2026-03-03", "1"),
        ("P9", "2026-02-26", "1"), ("PW", "2026-02-27", "1.001"),
    )  # fmt: skip
    assert [each.problem.code for each in report.refused] == [
        "traffic.other_amount", "traffic.not_wholesale", "traffic.future", "import.unknown_partner",
        "amount.decimals",
    ]  # fmt: skip
    assert str(acts.row("wholesale_state", acts.partner("dora"), key="partner_id").unpaid) == "10.00"


def test_two_deduct_at_once_and_nothing_is_overdrawn(acts: Acts) -> None:
    acts.pay("150.00")
    numbers = [acts.announced(acts.arrears("100.00")) for _ in range(2)]
    for number in numbers:
        acts.act("alice", number, DeductionAct.OBJECT, START, "x")
    late = shanghai("2026-03-10 10:00")
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda number: acts.act("channel_manager", number, DeductionAct.UPHOLD, late, "y"), numbers
            )
        )
    assert acts.balance() == "0.00"
    assert sorted(str(acts.row("deposit_deduction", each).taken) for each in numbers) == ["100.00", "50.00"]
    assert acts.problems(late) == []


def test_the_export_says_how_it_stood(acts: Acts, portal: Any) -> None:
    acts.pay("80000.00")
    acts.owe("100.00")
    done = portal("export", "deposits", "--as-of", "2026-04-02", "--format", "json")
    [ours] = [each for each in json.loads(done.stdout) if each["partner"] == "P001"]
    assert ours == {
        "partner": "P001", "required": "90000.00", "balance": "80000.00", "shortfall": "10000.00",
        "open_debt": "100.00", "overdue_debt": "100.00", "wholesale_state": None, "unpaid_traffic": None,
    }  # fmt: skip

"""Counts what ran where, and on CI fails a run that left a database or the browser out."""

import os
from collections import Counter
from typing import Any

import pytest

PLACES = {
    "sqlite": "on SQLite",
    "postgres": "on PostgreSQL",
    "browser": "in the browser",
}
ON_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

_ran: Counter[str] = Counter()
_left_out: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # Carried in the report, which is all that comes back from an xdist worker.
    item.user_properties.extend(("place", place) for place in PLACES if item.get_closest_marker(place))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        _left_out.append(f"{report.nodeid} was skipped")
    elif report.when == "call":
        places = [place for name, place in report.user_properties if name == "place"]
        _ran.update(map(str, places or ["none"]))


def pytest_deselected(items: list[pytest.Item]) -> None:
    _left_out.extend(
        f"{item.nodeid} was deselected"
        for item in items
        if item.get_closest_marker("postgres") or item.get_closest_marker("browser")
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    # Under xdist only the workers know what was deselected, all of them the same.
    _left_out.extend(set(getattr(node, "workeroutput", {}).get("left_out", [])) - set(_left_out))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = _left_out
    elif ON_CI and _left_out and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _ran:
        return
    figures = [f"{_ran[place]} {words}" for place, words in PLACES.items()]
    terminalreporter.write_line(f"Ran {', '.join(figures)}, {_ran['none']} with no database.")
    if ON_CI:
        for line in _left_out:
            terminalreporter.write_line(f"FAILED on CI, where nothing may be left out: {line}")

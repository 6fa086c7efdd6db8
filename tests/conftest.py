"""Fixtures of the whole suite; each group has its file in `tests/support/`."""

import gc

pytest_plugins = [
    "tests.support.clocks",
    "tests.support.killing",
    "tests.support.people",
    "tests.support.databases",
    "tests.support.filings",
    "tests.support.desks",
    "tests.support.commands",
    "tests.support.web",
    "tests.support.browser",
    "tests.support.mail",
    "tests.support.tally",
]


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not go through it time and again."""
    gc.collect()
    gc.freeze()

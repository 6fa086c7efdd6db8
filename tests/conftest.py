"""Fixtures of the whole suite; each group has its file in `tests/support/`."""

pytest_plugins = [
    "tests.support.clocks",
    "tests.support.databases",
    "tests.support.killing",
    "tests.support.people",
    "tests.support.filings",
    "tests.support.desks",
    "tests.support.commands",
    "tests.support.web",
    "tests.support.browser",
    "tests.support.tally",
]

"""The documents point at what is there."""

import re

from tests.support.source import ROOT

DOCS = ("README.md", "docs/architecture.md", "docs/rules.md", "docs/performance.md", "docs/dependencies.md")


def test_links_and_pictures_exist() -> None:
    for name in DOCS:
        page = ROOT / name
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{name}: {target}"


def test_the_files_that_rules_name_exist() -> None:
    rows = [
        line for line in (ROOT / "docs/rules.md").read_text(encoding="utf-8").splitlines() if line[:2] == "| "
    ]
    missing = [
        path
        for row in rows[1:]
        for path in re.findall(r"`([\w/]+\.(?:py|json)|tests/[\w/.]+)`", row)
        if not (ROOT / path).exists() and not (ROOT / "portal" / path).exists()
    ]
    assert missing == []

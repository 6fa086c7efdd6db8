"""Identifiers of listed companies as people type them: every one is recovered, every corrupted code refused.

Typed forms and what they mean stand in ../shared; the product reads none of it.
"""

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.domain.errors import RuleViolation
from portal.domain.identifiers import (
    national_number,
    normalise_website,
    own_domain,
    parse_tax_id,
    parse_uscc,
)

_FOLDERS = [parent / "shared" / "data" / "matching" for parent in Path(__file__).parents]
DATA = next((each for each in _FOLDERS if each.is_dir()), _FOLDERS[0])

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the names are not shipped with the project")


def read(name: str) -> list[dict[str, str]]:
    with (DATA / "dev" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def customers() -> dict[str, dict[str, str]]:
    """The companies, by number."""
    return {row["customer_id"]: row for row in read("customers.csv")}


@pytest.fixture(scope="module")
def typed() -> dict[str, list[dict[str, str]]]:
    """What was typed, by what it is."""
    found = defaultdict(list)
    for row in read("identifiers.csv"):
        found[row["id_kind"]].append(row)
    return found


def website(text: str) -> str:
    return own_domain(normalise_website(text))


READ: dict[str, tuple[Callable[[str], str | None], str]] = {
    "uscc": (parse_uscc, "uscc_synthetic"),
    "domain": (website, "domain"),
    "phone": (national_number, "tw_phone"),
}
MAY_BE_READ = "uscc_O_I_confusable"


@pytest.mark.parametrize("kind", READ)
def test_every_typed_form_is_recovered(
    kind: str, customers: dict[str, dict[str, str]], typed: dict[str, list[dict[str, str]]]
) -> None:
    reader, column = READ[kind]
    wrong = [
        (row["typed"], customers[row["customer_id"]][column])
        for row in typed[kind]
        if not (found := reader(row["typed"])) or found != reader(customers[row["customer_id"]][column])
    ]
    assert len(typed[kind]) > 300
    assert wrong == []


def test_every_corrupted_code_is_refused(typed: dict[str, list[dict[str, str]]]) -> None:
    read_all_the_same = []
    for row in typed["uscc_bad_check"]:
        try:
            read_all_the_same.append(parse_uscc(row["typed"]))
        except RuleViolation as refused:
            assert refused.code == "uscc.check_digit"  # noqa: PT017 - one of many in a list
    assert len(typed["uscc_bad_check"]) > 1000
    assert read_all_the_same == []


def test_letters_that_no_code_has_are_read_as_the_figures_they_were_meant_for_or_refused(
    customers: dict[str, dict[str, str]], typed: dict[str, list[dict[str, str]]]
) -> None:
    for row in typed[MAY_BE_READ]:
        try:
            found = parse_uscc(row["typed"])
        except RuleViolation:
            continue
        assert found == customers[row["customer_id"]]["uscc_synthetic"]


def test_nothing_typed_is_left_out_here(typed: dict[str, list[dict[str, str]]]) -> None:
    assert set(typed) == {*READ, MAY_BE_READ, "uscc_bad_check"}


def test_every_tax_id_is_read_and_one_without_its_last_digit_is_refused(
    customers: dict[str, dict[str, str]],
) -> None:
    numbers = [row["tw_tax_id"] for row in customers.values() if row["tw_tax_id"]]
    assert len(numbers) > 300
    assert [each for each in numbers if parse_tax_id(f" {each[:4]}-{each[4:]} ") != each] == []
    for each in numbers:
        with pytest.raises(RuleViolation, match=r"tax_id\.form"):
            parse_tax_id(each[:-1])

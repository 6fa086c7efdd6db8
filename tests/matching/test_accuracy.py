"""A sample of real names against the product's matcher: floors, well below what docs/matching.md gives.

Real and typed names of listed companies stand in ../shared; the whole measurement is the evaluation
that docs/matching.md names. Here only that nothing breaks.
"""

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.matcher import Product
from portal.domain.alike import HELD_FROM, TOLD_FROM

_FOLDERS = [parent / "shared" / "data" / "matching" for parent in Path(__file__).parents]
DATA = next((each for each in _FOLDERS if each.is_dir()), _FOLDERS[0])
BACKGROUND = 3000
OF_EACH_KIND = 60
FLOORS = {
    "traditional": 99,
    "fullwidth_space": 99,
    "bracket": 95,
    "branch": 99,
    "suffix_variant": 99,
    "pinyin": 90,
    "typo_homophone": 90,
    "typo_transpose": 85,
    "typo_insert": 90,
    "short_zh": 75,
}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the names are not shipped with the project")


def read(name: str) -> list[dict[str, str]]:
    with (DATA / "dev" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def matcher() -> Iterator[Product]:
    """The known customers of the sample, among names of others."""

    def registry() -> Iterator[tuple[str, ...]]:
        for row in read("customers.csv"):
            if row["known"] == "1":
                yield row["customer_id"], row["legal_name"]
        with gzip.open(DATA / "background.txt.gz", "rt", encoding="utf-8") as file:
            for number, line in zip(range(BACKGROUND), file, strict=False):
                yield f"background {number}", line.rstrip("\n").split("\t")[0]

    product = Product()
    product.build(registry())
    yield product
    product.close()


@pytest.fixture(scope="module")
def typed() -> dict[str, list[tuple[str, str]]]:
    """Customers and names that were typed for them, by kind."""
    known = {row["customer_id"] for row in read("customers.csv") if row["known"] == "1"}
    found = defaultdict(list)
    for row in read("variants.csv"):
        if row["customer_id"] in known:
            found[row["kind"]].append((row["customer_id"], row["name"]))
    return {
        kind: random.Random(kind).sample(rows, min(OF_EACH_KIND, len(rows))) for kind, rows in found.items()
    }


@pytest.mark.parametrize("kind", FLOORS)
def test_names_are_recognised_however_they_are_typed(
    kind: str, matcher: Product, typed: dict[str, list[tuple[str, str]]]
) -> None:
    told = [dict(matcher.match(name)).get(customer, 0) >= TOLD_FROM for customer, name in typed[kind]]
    assert 100 * sum(told) / len(told) >= FLOORS[kind]


def test_new_customers_are_hardly_ever_held_and_twins_never_are(matcher: Product) -> None:
    known = {row["customer_id"] for row in read("customers.csv") if row["known"] == "1"}
    new = [row["legal_name"] for row in read("customers.csv") if row["customer_id"] not in known][:300]
    held = [name for name in new if (matcher.match(name) or [("", 0)])[0][1] >= HELD_FROM]
    assert len(held) <= 3, held
    twins = [row for row in read("negatives.csv") if row["kind"] == "real_legal"][:300]
    wrong = [
        row["query"] for row in twins
        if dict(matcher.match(row["query"])).get(row["confusable_customer_id"], 0) >= HELD_FROM
    ]  # fmt: skip
    assert len(wrong) <= 1, wrong

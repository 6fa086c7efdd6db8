"""What settles whether two known customers are one, and how they are put side by side."""

import pytest

from portal.domain.differences import Likeness, compare_sides
from portal.domain.suspicions import Settled, Side, settled_by

NAMES = ("甲乙", "甲已")
ONE, OTHER = Side(None, {"甲乙", "丙"}), Side(None, {"甲已"})


@pytest.mark.parametrize(
    ("one", "other", "told", "settled"),
    [
        (ONE, OTHER, None, None),
        (ONE, None, None, Settled.MERGED),
        (None, OTHER, Settled.TOLD_APART, Settled.MERGED),
        (Side("A", ONE.names), Side("B", OTHER.names), Settled.TOLD_APART, Settled.CODES),
        (Side("A", ONE.names), Side("A", OTHER.names), None, None),
        (Side("A", ONE.names), OTHER, None, None),
        (ONE, OTHER, Settled.TOLD_APART, Settled.TOLD_APART),
        (ONE, OTHER, Settled.LINKED, Settled.LINKED),
        (Side(None, {"丙"}), OTHER, None, Settled.NAMES),
        (ONE, Side(None, {"丙"}), None, Settled.NAMES),
    ],
)
def test_what_settles_a_pair(
    one: Side | None, other: Side | None, told: Settled | None, settled: Settled | None
):
    assert settled_by(one, other, names=NAMES, told=told) is settled


def test_the_texts_that_are_most_alike_stand_first():
    found = compare_sides("city", ["望海", "临江市", ""], ["南渡", "临江"])
    assert found.likeness is Likeness.DIFFERS
    assert ("".join(part for part, _ in found.one[0]), found.one[1]) == ("临江市", (("望海", False),))
    assert [part for part, differs in found.one[0] if differs] == ["市"]
    assert ("".join(part for part, _ in found.other[0]), len(found.other)) == ("临江", 2)


def test_the_text_that_is_asked_for_stands_first_whatever_is_nearer():
    found = compare_sides("customer_name", ["甲乙丙", "甲丁"], ["甲乙丙"], nearest="甲丁")
    assert "".join(part for part, _ in found.one[0]) == "甲丁"


def test_what_only_one_side_has_is_said():
    assert compare_sides("city", ["望海"], [None]).likeness is Likeness.FILING_ONLY
    assert compare_sides("city", [None], ["望海"]).likeness is Likeness.KNOWN_ONLY
    assert compare_sides("city", [], []).likeness is Likeness.UNKNOWN
    assert compare_sides("city", ["望海"], ["南渡", "望海"]).likeness is Likeness.SAME

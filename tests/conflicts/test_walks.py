"""Whatever happens, and in whatever order it comes to light, the rows are what all the facts come to.

After every act `portal check` replays everything from nothing and finds nothing to say: what an act
wrote by looking at what hangs together is what looking at all would have written. Each history
below is the shortest in which that once failed. `PORTAL_WALKS=300` walks further.
"""

import os
import random
from collections.abc import Mapping, Sequence

import pytest
import sqlalchemy as sa

from tests.conflicts.walking import KINDS, Act, walk
from tests.support.people import Person

People = Mapping[str, Person]
WALKS = int(os.environ.get("PORTAL_WALKS", "4"))
ACTS = 16

FAILED: Mapping[str, Sequence[Act]] = {
    "a name stated after a correction that the past changed": (
        ("import", 15, 8, 1), ("file", 4, 18, 15), ("past", 6, 18, 17), ("correct", 19, 2, 13),
        ("state", 2, 11, 13),
    ),
    "a code borne before, filed by somebody else before that": (
        ("import", 11, 19, 19), ("recorrect", 2, 16, 11), ("past", 14, 7, 11),
    ),
}  # fmt: skip


def acts_of(seed: int) -> list[Act]:
    dice = random.Random(seed)
    numbers = lambda: (dice.randint(0, 19), dice.randint(0, 19), dice.randint(0, 19))  # noqa: E731
    return [(dice.choice(KINDS), *numbers()) for _turn in range(ACTS)]


@pytest.mark.parametrize("what", FAILED)
def test_what_once_failed(engine: sa.Engine, people: People, what: str) -> None:
    assert walk(engine, people, FAILED[what]) == []


@pytest.mark.parametrize("seed", range(WALKS))
def test_a_random_walk(engine: sa.Engine, people: People, seed: int) -> None:
    assert walk(engine, people, acts_of(seed)) == []

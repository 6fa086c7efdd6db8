"""How alike two company names are: 0 to 100, with the reason (§6 "Same customer or not").

HELD_FROM up: *possibly the same*, a person decides. TOLD_FROM up: likely enough to be asked about.
Below that two names are at most *related*. The figures belong to RULESET: tuned on one half of the
evaluation set, accepted on the other.
"""

from dataclasses import dataclass
from enum import StrEnum

HELD_FROM = 89
TOLD_FROM = 78


class Resemblance(StrEnum):
    """Why two names are alike, as a code; the words are in web/labels.py."""

    WHOLE = "whole"
    CORE = "core"
    CORE_ELSEWHERE = "core_elsewhere"
    SOUND = "sound"
    SLIP = "slip"
    SLIP_IN_BRAND = "slip_in_brand"
    BRAND = "brand"
    BRAND_ELSEWHERE = "brand_elsewhere"
    SHORT_FORM = "short_form"
    LETTERS = "letters"
    WORDS = "words"
    TRANSLATED = "translated"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Alike:
    """A score from 0 to 100 and what made it."""

    score: float
    why: Resemblance


NOT_ALIKE = Alike(0, Resemblance.NONE)


def score_of(alike: Alike) -> float:
    """For choosing the best of several reasons."""
    return alike.score

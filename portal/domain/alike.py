"""How alike two company names are: 0 to 100, with the reason (§6 "Same customer or not").

HELD_FROM up: *possibly the same*, a person decides. TOLD_FROM up: likely enough to be asked about.
Below that two names are at most *related*. The figures belong to RULESET: tuned on one half of the
evaluation set, accepted on the other.
"""

from dataclasses import dataclass
from enum import StrEnum

HELD_FROM = 89
TOLD_FROM = 78
# What an equal website, telephone or tax id adds (domain/evidence.py). A website or telephone with names
# at least so much alike is held; with other names, and at three customers or more, it proves nothing.
NAMES_WITH_WEBSITE = 70
NAMES_WITH_TELEPHONE = 76
HELD_BY_IDENTIFIER = 90
SAME_TAX_ID = 99
SHARED_FROM = 3


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
    WEBSITE = "website"
    TELEPHONE = "telephone"
    TAX_ID = "tax_id"
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

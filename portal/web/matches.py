"""Comparisons in words: why a filing is or may be on a known customer (§6)."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from portal.domain.alike import Resemblance
from portal.domain.matching import MatchReason
from portal.domain.suspicions import Settled

MATCH_REASONS: Mapping[MatchReason, Any] = {
    MatchReason.SAME_CODE: _l("The credit code is the same."),
    MatchReason.OTHER_CODE: _l("The names are alike, but the credit codes differ: two companies."),
    MatchReason.SAME_NAME: _l("The full name is the same."),
    MatchReason.SAME_NAME_SEVERAL: _l("Several known customers bear this very name."),
    MatchReason.ALIKE_NAME: _l("The names are the same but for legal form or region."),
    MatchReason.LIKELY_NAME: _l("The names are so alike that one of them may be mistyped or shortened."),
    # The same words as for nothing alike: a filer is not to learn that somebody has a relative (G6).
    MatchReason.RELATED_NAME: _l("No known customer has this code or name."),
    MatchReason.NOTHING_ALIKE: _l("No known customer has this code or name."),
}


LIKENESS: Mapping[Resemblance, Any] = {
    Resemblance.WHOLE: _l("The whole name is the same"),
    Resemblance.CORE: _l("The same but for place and legal form"),
    Resemblance.CORE_ELSEWHERE: _l("The same name in another place"),
    Resemblance.SOUND: _l("It sounds the same"),
    Resemblance.SLIP: _l("One slip of the pen apart"),
    Resemblance.SLIP_IN_BRAND: _l("One character of the brand apart"),
    Resemblance.BRAND: _l("The same brand"),
    Resemblance.BRAND_ELSEWHERE: _l("The same brand in another place"),
    Resemblance.SHORT_FORM: _l("One may be short for the other"),
    Resemblance.LETTERS: _l("Spelt much alike"),
    Resemblance.WORDS: _l("The same words"),
    Resemblance.TRANSLATED: _l("One may be the other in English"),
    Resemblance.NONE: _l("Not alike"),
}


SETTLED: Mapping[Settled, Any] = {
    Settled.MERGED: _l("Settled meanwhile: one of them is part of another customer now."),
    Settled.CODES: _l("Settled meanwhile: their credit codes differ, so they are two companies."),
    Settled.LINKED: _l("Settled meanwhile: they are linked as one company that both parties signed."),
    Settled.TOLD_APART: _l("Decided already: they are not the same customer."),
    Settled.NAMES: _l("Settled meanwhile: one of them does not bear the name any more that was alike."),
}


def likeness_words(why: Resemblance, score: float) -> str:
    """Why two names are alike, and how much of 100."""
    return str(gettext("%(why)s: %(score)d of 100", why=LIKENESS[why], score=round(score)))


def match_words(reason: str) -> Any:
    """Why a comparison came out as it did."""
    return MATCH_REASONS[MatchReason(reason)] if reason else ""

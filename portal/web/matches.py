"""Comparisons in words: why a filing is or may be on a known customer (§6)."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from portal.domain.alike import HELD_FROM, TOLD_FROM, Resemblance
from portal.domain.evidence import IdentifierKind
from portal.domain.matching import MatchReason
from portal.domain.suspicions import Settled

MATCH_REASONS: Mapping[MatchReason, Any] = {
    MatchReason.SAME_CODE: _l("The credit code is the same."),
    MatchReason.OTHER_CODE: _l("The names are alike, but the credit codes differ: two companies."),
    MatchReason.SAME_NAME: _l("The full name is the same."),
    MatchReason.SAME_NAME_SEVERAL: _l("Several known customers bear this very name."),
    MatchReason.ALIKE_NAME: _l("The names are the same but for legal form or region."),
    # Also where an equal website or telephone told: a filer is not to learn whose that is (G6).
    MatchReason.LIKELY_NAME: _l("So much like a known customer that it may be the same: a person decides."),
    # The same words as for nothing alike: a filer is not to learn that somebody has a relative (G6).
    MatchReason.RELATED_NAME: _l("No known customer has this code or name."),
    MatchReason.NOTHING_ALIKE: _l("No known customer has this code or name."),
}


LIKENESS: Mapping[Resemblance, Any] = {
    Resemblance.WHOLE: _l("The same name, legal form aside"),
    Resemblance.CORE: _l("The same but for place and legal form"),
    Resemblance.CORE_ELSEWHERE: _l("The same name in another place"),
    Resemblance.SOUND: _l("It sounds the same"),
    Resemblance.SLIP: _l("One slip of the pen apart"),
    Resemblance.SLIP_IN_BRAND: _l("One character of the brand apart"),
    Resemblance.BRAND: _l("The same brand"),
    Resemblance.BRAND_ELSEWHERE: _l("The same brand in another place"),
    Resemblance.SHORT_FORM: _l("One may be short for the other"),
    Resemblance.LETTERS: _l("Spelt alike"),
    Resemblance.WORDS: _l("The same words"),
    Resemblance.TRANSLATED: _l("One may be the other in English"),
    Resemblance.WEBSITE: _l("The same website"),
    Resemblance.TELEPHONE: _l("The same telephone"),
    Resemblance.TAX_ID: _l("The same tax id"),
    Resemblance.NONE: _l("Not alike"),
}
# From here down it takes no comparison to see that these are two names.
LITTLE = 60
# What is said of likenesses that a low score makes small.
_BY_DEGREE = (Resemblance.LETTERS, Resemblance.WORDS, Resemblance.TRANSLATED, Resemblance.SHORT_FORM)


SETTLED: Mapping[Settled, Any] = {
    Settled.MERGED: _l("Settled meanwhile: one of them is part of another customer now."),
    Settled.CODES: _l("Settled meanwhile: their credit codes differ, so they are two companies."),
    Settled.LINKED: _l("Settled meanwhile: they are linked as one company that both parties signed."),
    Settled.TOLD_APART: _l("Decided already: they are not the same customer."),
    Settled.BELONGS: _l("Settled meanwhile: one belongs to the other, so they are two companies."),
    Settled.NAMES: _l("Settled meanwhile: one of them does not bear the name any more that was alike."),
}


def _alike(why: Resemblance, score: float) -> Any:
    """What is alike; a likeness of degree in words that its score bears out."""
    if why in _BY_DEGREE and score < LITTLE:
        return gettext("Only parts of the names are alike")
    if why is Resemblance.LETTERS and score >= HELD_FROM:
        return gettext("Spelt much alike")
    if why is Resemblance.LETTERS and score < TOLD_FROM:
        return gettext("Spelt somewhat alike")
    return LIKENESS[why]


def likeness_words(why: Resemblance, score: float, names: float | None = None) -> str:
    """Why two customers are alike, and how much of 100; `names`: how much their names alone are."""
    if names is None:
        return str(gettext("%(why)s: %(score)d of 100", why=_alike(why, score), score=round(score)))
    if score >= HELD_FROM:
        told = gettext("%(why)s, and the names are alike (%(names)d)", why=LIKENESS[why], names=round(names))
    elif names < LITTLE:
        told = gettext("%(why)s, but the names are not alike", why=LIKENESS[why])
    else:
        told = gettext(
            "%(why)s, but the names are alike to %(names)d only", why=LIKENESS[why], names=round(names)
        )
    return str(told)


SHARED: Mapping[IdentifierKind, Any] = {
    IdentifierKind.WEBSITE: _l("The website is the same too, but several have it: proves nothing"),
    IdentifierKind.PHONE: _l("The telephone is the same too, but several have it: proves nothing"),
    IdentifierKind.TAX_ID: _l("The tax id is the same too, but several have it: proves nothing"),
}


def words_of(
    reason: str,
    score: float | None = None,
    why: Resemblance | None = None,
    names: float | None = None,
    shared: Iterable[IdentifierKind] = (),
) -> str:
    """Why somebody has to decide, for whoever does: what the comparison found, where it was by likeness."""
    if why is None or score is None:
        return str(match_words(reason))
    told = [likeness_words(why, score, names), *(str(SHARED[kind]) for kind in shared)]
    return str(gettext("; ")).join(told) + str(gettext("."))


def match_words(reason: str) -> Any:
    """Why a comparison came out as it did."""
    return MATCH_REASONS[MatchReason(reason)] if reason else ""

"""What a fact ties a filing to besides what its row says: keys it bore before, customers it is about.

With these, and the keys that rows have now, everything that the identity fold may look at together
is found (`matching/component.py`), from whichever end one starts.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from portal.domain.identity_events import filing_of
from portal.domain.matching import Outcome
from portal.domain.terms import EventKind


class TieKind(StrEnum):
    """What a filing is tied by; the first three are named as the columns of the present keys."""

    USCC = "uscc"
    FULL = "full_key"
    CORE = "core_key"
    FILING = "filing"


Tie = tuple[TieKind, str]


def ties_of(registration_id: int, kind: EventKind, data: Mapping[str, Any]) -> set[Tie]:
    """The ties that a fact on this filing makes: to a key, or to the filing that founded a customer."""
    if kind is EventKind.CORRECTED:
        return set(_keys_left(data))
    founders = {filing_of(founder) for founder in _founders(kind, data) if founder is not None}
    return {(TieKind.FILING, str(filing)) for filing in founders - {registration_id}}


def _keys_left(data: Mapping[str, Any]) -> Iterator[Tie]:
    if "keys" in data:
        kinds = (TieKind.USCC, TieKind.FULL, TieKind.CORE)
        for kind, before, after in zip(kinds, data["keys"]["before"], data["keys"]["after"], strict=True):
            if before and before != after:
                yield kind, before


def _founders(kind: EventKind, data: Mapping[str, Any]) -> Iterator[int | None]:
    if kind is EventKind.COMPARED:
        for each in data["nearest"]:
            if each["outcome"] == Outcome.POSSIBLY:
                yield each["founder"]
    elif kind is EventKind.MERGED:
        yield from (data["loser"], data["winner"])
    elif kind in (EventKind.DECIDED_SAME, EventKind.DECIDED_DIFFERENT):
        yield data.get("founder")

"""Two known customers whose names are alike: what settles whether they are one, unasked (§6)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Settled(StrEnum):
    """Why nobody has to be asked any more whether two customers are one; the words are in web/matches.py."""

    MERGED = "merged"
    CODES = "codes"
    LINKED = "linked"
    TOLD_APART = "told_apart"
    BELONGS = "belongs"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Side:
    """One of two customers as it is known now: its valid code, the keys of its whole names."""

    code: str | None
    names: Collection[str]


def settled_by(
    one: Side | None, other: Side | None, *, names: tuple[str, str], told: Settled | None
) -> Settled | None:
    """What has settled the question since it came up; None: it is open.

    A side is None where it is no customer by itself any more. `names` are the keys of the two names
    that were alike; `told` is what people said of the two (LINKED, TOLD_APART, BELONGS).
    """
    if one is None or other is None:
        return Settled.MERGED
    if one.code and other.code and one.code != other.code:
        return Settled.CODES
    if told is not None:
        return told
    if names[0] not in one.names or names[1] not in other.names:
        return Settled.NAMES
    return None

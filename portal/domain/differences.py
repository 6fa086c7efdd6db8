"""What differs between two ways of writing the same thing, piece by piece, for showing side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

Pieces = tuple[tuple[str, bool], ...]
"""A text in pieces; True: the other side does not have this piece."""


class Likeness(StrEnum):
    """How one field of a filing stands to what is known of a customer."""

    SAME = "same"
    DIFFERS = "differs"
    FILING_ONLY = "filing_only"
    KNOWN_ONLY = "known_only"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compared:
    """One field side by side: the filing's text, and every text known of the customer."""

    field: str
    likeness: Likeness
    filed: Pieces
    known: tuple[Pieces, ...]


def compare_field(field: str, filed: str | None, known: Iterable[str | None]) -> Compared:
    """Put a filing's text beside what is known; the nearest known text comes first.

    The same in any writing of capitals and blanks is the same; everything else is marked.
    """
    ours = filed or ""
    theirs = sorted({each for each in known if each}, key=lambda each: (-_alike(ours, each), each))
    if not ours or not theirs:
        lone = Likeness.FILING_ONLY if ours else Likeness.KNOWN_ONLY if theirs else Likeness.UNKNOWN
        return Compared(field, lone, _plain(ours), tuple(_plain(each) for each in theirs))
    if _tidy(ours) == _tidy(theirs[0]):
        return Compared(field, Likeness.SAME, _plain(ours), tuple(_plain(each) for each in theirs))
    left, right = pieces(ours, theirs[0])
    return Compared(field, Likeness.DIFFERS, left, (right, *(_plain(each) for each in theirs[1:])))


@dataclass(frozen=True, slots=True)
class Sides:
    """One field of two customers: every text known of either, the two that are most alike first."""

    field: str
    likeness: Likeness
    one: tuple[Pieces, ...]
    other: tuple[Pieces, ...]


def compare_sides(
    field: str, one: Iterable[str | None], other: Iterable[str | None], *, nearest: str | None = None
) -> Sides:
    """Put what is known of two customers side by side; `nearest`: the text of the one to compare with.

    FILING_ONLY here means that only the one has it, KNOWN_ONLY that only the other has.
    """
    ours, theirs = list(dict.fromkeys(filter(None, one))), list(dict.fromkeys(filter(None, other)))
    if ours and theirs and nearest not in ours:
        nearest = max(ours, key=lambda text: max(_alike(text, each) for each in theirs))
    first = nearest if nearest in ours else ours[0] if ours else None
    found = compare_field(field, first, theirs)
    rest = tuple(_plain(text) for text in ours if text != first)
    return Sides(field, found.likeness, ((found.filed, *rest) if first else ()), found.known)


def pieces(left: str, right: str) -> tuple[Pieces, Pieces]:
    """Both texts in pieces; marked is what the other one does not have in that place."""
    ours: list[tuple[str, bool]] = []
    theirs: list[tuple[str, bool]] = []
    for kind, start, end, other_start, other_end in _matcher(left, right).get_opcodes():
        ours.append((left[start:end], kind != "equal"))
        theirs.append((right[other_start:other_end], kind != "equal"))
    return tuple(each for each in ours if each[0]), tuple(each for each in theirs if each[0])


def _plain(text: str) -> Pieces:
    return ((text, False),) if text else ()


def _tidy(text: str) -> str:
    return "".join(text.split()).casefold()


def _alike(left: str, right: str) -> float:
    return 2.0 if _tidy(left) == _tidy(right) else _matcher(left, right).ratio()


def _matcher(left: str, right: str) -> SequenceMatcher[str]:
    return SequenceMatcher(None, left.casefold(), right.casefold(), autojunk=False)

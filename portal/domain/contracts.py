"""Contract numbers as people and billing systems write them (M7)."""

from portal.domain.identifiers import clean

_LONGEST = 120


def key_of(number: str) -> str:
    """A contract number for comparing: width folded, no blanks, no case."""
    return "".join(clean(number).casefold().split())[:_LONGEST]

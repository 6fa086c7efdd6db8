"""What the identity fold is told: filings, corrections, decisions, merges; and what it keeps of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from portal.domain.facts import Rule
from portal.domain.matching import Keys, Match


@dataclass(frozen=True, slots=True)
class Filed:
    """A filing and what it is compared by.

    `likely`: founders of customers whose names were so like that a person has to decide, the
    likeliest first, as they were found when it was filed; `related`: names less like were found.
    """

    filing: int
    at: datetime
    ref: str
    keys: Keys
    likely: tuple[int, ...] = ()
    related: bool = False


@dataclass(frozen=True, slots=True)
class Corrected:
    """A filing's name or code was corrected (G8)."""

    filing: int
    at: datetime
    keys: Keys
    likely: tuple[int, ...] = ()
    related: bool = False


@dataclass(frozen=True, slots=True)
class DecidedSame:
    """A channel manager decided that a held filing is on the customer founded by `founder`."""

    filing: int
    at: datetime
    founder: int


@dataclass(frozen=True, slots=True)
class DecidedDifferent:
    """A channel manager decided that a held filing is not on the customer founded by `founder`."""

    filing: int
    at: datetime
    founder: int


@dataclass(frozen=True, slots=True)
class Merged:
    """The customer founded by `loser` was found to be the one founded by `winner` (C12)."""

    at: datetime
    loser: int
    winner: int


@dataclass(frozen=True, slots=True)
class Unmerged:
    """The merge of `loser` into another customer was an error and is undone."""

    at: datetime
    loser: int


_AGAIN = 10**8
"""More than there will be filings: keeps apart the third and later customers that one filing founds."""


def founder_keys(filing: int) -> Iterator[int]:
    """What the customers founded by a filing are named by: its id, then the id negated, then further on.

    A filing founds another one each time it is corrected out of a customer that others are on.
    """
    yield filing
    for further in count():
        yield -filing - further * _AGAIN


def filing_of(founder: int) -> int:
    """The filing that founded a customer."""
    return abs(founder) % _AGAIN


IdentityEvent = Filed | Corrected | DecidedSame | DecidedDifferent | Merged | Unmerged


@dataclass(frozen=True, slots=True)
class Placed:
    """From `at` on a filing is on the customer founded by `founder`; None: it is held."""

    at: datetime
    founder: int | None
    rule: Rule


@dataclass(slots=True)
class FilingHistory:
    """Where a filing stood over time, and the last comparison that placed or held it.

    `borne`: the keys it bore since it came to the customer it is on; the last are its `keys`.
    """

    keys: Keys
    match: Match
    placed: list[Placed] = field(default_factory=list)
    suspect: int | None = None
    excluded: set[int] = field(default_factory=set)
    borne: list[Keys] = field(default_factory=list)
    likely: tuple[int, ...] = ()
    related: bool = False


@dataclass(frozen=True, slots=True)
class Merger:
    """What a merge took over: the loser's filings, and the filings that were held just before."""

    at: datetime
    loser: int
    filings: frozenset[int]
    held: frozenset[int]

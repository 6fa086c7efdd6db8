"""Fishing (G6): what a person's checks of one day look like when customers are looked for, not filed.

Plain data in, patterns out. Every figure comes from the policy.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

_HOUR = timedelta(hours=1)


class Pattern(StrEnum):
    """What is conspicuous about a day's checks."""

    MANY = "many"
    BURST = "burst"
    TAKEN = "taken"
    SEQUENCE = "sequence"


@dataclass(frozen=True, slots=True)
class FishingFigures:
    """From how many unfiled names on a pattern is conspicuous."""

    names_per_day: int
    names_per_hour: int
    taken_names: int
    taken_share: Decimal
    sequence: int

    @property
    def least(self) -> int:
        """With fewer checks than this nothing can be conspicuous."""
        return min(self.names_per_day, self.names_per_hour, self.taken_names, self.sequence)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: when, the name's key, and whether somebody else has or may have that customer."""

    at: datetime
    name: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Catch:
    """How many companies were looked for and not filed, how many of them others have, and what shows."""

    names: int
    taken: int
    patterns: tuple[Pattern, ...]


def unfiled(checks: Iterable[Check], filed: Collection[str]) -> list[Check]:
    """One check for each company that was looked for and not filed, in order of time.

    The form checks while one types: what the next name begins with, or is the beginning of, is the
    same company still being typed.
    """
    companies: list[Check] = []
    for check in sorted(checks, key=lambda each: each.at):
        last = companies[-1] if companies else None
        if last and (check.name.startswith(last.name) or last.name.startswith(check.name)):
            whole = max(last.name, check.name, key=len)
            companies[-1] = Check(last.at, whole, check.taken if whole == check.name else last.taken)
        else:
            companies.append(check)
    seen: dict[str, Check] = {}
    for check in companies:
        if check.name and check.name not in filed:
            seen.setdefault(check.name, check)
    return list(seen.values())


def look(checks: Iterable[Check], filed: Collection[str], figures: FishingFigures) -> Catch:
    """What is conspicuous about one person's checks of one day; no pattern: nothing is."""
    companies = unfiled(checks, filed)
    taken = sum(each.taken for each in companies)
    shown = {
        Pattern.MANY: len(companies) >= figures.names_per_day,
        Pattern.BURST: _most_in_an_hour(companies) >= figures.names_per_hour,
        Pattern.TAKEN: taken >= max(1, figures.taken_names)
        and Decimal(taken) >= figures.taken_share * len(companies),
        Pattern.SEQUENCE: bool(companies) and _longest_run([c.name for c in companies]) >= figures.sequence,
    }
    patterns = tuple(pattern for pattern, is_so in shown.items() if is_so and companies)
    return Catch(len(companies), taken, patterns)


def _most_in_an_hour(companies: Sequence[Check]) -> int:
    most = first = 0
    for last, check in enumerate(companies):
        while check.at - companies[first].at >= _HOUR:
            first += 1
        most = max(most, last - first + 1)
    return most


def _longest_run(names: Sequence[str]) -> int:
    """The longest stretch of names in the order of a sorted list, upwards or downwards."""
    longest = up = down = 1
    for before, name in pairwise(names):
        up = up + 1 if name > before else 1
        down = down + 1 if name < before else 1
        longest = max(longest, up, down)
    return longest

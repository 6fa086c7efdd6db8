"""Same customer or not (§6): a filing's keys against the customers that share one of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from portal.domain.names import places_of
from portal.domain.regions import agree

RULESET = "2026.3"
"""Named in every stored outcome; a change of the rules below changes it."""


class Outcome(StrEnum):
    """What a comparison says."""

    SAME = "same"
    POSSIBLY = "possibly"
    RELATED = "related"
    DIFFERENT = "different"


class MatchReason(StrEnum):
    """Why, as a code; the words are in web/labels.py."""

    SAME_CODE = "same_code"
    OTHER_CODE = "other_code"
    SAME_NAME = "same_name"
    SAME_NAME_SEVERAL = "same_name_several"
    ALIKE_NAME = "alike_name"
    LIKELY_NAME = "likely_name"
    RELATED_NAME = "related_name"
    NOTHING_ALIKE = "nothing_alike"


@dataclass(frozen=True, slots=True)
class Keys:
    """What a filing is compared by: a valid credit code, the whole name, the name's core."""

    uscc: str | None
    full: str
    core: str | None


@dataclass(slots=True)
class KnownCustomer:
    """A customer with all it is known by. `founder` orders customers: the earliest is smallest."""

    customer: int
    founder: tuple[object, ...]
    code: str | None = None
    fulls: set[str] = field(default_factory=set)
    cores: set[str] = field(default_factory=set)

    def learn(self, keys: Keys) -> None:
        """Take in another filing's names, and its code if none was known (§6)."""
        self.code = self.code or keys.uscc
        self.fulls.add(keys.full)
        if keys.core:
            self.cores.add(keys.core)


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome, the customer it is about (None when different) and why."""

    outcome: Outcome
    customer: int | None
    reason: MatchReason
    nearest: tuple[int, ...] = ()


def compare(keys: Keys, known: KnownCustomer) -> tuple[Outcome, MatchReason]:
    """Compare one filing with one customer.

    An equal valid code decides; two different valid codes are two companies however alike the
    names; then the whole name; then the name without legal form and region, unless the two are from
    different places.
    """
    if keys.uscc and known.code:
        if keys.uscc == known.code:
            return Outcome.SAME, MatchReason.SAME_CODE
        return Outcome.DIFFERENT, MatchReason.OTHER_CODE
    if keys.full in known.fulls:
        return Outcome.SAME, MatchReason.SAME_NAME
    if keys.core and keys.core in known.cores and not _elsewhere(keys, keys.core, known):
        return Outcome.POSSIBLY, MatchReason.ALIKE_NAME
    return Outcome.DIFFERENT, MatchReason.NOTHING_ALIKE


def _elsewhere(keys: Keys, core: str, known: KnownCustomer) -> bool:
    """Whether all names of a customer that have this core are from another place than the filing's.

    A name without place contradicts nothing.
    """
    here = places_of(keys.full, core)
    there = [places for full in known.fulls if (places := places_of(full, core)) is not None]
    return here is not None and bool(there) and all(agree(here, places) < 0 for places in there)


def match(keys: Keys, candidates: Iterable[KnownCustomer], excluded: Collection[int | None] = ()) -> Match:
    """Find the customer a filing is on, among those sharing a key; `excluded` were ruled out.

    A code beats a name. A whole name that several customers bear does not decide: *possibly*.
    """
    same_name: list[KnownCustomer] = []
    alike: list[KnownCustomer] = []
    ruled_out_by_code = False
    for known in sorted(candidates, key=lambda each: each.founder):
        outcome, reason = compare(keys, known)
        if reason is MatchReason.SAME_CODE:
            return Match(outcome, known.customer, reason, (known.customer,))
        ruled_out_by_code |= reason is MatchReason.OTHER_CODE
        if known.customer in excluded:
            continue
        if reason is MatchReason.SAME_NAME:
            same_name.append(known)
        elif reason is MatchReason.ALIKE_NAME:
            alike.append(known)
    nearest = tuple(known.customer for known in (same_name + alike)[:5])
    if len(same_name) == 1:
        return Match(Outcome.SAME, same_name[0].customer, MatchReason.SAME_NAME, nearest)
    if same_name:
        reason = MatchReason.SAME_NAME_SEVERAL
        return Match(Outcome.POSSIBLY, same_name[0].customer, reason, nearest)
    if alike:
        return Match(Outcome.POSSIBLY, alike[0].customer, MatchReason.ALIKE_NAME, nearest)
    reason = MatchReason.OTHER_CODE if ruled_out_by_code else MatchReason.NOTHING_ALIKE
    return Match(Outcome.DIFFERENT, None, reason)

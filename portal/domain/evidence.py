"""Website, telephone and tax id beside the likeness of names (§6): what an equal one says, and when nothing.

A website or telephone alone proves nothing, as both are shared in real data. Which are shared is
learned: from whom they stand at, and from what people decided about those.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.domain.alike import (
    HELD_BY_IDENTIFIER,
    NAMES_WITH_TELEPHONE,
    NAMES_WITH_WEBSITE,
    SAME_TAX_ID,
    SHARED_FROM,
    TOLD_FROM,
    Alike,
    Resemblance,
)
from portal.domain.company import Company
from portal.domain.identifiers import national_number, own_domain, tax_id_within
from portal.domain.likeness import likeness

_DIGITS = re.compile("[0-9]+")
_COUNTED = re.compile("[0-9]+|(?<=第)[一二三四五六七八九十百零]+")
_SHORTEST_NUMBER = 7


class IdentifierKind(StrEnum):
    """What a customer is known by beside its names and its credit code."""

    TAX_ID = "tax_id"
    WEBSITE = "website"
    PHONE = "phone"


Identifier = tuple[IdentifierKind, str]
"""A kind and a value in the form in which equal ones are the same text."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer that an identifier stands at, and its valid credit code."""

    customer: int
    code: str | None


def identifiers_of(website: str, phone: str, uscc: str | None = None) -> frozenset[Identifier]:
    """What a filing is compared by beside its name: normalised website and telephone, valid code.

    The code tells the old tax number of the same company.
    """
    number = national_number(phone)
    told = {
        IdentifierKind.WEBSITE: own_domain(website) if website else "",
        IdentifierKind.PHONE: number if len(number) >= _SHORTEST_NUMBER else "",
        IdentifierKind.TAX_ID: tax_id_within(uscc) if uscc else "",
    }
    return frozenset((kind, value) for kind, value in told.items() if value)


def is_shared(holders: Collection[Holder], apart: Collection[frozenset[int]] = ()) -> bool:
    """Whether an identifier says nothing about who somebody is.

    It stands at three customers, at two with different valid codes, or at two of which somebody
    said that they are not the same: `apart` are such pairs.
    """
    if len(holders) >= SHARED_FROM or len({each.code for each in holders} - {None}) > 1:
        return True
    customers = {each.customer for each in holders}
    return any(len(pair) > 1 and pair <= customers for pair in apart)


def weigh_identifiers(
    asked: Company, known: Company, names: Alike, equal: Collection[IdentifierKind]
) -> Alike:
    """What two names of this likeness come to where these identifiers, none of them shared, are equal.

    An equal tax id is as telling as a code. An equal website or telephone with names that are alike
    is for a person to decide; with other names, or names with other figures (第一, 第二), it makes
    them relatives at most. Names that are more alike than that say so themselves.
    """
    found = [names]
    if IdentifierKind.TAX_ID in equal:
        found.append(Alike(SAME_TAX_ID, Resemblance.TAX_ID))
    for kind, least, why in (
        (IdentifierKind.WEBSITE, NAMES_WITH_WEBSITE, Resemblance.WEBSITE),
        (IdentifierKind.PHONE, NAMES_WITH_TELEPHONE, Resemblance.TELEPHONE),
    ):
        if kind in equal:
            telling = names.score >= least and _same_figures(asked, known)
            found.append(Alike(HELD_BY_IDENTIFIER if telling else TOLD_FROM, why))
    return max(found, key=lambda each: each.score)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a name and identifiers come to with the known name that tells most; how like that one is."""

    alike: Alike
    names: Alike
    place: int


def weigh_names(asked: Company, known: Sequence[Company], equal: Collection[IdentifierKind]) -> Weighed:
    """The same with all names of a customer; which of the two sides was there first does not matter.

    :raises ValueError: there is no name.
    """
    found = []
    for place, other in enumerate(known):
        names = max(likeness(asked, other), likeness(other, asked), key=lambda way: way.score)
        found.append(Weighed(weigh_identifiers(asked, other, names, equal), names, place))
    return max(found, key=lambda each: (each.alike.score, each.names.score))


def _same_figures(one: Company, other: Company) -> bool:
    figure = _COUNTED if one.han and other.han else _DIGITS
    return figure.findall(one.core) == figure.findall(other.core)

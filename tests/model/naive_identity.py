"""Which filings are on one customer: §6 "Same customer or not" written a second time, from the text.

It compares every filing with every customer, one after the other, and keeps no index. What a name
comes to without signs, and without legal form and region, and which city and province it is from,
is not computed but stated by the test.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spelling:
    """A name as typed, the whole name it means, and the company's name without form and region.

    `place` is where the name says it is from: nothing, a province, or a province and its city.
    """

    typed: str
    whole: str
    core: str
    place: tuple[str, ...] = ()


@dataclass
class Company:
    """A customer with everything that its filings said of it."""

    code: str
    names: list[Spelling] = field(default_factory=list)
    filings: list[str] = field(default_factory=list)


def companies(filings: Iterable[tuple[str, Spelling, str]]) -> tuple[list[Company], set[str]]:
    """The customers, and the held filings, of filings (reference, name, code or empty) in their order."""
    there: list[Company] = []
    held: set[str] = set()
    for ref, name, code in filings:
        by_code = [each for each in there if code and each.code == code]
        possible = [each for each in there if not (code and each.code)]
        by_name = [each for each in possible if any(name.whole == known.whole for known in each.names)]
        alike = [each for each in possible if any(may_be(name, known) for known in each.names)]
        found = by_code or by_name
        if len(found) > 1 or (not found and alike):
            held.add(ref)
            continue
        if not found:
            there.append(Company(""))
            found = there[-1:]
        company = found[0]
        company.code = company.code or code
        company.names.append(name)
        company.filings.append(ref)
    return there, held


def may_be(one: Spelling, other: Spelling) -> bool:
    """The same name but for form and region, and no two places that differ."""
    if one.core != other.core:
        return False
    return all(here == there for here, there in zip(one.place, other.place, strict=False))

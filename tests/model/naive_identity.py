"""Which filings are on one customer: §6 "Same customer or not" written a second time, from the text.

It compares every filing with every customer, one after the other, and keeps no index. What a name
comes to without signs, and without legal form and region, is not computed but stated by the test.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spelling:
    """A name as typed, the whole name it means, and the company's name without form and region."""

    typed: str
    whole: str
    core: str


@dataclass
class Company:
    """A customer with everything that its filings said of it."""

    code: str
    wholes: set[str]
    cores: set[str]
    filings: list[str] = field(default_factory=list)


def companies(filings: Iterable[tuple[str, Spelling, str]]) -> tuple[list[Company], set[str]]:
    """The customers, and the held filings, of filings (reference, name, code or empty) in their order."""
    there: list[Company] = []
    held: set[str] = set()
    for ref, name, code in filings:
        by_code = [each for each in there if code and each.code == code]
        possible = [each for each in there if not (code and each.code)]
        by_name = [each for each in possible if name.whole in each.wholes]
        alike = [each for each in possible if name.core in each.cores]
        found = by_code or by_name
        if len(found) > 1 or (not found and alike):
            held.add(ref)
            continue
        if not found:
            there.append(Company("", set(), set()))
            found = there[-1:]
        company = found[0]
        company.code = company.code or code
        company.wholes.add(name.whole)
        company.cores.add(name.core)
        company.filings.append(ref)
    return there, held

"""Which customer belongs to which (§6): parents and subsidiaries, as people stated them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Belongs:
    """Somebody stated that a customer belongs to another one. `order` tells which was stated first."""

    order: int
    child: int
    parent: int


def parents(stated: Iterable[Belongs]) -> dict[int, Belongs]:
    """What holds of each customer that belongs to another one, by customer.

    The last word about a customer counts. What customers became since may have made a circle of what
    was none (two of them were merged): the statement that closes it is left out while it does.
    """
    last = {each.child: each for each in sorted(stated, key=lambda each: each.order)}
    found: dict[int, Belongs] = {}
    for each in sorted(last.values(), key=lambda each: each.order):
        if not closes_circle(found, each.child, each.parent):
            found[each.child] = each
    return found


def closes_circle(family: Mapping[int, Belongs], child: int, parent: int) -> bool:
    """Whether `child` would come to belong to itself, were it to belong to `parent`."""
    above: int | None = parent
    while above is not None and above != child:
        above = family[above].parent if above in family else None
    return above == child

"""What a tier asks for (T2): closed customers, new ports, or both of them in a quarter."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.terms import Tier

DOWN = (Tier.GOLD, Tier.SILVER, Tier.ORDINARY)
"""The tiers, the best first."""
_MEASURES = ("closed_customers", "ports")
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a quarter must show at least; None: it does not count for this tier."""

    closed_customers: int | None = None
    ports: int | None = None

    def met(self, closed_customers: int, ports: int) -> bool:
        """Whether a quarter's figures reach everything that is asked for."""
        return closed_customers >= (self.closed_customers or 0) and ports >= (self.ports or 0)


def tier_reached(thresholds: Mapping[Tier, Threshold], *, closed_customers: int, ports: int) -> Tier:
    """The best tier whose thresholds a quarter's figures reach; ordinary asks for nothing (T2)."""
    for tier in DOWN:
        if tier in thresholds and thresholds[tier].met(closed_customers, ports):
            return tier
    return Tier.ORDINARY


def parse_thresholds(table: Any) -> dict[Tier, Threshold]:
    """Read a policy's `tiers`.

    :raises RuleViolation: ``policy.bad_figure`` naming the figure: gold and silver ask for something, and
        a better tier never for less than a worse one.
    """
    if not isinstance(table, dict):
        raise RuleViolation("policy.bad_figure", figure="tiers", value=table)
    for name in table:
        if name not in {tier.value for tier in Tier}:
            raise RuleViolation("policy.bad_figure", figure=f"tiers.{name}", value=name)
    found = {tier: _threshold(tier, table[tier]) for tier in DOWN if tier in table}
    for tier in (Tier.GOLD, Tier.SILVER):
        if found.get(tier, Threshold()) == Threshold():
            raise RuleViolation("policy.bad_figure", figure=f"tiers.{tier}", value=table.get(tier))
    for better, worse in pairwise(DOWN):
        for measure in _MEASURES:
            more = getattr(found.get(better, Threshold()), measure)
            less = getattr(found.get(worse, Threshold()), measure)
            if more is not None and less is not None and more < less:
                raise RuleViolation("policy.bad_figure", figure=f"tiers.{better}.{measure}", value=more)
    return found


def _threshold(tier: Tier, stated: Any) -> Threshold:
    figure = f"tiers.{tier}"
    if not isinstance(stated, dict):
        raise RuleViolation("policy.bad_figure", figure=figure, value=stated)
    for name, value in stated.items():
        sound = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
        if name not in _MEASURES or not sound:
            raise RuleViolation("policy.bad_figure", figure=f"{figure}.{name}", value=value)
    return Threshold(**stated)

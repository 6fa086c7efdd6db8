"""One policy version beside another (§12): what changes, what is carried over, what is wrong or odd."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.figures import (
    FIGURES,
    PAID_BY_MINUTE,
    PAID_BY_SHARE,
    WHOLE,
    Figure,
    Value,
    at,
    flat,
    value_of,
)
from portal.domain.terms import Tier

_TABLES = frozenset(name.rpartition(".")[0] for name in FIGURES if "." in name) | {
    name.partition(".")[0] for name in FIGURES if "." in name
}


def unknown(figures: Mapping[str, Any], under: str = "") -> list[str]:
    """The names in a policy's JSON that are no figure's."""
    found: list[str] = []
    for key, value in figures.items():
        name = f"{under}{key}"
        if name in _TABLES and isinstance(value, dict):
            found += unknown(value, f"{name}.")
        elif name not in FIGURES and name not in _TABLES:
            found.append(name)
    return found


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A version's JSON with the figures that `changes` names; what it does not name is carried over.

    Tables are merged figure by figure. One rate for everybody becomes a table as soon as a single tier's
    is changed, and one rate for everybody takes the place of a table.
    """
    return _merged(dict(base), changes, ())


def _merged(base: dict[str, Any], changes: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        here = (*path, key)
        if isinstance(value, dict):
            old = result.get(key, {})
            if not isinstance(old, dict):
                old = dict.fromkeys(Tier, old) if here[0] == "rates" else {}
            result[key] = _merged(old, value, here)
        else:
            result[key] = value
    return result


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that differs between two versions; None where one of them does not have it."""

    figure: Figure
    before: Value | None
    after: Value | None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs from one version's JSON to another's, in the order in which people read it."""
    old, new = flat(before), flat(after)
    return [
        Change(figure, old.get(name), new.get(name))
        for name, figure in FIGURES.items()
        if old.get(name) != new.get(name)
    ]


def exact(figures: Any, name: str = "") -> Any:
    """JSON as people write it: a rate or an amount stated as a whole number becomes text, like all others."""
    if isinstance(figures, dict):
        return {key: exact(value, f"{name}.{key}" if name else str(key)) for key, value in figures.items()}
    if isinstance(figures, list):
        return [exact(each, name) for each in figures]
    if isinstance(figures, int) and not isinstance(figures, bool) and _is_decimal(name):
        return str(figures)
    return figures


def _is_decimal(name: str) -> bool:
    return any(
        (each == name or each.startswith(f"{name}.")) and figure.unit not in WHOLE
        for each, figure in FIGURES.items()
    )


def bad_figures(body: Mapping[str, Any]) -> list[RuleViolation]:
    """Everything that is impossible in a version's JSON, figure by figure."""
    found = []
    for figure in FIGURES.values():
        value = at(body, figure.path)
        try:
            if value is not None:
                value_of(figure, value)
        except RuleViolation as problem:
            found.append(problem)
    return found


def oddities(body: Mapping[str, Any]) -> list[RuleViolation]:
    """What is allowed in a version and looks like a mistake; gold has the best terms (M3)."""
    figures, found = flat(body), []
    for product in PAID_BY_SHARE:
        rates = [figures.get(f"rates.{product}.{tier}") for tier in Tier]
        if None in rates:
            found.append(RuleViolation("policy.odd_no_rate", product=product))
        elif _falling(rates):
            found.append(RuleViolation("policy.odd_rate_order", product=product))
    for product in PAID_BY_MINUTE:
        prices = [figures.get(f"floor_prices.{product}.{tier}") for tier in Tier]
        if None in prices:
            found.append(RuleViolation("policy.odd_no_floor", product=product))
        if _falling(prices[::-1]):
            found.append(RuleViolation("policy.odd_floor_order", product=product))
    return found


def _falling(best_first: list[Any]) -> bool:
    """Whether somewhere a worse tier has more than a better one."""
    known = [value for value in best_first if value is not None]
    return any(later > earlier for earlier, later in pairwise(known))

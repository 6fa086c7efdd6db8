"""Every figure that a policy version may hold (§12): its name, its unit, its limits, and how it is typed.

A version's JSON (interfaces.md) is the same as a flat table from a figure's name to its value: a name is the
way through the JSON with dots between (``rates.port.gold``). Shares are shares of one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.pipeline import STAGES
from portal.domain.rates import BY_MINUTES, STATEMENT_DAYS, Product, decimal_of, share_of
from portal.domain.terms import Tier
from portal.domain.weeks import WEEK_DAYS, WEEK_HOURS

Value = int | Decimal | tuple[Decimal, ...]


class Unit(StrEnum):
    """What a figure counts."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    SECONDS = "seconds"
    HOUR = "hour"
    COUNT = "count"
    SHARE = "share"
    SHARES = "shares"
    YUAN = "yuan"
    YUAN_PER_MINUTE = "yuan_per_minute"


WHOLE = frozenset({Unit.DAYS, Unit.WORKING_DAYS, Unit.SECONDS, Unit.HOUR, Unit.COUNT})
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, unit, the part of the form it stands in; whether a version must have it."""

    name: str
    unit: Unit
    group: str
    required: bool = True
    most: int = 1_000_000

    @property
    def path(self) -> tuple[str, ...]:
        """The way through the JSON."""
        return tuple(self.name.split("."))


PAID_BY_SHARE = tuple(product for product in Product if product not in BY_MINUTES)
PAID_BY_MINUTE = tuple(product for product in Product if product in BY_MINUTES)
EARLY_TIERS = (*Tier, "none")
_RATE_KEYS = (*Tier, "second_year")
_DEPOSITS = (*Tier, "wholesale")
_FISHING = ("names_per_day", "names_per_hour", "taken_names", "sequence")
_CLOCK = ("protection_days", "refile_days", "reopen_days", "appeal_days")
_CLOCK_WORKING = ("answer_working_days", "held_review_working_days")


def _all() -> Iterator[Figure]:
    days, working = Unit.DAYS, Unit.WORKING_DAYS
    for product in PAID_BY_SHARE:
        for key in _RATE_KEYS:
            yield Figure(f"rates.{product}.{key}", Unit.SHARE, "rates", required=False)
    for product in PAID_BY_MINUTE:
        for tier in Tier:
            yield Figure(
                f"floor_prices.{product}.{tier}", Unit.YUAN_PER_MINUTE, "floor_prices", required=False
            )
    for key in _DEPOSITS:
        yield Figure(f"deposits.{key}", Unit.YUAN, "deposits")
    yield Figure("deposit_objection_working_days", working, "deposits", most=_MOST_DAYS)
    yield Figure("debt_due_days", days, "deposits", most=_MOST_DAYS)
    yield Figure("traffic_warnings", Unit.SHARES, "deposits")
    for tier in Tier:
        for measure in ("closed_customers", "ports"):
            yield Figure(f"tiers.{tier}.{measure}", Unit.COUNT, "tiers", required=False)
    for name in STATEMENT_DAYS:
        yield Figure(f"statement_days.{name}", working, "statement_days", most=_MOST_DAYS)
    for name in _CLOCK:
        yield Figure(name, days, "protection", most=_MOST_DAYS)
    for name in _CLOCK_WORKING:
        yield Figure(name, working, "protection", most=_MOST_DAYS)
    for place in ("0", "1"):
        yield Figure(f"lapsing_soon_days.{place}", days, "protection", most=_MOST_DAYS)
    for name in WEEK_HOURS:
        yield Figure(f"week.{name}", Unit.HOUR, "week", most=23)
    for name in WEEK_DAYS:
        unit = working if name.endswith("working_days") else days
        yield Figure(f"week.{name}", unit, "week", most=_MOST_DAYS)
    for stage in STAGES:
        yield Figure(f"stage_weights.{stage}", Unit.SHARE, "stage_weights")
    for key in EARLY_TIERS:
        yield Figure(f"early_stage_limit.{key}", Unit.COUNT, "early_stage_limit", required=False)
    yield Figure("check_quota_per_day", Unit.COUNT, "guards")
    yield Figure("undo_seconds", Unit.SECONDS, "guards", most=86_400)
    for name in _FISHING:
        yield Figure(f"fishing.{name}", Unit.COUNT, "fishing", required=False)
    yield Figure("fishing.taken_share", Unit.SHARE, "fishing", required=False)


FIGURES: Mapping[str, Figure] = {figure.name: figure for figure in _all()}
"""All of them by name, in the order in which people read them."""
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(figure.group for figure in FIGURES.values()))


def flat(body: Mapping[str, Any]) -> dict[str, Value]:
    """The figures of a version that was found sound, by name; one rate for everybody under every tier."""
    found: dict[str, Value] = {}
    for figure in FIGURES.values():
        value = at(body, figure.path)
        if value is not None:
            found[figure.name] = value_of(figure, value)
    return found


def at(body: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if isinstance(body, list):
            body = body[int(key)] if int(key) < len(body) else None
        elif isinstance(body, dict):
            body = body.get(key)
        elif path[0] == "rates" and isinstance(body, str):
            return None if key == "second_year" else body
        else:
            return None
    return body


def value_of(figure: Figure, stated: Any) -> Value:
    """A figure as JSON states it: whole numbers as numbers, all others as text, so that they stay exact.

    :raises RuleViolation: ``policy.bad_figure`` naming it.
    """
    wrong = RuleViolation("policy.bad_figure", figure=figure.name, value=stated)
    if figure.unit is Unit.SHARES:
        if not isinstance(stated, list):
            raise wrong
        shares = tuple(share_of(each, figure.name) for each in stated)
        if list(shares) != sorted(set(shares)):
            raise wrong
        return shares
    if figure.unit in WHOLE:
        if not isinstance(stated, int) or isinstance(stated, bool) or not 0 <= stated <= figure.most:
            raise wrong
        return stated
    if figure.unit is Unit.SHARE:
        return share_of(stated, figure.name)
    return decimal_of(stated, figure.name, places=4 if figure.unit is Unit.YUAN_PER_MINUTE else 2)


def body_of(figures: Mapping[str, Value | None]) -> dict[str, Any]:
    """The JSON of a version that has these figures; a rate that is the same for all is stated once."""
    body: dict[str, Any] = {"rates": {}, "floor_prices": {product.value: {} for product in PAID_BY_MINUTE}}
    body |= {"early_stage_limit": {}, "lapsing_soon_days": [0, 0]}
    for name, figure in FIGURES.items():
        value = figures.get(name)
        if value is None:
            continue
        *tables, last = figure.path
        place: Any = body
        for key in tables:
            place = place.setdefault(key, {})
        place[int(last) if isinstance(place, list) else last] = stated(value)
    for product, table in body["rates"].items():
        if set(table) == set(Tier) and len(set(table.values())) == 1:
            body["rates"][product] = table[Tier.GOLD]
    return body


def stated(value: Value) -> Any:
    """A figure as JSON has it: decimals as text with two to four places."""
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return [stated(each) for each in value]
    plain = format(value.normalize(), "f")
    return f"{value:.2f}" if len(plain.partition(".")[2]) < 2 else plain

"""What the policy says about pay (§8, §9, §12): rates, floor prices, deposits, days of the nine steps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.terms import Tier


class Product(StrEnum):
    """What a customer pays for (§8)."""

    PORT = "port"
    CONFERENCE = "conference"
    DDD = "ddd"
    IDD = "idd"


BY_MINUTES = frozenset({Product.DDD, Product.IDD})
"""Earn what is received above the floor price (底价) of their minutes; the others a share (M3)."""

MOST_YUAN = Decimal("1000000000")
_PLAIN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")

STATEMENT_DAYS = ("collect", "print", "send", "answer", "pass_on", "review", "pay", "invoice", "close")
"""What the nine steps wait for, each within so many working days."""


@dataclass(frozen=True, slots=True)
class PayFigures:
    """The figures of one policy version. Rates are shares of one, floor prices yuan a minute.

    `rates` holds, for every product paid by share and every tier, the share of the first and of the
    second year; a tier that is missing from a product has no rate.
    """

    rates: Mapping[tuple[Product, Tier], tuple[Decimal, Decimal]]
    floor_prices: Mapping[tuple[Product, Tier], Decimal]
    deposits: Mapping[str, Decimal]
    deposit_objection_working_days: int
    debt_due_days: int
    traffic_warnings: tuple[Decimal, ...]
    statement_days: Mapping[str, int]


def parse_pay(body: Mapping[str, Any]) -> PayFigures:
    """Read the part of a policy's JSON (interfaces.md) that is about pay.

    :raises RuleViolation: ``policy.bad_figure`` naming the figure that is missing or impossible.
    """
    days = _table(body, "statement_days", "statement_days")
    return PayFigures(
        rates=_rates(_table(body, "rates", "rates")),
        floor_prices=_floors(_table(body, "floor_prices", "floor_prices")),
        deposits=_deposits(_table(body, "deposits", "deposits")),
        deposit_objection_working_days=_count(body, "deposit_objection_working_days"),
        debt_due_days=_count(body, "debt_due_days"),
        traffic_warnings=_warnings(body.get("traffic_warnings")),
        statement_days={name: _count(days, name, "statement_days.") for name in STATEMENT_DAYS},
    )


def _rates(table: Mapping[str, Any]) -> dict[tuple[Product, Tier], tuple[Decimal, Decimal]]:
    """A product's rates are one share for everybody and both years, or a table by tier and second year."""
    found: dict[tuple[Product, Tier], tuple[Decimal, Decimal]] = {}
    for name, stated in table.items():
        product = _member(Product, name, "rates")
        if product in BY_MINUTES:
            raise RuleViolation("policy.bad_figure", figure=f"rates.{name}", value=stated)
        if not isinstance(stated, dict):
            share = share_of(stated, f"rates.{name}")
            found |= {(product, tier): (share, share) for tier in Tier}
            continue
        if not stated:
            raise RuleViolation("policy.bad_figure", figure=f"rates.{name}", value=stated)
        for key, value in stated.items():
            if key != "second_year":
                tier = _member(Tier, key, f"rates.{name}")
                first = share_of(value, f"rates.{name}.{key}")
                later = first
                if "second_year" in stated:
                    later = share_of(stated["second_year"], f"rates.{name}.second_year")
                found[product, tier] = (first, later)
    return found


def _floors(table: Mapping[str, Any]) -> dict[tuple[Product, Tier], Decimal]:
    found = {}
    for name, by_tier in table.items():
        product = _member(Product, name, "floor_prices")
        if product not in BY_MINUTES or not isinstance(by_tier, dict):
            raise RuleViolation("policy.bad_figure", figure=f"floor_prices.{name}", value=by_tier)
        for key, value in by_tier.items():
            figure = f"floor_prices.{name}.{key}"
            found[product, _member(Tier, key, f"floor_prices.{name}")] = decimal_of(value, figure, places=4)
    return found


def _deposits(table: Mapping[str, Any]) -> dict[str, Decimal]:
    known = {*(tier.value for tier in Tier), "wholesale"}
    for name in table:
        if name not in known:
            raise RuleViolation("policy.bad_figure", figure=f"deposits.{name}", value=name)
    return {name: decimal_of(table.get(name), f"deposits.{name}", places=2) for name in sorted(known)}


def _warnings(stated: Any) -> tuple[Decimal, ...]:
    if not isinstance(stated, list):
        raise RuleViolation("policy.bad_figure", figure="traffic_warnings", value=stated)
    shares = tuple(share_of(each, "traffic_warnings") for each in stated)
    if list(shares) != sorted(set(shares)):
        raise RuleViolation("policy.bad_figure", figure="traffic_warnings", value=stated)
    return shares


def _member(enum: type[StrEnum], name: str, figure: str) -> Any:
    try:
        return enum(name)
    except ValueError:
        raise RuleViolation("policy.bad_figure", figure=f"{figure}.{name}", value=name) from None


def _table(body: Mapping[str, Any], name: str, figure: str) -> Mapping[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise RuleViolation("policy.bad_figure", figure=figure, value=value)
    return value


def _count(body: Mapping[str, Any], name: str, under: str = "") -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 366:
        raise RuleViolation("policy.bad_figure", figure=under + name, value=value)
    return value


def share_of(value: Any, figure: str) -> Decimal:
    """A share of one, stated as text.

    :raises RuleViolation: ``policy.bad_figure``.
    """
    share = decimal_of(value, figure, places=4)
    if share > 1:
        raise RuleViolation("policy.bad_figure", figure=figure, value=value)
    return share


def decimal_of(value: Any, figure: str, *, places: int) -> Decimal:
    """A figure that is never negative, stated as text so that it stays exact.

    :raises RuleViolation: ``policy.bad_figure``.
    """
    if not isinstance(value, str) or not _PLAIN.fullmatch(value):
        raise RuleViolation("policy.bad_figure", figure=figure, value=value)
    number = Decimal(value)
    if -int(number.as_tuple().exponent) > places or number > MOST_YUAN:
        raise RuleViolation("policy.bad_figure", figure=figure, value=value)
    return number

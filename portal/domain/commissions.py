"""What one receipt earns its partner (M1–M5, M8): a plain function over plain data.

Nothing is guessed: what cannot be computed says which term is missing and earns nothing until it is there.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from portal.domain.money import round_fen, share_of
from portal.domain.periods import Period, month_of, quarter_of
from portal.domain.rates import PayFigures, Product
from portal.domain.terms import PartnerKind, Tier

ZERO = Decimal("0.00")


class Flag(StrEnum):
    """Why a receipt earns nothing, or not on this statement (M14)."""

    UNDER_FLOOR = "under_floor"
    PAST_TERM = "past_term"
    BEFORE_CONTRACT = "before_contract"
    WHOLESALE = "wholesale"
    KEY_ACCOUNTS = "key_accounts"
    NO_TIER = "no_tier"
    NO_POLICY = "no_policy"
    NO_RATE = "no_rate"
    NO_FLOOR_PRICE = "no_floor_price"
    NO_MINUTES = "no_minutes"
    REFUNDED_WITHHELD = "refunded_withheld"
    DISPUTED = "disputed"
    UNKNOWN_CONTRACT = "unknown_contract"
    CONTESTED_CONTRACT = "contested_contract"


WITHHELD = frozenset(
    {
        *(Flag.NO_TIER, Flag.NO_POLICY, Flag.NO_RATE, Flag.NO_FLOOR_PRICE, Flag.NO_MINUTES),
        *(Flag.REFUNDED_WITHHELD, Flag.CONTESTED_CONTRACT),
    }
)
"""A term is missing, or whose it is: the receipt waits for that, and the statement with it (M2, M3, M14)."""

NOTHING = frozenset({Flag.PAST_TERM, Flag.BEFORE_CONTRACT, Flag.WHOLESALE, Flag.KEY_ACCOUNTS})
"""It never earns anything, and no line of the statement stands for it (M1, M8)."""


class Receipt(NamedTuple):
    """Cash received from a customer (M7), in yuan; a refund is negative and names what it refunds."""

    id: int
    received_on: date
    product: Product
    amount: Decimal
    minutes: int | None
    refund_of: int | None
    contract_key: str


class Why(NamedTuple):
    """Why a receipt earns what it earns: the same for every receipt of a product, contract year and terms.

    `rate` is a share of one; `floor_price` yuan a minute; `rule` the rule of §8 that decided.
    """

    rule: str
    flag: Flag | None = None
    tier: Tier | None = None
    policy: int | None = None
    year: int | None = None
    rate: Decimal | None = None
    floor_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What held for one partner on one day (M2): its kind, its tier, the policy version's figures."""

    kind: PartnerKind
    tier: Tier | None
    policy: int | None
    pay: PayFigures | None
    _known: dict[tuple[Product, int], Why] = field(default_factory=dict, compare=False, repr=False)

    def why(self, product: Product, year: int) -> Why:
        """What a receipt of this product is reckoned by in that year of its contract (M1–M3)."""
        known = self._known.get((product, year))
        if known is None:
            known = self._known[product, year] = _reckoned(self, product, year)
        return known


class Taken(NamedTuple):
    """What refunds of one receipt came to so far, both as positive yuan: refunded, and taken back."""

    refunded: Decimal = ZERO
    taken_back: Decimal = ZERO


class Earned(NamedTuple):
    """What a receipt earns and why: the line of a statement, or the reason why there is none.

    Of a refund `before` is what earlier refunds of the same receipt came to.
    """

    commission: Decimal
    why: Why
    before: Taken | None = None

    @property
    def flag(self) -> Flag | None:
        """Why it earns nothing, or not yet (M14)."""
        return self.why.flag


def period_of(product: Product, day: date) -> Period:
    """The period on whose statement a receipt of that day belongs: ports by quarter, the rest by month."""
    return quarter_of(day) if product is Product.PORT else month_of(day)


def products_of(period: Period) -> tuple[Product, ...]:
    """The products that a statement over `period` is about."""
    return tuple(each for each in Product if (each is Product.PORT) is period.is_quarter)


def anniversary(day: date, years: int) -> date:
    """The same day so many years later; of 29 February, 28 February (M1)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def contract_year(contract_on: date, day: date) -> int | None:
    """1 or 2: the year of the contract that `day` lies in; None before it and after two years (M1)."""
    if day < contract_on:
        return None
    first, second = _anniversaries(contract_on)
    if day < first:
        return 1
    return 2 if day < second else None


@lru_cache(maxsize=4096)
def _anniversaries(contract_on: date) -> tuple[date, date]:
    return anniversary(contract_on, 1), anniversary(contract_on, 2)


_WHOLESALE = Why("M8", Flag.WHOLESALE)
_BEFORE_CONTRACT = Why("M1", Flag.BEFORE_CONTRACT)
_PAST_TERM = Why("M1", Flag.PAST_TERM)


def commission(receipt: Receipt, contract_on: date, terms: Terms) -> Earned:
    """What a receipt (no refund) earns under the terms of its day.

    Shares are rounded half-up to the fen (M4); by minutes what is above the floor price is earned (M3).
    """
    if terms.kind is PartnerKind.WHOLESALE:
        return Earned(ZERO, _WHOLESALE)
    year = contract_year(contract_on, receipt.received_on)
    if year is None:
        return Earned(ZERO, _BEFORE_CONTRACT if receipt.received_on < contract_on else _PAST_TERM)
    why = terms.why(receipt.product, year)
    if why.rate is not None:
        return Earned(round_fen(receipt.amount * why.rate), why)
    if why.floor_price is None:
        return Earned(ZERO, why)
    return _above_floor(receipt, why, why.floor_price)


def _reckoned(terms: Terms, product: Product, year: int) -> Why:
    tier, pay = terms.tier, terms.pay
    if pay is None:
        return Why("M2", Flag.NO_POLICY, tier, None, year)
    if tier is None:
        return Why("M2", Flag.NO_TIER, None, terms.policy, year)
    if product is Product.DDD or product is Product.IDD:
        floor = pay.floor_prices.get((product, tier))
        flag = Flag.NO_FLOOR_PRICE if floor is None else None
        return Why("M3", flag, tier, terms.policy, year, None, floor)
    rates = pay.rates.get((product, tier))
    if rates is None:
        return Why("M2", Flag.NO_RATE, tier, terms.policy, year)
    return Why("M1", None, tier, terms.policy, year, rates[year - 1])


def _above_floor(receipt: Receipt, why: Why, floor: Decimal) -> Earned:
    if receipt.minutes is None:
        return Earned(ZERO, why._replace(flag=Flag.NO_MINUTES))
    above = round_fen(receipt.amount - floor * receipt.minutes)
    if above < 0:
        return Earned(ZERO, why._replace(flag=Flag.UNDER_FLOOR))
    return Earned(above, why)


def refund(receipt: Receipt, of_amount: Decimal, earned: Earned, before: Taken) -> tuple[Earned, Taken]:
    """What a refund takes back of what its receipt `earned`, and what all its refunds come to with it (M5).

    The same share of the commission as of the receipt, at its original rate. The shares of several refunds
    are rounded together, so that a receipt that is refunded whole takes back exactly what it earned.
    """
    if earned.flag in WITHHELD:
        why = earned.why._replace(rule="M5", flag=Flag.REFUNDED_WITHHELD)
        return Earned(ZERO, why, before), before
    refunded = before.refunded - receipt.amount
    owed = share_of(earned.commission, refunded, of_amount)
    why = earned.why._replace(rule="M5")
    return Earned(before.taken_back - owed, why, before), Taken(refunded, owed)


class Owner(NamedTuple):
    """Who owned a customer from a day on: a partner, or None for key accounts."""

    since: date
    partner_id: int | None


def credited(owners: Sequence[Owner], day: date) -> int | None:
    """Whom a receipt of `day` belongs to: who owned the customer at the end of that day (C6).

    `owners` are in order, at least one. Before the first owner it is the first; while nobody owns the
    customer, the last one still.
    """
    if len(owners) == 1:
        return owners[0].partner_id
    index = bisect_right(owners, day, key=_SINCE)
    return owners[max(index - 1, 0)].partner_id


_SINCE = attrgetter("since")

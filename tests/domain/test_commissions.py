"""What a receipt earns: the examples of §13, and what holds for every receipt."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.commissions import (
    Earned,
    Flag,
    Owner,
    Receipt,
    Taken,
    Terms,
    Why,
    anniversary,
    commission,
    contract_year,
    credited,
    refund,
)
from portal.domain.lines import Original, earn, totals
from portal.domain.rates import Product, parse_pay
from portal.domain.terms import PartnerKind, Tier
from tests.support.policies import BODY

PAY = parse_pay(BODY | {"floor_prices": {"ddd": {"silver": "0.12"}, "idd": {"silver": "1.85"}}})
SIGNED = date(2026, 1, 15)


def receipt(
    product: str, amount: str, day: date = date(2026, 2, 1), *, id: int = 1, **over: object
) -> Receipt:
    values = {"minutes": None, "refund_of": None, "contract_key": "ht-1"} | over
    return Receipt(id, day, Product(product), D(amount), **values)  # type: ignore[arg-type]


def terms(tier: Tier | None, kind: PartnerKind = PartnerKind.GROWTH) -> Terms:
    return Terms(kind, tier, 1, PAY)


@pytest.mark.parametrize(
    ("day", "earned", "year"),
    [
        (date(2026, 2, 1), "4800.00", 1),
        (date(2027, 1, 14), "4800.00", 1),
        (date(2027, 1, 15), "1200.00", 2),
        (date(2028, 1, 14), "1200.00", 2),
        (date(2028, 1, 15), "0.00", None),
    ],
)
def test_example_1_ports_in_the_first_and_second_year_and_after(day: date, earned: str, year: int | None):
    line = commission(receipt("port", "12000.00", day), SIGNED, terms(Tier.GOLD))
    assert (line.commission, line.why.year) == (D(earned), year)
    assert line.flag is (None if year else Flag.PAST_TERM)


@pytest.mark.parametrize(("amount", "earned"), [("333.33", "33.33"), ("333.35", "33.34")])
def test_example_2_conferencing_is_rounded_half_up(amount: str, earned: str):
    assert commission(receipt("conference", amount), SIGNED, terms(Tier.SILVER)).commission == D(earned)


@pytest.mark.parametrize(
    ("amount", "earned", "flag"), [("300.00", "78.00", None), ("200.00", "0.00", "under_floor")]
)
def test_example_3_idd_earns_what_is_above_its_floor(amount: str, earned: str, flag: str | None):
    line = commission(receipt("idd", amount, minutes=120), SIGNED, terms(Tier.SILVER))
    assert (line.commission, line.flag, line.why.floor_price, line.why.rule) == (
        D(earned), flag, D("1.85"), "M3",
    )  # fmt: skip


def test_example_4_a_refund_takes_back_at_the_rate_of_its_receipt():
    """Gold when it was received, silver when it is refunded: −1,200.00, not −900."""
    paid = commission(receipt("port", "12000.00"), SIGNED, terms(Tier.GOLD))
    back, taken = refund(receipt("port", "-3000.00", refund_of=1, id=2), D("12000.00"), paid, Taken())
    why = back.why
    assert (back.commission, why.tier, why.rate, why.rule) == (D("-1200.00"), Tier.GOLD, D("0.40"), "M5")
    assert taken == Taken(D("3000.00"), D("1200.00"))


@pytest.mark.parametrize(
    ("about", "who", "flag", "rule"),
    [
        ({}, terms(None), Flag.NO_TIER, "M2"),
        ({}, Terms(PartnerKind.GROWTH, Tier.GOLD, None, None), Flag.NO_POLICY, "M2"),
        ({}, terms(Tier.GOLD, PartnerKind.WHOLESALE), Flag.WHOLESALE, "M8"),
        ({"day": date(2026, 1, 14)}, terms(Tier.GOLD), Flag.BEFORE_CONTRACT, "M1"),
        ({"product": "idd", "minutes": 1}, terms(Tier.GOLD), Flag.NO_FLOOR_PRICE, "M3"),
        ({"product": "idd"}, terms(Tier.SILVER), Flag.NO_MINUTES, "M3"),
    ],
)
def test_what_is_missing_is_named_and_never_taken_as_zero(
    about: dict[str, object], who: Terms, flag: Flag, rule: str
):
    line = commission(receipt(**{"product": "port", "amount": "12000.00"} | about), SIGNED, who)  # type: ignore[arg-type]
    assert (line.commission, line.flag, line.why.rule) == (D("0.00"), flag, rule)


def test_29_february_has_its_anniversaries_on_the_28th():
    leap = date(2024, 2, 29)
    assert (anniversary(leap, 1), anniversary(leap, 4)) == (date(2025, 2, 28), date(2028, 2, 29))
    assert [contract_year(leap, date(2025, 2, day)) for day in (27, 28)] == [1, 2]
    assert [contract_year(leap, date(2026, 2, day)) for day in (27, 28)] == [2, None]


@pytest.mark.parametrize(
    ("day", "whose"),
    [(date(2026, 1, 1), 7), (date(2026, 3, 4), 7), (date(2026, 3, 5), None), (date(2026, 9, 1), 8)],
)
def test_a_receipt_belongs_to_who_owned_the_customer_that_day(day: date, whose: int | None):
    """C6: what came in before the takeover stays with the old owner."""
    owners = (Owner(date(2026, 2, 1), 7), Owner(date(2026, 3, 5), None), Owner(date(2026, 4, 1), 8))
    assert credited(owners, day) == whose


AMOUNTS = st.integers(1, 10**11).map(lambda fen: D(fen).scaleb(-2))


@given(
    AMOUNTS,
    st.sampled_from([Tier.GOLD, Tier.SILVER, Tier.ORDINARY]),
    st.lists(st.integers(1, 10**9), max_size=6),
)
def test_refunds_of_a_whole_receipt_take_back_exactly_what_it_earned(amount: D, tier: Tier, cuts: list[int]):
    """However it is cut up, nothing is left over and nothing is taken twice (M5)."""
    fen = int(amount.scaleb(2))
    marks = sorted({cut % fen for cut in cuts} - {0})
    parts = [b - a for a, b in zip([0, *marks], [*marks, fen], strict=True)]
    due = [(receipt("port", str(amount)), SIGNED, False)] + [
        (receipt("port", str(-D(part).scaleb(-2)), date(2026, 3, 1), id=number, refund_of=1), SIGNED, False)
        for number, part in enumerate(parts, start=2)
    ]
    earned = earn(due, lambda _day: terms(tier), {})
    assert sum((line.commission for line in earned.values()), D(0)) == 0
    assert all(line.commission <= 0 for number, line in earned.items() if number > 1)


@given(AMOUNTS, st.integers(0, 5000), st.integers(0, 900))
def test_nothing_but_a_refund_is_ever_negative(amount: D, minutes: int, days: int):
    for product in Product:
        line = commission(
            receipt(product.value, str(amount), SIGNED + timedelta(days=days), minutes=minutes),
            SIGNED,
            terms(Tier.SILVER),
        )
        assert 0 <= line.commission <= amount


def test_refunds_in_the_order_of_their_days_after_refunds_on_earlier_statements():
    """333.33 earns 33.33; two thirds were refunded before: the last third takes back what is left."""
    original = Original(D("333.33"), Earned(D("33.33"), Why("M1")), Taken(D("222.22"), D("22.22")))
    last = (receipt("conference", "-111.11", id=9, refund_of=4), SIGNED, False)
    line = earn([last], lambda _day: terms(Tier.GOLD), {4: original})[9]
    assert (line.commission, line.before) == (D("-11.11"), original.before)


def test_sums_of_lines_leave_out_what_is_withheld():
    lines = [
        (Earned(D("1.05"), Why("M1")), D("5.00")),
        (Earned(D("0.00"), Why("M2", Flag.NO_TIER)), D("7.00")),
    ]
    assert totals(lines) == (D("1.05"), D("5.00"), 1, 1)

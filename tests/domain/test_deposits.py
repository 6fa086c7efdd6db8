"""Deposits, debts and wholesale traffic by example and by property (B1–B5, M11)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import deposits as d
from portal.domain.deposits import DeductionAct as Act
from portal.domain.deposits import DeductionState as State
from portal.domain.errors import RuleViolation
from portal.domain.rates import parse_pay
from portal.domain.roles import Actor, Role
from portal.domain.terms import PartnerKind, Tier
from portal.domain.wholesale import Service, after_payment, standing, used_share
from tests.support.policies import BODY

PAY = parse_pay(BODY)
FINANCE = Actor(1, "Finance", frozenset({Role.FINANCE}))
MANAGER = Actor(2, "Manager", frozenset({Role.CHANNEL_MANAGER}))
PARTNER = Actor(3, "Alice", frozenset({Role.PARTNER_ADMIN}), partner_id=1)
MONEY = st.decimals(min_value=0, max_value=10**9, places=2)
POSITIVE = st.decimals(min_value=Decimal("0.01"), max_value=10**9, places=2)


def yuan(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("kind", "tier", "own", "required"),
    [
        (PartnerKind.GROWTH, Tier.GOLD, None, "90000.00"),
        (PartnerKind.RELATIONSHIP, Tier.SILVER, None, "40000.00"),
        (PartnerKind.VIRTUAL_OPERATOR, Tier.ORDINARY, None, "5000.00"),
        (PartnerKind.WHOLESALE, None, None, "100000.00"),
        (PartnerKind.WHOLESALE, None, "80000.00", "100000.00"),
        (PartnerKind.WHOLESALE, None, "250000.00", "250000.00"),
    ],
)
def test_what_is_required(kind: PartnerKind, tier: Tier | None, own: str | None, required: str) -> None:
    """B1: by tier; wholesale at least the policy's figure, its own where that is larger."""
    assert d.required_deposit(kind, tier, yuan(own) if own else None, PAY) == yuan(required)


def test_without_a_tier_nothing_can_be_said() -> None:
    assert d.required_deposit(PartnerKind.GROWTH, None, None, PAY) is None
    assert d.shortfall(None, d.NOTHING) == d.NOTHING


def test_a_waiver_covers_what_was_missing_and_no_more() -> None:
    """B4."""
    assert d.is_waived(yuan("50000.00"), yuan("50000.00"))
    assert not d.is_waived(yuan("50000.01"), yuan("50000.00"))
    assert not d.is_waived(yuan("50000.00"), None)
    assert not d.is_waived(d.NOTHING, yuan("50000.00")), "nothing is missing, nothing is waived"


def test_the_life_of_a_deduction() -> None:
    """B3: finance proposes, the channel manager approves, it is announced, the partner may object."""
    about: dict[str, Any] = {"proposed_by": FINANCE.user_id}
    assert d.check_deduction_act(State.PROPOSED, Act.APPROVE, MANAGER, **about) is State.APPROVED
    assert d.check_deduction_act(State.APPROVED, Act.ANNOUNCE, FINANCE, **about) is State.ANNOUNCED
    assert d.check_deduction_act(State.ANNOUNCED, Act.OBJECT, PARTNER, reason="x", **about) is State.OBJECTED
    assert d.check_deduction_act(State.OBJECTED, Act.UPHOLD, MANAGER, reason="x", **about) is State.ANNOUNCED
    assert d.check_deduction_act(State.OBJECTED, Act.DROP, MANAGER, reason="x", **about) is State.DROPPED


@pytest.mark.parametrize(
    ("state", "act", "actor", "more", "code"),
    [
        (State.APPROVED, Act.APPROVE, MANAGER, {}, "deduction.not_now"),
        (State.PROPOSED, Act.APPROVE, FINANCE, {}, "deduction.not_yours"),
        (State.PROPOSED, Act.APPROVE, MANAGER, {"proposed_by": 2}, "deduction.four_eyes"),
        (State.OBJECTED, Act.DROP, MANAGER, {"proposed_by": 2, "reason": "x"}, "deduction.four_eyes"),
        (State.OBJECTED, Act.DROP, MANAGER, {"reason": " "}, "reason.required"),
        (State.ANNOUNCED, Act.OBJECT, PARTNER, {}, "reason.required"),
        (State.ANNOUNCED, Act.OBJECT, PARTNER, {"reason": "x", "decided": True}, "deduction.not_now"),
        (
            State.ANNOUNCED, Act.OBJECT, PARTNER,
            {"reason": "x", "takes_effect_on": date(2026, 3, 10), "today": date(2026, 3, 10)},
            "deduction.too_late",
        ),
        (State.EFFECTIVE, Act.OBJECT, PARTNER, {"reason": "x"}, "deduction.not_now"),
    ],
)  # fmt: skip
def test_what_a_deduction_does_not_allow(
    state: State, act: Act, actor: Actor, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as caught:
        d.check_deduction_act(state, act, actor, **{"proposed_by": 1, **more})
    assert caught.value.code == code


def test_a_deduction_takes_effect_after_five_working_days() -> None:
    """B3: announced on Monday 2 March, the partner can object until Monday 9 March."""
    assert d.effective_day(date(2026, 3, 2), PAY) == date(2026, 3, 10)
    assert not d.takes_effect(State.ANNOUNCED, date(2026, 3, 10), date(2026, 3, 9))
    assert d.takes_effect(State.ANNOUNCED, date(2026, 3, 10), date(2026, 3, 10))
    assert not d.takes_effect(State.OBJECTED, date(2026, 3, 10), date(2026, 3, 11))


def test_what_the_balance_does_not_cover_stays_owed() -> None:
    """B3; and what was settled meanwhile is not taken again."""
    assert d.take(yuan("800.00"), yuan("500.00")) == d.Taken(yuan("500.00"), yuan("300.00"))
    assert d.take(yuan("800.00"), yuan("5000.00"), yuan("200.00")) == d.Taken(yuan("200.00"), d.NOTHING)


def test_a_debt_is_overdue_the_day_after_it_is_due() -> None:
    """M11: 30 days."""
    due = d.debt_due_on(date(2026, 3, 2), PAY)
    assert due == date(2026, 4, 1)
    assert not d.is_overdue(d.DebtState.OPEN, due, date(2026, 4, 1))
    assert d.is_overdue(d.DebtState.OPEN, due, date(2026, 4, 2))
    assert not d.is_overdue(d.DebtState.SETTLED, due, date(2026, 4, 2))


@given(amount=POSITIVE, balance=MONEY, remaining=st.none() | MONEY)
def test_taking_splits_exactly(amount: Decimal, balance: Decimal, remaining: Decimal | None) -> None:
    taken = d.take(amount, balance, remaining)
    wanted = amount if remaining is None else min(amount, remaining)
    assert taken.amount + taken.owed == wanted
    assert 0 <= taken.amount <= balance
    assert taken.owed == 0 or taken.amount == balance, "something stays owed only when nothing is left"


@given(balance=MONEY, kind=st.sampled_from(d.EntryKind), amount=MONEY)
def test_no_entry_makes_a_balance_negative(balance: Decimal, kind: d.EntryKind, amount: Decimal) -> None:
    """B2."""
    if amount == 0 or (kind not in d.PAID_IN and amount > balance):
        with pytest.raises(RuleViolation, match=r"deposit\.overdrawn" if amount else r"deposit\.amount"):
            d.balance_after(balance, kind, amount)
    else:
        after = d.balance_after(balance, kind, amount)
        assert after >= 0
        assert after - balance == d.signed_amount(kind, amount)


@given(parts=st.lists(POSITIVE, max_size=6), total=POSITIVE, how=st.sampled_from(d.Settling))
def test_settlements_never_exceed_a_debt(parts: list[Decimal], total: Decimal, how: d.Settling) -> None:
    """M11."""
    left, settled = total, d.NOTHING
    for part in parts:
        try:
            left, state = d.after_settling(left, part, how)
        except RuleViolation:
            assert part > left
            continue
        settled += part
        assert (state is d.DebtState.OPEN) == (left > 0)
    assert settled + left == total


@pytest.mark.parametrize(
    ("unpaid", "balance", "service", "warned"),
    [
        ("0.00", "100000.00", Service.RUNNING, None),
        ("79999.99", "100000.00", Service.RUNNING, None),
        ("80000.00", "100000.00", Service.RUNNING, "0.80"),
        ("95000.00", "100000.00", Service.RUNNING, "0.95"),
        ("99999.99", "100000.00", Service.RUNNING, "0.95"),
        ("100000.00", "100000.00", Service.SUSPENDED, "0.95"),
        ("100000.00", "100000.01", Service.RUNNING, "0.95"),
        ("0.00", "0.00", Service.SUSPENDED, "0.95"),
    ],
)
def test_traffic_against_the_deposit(unpaid: str, balance: str, service: Service, warned: str | None) -> None:
    """B5: warned at 80 % and 95 %, suspended when it reaches the balance, resumed by more than that."""
    found = standing(yuan(unpaid), yuan(balance), PAY.traffic_warnings)
    assert found.service is service
    assert found.warned == (yuan(warned) if warned else None)


@given(unpaid=MONEY, balance=MONEY)
def test_a_hundred_per_cent_is_shown_only_when_suspended(unpaid: Decimal, balance: Decimal) -> None:
    found = standing(unpaid, balance, PAY.traffic_warnings)
    assert (found.service is Service.SUSPENDED) == (used_share(unpaid, balance) >= 100)


def test_traffic_is_not_paid_twice() -> None:
    assert after_payment(yuan("10.00"), yuan("10.00")) == 0
    for amount, code in (("10.01", "traffic.overpaid"), ("0.00", "traffic.amount")):
        with pytest.raises(RuleViolation, match=code):
            after_payment(yuan("10.00"), yuan(amount))

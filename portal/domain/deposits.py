"""Deposits and debts (保证金, B1–B4, M11): what is required, what may be deducted, what stays owed."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from portal.domain.calendar import add_working_days
from portal.domain.errors import RuleViolation
from portal.domain.rates import PayFigures
from portal.domain.roles import Actor, Role
from portal.domain.terms import PartnerKind, Tier

NOTHING = Decimal("0.00")
_DAY = timedelta(days=1)


class EntryKind(StrEnum):
    """What moves a deposit (B2)."""

    PAYMENT = "payment"
    TOP_UP = "top_up"
    DEDUCTION = "deduction"
    RETURN = "return"


PAID_IN = frozenset({EntryKind.PAYMENT, EntryKind.TOP_UP})
"""Entries that are positive; the others take out."""


class Cause(StrEnum):
    """Why something may be deducted (B3)."""

    OVERDUE_DEBT = "overdue_debt"
    CUSTOMER_ARREARS = "customer_arrears"


class Blame(StrEnum):
    """Why a customer does not pay for conferencing/ASP (B3)."""

    CUSTOMER = "customer"
    SERVICE = "service"


class DeductionState(StrEnum):
    """The life of a deduction (B3)."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    ANNOUNCED = "announced"
    OBJECTED = "objected"
    EFFECTIVE = "effective"
    REFUSED = "refused"
    DROPPED = "dropped"


KNOWN_TO_PARTNER = frozenset(
    {DeductionState.ANNOUNCED, DeductionState.OBJECTED, DeductionState.EFFECTIVE, DeductionState.DROPPED}
)
"""What a partner sees: from the announcement on."""
OPEN_DEDUCTION = frozenset(
    {DeductionState.PROPOSED, DeductionState.APPROVED, DeductionState.ANNOUNCED, DeductionState.OBJECTED}
)


class DeductionAct(StrEnum):
    """What is done to a deduction, by whom and when: see `ACTS`."""

    APPROVE = "approve"
    REFUSE = "refuse"
    ANNOUNCE = "announce"
    OBJECT = "object"
    UPHOLD = "uphold"
    DROP = "drop"


class DebtState(StrEnum):
    """Whether something of a debt is still owed; overdue is a question of the day (`is_overdue`)."""

    OPEN = "open"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"


class Settling(StrEnum):
    """How a part of a debt was settled (M11)."""

    SET_OFF = "set_off"
    DEDUCTION = "deduction"
    CASH = "cash"
    WRITTEN_OFF = "written_off"


S, A = DeductionState, DeductionAct
ACTS: dict[DeductionAct, tuple[DeductionState, DeductionState, frozenset[Role]]] = {
    A.APPROVE: (S.PROPOSED, S.APPROVED, frozenset({Role.CHANNEL_MANAGER})),
    A.REFUSE: (S.PROPOSED, S.REFUSED, frozenset({Role.CHANNEL_MANAGER})),
    A.ANNOUNCE: (S.APPROVED, S.ANNOUNCED, frozenset({Role.FINANCE})),
    A.OBJECT: (S.ANNOUNCED, S.OBJECTED, frozenset({Role.PARTNER_ADMIN})),
    A.UPHOLD: (S.OBJECTED, S.ANNOUNCED, frozenset({Role.CHANNEL_MANAGER})),
    A.DROP: (S.OBJECTED, S.DROPPED, frozenset({Role.CHANNEL_MANAGER})),
}
"""At which state an act is done, what follows, and by whom. Taking effect is the tick's (`takes_effect`)."""
WITH_REASON = frozenset({A.REFUSE, A.OBJECT, A.UPHOLD, A.DROP})


def required_deposit(
    kind: PartnerKind, tier: Tier | None, traffic_deposit: Decimal | None, pay: PayFigures
) -> Decimal | None:
    """What a partner has to deposit (B1); None when no tier is decided for the day.

    A wholesale partner's own figure, set from its monthly traffic, counts where it is above the minimum.
    """
    if kind is PartnerKind.WHOLESALE:
        least = pay.deposits[PartnerKind.WHOLESALE.value]
        return least if traffic_deposit is None else max(least, traffic_deposit)
    return None if tier is None else pay.deposits[tier.value]


def shortfall(required: Decimal | None, balance: Decimal) -> Decimal:
    """What is missing to the required deposit (B4); nothing where none is required."""
    return NOTHING if required is None else max(NOTHING, required - balance)


def is_waived(missing: Decimal, waived: Decimal | None) -> bool:
    """Whether the coo's waiver covers a shortfall: it does not cover what is missing beyond it (B4)."""
    return missing > 0 and waived is not None and missing <= waived


def signed_amount(kind: EntryKind, amount: Decimal) -> Decimal:
    """The amount as the ledger bears it.

    :raises RuleViolation: ``deposit.amount``: it must be more than nothing.
    """
    if amount <= 0:
        raise RuleViolation("deposit.amount", "amount")
    return amount if kind in PAID_IN else -amount


def balance_after(balance: Decimal, kind: EntryKind, amount: Decimal) -> Decimal:
    """The balance after an entry (B2).

    :raises RuleViolation: ``deposit.amount``; ``deposit.overdrawn``: it would fall below nothing.
    """
    after = balance + signed_amount(kind, amount)
    if after < 0:
        raise RuleViolation("deposit.overdrawn", "amount", balance=balance, amount=amount)
    return after


def check_deduction_act(
    state: DeductionState,
    act: DeductionAct,
    actor: Actor,
    *,
    proposed_by: int,
    reason: str = "",
    decided: bool = False,
    takes_effect_on: date | None = None,
    today: date | None = None,
) -> DeductionState:
    """The state after an act on a deduction (B3).

    `decided`: its objection was decided before. `takes_effect_on`: the day an announced one takes effect.

    :raises RuleViolation: ``deduction.not_now``; ``deduction.not_yours``; ``deduction.four_eyes``: who
        proposed it does not decide it; ``deduction.too_late`` to object; ``reason.required``.
    """
    start, end, roles = ACTS[act]
    if state is not start or (act is A.OBJECT and decided):
        raise RuleViolation("deduction.not_now", state=state)
    if not actor.effective_roles & roles:
        raise RuleViolation("deduction.not_yours")
    if act is not A.ANNOUNCE and actor.user_id == proposed_by:
        raise RuleViolation("deduction.four_eyes")
    if act is A.OBJECT and takes_effect_on is not None and today is not None and today >= takes_effect_on:
        raise RuleViolation("deduction.too_late", day=takes_effect_on)
    if act in WITH_REASON and not reason.strip():
        raise RuleViolation("reason.required", "reason")
    return end


def effective_day(announced_on: date, pay: PayFigures) -> date:
    """The day on which an announced deduction takes effect: after the last day to object (B3)."""
    return add_working_days(announced_on, pay.deposit_objection_working_days) + _DAY


def takes_effect(state: DeductionState, on: date | None, today: date) -> bool:
    """Whether an announced deduction is due: nobody objected, or the objection was decided against."""
    return state is S.ANNOUNCED and on is not None and on <= today


@dataclass(frozen=True, slots=True)
class Taken:
    """What a deduction comes to: taken from the balance, and what stays owed (B3)."""

    amount: Decimal
    owed: Decimal


def take(amount: Decimal, balance: Decimal, remaining: Decimal | None = None) -> Taken:
    """Take `amount` from `balance` as far as it reaches.

    `remaining`: what is left of the debt that it is for; what was settled meanwhile is not taken again.
    """
    wanted = amount if remaining is None else min(amount, remaining)
    taken = min(wanted, balance)
    return Taken(taken, wanted - taken)


def debt_due_on(opened_on: date, pay: PayFigures) -> date:
    """The last day on which a debt can be paid before it may be deducted (M11)."""
    return opened_on + timedelta(days=pay.debt_due_days)


def is_overdue(state: DebtState, due_on: date, today: date) -> bool:
    """Whether a debt may be deducted from the deposit."""
    return state is DebtState.OPEN and due_on < today


def after_settling(remaining: Decimal, amount: Decimal, how: Settling) -> tuple[Decimal, DebtState]:
    """What is left of a debt after a part is settled, and how the debt stands.

    :raises RuleViolation: ``debt.amount`` nothing or less; ``debt.too_much`` more than is owed.
    """
    if amount <= 0:
        raise RuleViolation("debt.amount", "amount")
    if amount > remaining:
        raise RuleViolation("debt.too_much", "amount", remaining=remaining)
    left = remaining - amount
    if left:
        return left, DebtState.OPEN
    return left, DebtState.WRITTEN_OFF if how is Settling.WRITTEN_OFF else DebtState.SETTLED


@dataclass(frozen=True, slots=True)
class ExitItem:
    """One thing that must be so before a deposit is returned; `count` of what is in the way."""

    key: str
    count: int

    @property
    def done(self) -> bool:
        """Whether nothing is in the way."""
        return self.count == 0


def check_return(items: list[ExitItem], balance: Decimal) -> None:
    """Whether a deposit may be returned on exit.

    :raises RuleViolation: ``deposit.exit_open``: something of the checklist is in the way;
        ``deposit.nothing_to_return``.
    """
    if any(not item.done for item in items):
        raise RuleViolation("deposit.exit_open")
    if balance <= 0:
        raise RuleViolation("deposit.nothing_to_return")

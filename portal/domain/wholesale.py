"""Wholesale traffic against the deposit (话批, B5): warned, suspended at once, resumed by a top-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from portal.domain.errors import RuleViolation


class Service(StrEnum):
    """Whether a wholesale partner's traffic may run; the switch itself is the billing system's."""

    RUNNING = "running"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a wholesale partner stands; `warned` is the highest warning reached, a share of the balance."""

    service: Service
    warned: Decimal | None


def standing(unpaid: Decimal, balance: Decimal, warnings: Sequence[Decimal]) -> Standing:
    """Unpaid traffic that reaches the balance suspends; a balance above it lets it run (B5)."""
    reached = [share for share in warnings if unpaid >= share * balance]
    service = Service.RUNNING if balance > unpaid else Service.SUSPENDED
    return Standing(service, max(reached) if reached else None)


def used_share(unpaid: Decimal, balance: Decimal) -> int:
    """How much of the balance is used up, in whole per cent, never rounded up to 100."""
    if balance <= 0:
        return 100
    return int((unpaid * 100 / balance).quantize(Decimal(1), ROUND_DOWN))


def after_payment(unpaid: Decimal, amount: Decimal) -> Decimal:
    """What is unpaid after a payment for traffic.

    :raises RuleViolation: ``traffic.amount`` nothing or less; ``traffic.overpaid`` more than is unpaid.
    """
    if amount <= 0:
        raise RuleViolation("traffic.amount", "amount")
    if amount > unpaid:
        raise RuleViolation("traffic.overpaid", "amount", unpaid=unpaid)
    return unpaid - amount

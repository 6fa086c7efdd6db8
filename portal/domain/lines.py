"""The lines of a statement (M4–M6, M9, M13, M14): from receipts and their terms to lines, total and hash."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from portal.domain.commissions import (
    NOTHING,
    WITHHELD,
    ZERO,
    Earned,
    Flag,
    Receipt,
    Taken,
    Terms,
    Why,
    commission,
    refund,
)


class LineKind(StrEnum):
    """Where a line comes from: a receipt, or a dispute that was decided (M9)."""

    RECEIPT = "receipt"
    GRANTED = "granted"
    RESUMED = "resumed"


class Original(NamedTuple):
    """A receipt that was refunded: its amount, what it earned, and its earlier refunds (M5)."""

    amount: Decimal
    earned: Earned
    before: Taken = Taken()


_CONTESTED = Why("M14", Flag.CONTESTED_CONTRACT)


class Totals(NamedTuple):
    """What a revision comes to, in yuan; `withheld` receipts wait for a term that is missing."""

    total: Decimal
    received: Decimal
    lines: int
    withheld: int


def counted(earned: Earned) -> bool:
    """Whether a line stands on the statement, if only with nothing and a flag (M3)."""
    return earned.flag is None or earned.flag is Flag.UNDER_FLOOR


def settles(earned: Earned) -> bool:
    """Whether the receipt is done with: counted, or never to earn anything; not while a term is missing."""
    return counted(earned) or earned.flag in NOTHING


def earn(
    due: Iterable[tuple[Receipt, date, bool]],
    terms_on: Callable[[date], Terms],
    originals: Mapping[int, Original],
) -> dict[int, Earned]:
    """What each receipt due on one statement earns, by its id.

    `due`: each with the day its contract began, and whether that contract is contested: more than one party
    signed its number, and nobody has said yet whose it is (M14).
    `originals`: the refunded receipts that are not themselves among `due`. Refunds are taken in the order
    of their days, after the receipts.
    """
    earned: dict[int, Earned] = {}
    amounts: dict[int, Decimal] = {}
    refunds: list[Receipt] = []
    for receipt, contract_on, contested in due:
        if receipt.refund_of is not None:
            refunds.append(receipt)
            continue
        amounts[receipt.id] = receipt.amount
        if contested:
            earned[receipt.id] = Earned(ZERO, _CONTESTED)
        else:
            earned[receipt.id] = commission(receipt, contract_on, terms_on(receipt.received_on))
    so_far: dict[int, Taken] = {}
    for receipt in sorted(refunds, key=lambda each: (each.received_on, each.id)):
        of = receipt.refund_of
        assert of is not None  # noqa: S101 - it is a refund
        if of in earned:
            original = Original(amounts[of], earned[of], originals[of].before if of in originals else Taken())
        else:
            original = originals[of]
        before = so_far.get(of, original.before)
        earned[receipt.id], so_far[of] = refund(receipt, original.amount, original.earned, before)
    return earned


def totals(lines: Iterable[tuple[Earned, Decimal]]) -> Totals:
    """Sums of lines (M4): what each earned, and the amount of its receipt."""
    total = received = ZERO
    number = withheld = 0
    for earned, amount in lines:
        if counted(earned):
            total += earned.commission
            received += amount
            number += 1
        elif earned.flag in WITHHELD:
            withheld += 1
    return Totals(total, received, number, withheld)


BETWEEN = "\x1f"
"""Between what is said, in the text that is hashed."""


def content_hash(head: Iterable[object], rows: Iterable[str]) -> str:
    """SHA-256 over what a revision's paper says (M15): the same content has the same hash, anywhere.

    `rows`: each line's words with `BETWEEN` between them.
    """
    text = [BETWEEN.join(map(str, head)), *rows]
    return hashlib.sha256("\x1e".join(text).encode()).hexdigest()

"""The lines of a statement (M4–M6, M9, M13, M14): from receipts and their terms to lines, total and hash."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from portal.domain.commissions import NOTHING, WITHHELD, ZERO, Earned, Flag, Receipt


class LineKind(StrEnum):
    """Where a line comes from: a receipt, or a dispute that was decided (M9)."""

    RECEIPT = "receipt"
    GRANTED = "granted"
    RESUMED = "resumed"


class Line(NamedTuple):
    """One line to be, or one thing that is not on the statement and why (`flag`, not `counted`)."""

    receipt: Receipt
    registration_id: int
    customer_name: str
    contract_on: date
    earned: Earned
    late: bool


def counted(earned: Earned) -> bool:
    """Whether a line stands on the statement, if only with nothing and a flag (M3)."""
    return earned.flag is None or earned.flag is Flag.UNDER_FLOOR


def settles(earned: Earned) -> bool:
    """Whether the receipt is done with: counted, or never to earn anything; not while a term is missing."""
    return counted(earned) or earned.flag in NOTHING


@dataclass(frozen=True, slots=True)
class Totals:
    """What a revision comes to, in yuan."""

    total: Decimal
    received: Decimal
    lines: int
    withheld: int


def totals(lines: Iterable[Line]) -> Totals:
    """Sums of lines (M4)."""
    total = received = ZERO
    number = withheld = 0
    for line in lines:
        if counted(line.earned):
            total += line.earned.commission
            received += line.receipt.amount
            number += 1
        elif line.earned.flag in WITHHELD:
            withheld += 1
    return Totals(total, received, number, withheld)


def content_hash(head: Iterable[str], rows: Iterable[tuple[object, ...]]) -> str:
    """SHA-256 over what a revision's paper says (M15): the same content has the same hash, anywhere."""
    seal = hashlib.sha256("\x1f".join(head).encode())
    for row in rows:
        seal.update(b"\x1e" + "\x1f".join(map(str, row)).encode())
    return seal.hexdigest()

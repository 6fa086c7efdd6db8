"""Receipts and refunds (M5, M7): what may stand in the ledger, and the seal over what was recorded."""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.domain.contracts import key_of
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean
from portal.domain.money import parse_amount
from portal.domain.rates import BY_MINUTES, Product

LONGEST_SOURCE = 40
LONGEST_REF = 80
LONGEST_NUMBER = 60
_MINUS = ("-", "−")

Plain = tuple[str, str, str, str, str, str, int, int | None, int | None]
"""A receipt in plain numbers and texts: source, reference, day (ISO), contract number, its key for
comparing, product, fen, minutes, id of the receipt that it refunds."""


@dataclass(frozen=True, slots=True)
class Refundable:
    """What a refund must know of the receipt that it names; `refunded` is what went back already, in yuan."""

    received_on: date
    contract_key: str
    product: Product
    amount: Decimal
    is_refund: bool = False
    refunded: Decimal = Decimal("0.00")


def parse_received(text: str, *, refund: bool) -> Decimal:
    """A stated amount in yuan; of a refund it is negative, written with or without its minus sign (M5, M7).

    :raises RuleViolation: ``amount.*``; ``receipt.negative`` without a receipt that it refunds;
        ``receipt.zero``.
    """
    typed = unicodedata.normalize("NFKC", text[:60]).strip()
    negative = typed.startswith(_MINUS)
    if negative and not refund:
        raise RuleViolation("receipt.negative", "amount", value=text[:40])
    amount = parse_amount(typed[1:] if negative else text)
    if not amount:
        raise RuleViolation("receipt.zero", "amount", value=text[:40])
    return -amount if refund else amount


def parse_source(text: str) -> str:
    """The billing system that a receipt comes from.

    :raises RuleViolation: ``text.too_long``, ``required``.
    """
    return _bounded(text, LONGEST_SOURCE)


def parse_ref(text: str) -> str:
    """A receipt's reference, unique within its source (M7).

    :raises RuleViolation: ``text.too_long``, ``required``.
    """
    return _bounded(text, LONGEST_REF)


def parse_number(text: str) -> str:
    """A contract number as the billing system has it.

    :raises RuleViolation: ``text.too_long``, ``required`` when nothing of it can be compared.
    """
    number = _bounded(text, LONGEST_NUMBER)
    if not key_of(number):
        raise RuleViolation("required")
    return number


def _bounded(text: str, longest: int) -> str:
    tidy = clean(text[: 4 * longest])
    if len(tidy) > longest or len(text) > 4 * longest:
        raise RuleViolation("text.too_long", length=len(text), longest=longest)
    if not tidy:
        raise RuleViolation("required")
    return tidy


def check_receipt(
    *, received_on: date, product: Product, minutes: int | None, refund: bool, today: date
) -> list[RuleViolation]:
    """What stands against a receipt by itself: it lies in the future, its minutes are missing (M3, M7)."""
    problems = []
    if received_on > today:
        problems.append(RuleViolation("receipt.in_the_future", "received_on", value=received_on.isoformat()))
    if product in BY_MINUTES and minutes is None and not refund:
        problems.append(RuleViolation("receipt.no_minutes", "minutes"))
    return problems


def check_refund(
    of: Refundable, *, received_on: date, contract_key: str, product: Product, amount: Decimal
) -> None:
    """Whether a refund of `amount` (negative yuan) fits the receipt it names (M5).

    :raises RuleViolation: ``receipt.refund_of_refund``, ``receipt.other_contract``,
        ``receipt.other_product``, ``receipt.before_its_receipt``, ``receipt.refunds_exceed``.
    """
    if of.is_refund:
        raise RuleViolation("receipt.refund_of_refund", "refund_of")
    if contract_key != of.contract_key:
        raise RuleViolation("receipt.other_contract", "contract_no")
    if product is not of.product:
        raise RuleViolation("receipt.other_product", "product")
    if received_on < of.received_on:
        raise RuleViolation("receipt.before_its_receipt", "received_on", day=of.received_on)
    if of.refunded - amount > of.amount:
        raise RuleViolation(
            "receipt.refunds_exceed", "amount", received=of.amount, refunded=of.refunded, asked=-amount
        )


class Seal:
    """What the audit trail says of receipts recorded together: their ids, sum in fen, and SHA-256."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last = 0
        self.rows = 0
        self.fen = 0
        self._hash = hashlib.sha256()

    def add(self, first: int, rows: Sequence[Plain]) -> None:
        """Seal more rows, numbered from `first` on."""
        if not rows:
            return
        if self.first is None:
            self.first = first
        self.last = first + len(rows) - 1
        self.rows += len(rows)
        self.fen += sum([row[6] for row in rows])
        self._hash.update(_canonical(first, rows).encode("utf-8", "surrogatepass"))

    def told(self) -> dict[str, object]:
        """The seal in plain JSON."""
        return {
            "first": self.first, "last": self.last, "rows": self.rows, "fen": self.fen,
            "sha256": self._hash.hexdigest(),
        }  # fmt: skip


def _canonical(first: int, rows: Iterable[Plain]) -> str:
    """Parted by signs that no cleaned text has in it, so that no two ledgers read the same."""
    return "".join(
        [
            f"{at}\x1f{source}\x1f{ref}\x1f{day}\x1f{number}\x1f{key}\x1f{product}\x1f{fen}\x1f{minutes}\x1f{of}\x1e"
            for at, (source, ref, day, number, key, product, fen, minutes, of) in enumerate(rows, first)
        ]
    )

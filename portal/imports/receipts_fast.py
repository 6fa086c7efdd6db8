"""Rows of receipts that are plainly good, read without ceremony; anything else is for the careful reader.

What this reads is what the careful reader would have read: tests/imports/test_receipts.py compares them.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from portal.domain.calendar import parse_date
from portal.domain.contracts import key_of
from portal.domain.errors import RuleViolation
from portal.domain.rates import BY_MINUTES, Product
from portal.domain.receipts import LONGEST_REF, Plain, parse_number, parse_source
from portal.exports import from_safe_cell
from portal.imports.reading import Line
from portal.imports.words import member

_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,2}))?")
_MINUTES = re.compile(r"[0-9]{1,6}")
# So many words are remembered of a column; a file of as many contracts as rows must cost no memory.
_REMEMBERED = 100_000


class Read(NamedTuple):
    """One row as read, with the line it stands on; a refund names the reference of its receipt."""

    line: Line
    plain: Plain
    refund_of: str | None


class QuickReader:
    """Reads cells by their place; remembers days, contract numbers, products and sources it met."""

    def __init__(self, keys: Sequence[tuple[int, str]], today: str) -> None:
        place = {key: at for at, key in keys}
        needed = ("source", "ref", "received_on", "contract_no", "product", "amount")
        self._cells = itemgetter(*(place[key] for key in needed))
        self._minutes, self._refund = place.get("minutes"), place.get("refund_of")
        self._wide = max(place.values()) + 1
        self._sources = _Memory(source_of)
        self._days = _Memory(partial(_day, today=today))
        self._products = _Memory(_product)
        self._numbers = _Memory(_number)

    def read(self, cells: Sequence[str]) -> Plain | None:
        """The row, when it is plainly good and no refund; None leaves it to the careful reader."""
        if len(cells) < self._wide or (self._refund is not None and cells[self._refund]):
            return None
        source_cell, ref, day_cell, number_cell, product_cell, amount = self._cells(cells)
        source, day = self._sources[source_cell], self._days[day_cell]
        number, product = self._numbers[number_cell], self._products[product_cell]
        stated = _AMOUNT.fullmatch(amount)
        if source is None or day is None or number is None or product is None or stated is None:
            return None
        if not ref.isascii() or not ref.isprintable() or not 0 < len(ref) <= LONGEST_REF:
            return None
        if ref[0] in " '" or ref[-1] == " ":
            return None
        yuan, fraction = stated.groups()
        fen = int(yuan) * 100
        if fraction:
            fen += int(fraction) if len(fraction) == 2 else 10 * int(fraction)
        minutes = cells[self._minutes] if self._minutes is not None else ""
        if not minutes:
            return None if product[1] or not fen else (source, ref, day, *number, product[0], fen, None, None)
        if not fen or _MINUTES.fullmatch(minutes) is None:
            return None
        return (source, ref, day, *number, product[0], fen, int(minutes), None)


class _Memory(dict[str, Any]):
    """What cells of a column say, by the domain's parser when one is met first; None: it refuses the cell."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> Any:
        if len(self) >= _REMEMBERED:
            self.clear()
        try:
            found = self[text] = self._read(text.strip())
        except RuleViolation:
            found = self[text] = None
        return found


def source_of(text: str) -> str:
    """The billing system that a cell names."""
    return parse_source(from_safe_cell(text))


def number_of(text: str) -> str:
    """The contract number in a cell."""
    return parse_number(from_safe_cell(text))


def product_of(text: str) -> Product:
    """The product that a cell names, by its key or a word of either language."""
    found: Product = member(Product, text)
    return found


def _day(text: str, *, today: str) -> str | None:
    day = parse_date(text).isoformat()
    return day if day <= today else None


def _product(text: str) -> tuple[str, bool]:
    """The product's key, and whether it is paid by minutes."""
    product = product_of(text)
    return product.value, product in BY_MINUTES


def _number(text: str) -> tuple[str, str]:
    number = number_of(text)
    return number, key_of(number)

"""What an import of receipts says besides: summed up, however many rows it is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.commissions import period_of
from portal.domain.errors import RuleViolation
from portal.domain.rates import Product
from portal.imports.receipts_fast import Read
from portal.imports.report import Refused, Report
from portal.models import tables as t
from portal.receipts.numbers import starts_of

_REMEMBERED = 100_000


@dataclass
class _Noted:
    """Receipts that share something odd: the first of them, how many, their sum in fen."""

    line: int = 0
    value: str = ""
    rows: int = 0
    fen: int = 0
    numbers: set[str] = field(default_factory=set)

    def add(self, read: Read, value: str) -> None:
        """One more of them."""
        if not self.rows:
            self.line, self.value = read.line[0], value
        self.rows += 1
        self.fen += read.plain[6]
        if len(self.numbers) < _REMEMBERED:
            self.numbers.add(read.plain[4])


class Notes:
    """Unknown contract numbers, receipts from before their contract, receipts of periods called complete."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._unknown, self._before, self._late = _Noted(), _Noted(), _Noted()
        self._starts: dict[str, str | None] = {}
        self._collected = set(session.execute(sa.select(t.collected_period.c.period)).scalars())
        self._periods: dict[tuple[str, str], str] = {}

    def look_at(self, fresh: Sequence[Read]) -> None:
        """Look at rows that were recorded."""
        self._learn({read.plain[4] for read in fresh})
        for read in fresh:
            plain = read.plain
            start = self._starts[plain[4]]
            if start is None:
                self._unknown.add(read, plain[3])
            elif plain[2] < start:
                self._before.add(read, plain[2])
            if self._collected and (period := self._period(plain[5], plain[2])) in self._collected:
                self._late.add(read, period)

    def _learn(self, keys: set[str]) -> None:
        """When the contracts of these numbers start; None for what nobody signed."""
        if len(self._starts) > _REMEMBERED:
            self._starts.clear()
        missing = keys - self._starts.keys()
        known = starts_of(self._session, missing)
        self._starts.update((key, known[key].isoformat() if key in known else None) for key in missing)

    def _period(self, product: str, day: str) -> str:
        key = product, day
        if key not in self._periods:
            self._periods[key] = str(period_of(Product(product), date.fromisoformat(day)))
        return self._periods[key]

    def tell(self, report: Report) -> None:
        """Put one warning of each sort in the report."""
        for noted, column, code in (
            (self._unknown, "contract_no", "receipt.warn_unknown_contract"),
            (self._before, "received_on", "receipt.warn_before_contract"),
            (self._late, "received_on", "receipt.warn_collected"),
        ):
            if noted.rows:
                told: dict[str, Any] = {
                    "rows": noted.rows, "sum": f"{Decimal(noted.fen).scaleb(-2):,.2f}",
                    "numbers": len(noted.numbers),
                }  # fmt: skip
                problem = RuleViolation(code, **told)
                report.warnings.append(Refused(noted.line, column, noted.value, problem))

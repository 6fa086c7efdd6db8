"""Draft a statement: which receipts are due on it, and what each earns. Nothing is written here."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.commissions import Earned, Receipt, period_of, products_of
from portal.domain.lines import Due, Totals, earn, totals
from portal.domain.periods import Period
from portal.domain.rates import Product
from portal.models import tables as t
from portal.receipts.credits import Credit
from portal.statements.ground import Ground
from portal.statements.originals import load_originals

# Money and products as the database has them: a million rows are not worth a million conversions.
_FEN = sa.type_coerce(t.receipt.c.amount, sa.BigInteger)
_PRODUCT = sa.type_coerce(t.receipt.c.product, sa.String)
_PRODUCTS = {product.value: product for product in Product}
_READ = (
    t.receipt.c.id, t.receipt.c.received_on, _PRODUCT.label("product"), _FEN.label("fen"),
    t.receipt.c.minutes, t.receipt.c.refund_of_id, t.receipt.c.contract_key, t.receipt.c.source,
    t.receipt.c.ref, t.receipt.c.contract_no, t.receipt.c.recorded_at,
)  # fmt: skip


class DraftLine(NamedTuple):
    """One receipt on a draft: what it is, whose, and what it earns."""

    receipt: Receipt
    credit: Credit
    earned: Earned
    late: bool
    source: str
    ref: str
    contract_no: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement as it would be now: its lines in the order of their days, and what they come to."""

    partner_id: int
    period: Period
    lines: list[DraftLine]
    totals: Totals


def draft(session: Session, ground: Ground, partner_id: int, period: Period) -> Draft:
    """What the statement of a partner over a period is made of, from the receipts that no issued one has."""
    return _drafted(session, ground, partner_id, period, None)


def redraft(
    session: Session, ground: Ground, partner_id: int, period: Period, receipts: Collection[int]
) -> Draft:
    """The same for given receipts, settled or not: what a statement of them says under `ground`."""
    return _drafted(session, ground, partner_id, period, receipts)


class _Due:
    """Which receipts of the pool belong on the statement over one period, and which come late (M6)."""

    def __init__(self, ground: Ground, partner_id: int, period: Period) -> None:
        self.ground, self.partner_id, self.period = ground, partner_id, period
        self.collected_at = ground.collected.get(str(period))
        self._earlier: dict[Period, tuple[bool, datetime | None]] = {}

    def takes(self, product: Product, row: Any) -> bool | None:
        """None: not on this one; else whether it comes late."""
        if self.period.first <= row[1]:
            missed = self.collected_at is not None and row[10] > self.collected_at
            return None if missed else False
        own = period_of(product, row[1])
        if own not in self._earlier:
            name = str(own)
            out = self.ground.is_out(self.partner_id, name)
            self._earlier[own] = out, self.ground.collected.get(name)
        out, collected_at = self._earlier[own]
        return True if out or (collected_at is not None and row[10] > collected_at) else None


def _drafted(
    session: Session, ground: Ground, partner_id: int, period: Period, given: Collection[int] | None
) -> Draft:
    rows = list(_given(session, given) if given is not None else _pool(session, ground, partner_id, period))
    statement_id = _statement_id(session, partner_id, period)
    originals = load_originals(session, {row[5] for row in rows if row[5] is not None}, but=statement_id)
    due, about = [], {}
    chooser = _Due(ground, partner_id, period)
    for row in rows:
        credit = ground.credits.by_key.get(row[6])
        if credit is None:
            continue
        product = _PRODUCTS[row[2]]
        refunded = originals.get(row[5]) if row[5] is not None else None
        # A refund takes back from whom its receipt was earned by, whoever owns the customer now.
        day = refunded.received_on if refunded else row[1]
        late = chooser.takes(product, row)
        if given is None and (late is None or credit.partner_on(day) != partner_id):
            continue
        receipt = Receipt(row[0], row[1], product, Decimal(row[3]).scaleb(-2), row[4], row[5], row[6])
        due.append(Due(receipt, credit.starts_on, row[1] < period.first))
        about[receipt.id] = credit, row[7], row[8], row[9]
    earned = earn(
        due,
        lambda day: ground.terms(partner_id, day),
        {number: each.original for number, each in originals.items()},
    )
    lines = []
    for each in sorted(due, key=lambda each: (each.receipt.received_on, each.receipt.id)):
        credit, source, ref, contract_no = about[each.receipt.id]
        lines.append(
            DraftLine(each.receipt, credit, earned[each.receipt.id], each.late, source, ref, contract_no)
        )
    return Draft(partner_id, period, lines, totals((line.earned, line.receipt.amount) for line in lines))


def _given(session: Session, receipts: Collection[int]) -> Iterator[Any]:
    for part in chunks(receipts):
        yield from session.execute(sa.select(*_READ).where(t.receipt.c.id.in_(part)))


def _pool(session: Session, ground: Ground, partner_id: int, period: Period) -> Iterator[Any]:
    """Receipts of the partner's contracts that no issued statement has, up to the period's end."""
    r, pool = t.receipt.c, t.unsettled_receipt
    products = [product.value for product in products_of(period)]
    query = (
        sa.select(*_READ)
        .join(pool, pool.c.receipt_id == r.id)
        .where(r.received_on <= period.last, _PRODUCT.in_(products))
    )
    for part in chunks(ground.credits.of_partner.get(partner_id, ())):
        yield from session.execute(query.where(r.contract_key.in_(part)))


def _statement_id(session: Session, partner_id: int, period: Period) -> int | None:
    c = t.statement.c
    query = sa.select(c.id).where(c.partner_id == partner_id, c.period == str(period))
    found: int | None = session.scalar(query)
    return found

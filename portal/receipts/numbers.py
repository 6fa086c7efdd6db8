"""Contract numbers on receipts: which are known, what finance says they mean (M7, M14)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.commissions import anniversary
from portal.domain.contracts import key_of
from portal.domain.rates import Product
from portal.models import tables as t
from portal.receipts.credits import Credit


def starts_of(session: Session, keys: Collection[str]) -> dict[str, date]:
    """The first day of the contracts that numbers stand for, by key; unknown numbers are left out."""
    meant = matches(session)
    targets = {key: meant.get(key, (None, key)) for key in keys}
    c = t.contract.c
    bearers: dict[tuple[int | None, str], date] = {}
    for part in chunks({key for _claim, key in targets.values()}):
        query = sa.select(c.registration_id, c.number_key, c.starts_on).where(c.number_key.in_(part))
        for row in session.execute(query.order_by(c.signed_at, c.id)):
            bearers[row.registration_id, row.number_key] = row.starts_on
            bearers.setdefault((None, row.number_key), row.starts_on)  # of several, the one signed first
    return {key: bearers[target] for key, target in targets.items() if target in bearers}


def matches(session: Session) -> dict[str, tuple[int, str]]:
    """What finance says numbers mean, by key: a claim and its contract; the newest word on each holds."""
    c = t.contract_match.c
    said: dict[str, tuple[int, str] | None] = {}
    query = sa.select(c.number_key, c.registration_id, c.contract_key).order_by(c.id)
    for row in session.execute(query):
        known = row.registration_id is not None and row.contract_key is not None
        said[row.number_key] = (row.registration_id, row.contract_key) if known else None
    return {key: target for key, target in said.items() if target is not None}


def unknown_keys() -> Any:
    """The contract numbers on receipts that stand for no contract, as a query (M14).

    Nobody signed them and finance matched them to nothing, or to a contract that is no more.
    """
    m, newer, c, r = t.contract_match.c, t.contract_match.alias().c, t.contract.c, t.receipt.c
    newest = ~sa.exists().where(newer.number_key == m.number_key, newer.id > m.id)
    matched = sa.and_(newest, m.registration_id.is_not(None))
    there = sa.exists().where(c.registration_id == m.registration_id, c.number_key == m.contract_key)
    meant = sa.select(m.number_key).where(matched, there)
    astray = sa.select(m.number_key).where(matched, ~there)
    signed = sa.exists().where(c.number_key == r.contract_key).correlate(t.receipt)
    return (
        sa.select(r.contract_key)
        .where(sa.or_(~signed, r.contract_key.in_(astray)), r.contract_key.not_in(meant))
        .distinct()
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What came in for ports in one year of a contract, against what the year comes to, in yuan."""

    first: date
    last: date
    due: Decimal
    received: Decimal
    owner: str | None

    @property
    def over(self) -> Decimal:
        """What was paid too much; nothing where the contract states no amount."""
        return max(self.received - self.due, Decimal("0.00")) if self.due else Decimal("0.00")


def standing_of(session: Session, credit: Credit, day: date) -> Standing:
    """How a contract stands in its year around `day`, under all numbers that mean it."""
    key, year = key_of(credit.contract_no), 0
    while anniversary(credit.starts_on, year + 1) <= day:
        year += 1
    first = anniversary(credit.starts_on, year)
    last = anniversary(credit.starts_on, year + 1) - timedelta(days=1)
    m, newer = t.contract_match.c, t.contract_match.alias().c
    newest = ~sa.exists().where(newer.number_key == m.number_key, newer.id > m.id)
    said = sa.select(m.number_key).where(newest, m.registration_id.is_not(None))
    here = said.where(m.registration_id == credit.registration_id, m.contract_key == key)
    c, r = t.contract.c, t.receipt.c
    received = sa.select(sa.func.coalesce(sa.func.sum(r.amount), 0)).where(
        sa.or_(r.contract_key.in_(here), sa.and_(r.contract_key == key, r.contract_key.not_in(said))),
        r.received_on.between(first, last),
        r.product == Product.PORT,
    )
    owner = sa.select(t.partner.c.name).where(t.partner.c.id == credit.partner_on(day)).scalar_subquery()
    query = sa.select(
        c.yearly_amount,
        sa.type_coerce(received.scalar_subquery(), r.amount.type).label("got"),
        owner.label("owner"),
    )
    query = query.where(c.registration_id == credit.registration_id, c.number_key == key)
    row = session.execute(query).first()
    due, got = (row.yearly_amount, row.got) if row else (Decimal("0.00"), Decimal("0.00"))
    return Standing(first, last, due, got, row.owner if row else None)

"""Contract numbers that are in question: two parties signed them, or their first day was stated anew."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.models import tables as t
from portal.receipts.credits import load_credits, signed_by_others

MOST = 200


@dataclass(frozen=True, slots=True)
class Contested:
    """A number, the contracts that bear it, the one signed first ahead, and its receipts, in yuan."""

    key: str
    contracts: list[Any]
    receipts: int
    amount: Decimal


def contested_numbers(session: Session) -> list[Contested]:
    """What finance has to decide, the largest sum first: until then the receipts are withheld (M14)."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in session.execute(_QUESTIONABLE):
        found[row.number_key].append(row)
    credits = load_credits(session, keys=found).by_key
    keys = [key for key in found if key in credits and credits[key].contested]
    received = {row.contract_key: row for row in session.execute(_RECEIVED, {"keys": keys})}
    rows = [
        Contested(key, found[key], row.receipts if row else 0, row.amount if row else Decimal("0.00"))
        for key in keys
        for row in [received.get(key)]
    ]
    return sorted(rows, key=lambda each: (-each.amount, each.key))[:MOST]


def contested_on(session: Session, statement_id: int, revision: int) -> tuple[str, ...]:
    """Numbers that came into question, or were matched elsewhere, since a statement counted them (M14)."""
    line = t.statement_line.c
    counted = (
        sa.select(_money.contract_key, _money.contract_no, line.registration_id)
        .join(t.statement_line, line.receipt_id == _money.id)
        .where(line.statement_id == statement_id, line.revision == revision, line.settles)
        .where(_money.refund_of_id.is_(None))
    )
    own = sa.select(counted.subquery().c.contract_key)
    said = t.contract_match.c.number_key
    keys = {
        *session.scalars(_QUESTIONABLE_KEYS.where(_c.number_key.in_(own))),
        *session.scalars(sa.select(said).where(said.in_(own))),
    }
    if not keys:
        return ()
    credits = load_credits(session, keys=keys).by_key
    found = set()
    for key, number, claim in session.execute(counted.distinct()):
        credit = credits.get(key)
        if key in keys and (credit is None or credit.contested or credit.registration_id != claim):
            found.add(number)
    return tuple(sorted(found))


_c, _r, _p, _money = t.contract.c, t.registration.c, t.partner.c, t.receipt.c
_other = t.contract.alias("also")
_again = sa.select(_other.c.number_key).group_by(_other.c.number_key).having(sa.func.count() > 1)
_twice = sa.and_(_c.number_key.in_(_again), signed_by_others())
_QUESTIONABLE = (
    sa.select(
        *(_c.id, _c.number_key, _c.number, _c.starts_on, _c.signed_at, _c.restated_at, _c.registration_id),
        *(_r.customer_name, _p.name.label("partner_name"), signed_by_others().label("twice")),
    )
    .join(t.registration, _r.id == _c.registration_id)
    .join(t.partner, _p.id == _r.partner_id, isouter=True)
    .where(sa.or_(_c.restated_at.is_not(None), _twice))
    .order_by(_c.signed_at, _c.id)
)
_QUESTIONABLE_KEYS = (
    sa.select(_c.number_key)
    .join(t.registration, _r.id == _c.registration_id)
    .where(sa.or_(_c.restated_at.is_not(None), signed_by_others()))
)
_RECEIVED = (
    sa.select(
        _money.contract_key,
        sa.func.count().label("receipts"),
        sa.type_coerce(sa.func.sum(_money.amount), _money.amount.type).label("amount"),
    )
    .where(_money.contract_key.in_(sa.bindparam("keys", expanding=True)))
    .group_by(_money.contract_key)
)

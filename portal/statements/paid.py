"""Refunds of what an issued statement paid take back from its partner, whoever has the contract now."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.statements import ISSUED
from portal.models import tables as t
from portal.receipts.credits import Credit


class Paid(NamedTuple):
    """Whom a refunded receipt was paid to, and the contract as its line had it."""

    partner_id: int
    credit: Credit


def paid_refunds(session: Session) -> dict[int, Paid]:
    """The open refunds of receipts that an issued statement settled, by the refund's id (M5).

    A customer that was merged, taken apart or corrected since, or a contract that was taken back, is
    another's today or nobody's; the commission was paid to whom the statement went.
    """
    r, line, s = t.receipt.c, t.statement_line.c, t.statement.c
    query = (
        sa.select(
            r.id, r.contract_no, line.registration_id, line.customer_name, line.contract_on, s.partner_id
        )
        .join(t.unsettled_receipt, t.unsettled_receipt.c.receipt_id == r.id)
        .join(t.statement_line, sa.and_(line.receipt_id == r.refund_of_id, line.settles))
        .join(t.statement, s.id == line.statement_id)
        .where(r.refund_of_id.is_not(None), s.station.in_(sorted(ISSUED)))
    )
    found = {}
    for row in session.execute(query):
        credit = Credit(row.registration_id, row.customer_name, row.contract_no, row.contract_on, ())
        found[row.id] = Paid(row.partner_id, credit)
    return found


def by_partner(paid: Mapping[int, Paid]) -> dict[int, set[int]]:
    """The same refunds by the partner that was paid."""
    found: dict[int, set[int]] = {}
    for number, each in paid.items():
        found.setdefault(each.partner_id, set()).add(number)
    return found

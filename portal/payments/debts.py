"""What partners owe, as payment sees it: open debts of many at once, set off, opened (M11)."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session

from portal.deposits import debts
from portal.domain.deposits import DebtState
from portal.domain.errors import RuleViolation
from portal.domain.payments import Debt
from portal.domain.roles import Actor
from portal.models import tables as t


def open_by_partner(session: Session, partner_ids: Collection[int]) -> dict[int, list[Debt]]:
    """The open debts of these partners, the one due first first."""
    c = t.debt.c
    rows = session.execute(
        sa.select(c.partner_id, c.id, c.remaining)
        .where(c.partner_id.in_(sorted(partner_ids)), c.state == DebtState.OPEN)
        .order_by(c.due_on, c.id)
    )
    found: dict[int, list[Debt]] = {}
    for row in rows:
        found.setdefault(row.partner_id, []).append(Debt(row.id, row.remaining))
    return found


def settle(
    session: Session, *, actor: Actor, now: datetime, debt_id: int, statement_id: int, amount: Decimal
) -> None:
    """Set so much of a debt off against a statement.

    :raises RuleViolation: ``payment.debt_changed``: less of it is open by now.
    """
    try:
        debts.set_off(
            session, actor=actor, now=now, debt_id=debt_id, statement_id=statement_id, amount=amount
        )
    except RuleViolation as error:
        if error.code == "debt.too_much":
            raise RuleViolation("payment.debt_changed") from error
        raise


def open_new(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    partner_id: int,
    statement_id: int,
    amount: Decimal,
    on: date,
) -> int:
    """A statement below nothing becomes a debt; answers its id."""
    return debts.open_debt(
        session, actor=actor, now=now, partner_id=partner_id, statement_id=statement_id, amount=amount, on=on
    )

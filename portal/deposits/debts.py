"""Debts of partners (M11): opened by a statement below nothing, settled part by part, never twice."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import lock_registry
from portal.deposits import records
from portal.domain.deposits import DebtState, Settling, after_settling, debt_due_on
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.models import Debt, DebtSettlement
from portal.models import tables as t
from portal.policy.service import policy_on


def open_debt(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    partner_id: int,
    statement_id: int | None,
    amount: Decimal,
    on: date,
) -> int:
    """What a partner owes from `on`, due as the policy of that day says; answers its id.

    Without a statement: arrears that the deposit did not cover (B3).

    :raises RuleViolation: ``debt.amount``; ``debt.opened`` the statement has its debt already.
    """
    lock_registry(session)
    if amount <= 0:
        raise RuleViolation("debt.amount", "amount")
    c = t.debt.c
    if statement_id is not None and session.scalar(sa.select(c.id).where(c.statement_id == statement_id)):
        raise RuleViolation("debt.opened")
    pay = policy_on(session, on).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    row = Debt(
        partner_id=partner_id,
        statement_id=statement_id,
        amount=amount,
        remaining=amount,
        opened_on=on,
        due_on=debt_due_on(on, pay),
        state=DebtState.OPEN,
    )
    return records.add(session, row, action="debt.opened", subject="debt", actor=actor, now=now)


def open_debts(session: Session, partner_id: int) -> list[Any]:
    """A partner's debts of which something is owed, the one due first first: id, statement, figures, days."""
    c = t.debt.c
    query = (
        sa.select(c.id, c.partner_id, c.statement_id, c.amount, c.remaining, c.opened_on, c.due_on)
        .where(c.partner_id == partner_id, c.state == DebtState.OPEN)
        .order_by(c.due_on, c.id)
    )
    return list(session.execute(query))


def set_off(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    debt_id: int,
    statement_id: int,
    amount: Decimal,
) -> None:
    """A statement's payment is kept back for a debt of its partner (M11, M14).

    :raises RuleViolation: as `settle`; ``debt.other_partner``; ``debt.set_off`` by that statement already.
    """
    lock_registry(session)
    debt = records.load(session, Debt, debt_id, None)
    owner = session.scalar(sa.select(t.statement.c.partner_id).where(t.statement.c.id == statement_id))
    if owner != debt.partner_id:
        raise RuleViolation("debt.other_partner")
    c = t.debt_settlement.c
    if session.scalar(sa.select(c.id).where(c.debt_id == debt_id, c.statement_id == statement_id)):
        raise RuleViolation("debt.set_off")
    settle(
        session, debt, actor=actor, now=now, amount=amount, how=Settling.SET_OFF, statement_id=statement_id
    )


def settle(
    session: Session,
    debt: Debt,
    *,
    actor: Actor | None,
    now: datetime,
    amount: Decimal,
    how: Settling,
    statement_id: int | None = None,
    deduction_id: int | None = None,
    reference: str | None = None,
    reason: str = "",
    on: date | None = None,
) -> None:
    """Settle a part of a debt, or the rest of it.

    :raises RuleViolation: ``debt.amount``, ``debt.too_much``.
    """
    left, state = after_settling(debt.remaining, amount, how)
    about: dict[str, Any] = {"actor": actor, "now": now, "reason": reason}
    assert debt.id is not None  # noqa: S101 - it was loaded
    row = DebtSettlement(
        debt_id=debt.id,
        amount=amount,
        how=how,
        statement_id=statement_id,
        deduction_id=deduction_id,
        reference=reference,
        reason=reason,
        settled_on=on or business_date(now),
        settled_at=now,
        settled_by_id=actor.user_id if actor else None,
    )
    records.add(session, row, action=f"debt.{how}", subject="debt_settlement", **about)
    values = {"remaining": left, "state": state}
    records.change(session, debt, values, action="debt.settled", subject="debt", **about)

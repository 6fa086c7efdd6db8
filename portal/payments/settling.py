"""Statements that need no bank: nothing is due, or the total is a debt of the partner (M11)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.payments import ZERO, Hindrance, ItemState
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.domain.statements import Act
from portal.models import PaymentItem, PaymentSetOff
from portal.models import tables as t
from portal.payments.debts import open_new, settle
from portal.payments.due import Due, due_statements
from portal.statements.walk import load, take_step

SETTLED = frozenset({Hindrance.NOTHING_DUE, Hindrance.OWED})


def settle_statement(
    session: Session, *, actor: Actor, now: datetime, statement_id: int, version: int
) -> Due:
    """Take an approved statement of which nothing is to be paid to the end of step 7.

    What debts take of it is set off; what it leaves owing becomes a debt.

    :raises RuleViolation: ``payment.by_bank`` something is to be paid; ``payment.cannot``; as `check_act`.
    :raises StaleVersion: the statement changed since the person saw it.
    """
    lock_registry(session)
    statement = load(session, statement_id, version)
    found = due_statements(session, actor=actor, statement_ids={statement_id})
    if found and found[0].hindrance not in SETTLED:
        code = "payment.cannot" if found[0].hindrance else "payment.by_bank"
        raise RuleViolation(code, numbers=(statement.number,))
    data: dict[str, Any] = {}
    if found:
        item = _item(session, found[0], actor, now)
        _settle(session, found[0], item, actor, now)
        data = {"item": item.id, "total": item.total, "set_off": item.set_off, "paid": ZERO}
        owed = found[0].parts.owed
        data |= {"debt": owed} if owed else {"nothing_due": True}
    take_step(
        session, actor=actor, now=now, statement_id=statement_id, version=version, act=Act.PAY, data=data
    )
    return found[0]


def _item(session: Session, due: Due, actor: Actor, now: datetime) -> PaymentItem:
    row, parts, c = due.row, due.parts, t.payment_item.c
    tries = session.scalar(sa.select(sa.func.count()).where(c.statement_id == row.id, c.batch_id.is_(None)))
    item = PaymentItem(
        line=1, reference=f"{row.number}-{(tries or 0) + 1}"[:50], statement_id=row.id, revision=row.revision,
        total=parts.total, set_off=parts.set_off, paid=parts.paid, state=ItemState.PAID, answered_at=now,
        answered_by_id=actor.user_id, paid_on=business_date(now),
    )  # fmt: skip
    session.add(item)
    session.flush()
    told = (
        "id", "line", "reference", "statement_id", "revision", "account_id", "total", "set_off", "paid",
        "state", "answered_at", "answered_by_id", "paid_on",
    )  # fmt: skip
    audit.record(
        session, actor=actor, action="payment.settled", at=now, subject=("payment_item", item.id),
        after={name: getattr(item, name) for name in told}, debts=[list(each) for each in parts.now],
    )  # fmt: skip
    return item


def _settle(session: Session, due: Due, item: PaymentItem, actor: Actor, now: datetime) -> None:
    assert item.id is not None  # noqa: S101 - flushed
    for debt, amount in due.parts.now:
        session.add(PaymentSetOff(item_id=item.id, debt_id=debt, amount=amount, settled_at=now))
        settle(session, actor=actor, now=now, debt_id=debt, statement_id=due.row.id, amount=amount)
    if due.parts.owed:
        open_new(
            session, actor=actor, now=now, partner_id=due.row.partner_id, statement_id=due.row.id,
            amount=due.parts.owed, on=business_date(now),
        )  # fmt: skip

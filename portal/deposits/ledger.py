"""A partner's deposit ledger (B2): one entry after the other, the running balance never below nothing."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import lock_registry
from portal.deposits import records
from portal.deposits.traffic import settle_wholesale
from portal.domain.deposits import NOTHING, PAID_IN, EntryKind, balance_after, signed_amount
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.models import DepositEntry
from portal.models import tables as t


def balance_of(session: Session, partner_id: int) -> Decimal:
    """What a partner has deposited."""
    return last_entry(session, partner_id)[1]


def last_entry(session: Session, partner_id: int) -> tuple[int, Decimal]:
    """The number of a partner's last entry and the balance after it."""
    c = t.deposit_entry.c
    row = session.execute(
        sa.select(c.seq, c.balance_after).where(c.partner_id == partner_id).order_by(c.seq.desc()).limit(1)
    ).first()
    return (row.seq, row.balance_after) if row else (0, NOTHING)


def record_paid_in(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    partner_id: int,
    kind: EntryKind,
    amount: Decimal,
    on: date,
    reference: str,
    note: str = "",
) -> int:
    """Money came in for the deposit; a wholesale partner's service is settled with it (B2, B5).

    :raises RuleViolation: ``deposit.amount``; ``deposit.future``; ``deposit.reference_known`` for another
        entry of the partner; ``deposit.partner_left``.
    """
    lock_registry(session)
    assert kind in PAID_IN  # noqa: S101 - what is taken out has its own acts
    if on > business_date(now):
        raise RuleViolation("deposit.future", "on")
    if not session.scalar(sa.select(t.partner.c.active).where(t.partner.c.id == partner_id)):
        raise RuleViolation("deposit.partner_left")
    return book(
        session, actor=actor, now=now, partner_id=partner_id, kind=kind, amount=amount, on=on,
        reference=reference, note=note,
    )  # fmt: skip


def book(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    partner_id: int,
    kind: EntryKind,
    amount: Decimal,
    on: date,
    reference: str,
    note: str = "",
    deduction_id: int | None = None,
) -> int:
    """Write an entry of `amount`, which is positive whatever the kind, and settle wholesale service.

    :raises RuleViolation: ``deposit.amount``, ``deposit.overdrawn``, ``deposit.reference_known``.
    """
    seq, balance = last_entry(session, partner_id)
    row = DepositEntry(
        partner_id=partner_id,
        seq=seq + 1,
        kind=kind,
        amount=signed_amount(kind, amount),
        balance_after=balance_after(balance, kind, amount),
        booked_on=on,
        reference=_fresh(session, partner_id, reference),
        note=note,
        deduction_id=deduction_id,
        recorded_at=now,
        recorded_by_id=actor.user_id if actor else None,
    )
    about: dict[str, Any] = {"actor": actor, "now": now}
    entry = records.add(session, row, action=f"deposit.{kind}", subject="deposit_entry", **about)
    settle_wholesale(session, partner_id, balance=row.balance_after, **about)
    return entry


def _fresh(session: Session, partner_id: int, reference: str) -> str:
    c = t.deposit_entry.c
    if session.scalar(sa.select(c.id).where(c.partner_id == partner_id, c.reference == reference)):
        raise RuleViolation("deposit.reference_known", "reference", value=reference)
    return reference

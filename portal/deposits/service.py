"""What finance and the coo do to a partner's account besides deductions: debts, waiver, return on exit."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import lock_registry
from portal.deposits import records
from portal.deposits.debts import settle
from portal.deposits.ledger import balance_of, book
from portal.deposits.traffic import unpaid_of
from portal.domain.deposits import (
    OPEN_DEDUCTION,
    DebtState,
    EntryKind,
    ExitItem,
    Settling,
    check_return,
    required_deposit,
    shortfall,
)
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.domain.statements import Station
from portal.models import Debt, DepositWaiver
from portal.models import tables as t
from portal.partners.service import change_partner
from portal.policy.service import policy_on


def shortfall_of(session: Session, partner_id: int, day: date) -> Decimal:
    """What is missing to the deposit that the policy asks for on `day` (B1, B4)."""
    p, tier = t.partner.c, t.tier_term.c
    held = (tier.partner_id == p.id, tier.starts_on <= day, tier.ends_on >= day)
    row = session.execute(
        sa.select(p.kind, p.traffic_deposit, tier.tier)
        .join(t.tier_term, sa.and_(*held), isouter=True)
        .where(p.id == partner_id)
    ).one()
    pay = policy_on(session, day).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    required = required_deposit(row.kind, row.tier, row.traffic_deposit, pay)
    return shortfall(required, balance_of(session, partner_id))


def waived_amount(session: Session, partner_id: int) -> Decimal | None:
    """Up to which shortfall the coo's last word goes; None when nothing was waived."""
    c = t.deposit_waiver.c
    found = session.scalar(
        sa.select(c.amount).where(c.partner_id == partner_id).order_by(c.id.desc()).limit(1)
    )
    return None if found is None else Decimal(found)


def waive(
    session: Session, *, actor: Actor, now: datetime, partner_id: int, seen: Decimal, reason: str
) -> None:
    """The coo waives what is missing today; what falls short beyond it later is not waived (B4).

    `seen`: the shortfall on the page that it was decided on.

    :raises StaleVersion: another amount is missing by now.
    :raises RuleViolation: ``reason.required``; ``deposit.no_shortfall``.
    """
    lock_registry(session)
    if not reason.strip():
        raise RuleViolation("reason.required", "reason")
    missing = shortfall_of(session, partner_id, business_date(now))
    if not missing:
        raise RuleViolation("deposit.no_shortfall")
    if missing != seen:
        raise StaleVersion("stale")
    _waiver(session, actor, now, partner_id, missing, reason, action="deposit.waived")


def end_waiver(session: Session, *, actor: Actor, now: datetime, partner_id: int, reason: str) -> None:
    """The coo takes the waiver back.

    :raises RuleViolation: ``reason.required``; ``deposit.not_waived``.
    """
    lock_registry(session)
    if not reason.strip():
        raise RuleViolation("reason.required", "reason")
    if not waived_amount(session, partner_id):
        raise RuleViolation("deposit.not_waived")
    _waiver(session, actor, now, partner_id, Decimal("0.00"), reason, action="deposit.waiver_ended")


def _waiver(
    session: Session,
    actor: Actor,
    now: datetime,
    partner_id: int,
    amount: Decimal,
    reason: str,
    *,
    action: str,
) -> None:
    row = DepositWaiver(
        partner_id=partner_id,
        amount=amount,
        reason=reason.strip(),
        waived_at=now,
        waived_by_id=actor.user_id,
    )
    records.add(session, row, action=action, subject="deposit_waiver", actor=actor, now=now, reason=reason)


def settle_in_cash(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    debt_id: int,
    version: int,
    amount: Decimal,
    reference: str,
    on: date,
) -> None:
    """A partner paid a debt, or a part of it, in cash (M11).

    :raises StaleVersion: the debt changed meanwhile.
    :raises RuleViolation: as `debts.settle`; ``deposit.future``; ``deposit.reference_known``.
    """
    lock_registry(session)
    debt = records.load(session, Debt, debt_id, version)
    if on > business_date(now):
        raise RuleViolation("deposit.future", "on")
    c = t.debt_settlement.c
    if session.scalar(sa.select(c.id).where(c.debt_id == debt_id, c.reference == reference)):
        raise RuleViolation("deposit.reference_known", "reference", value=reference)
    settle(session, debt, actor=actor, now=now, amount=amount, how=Settling.CASH, reference=reference, on=on)


def write_off(
    session: Session, *, actor: Actor, now: datetime, debt_id: int, version: int, reason: str
) -> None:
    """What is left of a debt will not be asked for any more.

    :raises StaleVersion: the debt changed meanwhile.
    :raises RuleViolation: ``reason.required``, ``debt.amount``; ``debt.deducting``: a deduction is under way.
    """
    lock_registry(session)
    if not reason.strip():
        raise RuleViolation("reason.required", "reason")
    debt = records.load(session, Debt, debt_id, version)
    c = t.deposit_deduction.c
    if session.scalar(sa.select(c.id).where(c.debt_id == debt_id, c.state.in_(OPEN_DEDUCTION))):
        raise RuleViolation("debt.deducting")
    settle(
        session, debt, actor=actor, now=now, amount=debt.remaining, how=Settling.WRITTEN_OFF,
        reason=reason.strip(),
    )  # fmt: skip


def exit_list(session: Session, partner_id: int) -> list[ExitItem]:
    """What must be so before a deposit is returned, and how far it is."""
    d, n, s = t.debt.c, t.deposit_deduction.c, t.statement.c

    def count(*where: Any) -> int:
        return int(session.scalar(sa.select(sa.func.count()).where(*where)) or 0)

    return [
        ExitItem("debts", count(d.partner_id == partner_id, d.state == DebtState.OPEN)),
        ExitItem("deductions", count(n.partner_id == partner_id, n.state.in_(OPEN_DEDUCTION))),
        ExitItem("statements", count(s.partner_id == partner_id, s.station != Station.CLOSED)),
        ExitItem("traffic", int(unpaid_of(session, partner_id) > 0)),
    ]


def return_on_exit(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    partner_id: int,
    version: int,
    seen: Decimal,
    reference: str,
    note: str = "",
) -> None:
    """A partner leaves: its whole deposit is returned and it is set inactive.

    `version`: of the partner, and `seen`: the balance, on the page that it was decided on.

    :raises StaleVersion: partner or balance changed meanwhile.
    :raises RuleViolation: ``deposit.exit_open``, ``deposit.nothing_to_return``, ``deposit.reference_known``.
    """
    lock_registry(session)
    balance = balance_of(session, partner_id)
    check_return(exit_list(session, partner_id), balance)
    if balance != seen:
        raise StaleVersion("stale")
    book(
        session, actor=actor, now=now, partner_id=partner_id, kind=EntryKind.RETURN, amount=balance,
        on=business_date(now), reference=reference, note=note,
    )  # fmt: skip
    change_partner(
        session, actor=actor, now=now, partner_id=partner_id, version=version, values={"active": False}
    )

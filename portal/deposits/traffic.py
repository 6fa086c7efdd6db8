"""Wholesale traffic (B5): days of traffic, payments for it, and whether service may run."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import chunks, lock_registry
from portal.deposits import records
from portal.domain.deposits import NOTHING
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.domain.terms import PartnerKind
from portal.domain.wholesale import Service, after_payment, standing
from portal.models import TrafficPayment
from portal.models import tables as t
from portal.policy.service import policy_on

_KEPT = ("state", "since", "warned", "unpaid")


def unpaid_of(session: Session, partner_id: int) -> Decimal:
    """A partner's traffic less what it paid for it."""
    found = session.scalar(
        sa.select(t.wholesale_state.c.unpaid).where(t.wholesale_state.c.partner_id == partner_id)
    )
    return NOTHING if found is None else Decimal(found)


def add_traffic(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    days: Mapping[int, Mapping[date, Decimal]],
) -> None:
    """Days of traffic by partner, none of them known yet; service is settled at once (B5)."""
    lock_registry(session)
    for partner_id, amounts in sorted(days.items()):
        rows = [{"partner_id": partner_id, "day": day, "amount": amount} for day, amount in amounts.items()]
        session.execute(sa.insert(t.traffic_day), rows)
        told = {day.isoformat(): amount for day, amount in sorted(amounts.items())}
        audit.record(
            session, actor=actor, action="traffic.added", at=now, subject=("traffic", partner_id), days=told
        )
        more = sum(amounts.values(), NOTHING)
        settle_wholesale(session, partner_id, actor=actor, now=now, more=more)


def pay_traffic(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    partner_id: int,
    amount: Decimal,
    on: date,
    reference: str,
    note: str = "",
) -> None:
    """A wholesale partner paid for its traffic.

    :raises RuleViolation: ``traffic.amount``, ``traffic.overpaid``, ``deposit.future``,
        ``deposit.reference_known``.
    """
    lock_registry(session)
    if on > business_date(now):
        raise RuleViolation("deposit.future", "on")
    after_payment(unpaid_of(session, partner_id), amount)
    c = t.traffic_payment.c
    if session.scalar(sa.select(c.id).where(c.partner_id == partner_id, c.reference == reference)):
        raise RuleViolation("deposit.reference_known", "reference", value=reference)
    row = TrafficPayment(
        partner_id=partner_id,
        amount=amount,
        paid_on=on,
        reference=reference,
        note=note,
        recorded_at=now,
        recorded_by_id=actor.user_id if actor else None,
    )
    about: dict[str, Any] = {"actor": actor, "now": now}
    records.add(session, row, action="traffic.paid", subject="traffic_payment", **about)
    settle_wholesale(session, partner_id, more=-amount, **about)


def settle_wholesale(
    session: Session,
    partner_id: int,
    *,
    actor: Actor | None,
    now: datetime,
    balance: Decimal | None = None,
    more: Decimal = NOTHING,
) -> bool:
    """Bring a wholesale partner's state in line with its unpaid traffic and balance; whether it changed.

    `balance`: after an entry just booked. `more`: what was just added to the unpaid traffic.
    """
    kind = session.scalar(sa.select(t.partner.c.kind).where(t.partner.c.id == partner_id))
    table = t.wholesale_state
    stored = session.execute(sa.select(table).where(table.c.partner_id == partner_id)).first()
    if stored is None and kind is not PartnerKind.WHOLESALE:
        return False
    unpaid = (stored.unpaid if stored else NOTHING) + more
    if balance is None:
        balance = _balance(session, partner_id)
    pay = policy_on(session, business_date(now)).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    found = standing(unpaid, balance, pay.traffic_warnings)
    warned = None if found.warned is None else str(found.warned)
    moved = stored is None or stored.state is not found.service
    values = {
        "state": found.service,
        "since": now if moved or stored is None else stored.since,
        "warned": warned,
        "unpaid": unpaid,
    }
    if stored is not None and all(getattr(stored, name) == values[name] for name in _KEPT):
        return False
    if stored is None:
        session.execute(sa.insert(table), [{"partner_id": partner_id, **values}])
    else:
        session.execute(sa.update(table).where(table.c.partner_id == partner_id).values(**values))
    audit.record(
        session, actor=actor, action=_action(stored, values), at=now, subject=("wholesale", partner_id),
        after=values, balance=balance,
    )  # fmt: skip
    return True


def _action(stored: Any, values: Mapping[str, Any]) -> str:
    """What came of it, in one word: service stopped or runs again, a warning was reached, or only figures."""
    if stored is None or stored.state is not values["state"]:
        return "wholesale.suspended" if values["state"] is Service.SUSPENDED else "wholesale.resumed"
    before, after = (Decimal(each or 0) for each in (stored.warned, values["warned"]))
    return "wholesale.warned" if after > before else "wholesale.counted"


def _balance(session: Session, partner_id: int) -> Decimal:
    c = t.deposit_entry.c
    found = session.scalar(
        sa.select(c.balance_after).where(c.partner_id == partner_id).order_by(c.seq.desc()).limit(1)
    )
    return NOTHING if found is None else Decimal(found)


def settle_all(session: Session, *, now: datetime) -> int:
    """What a new policy's warnings or a partner's new kind cause; answers how many changed. For the tick."""
    lock_registry(session)
    c = t.partner.c
    known = sa.select(t.wholesale_state.c.partner_id)
    partners = session.scalars(sa.select(c.id).where(c.id.in_(known)).order_by(c.id)).all()
    return sum(settle_wholesale(session, each, actor=None, now=now) for each in partners)


def known_days(session: Session, partners: set[int]) -> dict[tuple[int, date], Decimal]:
    """The traffic of these partners that is known already."""
    c = t.traffic_day.c
    return {
        (row.partner_id, row.day): row.amount
        for part in chunks(partners)
        for row in session.execute(sa.select(t.traffic_day).where(c.partner_id.in_(part)))
    }

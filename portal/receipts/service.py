"""What finance does to receipts by hand: enter one, refund one (M5, M7). Receipts are never changed."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.contracts import key_of
from portal.domain.errors import RuleViolation, RuleViolations
from portal.domain.periods import business_date
from portal.domain.rates import Product
from portal.domain.receipts import Plain, check_receipt, check_refund
from portal.domain.roles import Actor
from portal.models import tables as t
from portal.receipts.ledger import Ledger, refundables, same_content, stored_by_ref


@dataclass(frozen=True, slots=True)
class Entry:
    """A receipt as somebody enters it, in yuan; negative when it refunds another, by its reference."""

    source: str
    ref: str
    received_on: date
    contract_no: str
    product: Product
    amount: Decimal
    minutes: int | None = None
    refund_of: str | None = None


def enter_receipt(
    session: Session, *, actor: Actor | None, now: datetime, entry: Entry, note: str = ""
) -> int:
    """Record one receipt or refund; answers its id. The same again answers the one that is there.

    :raises RuleViolation: ``receipt.*``: the rules of an import.
    """
    lock_registry(session)
    problems = check_receipt(
        received_on=entry.received_on, product=entry.product, minutes=entry.minutes,
        refund=entry.refund_of is not None, today=business_date(now),
    )  # fmt: skip
    if problems:
        raise RuleViolations(problems)
    plain = _plain(entry, None)
    key = entry.source, entry.ref
    stored = stored_by_ref(session, [key]).get(key)
    if entry.refund_of is not None:
        plain = (*plain[:8], _refunded(session, entry, again=stored is not None))
    if stored is not None:
        if same_content(plain, stored[1]):
            return stored[0]
        raise RuleViolation("receipt.ref_taken", "ref")
    ledger = Ledger(session, actor=actor, now=now)
    number = ledger.write([plain])
    audit.record(
        session, actor=actor, action="receipt.entered", at=now, subject=("receipt", number), reason=note,
        seal=ledger.finish(),
    )  # fmt: skip
    return number


def _plain(entry: Entry, refund_of: int | None) -> Plain:
    return (
        entry.source, entry.ref, entry.received_on.isoformat(), entry.contract_no, key_of(entry.contract_no),
        entry.product.value, int(entry.amount.scaleb(2)), entry.minutes, refund_of,
    )  # fmt: skip


def _refunded(session: Session, entry: Entry, *, again: bool) -> int:
    """The id of the receipt that an entry refunds, if it may."""
    named = entry.source, entry.refund_of or ""
    number, of = refundables(session, [named]).get(named, (0, None))
    if of is None:
        raise RuleViolation("receipt.unknown_receipt", "refund_of", value=named[1][:40])
    if again:  # counted already: whether it is the same is asked next
        of = replace(of, refunded=of.refunded + entry.amount)
    check_refund(
        of, received_on=entry.received_on, contract_key=key_of(entry.contract_no), product=entry.product,
        amount=entry.amount,
    )  # fmt: skip
    return number


def refund_receipt(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    receipt_id: int,
    ref: str,
    received_on: date,
    amount: Decimal,
    note: str,
) -> int:
    """Record money paid back of a receipt (`amount` in positive yuan); answers the refund's id (M5).

    :raises RuleViolation: as `enter_receipt`; ``reason.required``; ``receipt.zero``.
    """
    if not note.strip():
        raise RuleViolation("reason.required", "note")
    if amount <= 0:
        raise RuleViolation("receipt.zero", "amount", value=str(amount))
    lock_registry(session)
    c = t.receipt.c
    query = sa.select(c.source, c.ref, c.contract_no, c.product, c.refund_of_id).where(c.id == receipt_id)
    of = session.execute(query).one()
    if of.refund_of_id is not None:
        raise RuleViolation("receipt.refund_of_refund")
    entry = Entry(of.source, ref, received_on, of.contract_no, of.product, -amount, None, of.ref)
    return enter_receipt(session, actor=actor, now=now, entry=entry, note=note.strip())

"""Payment batches: prepared by one person, released by another, then the bank's file (step 7, four eyes)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.payments import ZERO, BatchState, ItemState
from portal.domain.periods import business_date
from portal.domain.roles import Actor, Role
from portal.domain.statements import Act, check_act
from portal.models import PaymentBatch, PaymentItem, PaymentSetOff
from portal.models import tables as t
from portal.payments.debts import settle
from portal.payments.due import MOST, Due, due_statements
from portal.statements.walk import done_on, load

Pick = tuple[int, int]
"""A statement and the version in which the person saw it."""


def prepare_batch(session: Session, *, actor: Actor, now: datetime, picks: Sequence[Pick]) -> int:
    """Put approved statements into a batch, each with what is set off and paid; answers the batch's id.

    :raises RuleViolation: ``payment.nothing_chosen``, ``payment.too_many``; ``payment.cannot`` naming
        those that cannot be paid; ``statement.four_eyes``, ``statement.not_yours``.
    :raises StaleVersion: a statement changed since the person saw it.
    """
    lock_registry(session)
    if not picks:
        raise RuleViolation("payment.nothing_chosen")
    if len(picks) > MOST:
        raise RuleViolation("payment.too_many", most=MOST)
    for statement_id, version in picks:
        statement = load(session, statement_id, version)
        check_act(statement.station, Act.PAY, actor, done_on(session, statement_id))
    due = due_statements(session, actor=actor, statement_ids={statement_id for statement_id, _v in picks})
    refused = tuple(each.row.number for each in due if each.hindrance is not None)
    if refused:
        raise RuleViolation("payment.cannot", numbers=refused)
    batch = _new_batch(session, due, actor, now)
    for line, each in enumerate(due, start=1):
        _add_item(session, batch, line, each)
    session.flush()
    stated = ("number", "state", "payments", "amount", "set_off", "prepared_at", "prepared_by_id")
    audit.record(
        session, actor=actor, action="payment.prepared", at=now, subject=("payment", batch.id),
        after={name: getattr(batch, name) for name in stated}, lines=lines_of(session, batch),
    )  # fmt: skip
    assert batch.id is not None  # noqa: S101 - flushed
    return batch.id


def _new_batch(session: Session, due: Sequence[Due], actor: Actor, now: datetime) -> PaymentBatch:
    head = f"PB-{business_date(now):%Y%m%d}-"
    c = t.payment_batch.c
    before = session.scalar(sa.select(sa.func.count()).where(c.number.startswith(head, autoescape=True)))
    batch = PaymentBatch(
        number=f"{head}{(before or 0) + 1:02}",
        state=BatchState.PREPARED,
        payments=len(due),
        amount=sum((each.parts.paid for each in due), ZERO),
        set_off=sum((each.parts.set_off for each in due), ZERO),
        prepared_at=now,
        prepared_by_id=actor.user_id,
    )
    session.add(batch)
    session.flush()
    return batch


def _add_item(session: Session, batch: PaymentBatch, line: int, due: Due) -> None:
    row, parts = due.row, due.parts
    item = PaymentItem(
        batch_id=batch.id, line=line, reference=f"{batch.number}-{line:03}", statement_id=row.id,
        revision=row.revision, account_id=row.account_id, total=parts.total, set_off=parts.set_off,
        paid=parts.paid, state=ItemState.WAITING,
    )  # fmt: skip
    session.add(item)
    session.flush()
    assert item.id is not None  # noqa: S101 - flushed
    for debt, amount in parts.now:
        session.add(PaymentSetOff(item_id=item.id, debt_id=debt, amount=amount))


def lines_of(session: Session, batch: PaymentBatch) -> list[dict[str, Any]]:
    """The batch's lines for the trail: what no later act may change."""
    i, o = t.payment_item.c, t.payment_set_off.c
    rows = session.execute(
        sa.select(
            i.id, i.line, i.reference, i.statement_id, i.revision, i.account_id, i.total, i.set_off, i.paid
        )
        .where(i.batch_id == batch.id)
        .order_by(i.line)
    ).all()
    debts: dict[int, list[list[Any]]] = {}
    for each in session.execute(
        sa.select(o.item_id, o.debt_id, o.amount)
        .join(t.payment_item, i.id == o.item_id)
        .where(i.batch_id == batch.id)
        .order_by(o.debt_id)
    ):
        debts.setdefault(each.item_id, []).append([each.debt_id, each.amount])
    return [{**row._mapping, "debts": debts.get(row.id, [])} for row in rows]


def release_batch(session: Session, *, actor: Actor, now: datetime, batch_id: int, version: int) -> None:
    """Another person of finance releases it: debts are set off, and the file may go to the bank.

    :raises RuleViolation: ``payment.not_now``, ``payment.four_eyes`` by whoever prepared it;
        ``payment.accounts`` an account was changed since, or a change waits; ``statement.four_eyes``.
    :raises StaleVersion: somebody was quicker.
    """
    batch = _take(session, batch_id, version, actor, BatchState.PREPARED)
    if batch.prepared_by_id == actor.user_id:
        raise RuleViolation("payment.four_eyes")
    items = items_of(session, batch_id)
    for item in items:
        statement = load(session, item.statement_id, None)
        check_act(statement.station, Act.PAY, actor, done_on(session, item.statement_id))
    _check_accounts(session, batch_id)
    for item in items:
        _set_off(session, item, actor, now)
    batch.state, batch.released_at, batch.released_by_id = BatchState.RELEASED, now, actor.user_id
    session.flush()
    _note(session, batch, "released", actor, now, ("state", "released_at", "released_by_id"))


def _set_off(session: Session, item: PaymentItem, actor: Actor, now: datetime) -> None:
    for each in session.scalars(
        sa.select(PaymentSetOff)
        .where(t.payment_set_off.c.item_id == item.id)
        .order_by(t.payment_set_off.c.debt_id)
    ):
        settle(
            session,
            actor=actor,
            now=now,
            debt_id=each.debt_id,
            statement_id=item.statement_id,
            amount=each.amount,
        )
        each.settled_at = now


def _check_accounts(session: Session, batch_id: int) -> None:
    """Every line goes to the account that is verified now, and no change waits (M16)."""
    i, p = t.payment_item.c, t.partner.c
    a, pending = t.bank_account.alias("a"), t.bank_account.alias("pending")
    changed = session.scalars(
        sa.select(p.name)
        .select_from(t.payment_item)
        .join(a, a.c.id == i.account_id)
        .join(t.partner, p.id == a.c.partner_id)
        .join(pending, sa.and_(pending.c.partner_id == p.id, pending.c.state == "proposed"), isouter=True)
        .where(i.batch_id == batch_id, i.state == ItemState.WAITING)
        .where(sa.or_(a.c.state != "verified", pending.c.id.is_not(None)))
        .order_by(i.line)
    ).all()
    if changed:
        raise RuleViolation("payment.accounts", partners=tuple(dict.fromkeys(changed)))


def withdraw_batch(
    session: Session, *, actor: Actor, now: datetime, batch_id: int, version: int, reason: str
) -> None:
    """Give a batch up before its file was handed out; its statements are free for another.

    What the release set off stays set off: the next batch pays what is left.

    :raises RuleViolation: ``payment.not_now``, ``payment.sent`` the file is out; ``reason.required``.
    :raises StaleVersion: somebody was quicker.
    """
    batch = _take(session, batch_id, version, actor, BatchState.PREPARED, BatchState.RELEASED)
    if batch.taken:
        raise RuleViolation("payment.sent")
    if not reason.strip():
        raise RuleViolation("reason.required", "reason")
    for item in items_of(session, batch_id):
        item.state = ItemState.WITHDRAWN
    batch.state, batch.withdrawn_at, batch.withdrawn_by_id = BatchState.WITHDRAWN, now, actor.user_id
    batch.reason = reason.strip()
    session.flush()
    _note(session, batch, "withdrawn", actor, now, ("state", "withdrawn_at", "withdrawn_by_id", "reason"))


def take_file(session: Session, *, actor: Actor, now: datetime, batch_id: int, version: int) -> None:
    """Note that the batch's file is handed out: the first time by whom and when, each time in the trail.

    :raises RuleViolation: ``payment.not_now`` it is not released; ``payment.accounts``: an account changed
        before it first went out.
    :raises StaleVersion: somebody else took it since the page was drawn.
    """
    batch = _take(session, batch_id, version, actor, BatchState.RELEASED, BatchState.ANSWERED)
    if not batch.taken:
        _check_accounts(session, batch_id)
        batch.taken_at, batch.taken_by_id = now, actor.user_id
    batch.taken += 1
    session.flush()
    _note(session, batch, "file_taken", actor, now, ("taken", "taken_at", "taken_by_id"))


def items_of(session: Session, batch_id: int) -> Sequence[PaymentItem]:
    """The lines of a batch."""
    c = t.payment_item.c
    return session.scalars(sa.select(PaymentItem).where(c.batch_id == batch_id).order_by(c.line)).all()


def _take(session: Session, batch_id: int, version: int, actor: Actor, *states: BatchState) -> PaymentBatch:
    lock_registry(session)
    if Role.FINANCE not in actor.effective_roles:
        raise RuleViolation("payment.not_yours")
    batch = session.get(PaymentBatch, batch_id, with_for_update=True)
    if batch is None or batch.state not in states:
        raise RuleViolation("payment.not_now")
    if batch.version != version:
        raise StaleVersion("stale")
    return batch


def _note(
    session: Session, batch: PaymentBatch, what: str, actor: Actor, now: datetime, changed: tuple[str, ...]
) -> None:
    after = {name: getattr(batch, name) for name in changed}
    audit.record(
        session, actor=actor, action=f"payment.{what}", at=now, subject=("payment", batch.id),
        reason=batch.reason, after=after,
    )  # fmt: skip


def set_off_anew(session: Session, batch_id: int) -> Decimal:
    """What releasing a batch sets off against debts."""
    o, i = t.payment_set_off.c, t.payment_item.c
    amounts = session.scalars(
        sa.select(o.amount)
        .join(t.payment_item, i.id == o.item_id)
        .where(i.batch_id == batch_id, o.settled_at.is_(None))
    )
    return sum(amounts, ZERO)


def total_of(due: Sequence[Due]) -> tuple[Decimal, Decimal]:
    """What statements come to: paid by the bank, and set off."""
    return sum((each.parts.paid for each in due), ZERO), sum((each.parts.set_off for each in due), ZERO)

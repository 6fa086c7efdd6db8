"""The bank's answer: which payments were made and which failed; all of a file or nothing (step 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.calendar import parse_date
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean
from portal.domain.payments import Answered, BatchState, ItemState, Result, check_answer, parse_result
from portal.domain.roles import Actor, Role
from portal.domain.statements import Act
from portal.models import PaymentBatch, PaymentItem
from portal.models import tables as t
from portal.statements.walk import take_step

COLUMNS = {
    "reference": "付款编号",
    "result": "结果",
    "paid_on": "付款日期",
    "bank_ref": "银行流水号",
    "reason": "原因",
}
REQUIRED = ("reference", "result")
# Columns of the bank file itself: banks often send it back with theirs added.
OTHERS = {
    "batch": "批次",
    "line": "序号",
    "statement": "对账单编号",
    "holder": "户名",
    "bank": "开户银行",
    "branch": "开户支行",
    "account": "账号",
    "amount": "金额",
}
_MOST_REF, _MOST_REASON = 80, 500


@dataclass(frozen=True)
class Line:
    """One line of an answer, read."""

    reference: str
    result: Result
    paid_on: date | None
    bank_ref: str
    reason: str

    @property
    def told(self) -> Answered:
        """The same, for comparing with what was told before."""
        return Answered(
            self.result, self.paid_on.isoformat() if self.paid_on else "", self.bank_ref, self.reason
        )


def read_line(cells: Mapping[str, str], today: date) -> Line:
    """A row of the bank's file.

    :raises RuleViolation: ``payment.result``, ``date.*``, ``payment.future``, ``required``,
        ``text.too_long``; its field is the column.
    """
    result = parse_result(cells.get("result", ""))
    paid_on, bank_ref = None, _text(cells, "bank_ref", _MOST_REF, result is Result.PAID)
    reason = _text(cells, "reason", _MOST_REASON, result is Result.FAILED)
    if result is Result.PAID:
        if not cells.get("paid_on", "").strip():
            raise RuleViolation("required", "paid_on")
        paid_on, reason = parse_date(cells["paid_on"]), ""
        if paid_on > today:
            raise RuleViolation("payment.future", "paid_on", day=paid_on)
    return Line(_text(cells, "reference", 50, True), result, paid_on, bank_ref, reason)


def _text(cells: Mapping[str, str], name: str, most: int, required: bool) -> str:
    text = clean(cells.get(name, ""))
    if required and not text:
        raise RuleViolation("required", name)
    if len(text) > most:
        raise RuleViolation("text.too_long", name, length=len(text), longest=most)
    return text


def find_items(session: Session, references: set[str]) -> dict[str, PaymentItem]:
    """The lines with these references, whose file the bank has; locked until the transaction ends."""
    i, b = t.payment_item.c, t.payment_batch.c
    found: dict[str, PaymentItem] = {}
    ordered = sorted(references)
    for start in range(0, len(ordered), 500):
        query = (
            sa.select(PaymentItem)
            .join(t.payment_batch, b.id == i.batch_id)
            .where(i.reference.in_(ordered[start : start + 500]), b.taken > 0)
            .with_for_update()
        )
        found |= {item.reference: item for item in session.scalars(query)}
    return found


def take_answer(session: Session, item: PaymentItem | None, line: Line, actor: Actor, now: datetime) -> bool:
    """Note what became of one payment; False where that very answer is known already.

    A payment made takes the statement to step 7's end, as the act of the person who released it: that
    person decided, whoever brings the bank's answer (M10). One that failed frees it for another batch.
    The caller holds the registry lock.

    :raises RuleViolation: ``payment.unknown``, ``payment.answered_otherwise``.
    """
    if Role.FINANCE not in actor.effective_roles:
        raise RuleViolation("payment.not_yours")
    if item is None:
        raise RuleViolation("payment.unknown", "reference", value=line.reference)
    if not check_answer(line.told, _known(item)):
        return False
    item.state = ItemState(line.result.value)
    item.answered_at, item.answered_by_id = now, actor.user_id
    item.paid_on, item.bank_ref, item.reason = line.paid_on, line.bank_ref, line.reason
    session.flush()
    told = ("state", "answered_at", "answered_by_id", "paid_on", "bank_ref", "reason")
    audit.record(
        session, actor=actor, action=f"payment.{line.result}", at=now, subject=("payment_item", item.id),
        reason=line.reason, after={name: getattr(item, name) for name in told},
    )  # fmt: skip
    batch = session.get(PaymentBatch, item.batch_id)
    assert batch is not None  # noqa: S101 - a line with a reference has one
    if line.result is Result.PAID:
        data: dict[str, Any] = {
            "item": item.id, "batch": batch.number, "reference": item.reference, "total": item.total,
            "set_off": item.set_off, "paid": item.paid, "paid_on": item.paid_on, "recorded_by": actor.user_id,
        }  # fmt: skip
        take_step(
            session, actor=_releaser(session, batch), now=now, statement_id=item.statement_id, version=None,
            act=Act.PAY, data=data,
        )  # fmt: skip
    _end(session, batch, actor, now)
    return True


def _known(item: PaymentItem) -> Answered | None:
    if item.state is ItemState.WAITING:
        return None
    day = item.paid_on.isoformat() if item.paid_on else ""
    return Answered(Result(item.state.value), day, item.bank_ref, item.reason)


def _releaser(session: Session, batch: PaymentBatch) -> Actor:
    """Who released the batch, in the role in which that was done, whatever became of the person since."""
    name = session.scalar(sa.select(t.user.c.name).where(t.user.c.id == batch.released_by_id))
    assert batch.released_by_id is not None  # noqa: S101 - the file went out
    assert name is not None  # noqa: S101 - nobody is ever deleted
    return Actor(batch.released_by_id, name, frozenset({Role.FINANCE}))


def _end(session: Session, batch: PaymentBatch, actor: Actor, now: datetime) -> None:
    """The batch is over with its last answer."""
    i = t.payment_item.c
    left = session.scalar(
        sa.select(sa.func.count()).where(i.batch_id == batch.id, i.state == ItemState.WAITING)
    )
    if not left:
        batch.state = BatchState.ANSWERED
        audit.record(
            session, actor=actor, action="payment.answered", at=now, subject=("payment", batch.id),
            after={"state": batch.state},
        )  # fmt: skip

"""Deductions from a deposit (B3): proposed, approved by another person, announced, objected to, effective."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import lock_registry
from portal.deposits import records
from portal.deposits.debts import open_debt, settle
from portal.deposits.ledger import balance_of, book
from portal.domain.deposits import (
    OPEN_DEDUCTION,
    Blame,
    Cause,
    DeductionAct,
    DeductionState,
    EntryKind,
    Settling,
    check_deduction_act,
    effective_day,
    is_overdue,
    take,
    takes_effect,
)
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.files import Sent, store
from portal.models import Debt, DepositDeduction, DepositFile
from portal.models import tables as t
from portal.policy.service import policy_on

_SUBJECT = "deposit_deduction"


def propose_for_debt(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    debt_id: int,
    document: str,
    note: str = "",
) -> int:
    """Finance proposes to take what is left of an overdue debt from the deposit (B3); answers the id.

    :raises RuleViolation: ``deduction.not_overdue``; ``deduction.proposed`` already;
        ``deduction.document_known``.
    """
    lock_registry(session)
    debt = records.load(session, Debt, debt_id, None)
    if not is_overdue(debt.state, debt.due_on, business_date(now)):
        raise RuleViolation("deduction.not_overdue")
    c = t.deposit_deduction.c
    if session.scalar(sa.select(c.id).where(c.debt_id == debt_id, c.state.in_(OPEN_DEDUCTION))):
        raise RuleViolation("deduction.proposed")
    return _propose(
        session, actor=actor, now=now, partner_id=debt.partner_id, cause=Cause.OVERDUE_DEBT,
        debt_id=debt_id, document=document, amount=debt.remaining, note=note,
    )  # fmt: skip


def propose_for_arrears(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    partner_id: int,
    amount: Decimal,
    document: str,
    note: str,
    blame: Blame,
) -> int:
    """Finance proposes to take customers' arrears on conferencing/ASP from the deposit (B3).

    :raises RuleViolation: ``deduction.vendors_fault``: the service's quality is the cause;
        ``deposit.amount``; ``deduction.document_known``; ``reason.required``.
    """
    lock_registry(session)
    if blame is Blame.SERVICE:
        raise RuleViolation("deduction.vendors_fault", "blame")
    if amount <= 0:
        raise RuleViolation("deposit.amount", "amount")
    if not note.strip():
        raise RuleViolation("reason.required", "note")
    return _propose(
        session, actor=actor, now=now, partner_id=partner_id, cause=Cause.CUSTOMER_ARREARS, debt_id=None,
        document=document, amount=amount, note=note,
    )  # fmt: skip


def _propose(session: Session, *, actor: Actor, now: datetime, **values: Any) -> int:
    c = t.deposit_deduction.c
    known = sa.select(c.id).where(c.partner_id == values["partner_id"], c.document == values["document"])
    if session.scalar(known):
        raise RuleViolation("deduction.document_known", "document", value=values["document"])
    row = DepositDeduction(
        **values, state=DeductionState.PROPOSED, proposed_at=now, proposed_by_id=actor.user_id
    )
    return records.add(
        session, row, action="deduction.proposed", subject=_SUBJECT, actor=actor, now=now,
        reason=values["note"],
    )  # fmt: skip


def act_on(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    deduction_id: int,
    version: int | None,
    act: DeductionAct,
    reason: str = "",
) -> None:
    """Approve, refuse, announce, object, or decide an objection (B3).

    An upheld deduction takes effect at once where its day has come.

    :raises StaleVersion: somebody else changed it meanwhile.
    :raises RuleViolation: as `check_deduction_act`.
    """
    lock_registry(session)
    row = records.load(session, DepositDeduction, deduction_id, version)
    today = business_date(now)
    state = check_deduction_act(
        row.state, act, actor, proposed_by=row.proposed_by_id, reason=reason,
        decided=row.decided_at is not None, takes_effect_on=row.takes_effect_on, today=today,
    )  # fmt: skip
    values = {"state": state, **_told_by(session, row, act, actor, now, reason.strip())}
    records.change(
        session, row, values, action=f"deduction.{act}", subject=_SUBJECT, actor=actor, now=now, reason=reason
    )
    if takes_effect(row.state, row.takes_effect_on, today):
        _take_effect(session, row, now)


def _told_by(
    session: Session, row: DepositDeduction, act: DeductionAct, actor: Actor, now: datetime, reason: str
) -> dict[str, Any]:
    """What an act writes besides the state."""
    today = business_date(now)
    if act is DeductionAct.APPROVE:
        return {"approved_at": now, "approved_by_id": actor.user_id}
    if act is DeductionAct.ANNOUNCE:
        pay = policy_on(session, today).pay
        assert pay is not None  # noqa: S101 - a stored policy has these figures
        return {"announced_at": now, "takes_effect_on": effective_day(today, pay)}
    if act is DeductionAct.OBJECT:
        return {"objected_at": now, "objected_by_id": actor.user_id, "objection": reason}
    decided = {"decided_at": now, "decided_by_id": actor.user_id, "decision": reason}
    if act is DeductionAct.UPHOLD:
        assert row.takes_effect_on is not None  # noqa: S101 - the table sees to it
        decided["takes_effect_on"] = max(row.takes_effect_on, today)
    return decided


def add_document(
    session: Session, *, actor: Actor, now: datetime, deduction_id: int, version: int, sent: Sent, folder: str
) -> None:
    """The document that a deduction names, before it is announced: what the partner will read (B3).

    :raises StaleVersion: somebody else changed the deduction meanwhile.
    :raises RuleViolation: ``deduction.not_now``; those of `files.store`.
    """
    lock_registry(session)
    row = records.load(session, DepositDeduction, deduction_id, version)
    if row.state not in (DeductionState.PROPOSED, DeductionState.APPROVED) or row.file_id is not None:
        raise RuleViolation("deduction.not_now", state=row.state)
    stored = store(folder, sent)
    about: dict[str, Any] = {"actor": actor, "now": now}
    file = DepositFile(
        partner_id=row.partner_id, **asdict(stored), uploaded_by_id=actor.user_id, uploaded_at=now
    )
    number = records.add(session, file, action="deduction.file_added", subject="deposit_file", **about)
    values = {"file_id": number}
    records.change(session, row, values, action="deduction.file_added", subject=_SUBJECT, **about)


def take_due(session: Session, *, now: datetime) -> int:
    """Deductions whose day has come take effect; answers how many. Run again, it finds none (B3)."""
    lock_registry(session)
    c = t.deposit_deduction.c
    due = session.scalars(
        sa.select(c.id)
        .where(c.state == DeductionState.ANNOUNCED, c.takes_effect_on <= business_date(now))
        .order_by(c.takes_effect_on, c.id)
    ).all()
    for each in due:
        _take_effect(session, records.load(session, DepositDeduction, each, None), now)
    return len(due)


def _take_effect(session: Session, row: DepositDeduction, now: datetime) -> None:
    """Take what the balance covers; the rest of a debt stays owed, the rest of arrears becomes a debt."""
    about: dict[str, Any] = {"actor": None, "now": now}
    assert row.id is not None  # noqa: S101 - it was loaded
    debt = None if row.debt_id is None else records.load(session, Debt, row.debt_id, None)
    balance = balance_of(session, row.partner_id)
    taken = take(row.amount, balance, debt.remaining if debt else None)
    day: date = business_date(now)
    rest = None
    if debt is None and taken.owed:
        rest = open_debt(
            session, partner_id=row.partner_id, statement_id=None, amount=taken.owed, on=day, **about
        )
    values = {
        "state": DeductionState.EFFECTIVE,
        "effective_on": day,
        "taken": taken.amount,
        "rest_debt_id": rest,
    }
    records.change(session, row, values, action="deduction.effective", subject=_SUBJECT, **about)
    if not taken.amount:
        return
    book(
        session, partner_id=row.partner_id, kind=EntryKind.DEDUCTION, amount=taken.amount, on=day,
        reference=f"D-{row.id}", note=row.document, deduction_id=row.id, **about,
    )  # fmt: skip
    if debt is not None:
        settle(session, debt, amount=taken.amount, how=Settling.DEDUCTION, deduction_id=row.id, **about)

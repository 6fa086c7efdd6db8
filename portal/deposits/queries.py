"""Reads for the pages of deposits."""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.deposits import OPEN_DEDUCTION, DebtState, DeductionState
from portal.models import tables as t

ENTRIES = 200
"""Entries of a ledger on one page, the newest first."""
DAYS = 31
MOST = 500


def entries_of(session: Session, partner_id: int) -> list[Any]:
    """A partner's ledger, newest first."""
    c = t.deposit_entry.c
    query = sa.select(t.deposit_entry).where(c.partner_id == partner_id).order_by(c.seq.desc())
    return list(session.execute(query.limit(ENTRIES)))


def deductions_of(session: Session, partner_id: int, states: frozenset[DeductionState]) -> list[Any]:
    """A partner's deductions in these states, newest first, with who proposed and approved them."""
    c, proposer, approver = t.deposit_deduction.c, t.user.alias(), t.user.alias()
    query = (
        sa.select(
            t.deposit_deduction, proposer.c.name.label("proposer"), approver.c.name.label("approver"),
            t.deposit_file.c.name.label("file_name"),
        )
        .join(proposer, proposer.c.id == c.proposed_by_id)
        .join(approver, approver.c.id == c.approved_by_id, isouter=True)
        .join(t.deposit_file, t.deposit_file.c.id == c.file_id, isouter=True)
        .where(c.partner_id == partner_id, c.state.in_(states))
        .order_by(c.id.desc())
        .limit(ENTRIES)
    )  # fmt: skip
    return list(session.execute(query))


def debts_of(session: Session, partner_id: int) -> list[Any]:
    """A partner's debts: what is owed first, then what is settled; with the open deduction of each."""
    d, n, s = t.debt.c, t.deposit_deduction.c, t.statement.c
    under_way = sa.and_(n.debt_id == d.id, n.state.in_(OPEN_DEDUCTION))
    query = (
        sa.select(t.debt, s.number, n.state.label("deduction_state"))
        .join(t.statement, s.id == d.statement_id, isouter=True)
        .join(t.deposit_deduction, under_way, isouter=True)
        .where(d.partner_id == partner_id)
        .order_by(sa.case((d.state == DebtState.OPEN, 0), else_=1), d.due_on, d.id)
        .limit(ENTRIES)
    )
    return list(session.execute(query))


def traffic_of(session: Session, partner_id: int, today: date) -> list[Any]:
    """A partner's traffic of the last 31 days, newest first."""
    c = t.traffic_day.c
    since = today - timedelta(days=DAYS)
    query = sa.select(c.day, c.amount).where(c.partner_id == partner_id, c.day > since)
    return list(session.execute(query.order_by(c.day.desc())))


def overdue_debts(session: Session, scope: Any, today: date) -> list[Any]:
    """Debts that may be deducted (M11), the longest overdue first."""
    d, n, p = t.debt.c, t.deposit_deduction.c, t.partner.c
    under_way = sa.and_(n.debt_id == d.id, n.state.in_(OPEN_DEDUCTION))
    query = (
        sa.select(d.id, d.partner_id, d.remaining, d.due_on, p.name, p.code, n.state.label("deduction_state"))
        .join(t.partner, p.id == d.partner_id)
        .join(t.deposit_deduction, under_way, isouter=True)
        .where(scope, d.state == DebtState.OPEN, d.due_on < today)
        .order_by(d.due_on, d.id)
        .limit(MOST)
    )
    return list(session.execute(query))


def open_deductions(session: Session, scope: Any) -> list[Any]:
    """Deductions that are under way, the oldest first."""
    n, p = t.deposit_deduction.c, t.partner.c
    query = (
        sa.select(t.deposit_deduction, p.name, p.code)
        .join(t.partner, p.id == n.partner_id)
        .where(scope, n.state.in_(OPEN_DEDUCTION))
        .order_by(n.id)
        .limit(MOST)
    )
    return list(session.execute(query))


def deduction_row(session: Session, deduction_id: int, scope: Any) -> Any:
    """A deduction of a partner in scope, or None."""
    n = t.deposit_deduction.c
    query = sa.select(t.deposit_deduction, t.partner.c.name).join(t.partner, t.partner.c.id == n.partner_id)
    return session.execute(query.where(n.id == deduction_id, scope)).first()


def debt_row(session: Session, debt_id: int, scope: Any) -> Any:
    """A debt of a partner in scope, or None."""
    d = t.debt.c
    query = sa.select(t.debt, t.partner.c.name).join(t.partner, t.partner.c.id == d.partner_id)
    return session.execute(query.where(d.id == debt_id, scope)).first()


def file_row(session: Session, file_id: int | None) -> Any:
    """The file of a deduction."""
    return session.execute(sa.select(t.deposit_file).where(t.deposit_file.c.id == file_id)).first()

"""Reads for the pages about payment: batches, accounts, what was paid."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.payments import AccountState, BatchState, ItemState
from portal.domain.statements import ISSUED, Station
from portal.models import tables as t
from portal.paging import Page, page_by_key

PER_PAGE = 50
_STATEMENTS = 200
_prepared, _released, _taken = t.user.alias("prepared"), t.user.alias("released"), t.user.alias("taken")
_proposer, _verifier, _refuser = t.user.alias("proposer"), t.user.alias("verifier"), t.user.alias("refuser")


def statement_row(session: Session, statement_id: int, scope: Any) -> Any:
    """A statement that is out, with its partner, as far as it lies within `scope`; or None."""
    return session.execute(_statement(scope), {"id": statement_id}).first()


@lru_cache(maxsize=_STATEMENTS)
def _statement(scope: Any) -> Any:
    s, p = t.statement.c, t.partner.c
    return (
        sa.select(t.statement, p.code, p.name.label("partner"), p.region)
        .join(t.partner, p.id == s.partner_id)
        .where(s.id == sa.bindparam("id"), s.station.in_(sorted(ISSUED)))
        .where(scope)
    )


def _batches() -> Any:
    b = t.payment_batch.c
    return (
        sa.select(
            t.payment_batch, _prepared.c.name.label("prepared_by"), _released.c.name.label("released_by"),
            _taken.c.name.label("taken_by"),
        )
        .join(_prepared, _prepared.c.id == b.prepared_by_id)
        .join(_released, _released.c.id == b.released_by_id, isouter=True)
        .join(_taken, _taken.c.id == b.taken_by_id, isouter=True)
    )  # fmt: skip


@lru_cache(maxsize=1)
def _listed() -> Any:
    i, b = t.payment_item.c, t.payment_batch.c
    of = [i.batch_id == b.id]
    counts = (
        sa.select(sa.func.count()).where(*of, i.state == state).scalar_subquery().label(state.value)
        for state in (ItemState.PAID, ItemState.FAILED)
    )
    return _batches().add_columns(*counts)


def list_batches(session: Session, *, cursor: str | None) -> Page:
    """Payment batches, the newest first, with how many lines the bank has answered."""
    b = t.payment_batch.c
    return page_by_key(
        session, _listed(), column=b.prepared_at, key=b.id, descending=True, size=PER_PAGE, cursor=cursor
    )


def batch_row(session: Session, batch_id: int) -> Any:
    """One batch with the names of who did what, or None."""
    return session.execute(_batches().where(t.payment_batch.c.id == batch_id)).first()


def batch_lines(session: Session, batch_id: int) -> list[Any]:
    """The lines of a batch with statement, partner and account; the account is for finance's eyes."""
    i, s, p, a = t.payment_item.c, t.statement.c, t.partner.c, t.bank_account.c
    return list(
        session.execute(
            sa.select(
                i.id, i.line, i.reference, i.statement_id, i.total, i.set_off, i.paid, i.state, i.paid_on,
                i.bank_ref, i.reason, s.number.label("statement"), s.period, p.name.label("partner"), p.code,
                a.holder, a.bank, a.branch, a.number.label("account"), a.state.label("account_state"),
            )
            .join(t.statement, s.id == i.statement_id)
            .join(t.partner, p.id == s.partner_id)
            .join(t.bank_account, a.id == i.account_id)
            .where(i.batch_id == batch_id)
            .order_by(i.line)
        )
    )  # fmt: skip


def open_batches(session: Session) -> dict[BatchState, int]:
    """How many batches wait for a release, and how many for the bank."""
    b = t.payment_batch.c
    rows = session.execute(
        sa.select(b.state, sa.func.count())
        .where(b.state.in_((BatchState.PREPARED, BatchState.RELEASED)))
        .group_by(b.state)
    )
    return {row[0]: row[1] for row in rows}


def _accounts() -> Any:
    a, p = t.bank_account.c, t.partner.c
    return (
        sa.select(
            t.bank_account, p.name.label("partner"), p.code, _proposer.c.name.label("proposed_by"),
            _proposer.c.partner_id.label("proposer_partner"), _verifier.c.name.label("verified_by"),
            _refuser.c.name.label("refused_by"),
        )
        .join(t.partner, p.id == a.partner_id)
        .join(_proposer, _proposer.c.id == a.proposed_by_id)
        .join(_verifier, _verifier.c.id == a.verified_by_id, isouter=True)
        .join(_refuser, _refuser.c.id == a.refused_by_id, isouter=True)
    )  # fmt: skip


def waiting_accounts(session: Session) -> list[Any]:
    """Accounts that wait for a second person, the oldest first."""
    a = t.bank_account.c
    return list(
        session.execute(
            _accounts().where(a.state == AccountState.PROPOSED).order_by(a.proposed_at, a.id).limit(500)
        )
    )


def count_waiting_accounts(session: Session) -> int:
    """How many accounts wait for a second person."""
    a = t.bank_account.c
    found = session.scalar(sa.select(sa.func.count()).where(a.state == AccountState.PROPOSED))
    return found or 0


def accounts_of(session: Session, partner_id: int) -> list[Any]:
    """Every account that was ever stated for a partner, the newest first."""
    a = t.bank_account.c
    return list(
        session.execute(_accounts().where(a.partner_id == partner_id).order_by(a.id.desc()).limit(100))
    )


def account_row(session: Session, account_id: int) -> Any:
    """One stated account, or None."""
    return session.execute(_accounts().where(t.bank_account.c.id == account_id)).first()


def list_payments(session: Session, scope: Any, *, cursor: str | None) -> Page:
    """What was paid, or is on its way, to the partners within `scope`, the newest first."""
    i = t.payment_item.c
    return page_by_key(
        session, _payments(scope), column=i.id, key=i.id, descending=True, size=PER_PAGE, cursor=cursor
    )


@lru_cache(maxsize=_STATEMENTS)
def _payments(scope: Any) -> Any:
    i, s, p, b = t.payment_item.c, t.statement.c, t.partner.c, t.payment_batch.c
    pending = (
        sa.exists()
        .where(t.bank_account.c.partner_id == p.id, t.bank_account.c.state == AccountState.PROPOSED)
        .label("frozen")
    )
    return (
        sa.select(
            i.id, i.statement_id, i.total, i.set_off, i.paid, i.state, i.paid_on, i.reason, i.answered_at,
            s.number, s.period, s.station, s.due_on, p.name.label("partner"), p.id.label("partner_id"),
            b.state.label("batch_state"), b.prepared_at, pending,
        )
        .join(t.statement, s.id == i.statement_id)
        .join(t.partner, p.id == s.partner_id)
        .join(t.payment_batch, b.id == i.batch_id, isouter=True)
        .where(scope, i.state != ItemState.WITHDRAWN)
    )  # fmt: skip


def invoices_of(session: Session, statement_id: int) -> list[Any]:
    """The invoices entered for a statement, the newest first, with who entered and who sent back."""
    n, f = t.invoice.c, t.statement_file.c
    return list(
        session.execute(
            sa.select(
                t.invoice, f.name.label("file_name"), _proposer.c.name.label("entered_by"),
                _refuser.c.name.label("returned_by"),
            )
            .join(t.statement_file, f.id == n.file_id)
            .join(_proposer, _proposer.c.id == n.entered_by_id)
            .join(_refuser, _refuser.c.id == n.returned_by_id, isouter=True)
            .where(n.statement_id == statement_id)
            .order_by(n.id.desc())
        )
    )  # fmt: skip


def invoice_file(session: Session, statement_id: int, invoice_id: int) -> Any:
    """The file of one invoice of one statement, or None."""
    n, f = t.invoice.c, t.statement_file.c
    return session.execute(
        sa.select(f.name, f.media_type, f.storage_key)
        .join(t.invoice, n.file_id == f.id)
        .where(n.id == invoice_id, n.statement_id == statement_id)
    ).first()


def paid_item(session: Session, statement_id: int) -> Any:
    """The payment of a statement that was made, or None."""
    i = t.payment_item.c
    return session.execute(
        sa.select(i.total, i.set_off, i.paid, i.paid_on).where(
            i.statement_id == statement_id, i.state == ItemState.PAID
        )
    ).first()


def uninvoiced(session: Session, scope: Any) -> list[Any]:
    """Paid statements without an invoice, the longest waiting first (step 8)."""
    s, p, i = t.statement.c, t.partner.c, t.payment_item.c
    return list(
        session.execute(
            sa.select(
                s.id, s.number, s.period, s.total, s.partner_id, p.code, p.name.label("partner"), p.region,
                i.paid_on, t.user.c.name.label("manager"),
            )
            .join(t.partner, p.id == s.partner_id)
            .join(t.payment_item, sa.and_(i.statement_id == s.id, i.state == ItemState.PAID))
            .join(t.user, t.user.c.id == p.manager_id, isouter=True)
            .where(s.station == Station.PAID, s.total > 0, scope)
            .order_by(i.paid_on, s.id)
        )
    )  # fmt: skip


def to_close(session: Session, statement_ids: list[int] | None = None) -> list[Any]:
    """Statements that can be written off: with an invoice, or such as paid nothing (step 9)."""
    s, p, n = t.statement.c, t.partner.c, t.invoice.c
    query = (
        sa.select(
            s.id, s.number, s.version, s.period, s.total, s.station, s.due_on, p.code,
            p.name.label("partner"), n.number.label("invoice"), n.reference, n.title, n.tax_no, n.amount,
        )
        .join(t.partner, p.id == s.partner_id)
        .join(t.invoice, sa.and_(n.statement_id == s.id, n.state == "current"), isouter=True)
        .where(
            sa.or_(s.station == Station.INVOICED, sa.and_(s.station == Station.PAID, s.total <= 0))
        )
        .order_by(s.due_on, s.id)
        .limit(500)
    )  # fmt: skip
    if statement_ids is not None:
        query = query.where(s.id.in_(statement_ids))
    return list(session.execute(query))

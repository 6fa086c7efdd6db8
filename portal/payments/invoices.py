"""The partner's invoice for what was paid, compared and written off (steps 8 and 9, M16)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.access import can_see
from portal.domain.errors import RuleViolation
from portal.domain.invoices import Difference, InvoiceState, Stated, Vendor, differences, expected
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.domain.statements import Act, Station, check_act
from portal.files import INVOICES, Sent, Stored, store
from portal.models import Invoice, Statement
from portal.models import tables as t
from portal.statements.walk import done_on, load, send_back, take_step

PURPOSE = "invoice"
FIELDS = ("number", "reference", "title", "tax_no", "amount", "issued_on")


def enter_invoice(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    statement_id: int,
    version: int,
    values: Mapping[str, Any],
    sent: Sent,
    folder: str,
    vendor: Vendor,
) -> int:
    """Take in the invoice for a paid statement; answers its id. Differences do not keep it out (M16).

    :raises RuleViolation: ``invoice.taken`` the number stands for another of the partner's statements;
        ``invoice.none`` of a statement that paid nothing; ``invoice.future``; ``file.*``; as `check_act`.
    :raises StaleVersion: the statement changed since the person saw it.
    """
    lock_registry(session)
    statement = load(session, statement_id, version)
    _check_sight(session, actor, statement)
    check_act(statement.station, Act.INVOICE, actor, done_on(session, statement_id))
    if statement.total <= 0:
        raise RuleViolation("invoice.none")
    if values["issued_on"] > business_date(now):
        raise RuleViolation("invoice.future", "issued_on")
    _check_number(session, statement.partner_id, values["number"])
    stored = store(folder, sent, only=INVOICES)
    file_id = _keep(session, statement, stored, actor, now)
    invoice = Invoice(
        **{name: values[name] for name in FIELDS}, statement_id=statement_id, partner_id=statement.partner_id,
        file_id=file_id, entered_at=now, entered_by_id=actor.user_id, state=InvoiceState.CURRENT,
    )  # fmt: skip
    session.add(invoice)
    session.flush()
    assert invoice.id is not None  # noqa: S101 - flushed
    told = (*FIELDS, "statement_id", "file_id", "entered_at", "entered_by_id", "state")
    audit.record(
        session, actor=actor, action="invoice.entered", at=now, subject=("invoice", invoice.id),
        after={name: getattr(invoice, name) for name in told}, file=asdict(stored),
    )  # fmt: skip
    found = compare(invoice, statement, vendor)
    take_step(
        session, actor=actor, now=now, statement_id=statement_id, version=None, act=Act.INVOICE,
        data={"invoice": invoice.id, "number": invoice.number, "differences": [each.what for each in found]},
    )  # fmt: skip
    return invoice.id


def _check_sight(session: Session, actor: Actor, statement: Statement) -> None:
    """Another partner's or region's statement does not exist."""
    region = session.scalar(sa.select(t.partner.c.region).where(t.partner.c.id == statement.partner_id))
    if not can_see(actor, partner_id=statement.partner_id, region=region):
        raise RuleViolation("statement.gone")


def _check_number(session: Session, partner_id: int, number: str) -> None:
    """A number counts once for a partner; what others hand in tells nothing and hinders nobody."""
    c = t.invoice.c
    taken = sa.select(sa.func.count()).where(
        c.partner_id == partner_id, c.number == number, c.state == InvoiceState.CURRENT
    )
    if session.scalar(taken):
        raise RuleViolation("invoice.taken", "number", number=number)


def _keep(session: Session, statement: Statement, stored: Stored, actor: Actor, now: datetime) -> int:
    row: dict[str, Any] = {
        **asdict(stored), "statement_id": statement.id, "revision": statement.revision, "purpose": PURPOSE,
        "uploaded_by_id": actor.user_id, "uploaded_at": now,
    }  # fmt: skip
    made = session.execute(sa.insert(t.statement_file).values(row).returning(t.statement_file.c.id))
    file_id: int = made.scalar_one()
    audit.record(
        session, actor=actor, action="statement.file_added", at=now, subject=("statement", statement.id),
        file=file_id, content_hash=statement.content_hash, after=row,
    )  # fmt: skip
    return file_id


def compare(invoice: Any, statement: Any, vendor: Vendor) -> tuple[Difference, ...]:
    """Where an invoice says otherwise than it should."""
    stated = Stated(invoice.reference, invoice.title, invoice.tax_no, invoice.amount)
    return differences(stated, expected(statement.number, statement.total, vendor))


def current_invoice(session: Session, statement_id: int) -> Invoice | None:
    """The invoice that counts for a statement."""
    c = t.invoice.c
    return session.scalars(
        sa.select(Invoice).where(c.statement_id == statement_id, c.state == InvoiceState.CURRENT)
    ).first()


def return_invoice(
    session: Session, *, actor: Actor, now: datetime, statement_id: int, version: int, reason: str
) -> None:
    """Send an invoice back to be corrected: the statement is paid and without an invoice again (M16).

    :raises RuleViolation: as `check_return`.
    :raises StaleVersion: the statement changed since the person saw it.
    """
    lock_registry(session)
    reason = reason.strip()
    load(session, statement_id, version)
    invoice = current_invoice(session, statement_id)
    if invoice is None:
        raise RuleViolation("invoice.missing")
    invoice.state, invoice.returned_at, invoice.returned_by_id = InvoiceState.RETURNED, now, actor.user_id
    invoice.return_reason = reason
    session.flush()  # the walk goes back only where no invoice stands
    send_back(
        session, actor=actor, now=now, statement_id=statement_id, version=version, to=Station.PAID,
        reason=reason,
    )  # fmt: skip
    told = ("state", "returned_at", "returned_by_id", "return_reason")
    audit.record(
        session, actor=actor, action="invoice.returned", at=now, subject=("invoice", invoice.id),
        reason=reason, after={name: getattr(invoice, name) for name in told},
    )  # fmt: skip


def close_statements(
    session: Session, *, actor: Actor, now: datetime, picks: Sequence[tuple[int, int]], vendor: Vendor
) -> int:
    """Write statements off, each with the version seen; answers how many (step 9).

    :raises RuleViolation: ``payment.nothing_chosen``; ``invoice.differs`` naming those whose invoice differs;
        ``statement.invoice_first``; as `check_act`.
    :raises StaleVersion: a statement changed since the person saw it.
    """
    lock_registry(session)
    if not picks:
        raise RuleViolation("payment.nothing_chosen")
    differing = []
    for statement_id, version in picks:
        statement = load(session, statement_id, version)
        invoice = current_invoice(session, statement_id)
        data: dict[str, Any] = {"no_invoice": True}
        if statement.station is Station.INVOICED:
            if invoice is None:
                raise RuleViolation("invoice.missing")
            if compare(invoice, statement, vendor):
                differing.append(statement.number)
            data = {"invoice": invoice.id, "number": invoice.number, "vendor": asdict(vendor)}
        take_step(
            session,
            actor=actor,
            now=now,
            statement_id=statement_id,
            version=version,
            act=Act.CLOSE,
            data=data,
        )
    if differing:
        raise RuleViolation("invoice.differs", numbers=tuple(differing))
    return len(picks)

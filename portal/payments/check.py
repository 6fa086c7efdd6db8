"""`portal check` for payment: who decided, what was paid, what is owed, all added up again (steps 7–9)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.conflicts.check_claims import same
from portal.domain.errors import RuleViolation
from portal.domain.payments import ZERO, AccountState, BatchState, ItemState
from portal.domain.statements import Act, Station, place_of
from portal.models import tables as t

Problem = tuple[str, Any, RuleViolation]
_SET_OFF = ("debt_id", "amount")


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken invariant; nothing is repaired."""
    trail = {kind: _trail(session, kind) for kind in ("account", "payment", "payment_item", "invoice")}
    yield from _told(session, t.bank_account, trail["account"], _account)
    yield from _batches(session, trail["payment"], trail["payment_item"])
    yield from _told(session, t.invoice, trail["invoice"], _invoice)
    yield from _sums(session)
    yield from _statements(session)


def _trail(session: Session, subject: str) -> dict[int, list[Any]]:
    """The entries about each subject of a kind, oldest first."""
    c, entries = t.audit_entry.c, dict[int, list[Any]]()
    query = sa.select(c.subject_id, c.action, c.details).where(c.subject_type == subject).order_by(c.id)
    for row in session.execute(query):
        entries.setdefault(row.subject_id, []).append(row)
    return entries


def _told(session: Session, table: Any, entries: dict[int, list[Any]], shown: Any) -> Iterator[Problem]:
    """Rows are what the trail says was done; `shown` makes of a row what the trail tells."""
    for row in session.execute(sa.select(table)):
        told: dict[str, Any] = {}
        for entry in entries.pop(row.id, []):
            told |= entry.details.get("after", {})
        yield from _differing(table.name, row.id, shown(row._mapping), told)
    for missing in entries:
        yield table.name, missing, RuleViolation("check.missing")


def _differing(table: str, row_id: Any, stored: Any, told: Mapping[str, Any]) -> Iterator[Problem]:
    """Every column is vouched for; one of which the trail says nothing is empty."""
    if not told:
        yield table, row_id, RuleViolation("check.untrailed")
        return
    for column, value in stored.items():
        if column in ("id", "version"):
            continue
        fine = same(value, told[column]) if column in told else value in (None, "", 0)
        if not fine:
            yield table, row_id, RuleViolation("check.not_trailed", column=column)


def _account(row: Mapping[str, Any]) -> dict[str, Any]:
    """The trail has an account's number as its last figures and a digest only."""
    shown = {name: value for name, value in row.items() if name != "number"}
    return {**shown, "digest": audit.digest({"number": row["number"]})}


def _invoice(row: Mapping[str, Any]) -> dict[str, Any]:
    """The partner is the statement's (`_statements`)."""
    return {name: value for name, value in row.items() if name != "partner_id"}


def _batches(
    session: Session, entries: dict[int, list[Any]], answers: dict[int, list[Any]]
) -> Iterator[Problem]:
    """Batches, their lines and what is set off are as they were prepared, released and answered."""
    lines: dict[int, dict[str, Any]] = {}
    settled: dict[int, Any] = {}
    for batch, about in entries.items():
        released = next(
            (e.details["after"]["released_at"] for e in about if e.action == "payment.released"), None
        )
        withdrawn = any(e.action == "payment.withdrawn" for e in about)
        for entry in about:
            for line in entry.details.get("lines", ()):
                state = ItemState.WITHDRAWN if withdrawn else ItemState.WAITING
                lines[line["id"]] = {**line, "batch_id": batch, "state": state.value}
                settled[line["id"]] = released
    for item, about in answers.items():
        for entry in about:
            told = dict(entry.details.get("after", {}))
            if entry.action == "payment.settled":
                told["debts"], settled[item] = entry.details["debts"], told["answered_at"]
            lines[item] = {**lines.get(item, {}), **told}
    yield from _told(session, t.payment_batch, entries, dict)
    debts = {item: line.pop("debts", []) for item, line in lines.items()}
    for row in session.execute(sa.select(t.payment_item)):
        yield from _differing("payment_item", row.id, row._mapping, lines.pop(row.id, {}))
    for missing in lines:
        yield "payment_item", missing, RuleViolation("check.missing")
    yield from _set_offs(session, debts, settled)


def _set_offs(session: Session, debts: dict[int, list[Any]], settled: Mapping[int, Any]) -> Iterator[Problem]:
    for row in session.execute(sa.select(t.payment_set_off)):
        told = debts.get(row.item_id, [])
        this = [row.debt_id, audit.plain(row.amount)]
        if this not in told or not same(row.settled_at, settled.get(row.item_id)):
            yield "payment_set_off", row.item_id, RuleViolation("check.untrailed")
            continue
        told.remove(this)
    for item, left in debts.items():
        if left:
            yield "payment_set_off", item, RuleViolation("check.missing")


def _sums(session: Session) -> Iterator[Problem]:
    """A batch is the sum of its lines; its account was verified by another person than stated it."""
    b, i = t.payment_batch.c, t.payment_item.c
    rows = session.execute(
        sa.select(
            b.id,
            b.payments,
            b.amount,
            b.set_off,
            b.state,
            i.paid,
            i.set_off.label("off"),
            i.state.label("is_"),
        )
        .join(t.payment_item, i.batch_id == b.id, isouter=True)
        .order_by(b.id)
    )
    of: dict[int, list[Any]] = {}
    for row in rows:
        of.setdefault(row.id, []).append(row)
    for batch, lines in of.items():
        first = lines[0]
        paid = sum((line.paid or ZERO for line in lines), ZERO)
        off = sum((line.off or ZERO for line in lines), ZERO)
        if (first.payments, first.amount, first.set_off) != (len(lines), paid, off):
            yield "payment_batch", batch, RuleViolation("check.sum")
        waits = any(line.is_ is ItemState.WAITING for line in lines)
        if (first.state in (BatchState.PREPARED, BatchState.RELEASED)) != waits:
            yield "payment_batch", batch, RuleViolation("check.not_trailed", column="state")
    a = t.bank_account.c
    for row in session.execute(
        sa.select(a.id).where(
            a.state.in_((AccountState.VERIFIED, AccountState.REPLACED)), a.verified_by_id == a.proposed_by_id
        )
    ):
        yield "bank_account", row.id, RuleViolation("check.two_people")


def _statements(session: Session) -> Iterator[Problem]:
    """What is paid was paid once, whole, in its revision; what is closed has an invoice that agrees."""
    s, i, n = t.statement.c, t.payment_item.c, t.invoice.c
    paid = {
        row.statement_id: row
        for row in session.execute(sa.select(t.payment_item).where(i.state == ItemState.PAID))
    }
    current = {
        row.statement_id: row for row in session.execute(sa.select(t.invoice).where(n.state == "current"))
    }
    off = _set_off_by_statement(session)
    acts = _last_acts(session)
    for row in session.execute(sa.select(s.id, s.number, s.station, s.total, s.revision).order_by(s.id)):
        item, invoice = paid.pop(row.id, None), current.pop(row.id, None)
        if place_of(row.station) < place_of(Station.PAID):
            if item is not None:
                yield "statement", row.id, RuleViolation("check.paid")
            continue
        if item is None or (item.total, item.revision) != (row.total, row.revision):
            yield "statement", row.id, RuleViolation("check.unpaid")
            continue
        if row.total > 0 and not _owes(acts.get((row.id, Act.PAY))) and item.set_off != off.get(row.id, ZERO):
            yield "payment_item", item.id, RuleViolation("check.set_off")
        if (acts.get((row.id, Act.PAY)) or {}).get("item") != item.id:
            yield "statement", row.id, RuleViolation("check.pay_act")
        yield from _invoiced(row, invoice, acts.get((row.id, Act.CLOSE)))
    for invoice_id in session.scalars(
        sa.select(n.id)
        .join(t.statement, s.id == n.statement_id)
        .where(s.partner_id != n.partner_id)
        .order_by(n.id)
    ):
        yield "invoice", invoice_id, RuleViolation("check.not_told", column="partner_id")
    for left in [*paid, *current]:
        yield "statement", left, RuleViolation("check.missing")


def _owes(data: Any) -> bool:
    return bool(data and "debt" in data)


def _invoiced(row: Any, invoice: Any, closed: Any) -> Iterator[Problem]:
    wanted = row.total > 0 and row.station in (Station.INVOICED, Station.CLOSED)
    if (invoice is not None) != wanted:
        yield "invoice", f"statement {row.id}", RuleViolation("check.invoice")
    elif (wanted and row.station is Station.CLOSED and (closed or {}).get("invoice") != invoice.id) or (
        wanted and row.station is Station.CLOSED and invoice.amount != row.total
    ):
        yield "invoice", invoice.id, RuleViolation("check.invoice")


def _set_off_by_statement(session: Session) -> dict[int, Decimal]:
    o, i = t.payment_set_off.c, t.payment_item.c
    rows = session.execute(
        sa.select(i.statement_id, o.amount)
        .join(t.payment_item, i.id == o.item_id)
        .where(o.settled_at.is_not(None))
    )
    found: dict[int, Decimal] = {}
    for row in rows:
        found[row.statement_id] = found.get(row.statement_id, ZERO) + row.amount
    return found


def _last_acts(session: Session) -> dict[tuple[int, Act], Any]:
    """What the last payment and closing of each statement noted."""
    c = t.statement_act.c
    rows = session.execute(
        sa.select(c.statement_id, c.act, c.data).where(c.act.in_((Act.PAY, Act.CLOSE))).order_by(c.id)
    )
    return {(row.statement_id, row.act): row.data for row in rows}

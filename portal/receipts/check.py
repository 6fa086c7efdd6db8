"""`portal check` of receipts: the ledger is what was sealed, matches and periods are what the trail says."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.errors import RuleViolation
from portal.domain.receipts import Plain, Seal
from portal.models import tables as t

Problem = tuple[str, Any, RuleViolation]

SEALED = ("import.receipts", "receipt.entered")
"""The entries of the audit trail that seal receipts."""
_BLOCK = 10_000


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken invariant of receipts."""
    yield from _ledger(session)
    yield from _refunds(session)
    yield from _matches(session)
    yield from _periods(session)


def _ledger(session: Session) -> Iterator[Problem]:
    """Every receipt lies in a sealed range whose number, sum, content, instant and author hold."""
    c = t.audit_entry.c
    query = sa.select(c.at, c.actor_id, c.details).where(c.action.in_(SEALED)).order_by(c.id)
    reached = 0
    for entry in session.execute(query).all():
        told = entry.details.get("seal")
        if not told or not told["rows"]:
            continue
        yield from _unsealed(session, reached, told["first"])
        reached = max(reached, told["last"])
        if not _holds(session, entry, told):
            where = f"{told['first']}-{told['last']}"
            yield (
                "receipt",
                where,
                RuleViolation("check.receipt_seal", first=told["first"], last=told["last"]),
            )
    yield from _unsealed(session, reached, None)


def _holds(session: Session, entry: Any, told: Any) -> bool:
    seal = Seal()
    block: list[Plain] = []
    for row in _rows(session, told["first"], told["last"]):
        if (
            row[10] != entry.at
            or row[11] != entry.actor_id
            or row[0] != told["first"] + seal.rows + len(block)
        ):
            return False
        block.append(_plain(row))
        if len(block) == _BLOCK:
            seal.add(row[0] - len(block) + 1, block)
            block = []
    seal.add(told["first"] + seal.rows, block)
    return bool(seal.told() == told)


def _rows(session: Session, first: int, last: int) -> Iterator[Any]:
    c = t.receipt.c
    query = sa.select(
        c.id, c.source, c.ref, sa.cast(c.received_on, sa.String), c.contract_no, c.contract_key,
        sa.type_coerce(c.product, sa.String), sa.type_coerce(c.amount, sa.BigInteger), c.minutes,
        c.refund_of_id, c.recorded_at, c.recorded_by_id,
    )  # fmt: skip
    query = query.where(c.id >= first, c.id <= last).order_by(c.id)
    yield from session.execute(query.execution_options(yield_per=_BLOCK))


def _plain(row: Any) -> Plain:
    return (row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9])


def _unsealed(session: Session, after: int, before: int | None) -> Iterator[Problem]:
    """Receipts between two sealed ranges: nobody vouches for them."""
    c = t.receipt.c
    query = sa.select(c.id).where(c.id > after).order_by(c.id)
    if before is not None:
        query = query.where(c.id < before)
    for number in session.scalars(query):
        yield "receipt", number, RuleViolation("check.receipt_gap")


def _refunds(session: Session) -> Iterator[Problem]:
    """Refunds of one receipt never exceed it, and are of the same contract and product (M5)."""
    refund, of = t.receipt.alias().c, t.receipt.c
    both = sa.select(of.id).join(refund.id.table, refund.refund_of_id == of.id)
    over = both.group_by(of.id, of.amount).having(sa.func.sum(-refund.amount) > of.amount)
    differs = sa.or_(
        of.refund_of_id.is_not(None),
        refund.contract_key != of.contract_key,
        refund.product != of.product,
        refund.received_on < of.received_on,
    )
    for number in session.scalars(over.order_by(of.id)):
        yield "receipt", number, RuleViolation("check.refunds_exceed")
    for number in session.scalars(both.where(differs).distinct().order_by(of.id)):
        yield "receipt", number, RuleViolation("check.refund_differs")


def _matches(session: Session) -> Iterator[Problem]:
    """What numbers were matched to is what the trail says, row by row."""
    c = t.audit_entry.c
    query = sa.select(c.subject_id, c.details).where(c.subject_type == "contract_match").order_by(c.id)
    told = {row.subject_id: row.details["match"] for row in session.execute(query)}
    for row in session.execute(sa.select(t.contract_match)):
        stated = told.pop(row.id, None)
        if stated is None:
            yield "contract_match", row.id, RuleViolation("check.untrailed")
        elif (column := _differing(row, stated)) is not None:
            yield "contract_match", row.id, RuleViolation("check.not_trailed", column=column)
    for missing in told:
        yield "contract_match", missing, RuleViolation("check.missing")


def _differing(row: Any, told: Any) -> str | None:
    stored = audit.plain(dict(row._mapping))
    return next((name for name, value in told.items() if stored[name] != value), None)


def _periods(session: Session) -> Iterator[Problem]:
    """The periods called complete are those of the trail, less those opened again."""
    c = t.audit_entry.c
    query = sa.select(c.action, c.details).where(c.subject_type == "period").order_by(c.id)
    told: dict[str, Any] = {}
    for entry in session.execute(query):
        period = entry.details["collected"]["period"]
        if entry.action == "period.collected":
            told[period] = entry.details["collected"]
        else:
            told.pop(period, None)
    for row in session.execute(sa.select(t.collected_period)):
        stated = told.pop(row.period, None)
        if stated is None:
            yield "collected_period", row.period, RuleViolation("check.untrailed")
        elif (column := _differing(row, stated)) is not None:
            yield "collected_period", row.period, RuleViolation("check.not_trailed", column=column)
    for missing in told:
        yield "collected_period", missing, RuleViolation("check.missing")

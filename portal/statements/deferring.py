"""Receipts that a statement cannot count yet, and finance's word that it goes out without them (M2)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor, Role
from portal.domain.statements import OPEN
from portal.models import tables as t
from portal.statements.walk import load

_l, _r, _d, _u = t.statement_line.c, t.receipt.c, t.deferred_receipt.c, t.user.c


def withheld_of(session: Session, statement_id: int, revision: int) -> list[Any]:
    """The receipts whose terms are missing on a statement, and who deferred which of them why."""
    query = (
        sa.select(
            *(_l.receipt_id, _l.customer_name, _l.flag, _l.tier, _r.ref, _r.source, _r.received_on),
            *(_r.contract_no, _r.product, _r.amount, _d.deferred_at, _d.reason),
            _u.name.label("deferred_by"),
        )
        .join(t.receipt, _r.id == _l.receipt_id)
        .join(
            t.deferred_receipt,
            sa.and_(_d.statement_id == _l.statement_id, _d.receipt_id == _l.receipt_id),
            isouter=True,
        )
        .join(t.user, _u.id == _d.deferred_by_id, isouter=True)
        .where(_l.statement_id == statement_id, _l.revision == revision, sa.not_(_l.settles))
        .order_by(_l.ordinal)
    )
    return list(session.execute(query))


def defer_receipt(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    statement_id: int,
    version: int,
    receipt_id: int,
    reason: str,
) -> None:
    """Let a statement go out without a receipt that is withheld on it; the receipt waits for the next one.

    :raises StaleVersion: somebody changed the statement since.
    :raises RuleViolation: ``statement.not_yours``, ``statement.out_already``, ``statement.not_withheld``,
        ``statement.deferred_already``, ``reason.required``.
    """
    lock_registry(session)
    here = sa.and_(_d.statement_id == statement_id, _d.receipt_id == receipt_id)
    if session.scalar(sa.select(_d.receipt_id).where(here)):
        raise RuleViolation("statement.deferred_already")
    statement = load(session, statement_id, version)
    if Role.FINANCE not in actor.effective_roles:
        raise RuleViolation("statement.not_yours", roles=(Role.FINANCE,))
    if statement.station not in OPEN:
        raise RuleViolation("statement.out_already")
    if not any(
        row.receipt_id == receipt_id for row in withheld_of(session, statement_id, statement.revision)
    ):
        raise RuleViolation("statement.not_withheld")
    if not reason.strip():
        raise RuleViolation("reason.required", "reason")
    row = {
        "statement_id": statement_id, "receipt_id": receipt_id, "deferred_by_id": actor.user_id,
        "deferred_at": now, "reason": reason.strip(),
    }  # fmt: skip
    session.execute(sa.insert(t.deferred_receipt), [row])
    flag_modified(statement, "station")  # a page that does not show it is outdated
    session.flush()
    audit.record(
        session, actor=actor, action="statement.deferred", at=now, subject=("statement", statement_id),
        reason=reason.strip(), deferred=audit.plain(row),
    )  # fmt: skip

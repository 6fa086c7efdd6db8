"""Reads for disputes: each with its line, its receipt, its evidence and both sides' people (M9)."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.models import tables as t
from portal.paging import Page, page_by_key

_s, _l, _r, _p = t.statement.c, t.statement_line.c, t.receipt.c, t.partner.c


def disputes_of(session: Session, statement_id: int) -> list[Any]:
    """The disputes about a statement, oldest first, with their evidence."""
    query = _disputes().where(t.dispute.c.statement_id == statement_id).order_by(t.dispute.c.id)
    return list(session.execute(query))


@lru_cache(maxsize=1)
def _disputes() -> Any:
    d, f = t.dispute.c, t.statement_file.c
    opener, answerer = t.user.alias("opener"), t.user.alias("answerer")
    return (
        sa.select(
            t.dispute,
            f.name.label("file_name"),
            opener.c.name.label("opened_by"),
            answerer.c.name.label("answered_by"),
            _r.ref.label("receipt_ref"),
            _r.amount.label("receipt_amount"),
            _r.received_on,
            _s.number,
            _s.period,
            _s.partner_id,
            _p.name.label("partner_name"),
            _l.customer_name,
            _l.ordinal.label("line"),
            _l.commission.label("line_commission"),
        )
        .select_from(t.dispute)
        .join(t.statement, _s.id == d.statement_id)
        .join(t.partner, _p.id == _s.partner_id)
        .join(opener, opener.c.id == d.opened_by_id)
        .join(answerer, answerer.c.id == d.answered_by_id, isouter=True)
        .join(t.statement_file, f.id == d.file_id, isouter=True)
        .join(t.receipt, _r.id == d.receipt_id, isouter=True)
        .join(
            t.statement_line,
            sa.and_(
                _l.statement_id == d.statement_id,
                _l.revision == d.revision,
                _l.receipt_id == d.receipt_id,
            ),
            isouter=True,
        )
    )


def dispute_in_sight(session: Session, scope: Any, dispute_id: int) -> Any:
    """A dispute about a statement in sight, or None."""
    return session.execute(_disputes().where(scope, t.dispute.c.id == dispute_id)).first()


def list_disputes(session: Session, scope: Any, *, still_open: bool, cursor: str | None) -> Page:
    """Disputes in sight: the open ones, longest open first, or those that are over, newest first."""
    d = t.dispute.c
    query = _disputes().where(scope, (d.state == "open") == sa.literal(still_open))
    return page_by_key(
        session, query, column=d.opened_at, key=d.id, descending=not still_open, size=30, cursor=cursor
    )

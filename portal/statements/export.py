"""Statements as files (interfaces.md): what they say, line by line, and what is not on them and why."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.periods import Period
from portal.models import tables as t

STATEMENT = ("partner", "period", "number", "revision", "state", "total", "received", "content_hash")
LINE = (
    "receipt", "source", "contract_no", "customer_name", "product", "received_on", "amount", "tier", "year",
    "rate", "floor_price", "minutes", "commission", "rule", "flags",
)  # fmt: skip
COLUMNS = (*STATEMENT, *LINE, "counted")


def statements_of(session: Session, period: Period | None) -> Iterator[dict[str, Any]]:
    """The statements of a period, or all, as they stand: each with its `lines` and what is `not_included`."""
    s, p = t.statement.c, t.partner.c
    query = (
        sa.select(
            s.id, s.period, s.number, s.revision, s.station, s.total, s.received, s.content_hash,
            p.code.label("partner"),
        )
        .join(t.partner, p.id == s.partner_id)
        .order_by(s.period, p.code)
    )  # fmt: skip
    if period is not None:
        query = query.where(s.period == str(period))
    for row in session.execute(query).all():
        lines = [_line(each) for each in session.execute(_LINES, {"id": row.id, "revision": row.revision})]
        head = {name: getattr(row, name, None) for name in STATEMENT} | {"state": row.station.state}
        yield head | {
            "lines": [_without(line) for line in lines if line["counted"]],
            "not_included": [_without(line) for line in lines if not line["counted"]],
        }


def rows_of(session: Session, period: Period | None) -> Iterator[dict[str, Any]]:
    """The same as flat rows, one a line, for tables."""
    for statement in statements_of(session, period):
        head = {name: statement[name] for name in STATEMENT}
        for counted, name in ((True, "lines"), (False, "not_included")):
            for line in statement[name]:
                yield head | line | {"flags": " ".join(line["flags"]), "counted": counted}


def _line(row: Any) -> dict[str, Any]:
    flags = [*([row.flag] if row.flag else []), *(["late"] if row.late else [])]
    said = {name: getattr(row, name) for name in LINE if name != "flags"}
    return said | {"flags": flags, "counted": row.counted}


def _without(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "counted"}


_l, _r = t.statement_line.c, t.receipt.c
# A line that a dispute brought has no receipt of its own: it names the one the dispute was about.
_about = sa.select(t.dispute.c.receipt_id).where(t.dispute.c.id == _l.dispute_id).scalar_subquery()
_LINES = (
    sa.select(
        _r.ref.label("receipt"), _r.source, _r.contract_no, _l.customer_name, _r.product, _r.received_on,
        sa.case((_l.receipt_id.is_(None), None), else_=_r.amount).label("amount"),
        _l.tier, _l.year, _l.rate, _l.floor_price, _r.minutes, _l.commission, _l.rule, _l.flag, _l.late,
        _l.counted,
    )
    .select_from(t.statement_line)
    .join(t.receipt, _r.id == sa.func.coalesce(_l.receipt_id, _about), isouter=True)
    .where(_l.statement_id == sa.bindparam("id"), _l.revision == sa.bindparam("revision"))
    .order_by(_l.ordinal)
)  # fmt: skip

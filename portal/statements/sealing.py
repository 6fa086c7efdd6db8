"""What a revision's paper says, as one hash (M15): the same whether it was just drafted or is read again."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.lines import content_hash
from portal.models import tables as t

_l, _r = t.statement_line.c, t.receipt.c
_LINES = (
    sa.select(
        t.statement_line, _r.source, _r.ref, _r.contract_no, _r.product, _r.received_on, _r.amount,
        _r.minutes, _r.refund_of_id,
    )
    .select_from(t.statement_line)
    .join(t.receipt, _r.id == _l.receipt_id, isouter=True)
    .where(_l.statement_id == sa.bindparam("statement"), _l.revision == sa.bindparam("of_revision"))
    .order_by(_l.ordinal)
)  # fmt: skip


def lines_of(session: Session, statement_id: int, revision: int) -> list[Any]:
    """The lines of a revision in order, each with the receipt it stands for."""
    return list(session.execute(_LINES, {"statement": statement_id, "of_revision": revision}))


def seal(number: str, revision: int, period: object, total: Decimal, said: Iterable[Iterable[object]]) -> str:
    """The hash of a revision whose lines say `said`."""
    return content_hash((number, revision, period, total), said)


def read_seal(number: str, period: object, lines: Iterable[Any], *, revision: int, total: Decimal) -> str:
    """The same of stored lines, as `lines_of` answers them."""
    return seal(number, revision, period, total, _read(lines))


def said_of(
    ordinal: int, kind: str, receipt: tuple[object, ...], customer_name: str, commission: Decimal,
    terms: tuple[object, ...], flag: object, late: bool,
) -> tuple[object, ...]:  # fmt: skip
    """One line in canonical form: `receipt` as source, ref, contract number, product, day, amount, minutes;
    `terms` as tier, year, rate, floor price, rule."""
    return (ordinal, kind, *receipt, customer_name, *terms, commission, flag or "", "late" if late else "")


def _read(lines: Iterable[Any]) -> Iterator[tuple[object, ...]]:
    for row in lines:
        product = row.product.value if row.product else None
        receipt = (row.source, row.ref, row.contract_no, product, row.received_on, row.amount, row.minutes)
        terms = (row.tier and row.tier.value, row.year, row.rate, row.floor_price, row.rule)
        flag = row.flag and row.flag.value
        yield said_of(
            row.ordinal, row.kind.value, receipt, row.customer_name, row.commission, terms, flag, row.late
        )

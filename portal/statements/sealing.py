"""What a revision's paper says, as one hash (M15): the same whether it was just drafted or is read again."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.lines import BETWEEN, content_hash
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


def seal(number: str, revision: int, period: object, total: Decimal, said: Iterable[str]) -> str:
    """The hash of a revision whose lines say `said`."""
    return content_hash((number, revision, period, total), said)


def read_seal(number: str, period: object, lines: Iterable[Any], *, revision: int, total: Decimal) -> str:
    """The same of stored lines, as `lines_of` answers them."""
    return seal(number, revision, period, total, _read(lines))


NO_RECEIPT = BETWEEN.join(("None",) * 7)
"""What a line says in place of a receipt that it does not stand for."""


def said_of(
    ordinal: int, kind: str, receipt: str, customer_name: str, terms: str, commission: Decimal,
    flag: str | None, late: bool,
) -> str:  # fmt: skip
    """One line in canonical form: `receipt` as source, ref, contract number, product, day, amount, minutes;
    `terms` by `terms_said`."""
    return (
        f"{ordinal}{BETWEEN}{kind}{BETWEEN}{receipt}{BETWEEN}{customer_name}{BETWEEN}{terms}{BETWEEN}"
        f"{commission}{BETWEEN}{flag or ''}{BETWEEN}{'late' if late else ''}"
    )


def terms_said(tier: str | None, year: int | None, rate: object, floor_price: object, rule: str) -> str:
    """What a line says of the terms that it was reckoned by, in canonical form."""
    return BETWEEN.join(map(str, (tier, year, rate, floor_price, rule)))


def _read(lines: Iterable[Any]) -> Iterator[str]:
    for row in lines:
        product = row.product.value if row.product else None
        receipt = (row.source, row.ref, row.contract_no, product, row.received_on, row.amount, row.minutes)
        terms = terms_said(row.tier and row.tier.value, row.year, row.rate, row.floor_price, row.rule)
        yield said_of(
            row.ordinal, row.kind.value, BETWEEN.join(map(str, receipt)), row.customer_name, terms,
            row.commission, row.flag and row.flag.value, row.late,
        )  # fmt: skip

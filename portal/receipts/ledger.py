"""The ledger of receipts (M5, M7): written a block at a time and sealed, asked by reference.

Whoever writes holds `db.lock_registry`: numbers run on without a gap, and no two imports count the
refunds of one receipt at the same time.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks, insert_plain, is_postgres
from portal.domain.rates import Product
from portal.domain.receipts import Plain, Refundable, Seal
from portal.domain.roles import Actor
from portal.models import tables as t

Key = tuple[str, str]
"""Source and reference."""

_COLUMNS = (
    "id", "source", "ref", "received_on", "contract_no", "contract_key", "product", "amount", "minutes",
    "refund_of_id", "recorded_at", "recorded_by_id",
)  # fmt: skip
_STORED = ", ".join(_COLUMNS[:10])
_BY_REF = {
    True: f"SELECT {_STORED} FROM receipt WHERE source = %s AND ref = ANY(%s)",  # noqa: S608 - names only
    False: f"SELECT {_STORED} FROM receipt"  # noqa: S608 - names only
    " WHERE source = ? AND ref IN (SELECT value FROM json_each(?))",
}


class Ledger:
    """What one act records: rows behind those that are there, in the pool of what is unsettled, sealed."""

    def __init__(self, session: Session, *, actor: Actor | None, now: datetime) -> None:
        self.session = session
        self.seal = Seal()
        self._next = (session.execute(sa.select(sa.func.max(t.receipt.c.id))).scalar() or 0) + 1
        self._tail = (_instant(session, now), actor.user_id if actor else None)

    def write(self, rows: Sequence[Plain]) -> int:
        """Record rows; answers the number of the first."""
        first, tail = self._next, self._tail
        if rows:
            self.seal.add(first, rows)
            numbered = ((at, *row, *tail) for at, row in enumerate(rows, first))
            insert_plain(self.session, t.receipt, _COLUMNS, numbered)
            self._next += len(rows)
            pool = ((at,) for at in range(first, self._next))
            insert_plain(self.session, t.unsettled_receipt, ("receipt_id",), pool)
        return first

    def finish(self) -> dict[str, Any]:
        """The seal, for the trail; what is numbered by the database goes on behind."""
        if self.seal.rows and is_postgres(self.session):
            last = sa.select(sa.func.setval(sa.func.pg_get_serial_sequence("receipt", "id"), self.seal.last))
            self.session.execute(last)
        return self.seal.told()


def _instant(session: Session, now: datetime) -> str:
    """An instant as its column keeps it."""
    now = now.astimezone(UTC)
    return now.isoformat() if is_postgres(session) else f"{now:%Y-%m-%d %H:%M:%S.%f}"


def stored_by_ref(session: Session, keys: Iterable[Key]) -> dict[Key, tuple[int, Plain]]:
    """Receipts that are there already, with their numbers, by source and reference."""
    refs: defaultdict[str, list[str]] = defaultdict(list)
    for source, ref in keys:
        refs[source].append(ref)
    found: dict[Key, tuple[int, Plain]] = {}
    postgres, connection = is_postgres(session), session.connection()
    for source, wanted in refs.items():
        asked = wanted if postgres else json.dumps(wanted)
        for row in connection.exec_driver_sql(_BY_REF[postgres], (source, asked)):
            number, _source, ref, day, *rest = row
            found[source, ref] = (number, (source, ref, str(day), *rest))
    return found


def refundables(session: Session, keys: Collection[Key]) -> Mapping[Key, tuple[int, Refundable]]:
    """The receipts of these references as their refunds must know them, with their numbers."""
    stored = stored_by_ref(session, keys)
    back: dict[int, Decimal] = {}
    c = t.receipt.c
    for part in chunks({number for number, _row in stored.values()}):
        query = sa.select(c.refund_of_id, sa.func.sum(c.amount).label("fen")).where(c.refund_of_id.in_(part))
        for row in session.execute(query.group_by(c.refund_of_id)):
            back[row.refund_of_id] = -Decimal(row.fen)
    return {
        key: (number, refundable(row, back.get(number, Decimal("0.00"))))
        for key, (number, row) in stored.items()
    }


def refundable(row: Plain, refunded: Decimal) -> Refundable:
    """A plain row as its refunds must know it; `refunded` is in yuan."""
    _source, _ref, day, _number, key, product, fen, _minutes, of = row
    amount = Decimal(fen).scaleb(-2)
    return Refundable(date.fromisoformat(day), key, Product(product), amount, of is not None, refunded)


def same_content(one: Plain, other: Plain) -> bool:
    """Whether two rows of one reference say the same (M7); how the contract number is written aside."""
    return (one[2], *one[4:]) == (other[2], *other[4:])


def content_of(row: Plain) -> str:
    """What a row says, for people to compare."""
    _source, _ref, day, number, _key, product, fen, minutes, _of = row
    said = f"{day} · {number} · {product} · {Decimal(fen).scaleb(-2):,.2f}"
    return said if minutes is None else f"{said} · {minutes} min"

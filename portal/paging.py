"""Paging by key: a page starts after the last row of the one before, never by counting rows."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """Rows of one page and the cursors to the ones beside it."""

    rows: list[Any]
    after: str | None
    before: str | None


def page_by_key(
    session: Any, query: Any, *, column: Any, key: Any, descending: bool, size: int, cursor: str | None
) -> Page:
    """Run `query` ordered by (`column`, `key`), one page from `cursor` on (None: the first).

    A cursor that was tampered with counts as none.
    """
    place = _decode(cursor, column)
    backwards = bool(place and place[0] == "before")
    down = descending != backwards
    if place:
        edge = sa.tuple_(sa.literal(place[1], column.type), sa.literal(place[2]))
        pair = sa.tuple_(column, key)
        query = query.where(pair < edge if down else pair > edge)
    order = (column.desc(), key.desc()) if down else (column.asc(), key.asc())
    rows = session.execute(query.order_by(*order).limit(size + 1)).all()
    more = len(rows) > size
    rows = list(rows[:size])
    if backwards:
        rows.reverse()
    has_after = more if not backwards else bool(place)
    has_before = bool(place) if not backwards else more
    return Page(
        rows,
        _encode("after", rows[-1], column, key) if rows and has_after else None,
        _encode("before", rows[0], column, key) if rows and has_before else None,
    )


def _encode(side: str, row: Any, column: Any, key: Any) -> str:
    value = getattr(row, column.key)
    if isinstance(value, date | datetime):
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = str(value)
    text = json.dumps([side, value, getattr(row, key.key)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str | None, column: Any) -> tuple[str, Any, int] | None:
    """Side, value and key of a cursor; None for one that this code did not write."""
    if not cursor:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        side, text, key = place
        value = _value(text, column.type.python_type)
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return None
    honest = side in ("after", "before") and type(key) is int and 0 <= key <= _LARGEST
    return (side, value, key) if honest else None


def _value(text: Any, kind: type[Any]) -> Any:
    """The value of a column of `kind` as the cursor wrote it down; raises on anything else."""
    if kind is int:
        if type(text) is not int or abs(text) > _LARGEST:
            raise TypeError
        return text
    if not isinstance(text, str) or "\0" in text:
        raise TypeError
    text.encode()  # half a surrogate pair fits in JSON, not in a database
    if kind is datetime:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC)
    if kind is date:
        return date.fromisoformat(text)
    if kind is Decimal:
        amount = Decimal(text)
        if not amount.is_finite() or abs(amount) * 100 > _LARGEST or amount != round(amount, 2):
            raise ValueError
        return amount
    return text

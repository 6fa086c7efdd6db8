"""Paging by key: a page starts after the last row of the one before, never by counting rows."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

_LARGEST = 2**63 - 1
_STATEMENTS = 256


@dataclass(frozen=True)
class Page:
    """Rows of one page and the cursors to the ones beside it."""

    rows: list[Any]
    after: str | None
    before: str | None


def page_by_key(
    session: Any,
    query: Any,
    *,
    column: Any,
    key: Any,
    descending: bool,
    size: int,
    cursor: str | None,
    values: Mapping[str, Any] = MappingProxyType({}),
) -> Page:
    """Run `query` ordered by (`column`, `key`), one page from `cursor` on (None: the first).

    A cursor that was tampered with counts as none. `values` are for the query's own parameters. A
    query that is the same object every time is put in order once, not for every page.
    """
    place = _decode(cursor, column)
    backwards = bool(place and place[0] == "before")
    down = descending != backwards
    statement = _ordered(query, column, key, down, place is not None, size)
    edge = {"edge": place[1], "edge_key": place[2]} if place else {}
    rows = session.execute(statement, {**values, **edge}).all()
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


@lru_cache(maxsize=_STATEMENTS)
def _ordered(query: Any, column: Any, key: Any, down: bool, from_edge: bool, size: int) -> Any:
    """`query` in its order, one row more than a page; behind the row ``:edge`` if `from_edge`."""
    if from_edge:
        edge = sa.tuple_(sa.bindparam("edge", type_=column.type), sa.bindparam("edge_key", type_=key.type))
        pair = sa.tuple_(column, key)
        query = query.where(pair < edge if down else pair > edge)
    order = (column.desc(), key.desc()) if down else (column.asc(), key.asc())
    return query.order_by(*order).limit(size + 1)


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

"""Column types named once: money in whole fen, aware UTC instants, enums stored by value."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class MoneyType(TypeDecorator[Decimal]):
    """Yuan as `Decimal` in Python, whole fen as BIGINT in the database.

    Fractions of a fen are refused when binding: rounding is `domain.money`'s business, never
    the storage's.
    """

    impl = sa.BigInteger
    cache_ok = True
    python_type = Decimal

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> int | None:
        if value is None:
            return None
        fen = Decimal(value) * 100
        if fen != fen.to_integral_value():
            raise ValueError(f"{value} has fractions of a fen")
        return int(fen)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-2)

    def __repr__(self) -> str:
        return "MoneyType()"


class UTCDateTime(TypeDecorator[datetime]):
    """Aware instants in, aware UTC instants out, on every engine; naive ones are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True
    python_type = datetime

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone cannot be stored")
        value = value.astimezone(UTC)
        # SQLite keeps text: without the offset, so that it sorts and compares as written.
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def __repr__(self) -> str:
        return "UTCDateTime()"


def enum_type(enum: type[StrEnum], name: str, *, checked: bool = True) -> sa.Enum:
    """A VARCHAR with a CHECK that accepts the enum's values only; refuses others on write.

    Not `checked`: the table has the CHECK that `one_of` makes.
    """
    return sa.Enum(
        enum,
        name=name,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        length=32,
        create_constraint=checked,
        validate_strings=True,
    )


def one_of(enum: type[StrEnum], name: str) -> sa.CheckConstraint:
    """The same CHECK for tables that take in very many rows.

    SQLite makes a small table of a list of values, anew for every row: half the time of an insert.
    """
    values = " OR ".join(f"{name} = '{member.value}'" for member in enum)
    return sa.CheckConstraint(f"{name} IS NULL OR {values}", name=name)


def partial_index(name: str, condition: str, *columns: str) -> sa.Index:
    """An index over the rows for which a condition holds, in the order of the columns and then of the id."""
    where = sa.text(condition)
    return sa.Index(name, *columns, "id", sqlite_where=where, postgresql_where=where)

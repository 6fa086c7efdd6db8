"""What every table shares: constraint names and optimistic locking."""

from typing import Any

from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

# Set before any table is declared: without names SQLite's batch migrations cannot drop them.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Versioned(SQLModel):
    """Rows that people edit: a save of an outdated copy raises instead of overwriting."""

    version: int = Field(default=None, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]

"""Alembic's entry: runs the migrations on the engine that `config_for` was given."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

import portal.models  # noqa: F401 - the tables must be known

engine: sa.Engine = context.config.attributes["engine"]


def _heed_keys(connection: sa.Connection, heeded: bool) -> None:
    """Past SQLAlchemy, which would begin a transaction: inside one SQLite passes over this."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA foreign_keys={'ON' if heeded else 'OFF'}")


with engine.connect() as connection:
    # A batch copy drops and renames tables; with keys on that would cascade.
    _heed_keys(connection, False)
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    _heed_keys(connection, True)

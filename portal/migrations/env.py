"""Alembic's entry: runs the migrations on the engine that `config_for` was given."""

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

import portal.models  # noqa: F401 - the tables must be known

engine: sa.Engine = context.config.attributes["engine"]

with engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        # A batch copy drops and renames tables; with keys on that would cascade.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.commit()

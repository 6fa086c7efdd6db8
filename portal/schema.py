"""Bring a database up to date: the schema, and the policy the portal ships with."""

from datetime import datetime

from sqlalchemy.engine import Engine

from portal import db, migrations
from portal.policy.service import ensure_default


def bring_up_to_date(engine: Engine, *, now: datetime) -> None:
    """Run the migrations that are missing and store the shipped policy where there is none."""
    migrations.upgrade(engine)
    with db.transaction(engine) as session:
        ensure_default(session, now=now)

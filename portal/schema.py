"""Bring a database up to date: the schema, and the policy the portal ships with."""

from datetime import datetime

from sqlalchemy.engine import Engine

from portal import db, migrations
from portal.policy.service import ensure_default, has_policy


def bring_up_to_date(engine: Engine, *, now: datetime) -> None:
    """Run the migrations that are missing and store the shipped policy where there is none.

    Only looks when nothing is missing: a command that reads never waits for one that writes.
    """
    if not migrations.is_current(engine):
        migrations.upgrade(engine)
    with db.reading(engine) as session:
        complete = has_policy(session)
    if not complete:
        with db.transaction(engine) as session:
            ensure_default(session, now=now)

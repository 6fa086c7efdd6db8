"""Compare customers that are due with all others, a few at a time, so that filings need not wait."""

from datetime import datetime

from flask_babel import lazy_ngettext
from sqlalchemy.engine import Engine

from portal import db
from portal.commands import output
from portal.matching.suspicions import left, look

# Customers in one transaction: with a hundred thousand known, a quarter of a second or so.
BATCH = 50
# By one tick, so that it is over before cron starts the next; a large import is worked off by several.
MOST = 10_000


def work_off(engine: Engine, *, now: datetime, most: int = MOST) -> None:
    """Compare up to `most` customers and say how many are left; says nothing where none was due.

    Each batch is an act of its own: cut short anywhere, the next tick goes on where this one was.
    """
    done = 0
    while done < most:
        with db.transaction(engine) as session:
            db.lock_registry(session)
            looked, waiting = look(session, now=now, most=min(BATCH, most - done)), left(session)
        done += looked
        if not looked or not waiting:
            break
    if done:
        output.say(
            lazy_ngettext(
                "%(num)d customer compared with the others, %(left)d left.",
                "%(num)d customers compared with the others, %(left)d left.",
                done,
                left=waiting,
            )
        )

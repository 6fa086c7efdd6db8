"""What passing time does to deposits: deductions take effect, wholesale service is settled (B3, B5)."""

from datetime import datetime

from flask_babel import lazy_ngettext
from sqlalchemy.engine import Engine

from portal import db
from portal.commands import output
from portal.deposits.deductions import take_due
from portal.deposits.traffic import settle_all


def settle_deposits(engine: Engine, *, now: datetime) -> None:
    """One act, whole or not at all; says what came of it, and nothing where nothing was due."""
    with db.transaction(engine) as session:
        taken, changed = take_due(session, now=now), settle_all(session, now=now)
    if taken:
        output.say(lazy_ngettext("%(num)d deduction took effect.", "%(num)d deductions took effect.", taken))
    if changed:
        output.say(
            lazy_ngettext(
                "Wholesale service of %(num)d partner was settled.",
                "Wholesale service of %(num)d partners was settled.",
                changed,
            )
        )

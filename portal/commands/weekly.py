"""What passing time does to the channel's week: Friday's roll-ups are made (W4)."""

from datetime import datetime

from flask_babel import lazy_ngettext
from sqlalchemy.engine import Engine

from portal.commands import output
from portal.weekly.rollup import make_due


def roll_up(engine: Engine, *, now: datetime) -> None:
    """Make the roll-ups that are due; says nothing where none was.

    Each week is an act of its own: cut short anywhere, the next tick goes on where this one was.
    """
    with output.uncollected():
        made = make_due(engine, now=now)
    if made:
        output.say(
            lazy_ngettext(
                "The roll-ups of %(num)d week were made.", "The roll-ups of %(num)d weeks were made.", made
            )
        )

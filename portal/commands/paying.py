"""`portal statements generate` and `portal export statements`."""

from contextlib import nullcontext

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.engine import Engine

from portal import clock, db
from portal.commands import output
from portal.domain.errors import RuleViolation
from portal.domain.periods import parse_period
from portal.models import tables as t
from portal.statements.beside import composing_for
from portal.statements.composing import composed
from portal.statements.generation import Outcome, generate


def run(engine: Engine, period: str, partner: str | None) -> Outcome:
    """Generate the statements of a period; of one partner, by its code.

    :raises RuleViolation: ``period.form``, ``import.unknown_partner``.
    """
    covered = parse_period(period)
    with output.progress("statements") as progress, db.transaction(engine) as session:
        db.make_room(session, megabytes=160)
        db.lock_registry(session)
        wanted = None
        if partner is not None:
            found = session.scalar(sa.select(t.partner.c.id).where(t.partner.c.code == partner))
            if found is None:
                raise RuleViolation("import.unknown_partner", value=partner[:40])
            wanted = [found]
        with composing_for(session) if wanted is None else nullcontext(composed) as composing:
            return generate(
                session, actor=None, now=clock.now(), period=covered, partner_ids=wanted, progress=progress,
                composing=composing,
            )  # fmt: skip


def told(outcome: Outcome) -> str:
    """What a run did, in a sentence."""
    counts = {"written": len(outcome.written), "lines": outcome.lines, "same": outcome.unchanged}
    told: str = gettext(
        "%(written)s statements written with %(lines)s lines, %(same)s unchanged, %(out)s out already.",
        out=outcome.out,
        **counts,
    )
    return told

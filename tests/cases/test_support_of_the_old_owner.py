"""What was asked for a project falls away for whoever loses it by a case (L2, C6)."""

from datetime import date

import sqlalchemy as sa

from portal import db
from portal.domain.facts import State
from portal.domain.support import SupportKind, SupportState, Withdrawal
from portal.models import tables as t
from portal.support.service import ask
from tests.cases.conftest import World
from tests.support.clocks import shanghai


def test_the_old_owners_requests_end_with_its_claim(world: World) -> None:
    with db.transaction(world.engine) as session:
        ask(
            session, actor=world.people["alice"].actor, now=shanghai("2026-03-27 10:00"),
            registration_id=world.claims["alice"], kind=SupportKind.SOLUTION, need="方案",
        )  # fmt: skip
    assert world.claim("alice").paused_from is None, "due on 1 April, after the clock has run out"
    world.asks("carol", "2026-04-01 10:00")
    world.votes("channel_manager", "2026-04-10 10:00", True)
    assert world.claim("alice").state is State.RELEASED
    with db.reading(world.engine) as session:
        row = session.execute(sa.select(t.support_request)).one()
    assert (row.due_on, row.state, row.result) == (
        date(2026, 4, 1), SupportState.DECLINED, Withdrawal.CLAIM_ENDED,
    )  # fmt: skip
    assert world.claim("alice").support_since is None
    assert world.holds("2026-04-11 10:00") == []

"""Support: partners ask, the vendor plans, gives, declines, or is late and stops the clock (C3)."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.periods import business_date
from portal.domain.support import SupportKind, SupportState
from portal.models import tables as t
from portal.support.service import ask, decline, finish, plan
from tests.weekly.quarter.channel import Channel

_KINDS = (SupportKind.SOLUTION, SupportKind.JOINT_VISIT, SupportKind.PRICE, SupportKind.TRAINING)


class Helping:
    """What is asked for besides the installs that moves ask for by themselves (S4)."""

    def __init__(self, channel: Channel) -> None:
        self.channel, self.dice = channel, channel.dice

    def asks(self, session: Session, now: datetime) -> None:
        """A party asks for a project of its own; some wait, and what they are owed stops nothing."""
        c = t.registration.c
        row = self.channel.one(
            session, c.partner_id.in_(self.channel.reps), c.state.in_(("active", "lapsed", "waiting"))
        )
        need = f"工程师{self.dice.randint(1, 99)}"
        ask(
            session, actor=self.channel.party(row), now=now, registration_id=row.id,
            kind=self.dice.choice(_KINDS), need=need,
        )  # fmt: skip

    def works_off(self, session: Session, now: datetime) -> None:
        """An afternoon of whoever owes something: a part is given, planned or declined, the rest stays."""
        c, r = t.support_request.c, t.registration.c
        query = (
            sa.select(c.id, c.version, c.due_on, c.registration_id, t.partner.c.region)
            .join(t.registration, r.id == c.registration_id)
            .join(t.partner, t.partner.c.id == r.partner_id)
            .where(c.state == SupportState.OPEN, c.asked_at < now)
            .order_by(c.id)
        )
        for request in session.execute(query).all():
            lot = self.dice.random()
            if lot < 0.32:
                act = self._gives if lot < 0.2 else self._declines if lot < 0.24 else self._plans
                self.channel.tried(session, act.__name__, partial(act, session, now, request))

    def _on(self, request: Any, now: datetime) -> dict[str, Any]:
        manager = self.channel.who("channel_manager")
        return {"actor": manager, "now": now, "request_id": request.id, "version": request.version}

    def _gives(self, session: Session, now: datetime, request: Any) -> None:
        finish(session, **self._on(request, now), result="已办")

    def _declines(self, session: Session, now: datetime, request: Any) -> None:
        decline(session, **self._on(request, now), reason="不需要了")

    def _plans(self, session: Session, now: datetime, request: Any) -> None:
        """Somebody takes it and says when: sooner or later than it was due."""
        due = business_date(now) + timedelta(days=self.dice.randint(0, 9))
        owner = self.channel.sales[request.region].user_id
        plan(session, **self._on(request, now), owner_id=owner, due=due, reason="等设备")

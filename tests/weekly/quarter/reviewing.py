"""The Thursday review: notes and verdicts, some taken back; some partners are never reviewed (W3)."""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.periods import BUSINESS_OFFSET, business_date
from portal.domain.roles import Actor
from portal.domain.support import SupportKind
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.support.service import ask
from portal.weekly import reviewing as service
from tests.weekly.quarter.channel import Channel, Given

_DAY = timedelta(days=1)
_VERDICTS = 3 * (LineVerdict.NOTED,) + (LineVerdict.PROGRESS, LineVerdict.RETURNED)
_SENTENCES = {LineVerdict.PROGRESS: "客户点头", LineVerdict.RETURNED: "谁去见的客户", LineVerdict.NOTED: ""}


class Reviewing:
    """What channel sales, and at times the channel manager, do with a partner in the meeting."""

    def __init__(self, channel: Channel) -> None:
        self.channel, self.dice = channel, channel.dice

    def plan(self, week: Week) -> None:
        """Most partners on the day of the review, some in the days after it, some not at all."""
        after = (week.next.review_on - week.review_on).days - 1
        for partner in self.channel.reps:
            lot = self.dice.random()
            day = week.review_on if lot < 0.78 else week.review_on + self.dice.randint(1, after) * _DAY
            if lot < 0.88:
                minutes = timedelta(minutes=self.dice.randint(0, 300), seconds=self.dice.randint(1, 59))
                when = datetime.combine(day, time(13), BUSINESS_OFFSET) + minutes
                self.channel.at(when, lambda s, now, who=partner: self._holds(s, now, who, week), "review")

    def _holds(self, session: Session, now: datetime, partner: int, week: Week) -> None:
        if not self.channel.has_work(session, partner):
            return
        region = session.scalar(sa.select(t.partner.c.region).where(t.partner.c.id == partner))
        manager = self.channel.who("channel_manager")
        actor = manager if self.dice.random() < 0.25 else self.channel.sales[region or ""]
        on: dict[str, Any] = {"actor": actor, "now": now, "week": week, "partner_id": partner}
        version = service.save_notes(session, **on, notes="1. 补到访记录", version=service.FIRST_VERSION)
        c = t.registration.c
        owned = sa.select(c.id).where(c.partner_id == partner, c.is_owner).order_by(c.id)
        for claim in session.scalars(owned).all():
            given: list[Given] = []
            decides = partial(self._decides, session, on, claim, given)
            if self.dice.random() < 0.93 and self.channel.tried(session, "verdict", decides):
                self.channel.given += given
        if self.dice.random() < 0.3:
            service.save_notes(session, **on, notes=f"1. 补到访记录\n2. {now:%H:%M}", version=version)
        if self.dice.random() < 0.9:
            service.finish(session, **on)
        if self.dice.random() < 0.05:
            service.reopen(session, **on)

    def _decides(self, session: Session, on: dict[str, Any], claim: int, given: list[Given]) -> None:
        """One verdict; every twentieth is taken back and given anew. Some want help, too."""
        given.append(self._gives(session, on, claim))
        if self.dice.random() < 0.05:
            service.take_back(session, **on, registration_id=claim)
            self.channel.did["verdict taken back"] += 1
            given[:] = [self._gives(session, on, claim)]
        if self.dice.random() < 0.08 and on["actor"].region:
            self._asks(session, on, claim)

    def _gives(self, session: Session, on: dict[str, Any], claim: int) -> Given:
        verdict, today = self.dice.choice(_VERDICTS), business_date(on["now"])
        before = _until(session, claim, today)
        sentence = _SENTENCES[verdict]
        service.decide_line(session, **on, registration_id=claim, verdict=verdict, sentence=sentence)
        c = t.review_line.c
        at = session.scalar(sa.select(sa.func.max(c.at)).where(c.registration_id == claim))
        assert at is not None
        self.channel.did[verdict] += 1
        return Given(claim, verdict, at, before, _until(session, claim, today))

    def _asks(self, session: Session, on: dict[str, Any], claim: int) -> None:
        """Help that the meeting promises: with a day and somebody who owes it."""
        sales: Actor = on["actor"]
        due = business_date(on["now"]) + self.dice.randint(0, 7) * _DAY
        ask(
            session, actor=sales, now=on["now"], registration_id=claim, kind=SupportKind.JOINT_VISIT,
            need=f"例会：陪访{self.dice.randint(1, 99)}", due=due, owner_id=sales.user_id,
            week=on["week"].thursday,
        )  # fmt: skip


def _until(session: Session, claim: int, today: date) -> date | None:
    """The last protected day as things stand: all days on which the clock stands are added."""
    c = t.registration.c
    row = session.execute(sa.select(c.protected_until, c.paused_from).where(c.id == claim)).one()
    until: date | None = row.protected_until
    if until and row.paused_from and row.paused_from <= today:
        until += today - row.paused_from + _DAY
    return until

"""A partner's week: alice (admin) and bob (rep) of P001, who write and send the report of 5 March 2026."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal import db
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.reports import Draft, Typed
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.pipeline.service import move_project
from portal.policy.service import policy_on
from portal.weekly.reporting import Outcome, keep_ends, open_report, send_report, write_line
from portal.weekly.reports import Sent, load_draft, load_entry, newest_sent, report_row, sent_revisions
from tests.support.people import Person

WEEK = Week(date(2026, 3, 5))
GATE = {"met_on": date(2026, 3, 1), "met_with": "苏晓", "solution": "60 端口"}


@dataclass
class Desk:
    """What the people of a partner do to a week's report; every act is its own transaction."""

    engine: sa.Engine
    people: Mapping[str, Person]
    who: str = "alice"
    week: Week = WEEK

    def partner(self, session: Any) -> Any:
        number = self.people[self.who].partner_id
        return session.execute(sa.select(t.partner).where(t.partner.c.id == number)).one()

    def draft(self, now: datetime) -> Draft:
        with db.transaction(self.engine) as session:
            keep_ends(session, self.week, now)
            partner = self.partner(session)
            report = report_row(session, partner.id, self.week)
            policy = policy_on(session, business_date(now))
            papers = newest_sent(session, partner.id, self.week.before)
            return load_draft(
                session, partner=partner, week=self.week, now=now, policy=policy, report=report,
                promised=papers.get(self.week.before),
            )  # fmt: skip

    def write(self, now: datetime, registration_id: int, version: int = 0, **typed: Any) -> int:
        with db.transaction(self.engine) as session:
            partner = self.partner(session)
            figures = policy_on(session, business_date(now)).week
            assert figures is not None
            report = open_report(session, partner_id=partner.id, week=self.week, now=now, figures=figures)
            writing = load_entry(
                session, partner_id=partner.id, week=self.week, registration_id=registration_id, now=now
            )
            assert writing is not None
            return write_line(
                session, actor=self.people[self.who].actor, now=now, report_id=report.id,
                entry=writing.entry, version=version, typed=Typed(**typed),
            )  # fmt: skip

    def send(self, now: datetime) -> Outcome:
        with db.transaction(self.engine) as session:
            return send_report(
                session, actor=self.people[self.who].actor, now=now, partner=self.partner(session),
                week=self.week, policy=policy_on(session, business_date(now)),
            )  # fmt: skip

    def sent(self) -> list[Sent]:
        with db.reading(self.engine) as session:
            return sent_revisions(session, self.partner(session).id, self.week)

    def move(self, now: datetime, registration_id: int, to: Stage) -> None:
        self.act(move_project, now, registration_id, to=to, gate=GATE)

    def act(self, do: Callable[..., Any], now: datetime, registration_id: int, **values: Any) -> None:
        """An act on a registration as it stands."""
        with db.transaction(self.engine) as session:
            c = t.registration.c
            version = session.scalar(sa.select(c.version).where(c.id == registration_id))
            actor = self.people[self.who].actor
            do(session, actor=actor, now=now, registration_id=registration_id, version=version, **values)

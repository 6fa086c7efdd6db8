"""Partners' weekly reports: begun on one day, sent on another, late or never, some of them corrected (W2)."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.domain.errors import RuleViolations
from portal.domain.periods import BUSINESS_OFFSET, business_date
from portal.domain.reports import Line, Typed
from portal.domain.roles import Actor
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.weekly.reporting import open_report, send_report, write_line, write_remark
from portal.weekly.reports import load_draft, newest_sent
from tests.weekly.quarter.channel import Act, Channel


class Reporting:
    """What the rep of a partner does to the report of a week."""

    def __init__(self, channel: Channel) -> None:
        self.channel, self.dice = channel, channel.dice

    def plan(self, week: Week) -> None:
        """Most partners report in time, some late, some after the roll-up, some not at all."""
        due = datetime.combine(week.due_on, time(18), BUSINESS_OFFSET)
        for partner in self.channel.reps:
            lot = self.dice.random()
            if lot < 0.03:
                self._sends(partner, week, due)  # the last instant that is in time
            elif lot < 0.62:
                before = due - timedelta(seconds=self.dice.randint(1, 100_000))
                self._sends(partner, week, max(week.start, before))
            elif lot < 0.8:
                self._sends(partner, week, due + timedelta(seconds=self.dice.randint(1, 90_000)))
            elif lot < 0.86:  # from Friday on, some of it before the roll-up is made
                self._sends(partner, week, week.next.start + timedelta(minutes=self.dice.randint(1, 2500)))

    def _sends(self, partner: int, week: Week, when: datetime) -> None:
        if self.dice.random() < 0.4:
            begun = max(week.start, when - timedelta(hours=self.dice.randint(1, 40)))
            self._later(begun, partner, lambda s, now: self._fill(s, now, partner, week), "draft")
        self._later(when, partner, lambda s, now: self._send(s, now, partner, week), "report")

    def _later(self, when: datetime, partner: int, act: Act, name: str) -> None:
        """On the agenda, unless the partner has left the channel by then, or nothing to report."""

        def if_there(session: Session, now: datetime) -> None:
            if partner in self.channel.reps and self.channel.has_work(session, partner):
                act(session, now)

        self.channel.at(when, if_there, name)

    def _send(self, session: Session, now: datetime, partner: int, week: Week) -> None:
        """Send it; what is refused as it lacks something is completed, and sent."""
        about = self._about(session, now, partner, week)
        if self.dice.random() < 0.6:
            self._fill(session, now, partner, week, whole=True)
        try:
            with db.part(session):
                send_report(session, **about)
        except RuleViolations:
            self.channel.did["report refused first"] += 1
            self._fill(session, now, partner, week, whole=True)
            send_report(session, **about)
        if self.dice.random() < 0.2:
            later = now + timedelta(hours=self.dice.randint(1, 60))
            self._later(later, partner, lambda s, now: self._correct(s, now, partner, week), "revision")

    def _correct(self, session: Session, now: datetime, partner: int, week: Week) -> None:
        """Another word on every project, and the next revision; the very same again is none."""
        self._fill(session, now, partner, week, whole=True, happened="补充：客户回了邮件")
        about = self._about(session, now, partner, week)
        sent = send_report(session, **about)
        again = send_report(session, **about)
        assert (again.revision, again.is_new) == (sent.revision, False)

    def _about(self, session: Session, now: datetime, partner: int, week: Week) -> dict[str, Any]:
        row = session.execute(sa.select(t.partner).where(t.partner.c.id == partner)).one()
        policy = policy_on(session, business_date(now))
        return {
            "actor": self.channel.reps[partner], "now": now, "partner": row, "week": week, "policy": policy,
        }  # fmt: skip

    def _fill(
        self,
        session: Session,
        now: datetime,
        partner: int,
        week: Week,
        *,
        whole: bool = False,
        happened: str = "",
    ) -> None:
        """Keep what the rep types about the projects; `whole`: leave nothing out that sending needs."""
        about = self._about(session, now, partner, week)
        actor: Actor = about.pop("actor")
        figures = about["policy"].week
        report = open_report(session, partner_id=partner, week=week, now=now, figures=figures)
        promised = newest_sent(session, partner, week.before).get(week.before)
        draft = load_draft(session, **about, report=report, promised=promised)
        for line in draft.lines:
            if line.is_gone or (not whole and self.dice.random() < 0.3):
                continue
            write_line(
                session, actor=actor, now=now, report_id=report.id, entry=line.entry,
                version=line.version, typed=self._typed(line, now, whole=whole, happened=happened),
            )  # fmt: skip
        if self.dice.random() < 0.2:
            write_remark(session, report_id=report.id, remark=f"{now:%m-%d} 有展会")

    def _typed(self, line: Line, now: datetime, *, whole: bool, happened: str) -> Typed:
        """Words and, now and then, other figures, a step, or a cry for help."""
        dice, typed = self.dice, line.typed
        changes: dict[str, Any] = {}
        if happened:
            changes["happened"] = happened
        elif whole and line.unchanged and not typed.reason:
            changes["reason" if dice.random() < 0.5 else "happened"] = "客户放假"
        if dice.random() < 0.15:
            changes["ports"] = dice.randint(1, 300)
        if dice.random() < 0.15:
            changes["yearly_revenue"] = Decimal(dice.randint(100, 10**7)).scaleb(-2)
        if dice.random() < 0.08:
            changes["support"] = f"一起拜访{dice.randint(1, 99)}"
        if dice.random() < 0.3:
            day = business_date(now) + timedelta(days=dice.randint(0, 30))
            changes |= {"next_step": "报价", "next_step_on": day}
        elif typed.next_step_on and typed.next_step_on < business_date(now):
            changes["next_step_on"] = None
        return replace(typed, **changes)

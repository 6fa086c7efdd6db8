"""The weekly reports of the last quarter: most in time, some late, some never sent."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.demo import names
from portal.demo.founding import Channel
from portal.domain.periods import business_date
from portal.domain.reports import Line, Typed
from portal.domain.roles import Actor
from portal.domain.support import SupportState
from portal.domain.weeks import Week, at_hour, last_weeks, week_of
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.support.service import finish
from portal.weekly.reporting import open_report, send_report, write_line
from portal.weekly.reports import load_draft

WEEKS = 13
_REASONS = (
    "对方在走内部审批", "联系人出差，下周回来", "等年度预算批复", "机房装修，月底后再谈", "等总部统一招标",
    "报价已发，等回复",
)  # fmt: skip
_PLEAS = {
    "价格特批": "批准九五折，有效期一个月",
    "需要售前工程师到场": "售前已到场，方案已发",
    "请帮忙联合拜访": "已一起拜访",
}
"""What a report asks for, and what came of it."""
_HAPPENED = ("电话跟进一次", "拜访了行政负责人", "发了新版报价", "确认了分机清单", "和 IT 过了一遍方案")


def acts(channel: Channel, today: date, draw: Random) -> Iterator[tuple[datetime, Any]]:
    """Each report with the instant at which it was sent."""
    for week in last_weeks(week_of(today), WEEKS):
        for people in channel.reps.values():
            lot = draw.random()
            if lot < 0.06:
                continue
            hours = -draw.uniform(1, 29) if lot < 0.9 else draw.uniform(1, 14)
            yield _due(week) + timedelta(hours=hours), _report(people[0], week, draw)
        yield _due(week) + timedelta(days=5), _answer(channel, week)


def _due(week: Week) -> datetime:
    return at_hour(week.due_on, 18)


def _report(admin: Actor, week: Week, draw: Random) -> Any:
    def act(session: Session, now: datetime) -> None:
        partner = session.execute(sa.select(t.partner).where(t.partner.c.id == admin.partner_id)).one()
        policy = policy_on(session, business_date(now))
        assert policy.week is not None  # noqa: S101 - every policy has them
        report = open_report(session, partner_id=partner.id, week=week, now=now, figures=policy.week)
        draft = load_draft(
            session, partner=partner, week=week, now=now, policy=policy, report=report, promised=None
        )
        for line in draft.lines:
            if not line.is_gone and (line.unchanged or draw.random() < 0.2):
                write_line(
                    session, actor=admin, now=now, report_id=report.id, version=line.version,
                    entry=line.entry, typed=_typed(line, now, draw),
                )  # fmt: skip
        send_report(session, actor=admin, now=now, partner=partner, week=week, policy=policy)

    return act


def _answer(channel: Channel, week: Week) -> Any:
    """What the week's reports asked for is given within some days: nobody waits for months."""

    def act(session: Session, now: datetime) -> None:
        s, giver = t.support_request.c, channel.manager
        open_ones = sa.select(s.id, s.version, s.need).where(
            s.week == week.thursday, s.state == SupportState.OPEN, s.need.in_(_PLEAS)
        )
        for row in session.execute(open_ones).all():
            finish(
                session, actor=giver, now=now, request_id=row.id, version=row.version, result=_PLEAS[row.need]
            )

    return act


def _typed(line: Line, now: datetime, draw: Random) -> Typed:
    """A reason where nothing happened, or a word on what did; sometimes a promise or a plea."""
    quiet = line.unchanged and draw.random() < 0.7
    step = draw.choice(names.STEPS) if draw.random() < 0.35 else line.typed.next_step
    day = business_date(now) + timedelta(days=draw.randint(3, 12))
    return Typed(
        happened="" if quiet else draw.choice(_HAPPENED),
        reason=draw.choice(_REASONS) if quiet else "",
        next_step=step,
        next_step_on=day if step and step != line.typed.next_step else line.typed.next_step_on,
        support=draw.choice(list(_PLEAS)) if draw.random() < 0.03 else "",
    )

"""The demo's Thursday reviews of the last weeks: looked at, accepted, returned, with notes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.demo.founding import Channel
from portal.domain.pipeline import Stage
from portal.domain.roles import Actor
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week, at_hour, last_weeks, week_of
from portal.models import tables as t
from portal.weekly import reviewing
from portal.weekly.snapshots import keep_week

WEEKS = 6
_HOUR = 14
# Of the last meeting a few partners are still to be done.
_LEFT = 3
_PROGRESS = (
    "客户确认预算，约好下周演示",
    "技术部门看过方案，口头同意试用",
    "采购要了合同样本，正在走内部流程",
    "负责人换人后重新拜访，新负责人愿意继续",
)
_RETURNED = ("没有写见了谁，请补充", "和上周写的一样，请说明这周做了什么", "端口数和方案对不上，请核对")
_NOTES = (
    "1. 重点盯两个试用客户，月底前要有结论。\n2. 下周带方案一起拜访。",
    "新报备太少，下周补三家。",
    "将到期的先排拜访，周五前报计划。",
    "1. 价格按政策，不再另谈。\n2. 试用号码由客服周一开通。",
)


@dataclass(frozen=True)
class Meeting:
    """One partner in one week's meeting."""

    week: Week
    partner_id: int
    who: Actor
    finished: bool

    def draw(self, texts: tuple[str, ...], more: int = 0) -> str:
        """One of the texts, always the same for the same meeting."""
        return texts[(self.week.number + self.partner_id + more) % len(texts)]

    def hold(self, session: Session, now: datetime) -> None:
        """Verdicts on some of the projects, notes, done."""
        on: dict[str, Any] = {"actor": self.who, "week": self.week, "partner_id": self.partner_id, "now": now}
        for number, row in enumerate(_projects(session, self.partner_id, self.week)):
            verdict, sentence = self._verdict(row.id, number)
            reviewing.decide_line(session, **on, registration_id=row.id, verdict=verdict, sentence=sentence)
        notes = self.draw(_NOTES)
        reviewing.save_notes(session, **on, notes=notes, version=reviewing.FIRST_VERSION)
        if self.finished:
            reviewing.finish(session, **on)

    def _verdict(self, registration_id: int, number: int) -> tuple[LineVerdict, str]:
        lot = (registration_id + self.week.number) % 9
        if lot == 0:
            return LineVerdict.PROGRESS, self.draw(_PROGRESS, number)
        if lot == 1:
            return LineVerdict.RETURNED, self.draw(_RETURNED, number)
        return LineVerdict.NOTED, ""


def acts(channel: Channel, today: date) -> Iterator[tuple[datetime, Callable[[Session, datetime], object]]]:
    """The meetings of the last weeks up to today, and how projects stood at the end of each week."""
    weeks = [week for week in last_weeks(week_of(today), WEEKS + 1) if week.review_on < today]
    for week in weeks:
        before = week.before
        yield week.start + timedelta(minutes=5), _kept(before)
        partners = sorted(channel.reps)
        for number, partner_id in enumerate(partners):
            finished = week is not weeks[-1] or number < len(partners) - _LEFT
            at = at_hour(week.review_on, _HOUR) + timedelta(minutes=4 * number)
            yield at, _held(channel, week, partner_id, finished=finished)


def _kept(week: Week) -> Callable[[Session, datetime], bool]:
    def act(session: Session, now: datetime) -> bool:
        return keep_week(session, week, now=now)

    return act


def _held(
    channel: Channel, week: Week, partner_id: int, *, finished: bool
) -> Callable[[Session, datetime], None]:
    def act(session: Session, now: datetime) -> None:
        region = session.scalar(sa.select(t.partner.c.region).where(t.partner.c.id == partner_id))
        who = channel.sales.get(str(region), channel.manager)
        Meeting(week, partner_id, who, finished).hold(session, now)

    return act


def _projects(session: Session, partner_id: int, week: Week) -> list[Any]:
    """What the meeting talks about: projects that moved or came this week, and the oldest of the others."""
    c = t.registration.c
    query = (
        sa.select(c.id)
        .where(c.partner_id == partner_id, c.is_owner, c.stage != Stage.SIGNED, c.owned_since <= week.end)
        .order_by(sa.case((c.stage_since >= week.start, 0), else_=1), c.protected_until, c.id)
        .limit(5)
    )
    return list(session.execute(query))

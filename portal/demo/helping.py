"""Support in the demo: asked for, taken, given in time or late, declined, and some of it still owed."""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.demo.founding import Channel
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date, day_start
from portal.domain.roles import Actor, Role
from portal.domain.support import SupportKind, SupportState, department_of
from portal.models import tables as t
from portal.support.service import ask, decline, finish, plan

Act = tuple[datetime, Callable[[Session, datetime], None]]
_s = t.support_request.c
ASKED = (
    (SupportKind.PRICE, "价格特批：客户要求月租再降一成", "批准九五折，有效期一个月"),
    (SupportKind.SOLUTION, "需要售前工程师到场，分机改造方案拿不准", "售前已到场，方案 V2 已发"),
    (SupportKind.JOINT_VISIT, "请帮忙联合拜访信息中心主任", "已一起拜访，主任同意先试用"),
    (SupportKind.OTHER, "试用号码未到位，客户在催", "号码已开通，已电话告知"),
)
OF_PARTNERS = (
    (SupportKind.TRAINING, "新来两名业务员，请安排产品培训", "周三下午已线上培训，课件已发"),
    (SupportKind.MARKETING, "下月园区推广会，需要易拉宝和彩页", "物料已寄出"),
)
NO = "本季度名额已满，请下季度再提"
INSTALLED = "已上门安装，通话测试正常"


class Helping:
    """What partners ask for and what comes of it; everything is drawn when it is planned."""

    def __init__(self, channel: Channel, draw: random.Random, today: date) -> None:
        self.channel, self.random, self.today = channel, draw, today

    def on_project(self, filer: Actor, place: dict[str, int], when: datetime) -> Iterator[Act]:
        """One request on a project, and what comes of it."""
        kind, need, result = self.random.choice(ASKED)
        known: dict[str, int] = {}
        yield when, self.asks(filer, known, place, kind, need)
        yield from self.answered(known, when, result)

    def on_partners(self) -> Iterator[Act]:
        """A few requests on partners, of the last weeks."""
        for number, people in enumerate(list(self.channel.reps.values())[::3]):
            kind, need, result = OF_PARTNERS[number % len(OF_PARTNERS)]
            when = self.at(self.today - timedelta(days=3 + 4 * number), 10)
            known: dict[str, int] = {}
            yield when, self.asks(people[0], known, None, kind, need)
            yield from self.answered(known, when, result)

    def installed(self, place: dict[str, int], moved: datetime) -> Iterator[Act]:
        """Customer service installs what a move asked for, mostly within its days (S4)."""
        if self.random.random() < self.patience(moved):
            yield moved + timedelta(days=self.random.uniform(0.5, 4)), self.installs(place)

    def patience(self, since: datetime) -> float:
        """How sure it is that something has been answered by now: nobody forgets for long."""
        return 0.7 if self.today - business_date(since) < timedelta(days=14) else 1

    def at(self, day: date, hour: int) -> datetime:
        return day_start(day) + timedelta(hours=hour)

    def asks(
        self, filer: Actor, known: dict[str, int], place: dict[str, int] | None, kind: SupportKind, need: str
    ) -> Any:
        def act(session: Session, now: datetime) -> None:
            about = {"partner_id": filer.partner_id} if place is None else {"registration_id": _id(place)}
            known["id"] = ask(session, actor=filer, now=now, kind=kind, need=need, **about)

        return act

    def answered(self, known: dict[str, int], asked: datetime, result: str) -> Iterator[Act]:
        """Taken on the next day or left with the department; given, declined, or owed still."""
        if self.random.random() < 0.6:
            yield asked + timedelta(hours=20), self.takes(known)
        lot, took = self.random.random(), timedelta(days=self.random.uniform(1, 9))
        if lot < 0.15:
            yield asked + took, self.closes(decline, known, reason=NO)
        elif lot < self.patience(asked):
            yield asked + took, self.closes(finish, known, result=result)

    def takes(self, known: dict[str, int]) -> Any:
        def act(session: Session, now: datetime) -> None:
            row, giver = self.request(session, known)
            plan(
                session, actor=giver, now=now, request_id=row.id, version=row.version,
                owner_id=giver.user_id, due=row.due_on,
            )  # fmt: skip

        return act

    def closes(self, how: Callable[..., None], known: dict[str, int], **said: str) -> Any:
        def act(session: Session, now: datetime) -> None:
            row, giver = self.request(session, known)
            how(session, actor=giver, now=now, request_id=row.id, version=row.version, **said)

        return act

    def installs(self, place: dict[str, int]) -> Any:
        giver = self.channel.deciders[Role.CUSTOMER_SERVICE]

        def act(session: Session, now: datetime) -> None:
            open_ones = sa.select(_s.id, _s.version).where(
                _s.registration_id == _id(place), _s.state == SupportState.OPEN,
                _s.kind.in_((SupportKind.TRIAL_INSTALL, SupportKind.PRODUCTION_INSTALL)),
            )  # fmt: skip
            for row in session.execute(open_ones).all():
                finish(
                    session, actor=giver, now=now, request_id=row.id, version=row.version, result=INSTALLED
                )

        return act

    def request(self, session: Session, known: dict[str, int]) -> tuple[Any, Actor]:
        """The request as it stands, and whoever owes it."""
        r, p = t.registration.c, t.partner.c
        row = session.execute(
            sa.select(_s.id, _s.version, _s.kind, _s.due_on, p.region)
            .join(t.registration, r.id == _s.registration_id, isouter=True)
            .join(t.partner, p.id == sa.func.coalesce(_s.partner_id, r.partner_id), isouter=True)
            .where(_s.id == _id(known))
        ).one()
        role = department_of(row.kind, of_partner=row.region is not None)
        if role is Role.CHANNEL_SALES:
            return row, self.channel.sales[row.region]
        return row, self.channel.manager if role is Role.CHANNEL_MANAGER else self.channel.deciders[role]


def _id(place: dict[str, int]) -> int:
    """The id of what was filed or asked for.

    :raises RuleViolation: it was refused.
    """
    if "id" not in place:
        raise RuleViolation("pipeline.ended")
    return place["id"]

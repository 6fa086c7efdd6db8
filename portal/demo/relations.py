"""Customers that share something, or belong together, for the demo: what tells, and what tells nothing."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.belonging import state_parent
from portal.conflicts.decisions import decide_held
from portal.conflicts.identifying import state_identifier
from portal.demo.founding import Channel
from portal.domain.errors import RuleViolation
from portal.domain.evidence import IdentifierKind
from portal.domain.facts import State
from portal.domain.periods import day_start
from portal.domain.pipeline import Stage
from portal.domain.terms import CustomerClass, Source
from portal.models import tables as t
from portal.registrations.service import Filing, file_registration

Act = tuple[datetime, Callable[[Session, datetime], None]]
# One website of a business park, at three of its companies: it tells nothing of a fourth.
PARK = ("青屏栗子印务有限公司", "青屏鹤望兰连锁诊所", "青屏跳跳糖健身有限公司")
PARK_SITE = "park.example.cn"
# One telephone at two names that are somewhat alike: a person decides.
CALLED = ("临江棠棣物流有限公司", "临江棠棣科技有限公司")
SWITCHBOARD = "0999-5550123"
PARENT, BRANCH = "望海琥珀集团有限公司", "望海琥珀集团有限公司石湾分公司"
SUBSIDIARY = "石湾琥珀物业服务有限公司"
OLD_TAX_NUMBER = "990000MA0Q7R8S2"


class Relations:
    """A few filings of the last two months, each at its own instant."""

    def __init__(self, channel: Channel, today: date) -> None:
        self.channel, self.today = channel, today
        self.reps = [people[0] for _partner, people in sorted(channel.reps.items())]
        self.placed: dict[str, int] = {}

    def acts(self) -> Iterator[Act]:
        """All of it, in no order."""
        for number, name in enumerate(PARK):
            yield self.on(60 - number, 10), self.file(name, number, website=PARK_SITE)
        for number, name in enumerate(CALLED):
            yield self.on(30 - 29 * number, 11), self.file(name, number, phone=SWITCHBOARD)
        for number, name in enumerate((PARENT, BRANCH, SUBSIDIARY)):
            yield self.on(20 - number, 14), self.file(name, number)
        yield self.on(17, 9), self.decide(BRANCH, same=True)
        yield self.on(17, 10), self.decide(SUBSIDIARY, same=False)
        yield self.on(16, 9), self.belong
        yield self.on(16, 10), self.identify

    def on(self, days_ago: int, hour: int) -> datetime:
        return day_start(self.today - timedelta(days=days_ago)) + timedelta(hours=hour)

    def file(self, name: str, number: int, **stated: str) -> Callable[[Session, datetime], None]:
        filing = Filing(
            customer_name=name,
            contact="林女士",
            phone=stated.get("phone", f"170000100{len(name):02d}"),
            website=stated.get("website", ""),
            city=f"{name[:2]}市",
            customer_class=CustomerClass.B,
            ports=30,
            yearly_revenue=Decimal(27000),
            stage=Stage.INTEREST,
            source=Source.OWN,
        )

        def act(session: Session, now: datetime) -> None:
            filer = self.reps[number % len(self.reps)]
            filed = file_registration(session, actor=filer, now=now, filing=filing)
            self.placed[name] = filed.registration_id

        return act

    def decide(self, name: str, *, same: bool) -> Callable[[Session, datetime], None]:
        """Decide a filing where it is held."""

        def act(session: Session, now: datetime) -> None:
            row = self.row(session, name)
            if row.state is State.HELD and row.suspect_id:
                decide_held(
                    session, actor=self.channel.manager, now=now, registration_id=row.id,
                    version=row.version, customer_id=row.suspect_id, same=same,
                    reason="分公司，总部已报备" if same else "独立持照的子公司",
                )  # fmt: skip

        return act

    def belong(self, session: Session, now: datetime) -> None:
        child, parent = (self.row(session, name).customer_id for name in (SUBSIDIARY, PARENT))
        state_parent(
            session, actor=self.channel.manager, now=now, customer=child, parent=parent, reason="控股子公司"
        )

    def identify(self, session: Session, now: datetime) -> None:
        state_identifier(
            session, actor=self.channel.manager, now=now, customer=self.row(session, PARENT).customer_id,
            kind=IdentifierKind.TAX_ID, text=OLD_TAX_NUMBER,
        )  # fmt: skip

    def row(self, session: Session, name: str) -> Any:
        """The filing of a name as it stands.

        :raises RuleViolation: it was refused.
        """
        if name not in self.placed:
            raise RuleViolation("pipeline.ended")
        c = t.registration.c
        return session.execute(sa.select(t.registration).where(c.id == self.placed[name])).one()

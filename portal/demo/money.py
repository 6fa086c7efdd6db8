"""The demo's money: receipts month by month, statements at every step, payments, deposits, traffic."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.demo.founding import Channel
from portal.demo.paying import Paying
from portal.domain.contracts import key_of
from portal.domain.disputes import DisputeKind
from portal.domain.periods import Period, day_start, month_of, quarter_of
from portal.domain.rates import Product
from portal.domain.roles import Actor, Role
from portal.domain.statements import STEPS, Act, Station
from portal.models import tables as t
from portal.receipts.service import Entry, enter_receipt
from portal.statements.confirming import confirm
from portal.statements.disputes import Stated, open_disputes
from portal.statements.generation import generate
from portal.statements.walk import take_step

Acts = Iterator[tuple[datetime, Any]]
# Of the statements at a station so many stay there for now: the board has something at every step.
_LEFT_BEHIND = 0.12


class Money:
    """What finance and the partners did, period by period."""

    def __init__(
        self, channel: Channel, *, today: date, start: date, draw: random.Random, folder: str
    ) -> None:
        self.channel, self.today, self.start, self.folder = channel, today, start, folder
        self.random = random.Random(draw.random())
        self.finance = channel.deciders[Role.FINANCE]
        self.call_center = channel.deciders[Role.CALL_CENTER]
        self.paying = Paying(channel, self.random, folder)

    def acts(self) -> Acts:
        """Every act with its instant, month by month."""
        yield from self.paying.founding(self.at(self.start, -20))
        month = month_of(self.start)
        while month.last < self.today:
            yield self.at(month.last, 3), self.receive(month)
            yield from self.walk(month)
            if quarter_of(month.first).last == month.last:
                yield from self.walk(quarter_of(month.first))
            month = month.next
        yield self.at(self.today, -1), self.receive(month)
        yield from self.paying.traffic(self.today, self.at)

    def at(self, day: date, days: int, hour: float = 10) -> datetime:
        """So many days after a day, about that hour; no two acts at the same instant."""
        moment = day_start(day + timedelta(days=days)) + timedelta(hours=hour)
        return moment + timedelta(microseconds=self.random.randrange(3_000_000_000))

    def receive(self, month: Period) -> Any:
        """The month's receipts: ports once a contract, the rest by use; a refund and a strange number."""

        def act(session: Session, now: datetime) -> None:
            c = t.contract.c
            contracts = session.execute(
                sa.select(c.number, c.starts_on, c.ports, c.yearly_amount).order_by(c.id)
            ).all()
            for entry in self.entries(month, contracts):
                if entry.received_on < self.today:
                    enter_receipt(session, actor=self.finance, now=now, entry=entry)

        return act

    def entries(self, month: Period, contracts: Sequence[Any]) -> Iterator[Entry]:
        for number, contract in enumerate(contracts, start=1):
            ref = f"{month.first:%y%m}{number:05d}"
            first = max(contract.starts_on, month.first)
            if first > month.last:
                continue
            paid = month.first + timedelta(days=self.random.randrange((month.last - month.first).days + 1))
            day = max(first, paid)
            if month_of(contract.starts_on) == month:
                yield self.entry(f"P{ref}", day, contract, Product.PORT, contract.yearly_amount)
            elif self.random.random() < 0.03:
                yield self.entry(f"P{ref}", day, contract, Product.PORT, contract.yearly_amount / 4)
            if key_of(contract.number)[-1] in "258":
                fee = Decimal(self.random.randrange(20_000, 400_000)).scaleb(-2)
                yield self.entry(f"H{ref}", day, contract, Product.CONFERENCE, fee)
            if key_of(contract.number)[-1] in "47":
                yield from self.calls(ref, day, contract)
        strange = Entry("BOSS", f"X{month.first:%y%m}", month.first, f"HT-9{month.first:%y%m}", Product.PORT,
                        Decimal("3600.00"))  # fmt: skip
        yield strange

    def calls(self, ref: str, day: date, contract: Any) -> Iterator[Entry]:
        minutes = self.random.randrange(400, 6000)
        amount = (minutes * Decimal(self.random.randrange(14, 24))).scaleb(-2)
        yield self.entry(f"D{ref}", day, contract, Product.DDD, amount, minutes)
        minutes = self.random.randrange(20, 400)
        amount = (minutes * Decimal(self.random.randrange(170, 320))).scaleb(-2)
        yield self.entry(f"I{ref}", day, contract, Product.IDD, amount, minutes)

    def entry(
        self,
        ref: str,
        day: date,
        contract: Any,
        product: Product,
        amount: Decimal,
        minutes: int | None = None,
    ) -> Entry:
        return Entry("BOSS", ref, day, contract.number, product, amount.quantize(Decimal("0.01")), minutes)

    def walk(self, period: Period) -> Acts:
        """A period's statements through the nine steps, some left behind at each."""
        deciders, name = self.channel.deciders, str(period)
        yield self.at(period.last, 6), self.make(period)
        for day, act in ((7, Act.PRINT), (8, Act.SEND)):
            yield self.at(period.last, day), self.step(name, act, self.call_center)
        yield self.at(period.last, 10), self.dispute(name)
        yield self.at(period.last, 12), self.confirm(name)
        yield self.at(period.last, 14), self.step(name, Act.PASS_ON, None)
        for hour, act, who in (
            (9, Act.APPROVE_MANAGER, self.channel.manager),
            (12, Act.APPROVE_DIRECTOR, deciders[Role.CHANNEL_DIRECTOR]),
            (15, Act.APPROVE_COO, deciders[Role.COO]),
        ):
            yield self.at(period.last, 15, hour), self.step(name, act, who)
        yield from self.paying.steps(period, self.at)

    def make(self, period: Period) -> Any:
        def act(session: Session, now: datetime) -> None:
            generate(session, actor=self.finance, now=now, period=period)

        return act

    def step(self, period: str, act: Act, actor: Actor | None) -> Any:
        """One step for most statements of a period; without an actor, by who looks after the partner."""
        station = next(step.station for step in STEPS if step.act is act)

        def do(session: Session, now: datetime) -> None:
            for row in standing(session, period, station):
                who = actor or self.sales_of(row.region)
                if self.random.random() >= _LEFT_BEHIND:
                    take_step(session, actor=who, now=now, statement_id=row.id, version=None, act=act)

        return do

    def sales_of(self, region: str) -> Actor:
        return self.channel.sales[region]

    def dispute(self, period: str) -> Any:
        """Now and then a partner misses money."""

        def act(session: Session, now: datetime) -> None:
            for row in standing(session, period, Station.SENT):
                line = t.statement_line.c
                found = session.execute(
                    sa.select(line.receipt_id, line.commission)
                    .where(line.statement_id == row.id, line.counted, line.commission > 0)
                    .order_by(line.ordinal)
                    .limit(1)
                ).first()
                if found is not None and self.random.random() < 0.05:
                    expected = found.commission + Decimal("200.00")
                    said = Stated(DisputeKind.AMOUNT, "少记一笔 2,000.00 元", found.receipt_id, expected)
                    open_disputes(
                        session, actor=self.admin_of(row.partner_id), now=now, statement_id=row.id,
                        version=row.version, stated=[said], folder=self.folder,
                    )  # fmt: skip

        return act

    def admin_of(self, partner_id: int) -> Actor:
        return self.channel.reps[partner_id][0]

    def confirm(self, period: str) -> Any:
        def act(session: Session, now: datetime) -> None:
            for row in standing(session, period, Station.SENT):
                if self.random.random() < _LEFT_BEHIND:
                    continue
                admin = self.admin_of(row.partner_id)
                confirm(
                    session, actor=admin, now=now, statement_id=row.id, revision=row.revision,
                    content_hash=row.content_hash, typed=admin.name, sent=None, folder=self.folder,
                )  # fmt: skip

        return act


def standing(session: Session, period: str, station: Station) -> list[Any]:
    """The statements of a period that stand at a station."""
    s, p = t.statement.c, t.partner.c
    query = (
        sa.select(
            s.id, s.number, s.partner_id, s.version, s.revision, s.content_hash, s.total, p.region, p.name
        )
        .join(t.partner, p.id == s.partner_id)
        .where(s.period == period, s.station == station)
        .order_by(s.id)
    )
    return list(session.execute(query))

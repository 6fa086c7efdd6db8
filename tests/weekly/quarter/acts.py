"""What partners and the channel manager do to projects and customers, at random."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.decisions import merge_customers
from portal.domain.periods import business_date
from portal.domain.pipeline import LostReason, Stage
from portal.models import tables as t
from portal.partners.service import change_partner
from portal.pipeline.service import lose, move_project, release, undo_move
from portal.registrations.service import file_registration
from portal.registrations.work import ask_correction, correct, edit_details, set_next_step
from tests.support.filings import filing
from tests.weekly.quarter.channel import Channel

STAGES = tuple(Stage)
_DIGITS = "甲乙丙丁戊己庚辛壬癸"
_WORDS = ("慢蜗牛", "夜鹭", "云豆腐", "青鲸", "白帆", "九色鹿", "星河", "竹节虫", "红枫", "旧井")


def name_of(number: int) -> str:
    """Names that are alike to nobody but themselves."""
    return f"{_WORDS[number % 10]}{_DIGITS[number // 10 % 10]}{_DIGITS[number // 100 % 10]}{number}有限公司"


class Acts:
    """Acts on one thing at random each."""

    def __init__(self, channel: Channel) -> None:
        self.channel, self.dice = channel, channel.dice

    def files(self, session: Session, now: datetime) -> None:
        """A filing: nearly every second of a customer that somebody filed before."""
        channel, dice = self.channel, self.dice
        key_accounts = channel.who("key_accounts")
        who = dice.choice([*channel.reps.values(), key_accounts, key_accounts])
        if channel.names and dice.random() < 0.45:
            name = name_of(dice.randrange(channel.names))
        else:
            name, channel.names = name_of(channel.names), channel.names + 1
        told = filing(name, ports=dice.randint(1, 300), yearly_revenue=self._revenue())
        file_registration(session, actor=who, now=now, filing=told)

    def _revenue(self) -> Decimal:
        return Decimal(self.dice.randint(100, 10**7)).scaleb(-2)

    def moves(self, session: Session, now: datetime) -> None:
        """A move, mostly a stage on, of key projects often back; every tenth is taken back at once."""
        row = self.channel.owned(session)
        steps = (1, 1, 1, -1, -1) if row.stage in STAGES[2:4] else (1, 1, 1, 1, 2, -1)
        place = STAGES.index(row.stage) + self.dice.choice(steps)
        to = STAGES[max(0, min(4, place))]
        moved = move_project(
            session, **self.channel.on(row, now), to=to, gate=self._gate(row, now), reason="客户要求"
        )
        if self.dice.random() < 0.1:
            self.channel.at(
                now + timedelta(seconds=40),
                lambda session, now: undo_move(
                    session, actor=self.channel.party(row), now=now, registration_id=row.id,
                    event_id=moved.event_id,
                ),
                "undo",
            )  # fmt: skip

    def _gate(self, row: Any, now: datetime) -> Mapping[str, Any]:
        day = business_date(now)
        return {
            "met_on": day, "met_with": "苏晓", "solution": "端口", "trial_agreement": "SY",
            "trial_start": day + timedelta(days=self.dice.randint(0, 2)),
            "trial_end": day + timedelta(days=self.dice.randint(2, 40)),
            "contract_no": f"HT-{row.id}-{now:%j}", "contract_date": day, "ports": row.ports,
            "yearly_amount": row.yearly_revenue,
        }  # fmt: skip

    def edits(self, session: Session, now: datetime) -> None:
        row = self.channel.owned(session)
        values = {"ports": self.dice.randint(1, 300), "yearly_revenue": self._revenue()}
        edit_details(session, **self.channel.on(row, now), values=values)

    def corrects(self, session: Session, now: datetime) -> None:
        """The channel manager sends a filing back; its party answers within the week."""
        row = self.channel.owned(session)
        ask_correction(
            session, actor=self.channel.who("channel_manager"), now=now, registration_id=row.id,
            version=row.version, fields=["ports", "yearly_revenue"], note="请核对",
        )  # fmt: skip
        values = {"ports": self.dice.randint(1, 300), "yearly_revenue": self._revenue()}

        def answer(session: Session, now: datetime) -> None:
            again = self.channel.one(session, t.registration.c.id == row.id)
            correct(session, **self.channel.on(again, now), values=values)

        self.channel.at(now + timedelta(hours=self.dice.randint(1, 150)), answer, "correct")

    def ends(self, session: Session, now: datetime) -> None:
        row = self.channel.owned(session)
        if self.dice.random() < 0.5:
            release(session, **self.channel.on(row, now), reason="暂缓")
        else:
            lose(session, **self.channel.on(row, now), why=LostReason.PRICE, note="-")

    def steps(self, session: Session, now: datetime) -> None:
        day = business_date(now) + timedelta(days=self.dice.randint(0, 30))
        row = self.channel.owned(session)
        step = self.dice.choice(("演示", "报价", "=签约", ""))
        set_next_step(session, **self.channel.on(row, now), step=step, due=day if step else None)

    def merges(self, session: Session, now: datetime) -> None:
        """Two customers prove to be one (C12)."""
        c = t.customer.c
        known = list(session.scalars(sa.select(c.id).where(c.merged_into_id.is_(None)).order_by(c.id)))
        loser, winner = self.dice.sample(known, 2) if len(known) > 1 else (known[0], known[0])
        manager = self.channel.who("channel_manager")
        merge_customers(session, actor=manager, now=now, loser=loser, winner=winner, reason="同一家")

    def partner_changes(self, partner_id: int, values: Mapping[str, Any]) -> Any:
        """A partner moves, is called otherwise, or leaves the channel; nobody of it acts any more then."""

        def change(session: Session, now: datetime) -> None:
            c = t.partner.c
            version = session.scalar(sa.select(c.version).where(c.id == partner_id))
            manager = self.channel.who("channel_manager")
            change_partner(
                session, actor=manager, now=now, partner_id=partner_id, version=int(version or 0),
                values=values,
            )  # fmt: skip
            session.flush()
            if values.get("active") is False:
                self.channel.reps.pop(partner_id)

        return change

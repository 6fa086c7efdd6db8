"""How projects stood at the end of a week: the same, written down at once or much later (W2–W4)."""

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import db, journal
from portal.conflicts.decisions import merge_customers
from portal.conflicts.service import settle, settle_lapses
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.pipeline import STAGES, Stage
from portal.domain.support import SupportKind, SupportState
from portal.domain.terms import EventKind
from portal.domain.weekly import Standing
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.pipeline.service import move_project, release, undo_move
from portal.registrations.service import file_registration
from portal.registrations.work import edit_details
from portal.support.service import ask, finish
from portal.weekly.snapshots import is_kept, keep_week, standings_at_end, standings_now, standings_of
from tests.support.clocks import shanghai
from tests.support.filings import filing
from tests.support.people import Person

People = Mapping[str, Person]
WEEK = Week(date(2026, 3, 5))
NAMES = ("慢蜗牛快递", "云上豆腐", "夜鹭商贸", "青鲸物流", "白帆造船", "九色鹿文旅", "星河动力", "竹节虫电讯",
         "红枫医疗", "旧井软件", "风筝网络", "沙丘通信", "石榴云", "鹿角数据")  # fmt: skip
GATE = {
    "met_on": date(2026, 2, 1), "met_with": "苏晓", "solution": "60 端口", "trial_agreement": "SY-1",
    "trial_start": date(2026, 3, 1), "trial_end": date(2026, 4, 1), "contract_no": "HT", "ports": 60,
    "contract_date": date(2026, 2, 1), "yearly_amount": Decimal("21600.00"),
}  # fmt: skip


class Life:
    """Random acts of two partners and key accounts, half a day apart."""

    def __init__(self, session: Session, people: People, seed: int) -> None:
        self.session, self.people, self.dice = session, people, random.Random(seed)
        self.now = shanghai("2026-02-26 09:00")
        self.acts = (
            *4 * [self._file], self._move, self._move, self._edit, self._end, self._accept, self._undo,
            self._merge, self._lapse, self._plead, self._plead, self._give,
        )  # fmt: skip

    def live(self, until: datetime) -> None:
        while (then := self.now + timedelta(hours=self.dice.randint(1, 9))) <= until:
            self.now = then
            act = self.dice.choice(self.acts)
            try:
                with db.part(self.session):
                    act()
            except (RuleViolation, IndexError):
                continue
        self.now = until

    def _one(self, *conditions: Any) -> Any:
        rows = self.session.execute(
            sa.select(t.registration).where(*conditions).order_by(t.registration.c.id)
        )
        return self.dice.choice(rows.all())

    def _on(self, row: Any) -> dict[str, Any]:
        return {
            "actor": self.people["alice"].actor, "now": self.now, "registration_id": row.id,
            "version": row.version,
        }  # fmt: skip

    def _file(self) -> None:
        who = self.people[self.dice.choice(("alice", "carol", "key_accounts"))].actor
        name = f"{self.dice.choice(NAMES)}有限公司"
        file_registration(self.session, actor=who, now=self.now, filing=filing(name))

    def _move(self) -> None:
        to = self.dice.choice((*STAGES, *STAGES[:4]))
        row = self._one(t.registration.c.is_owner)
        gate = {**GATE, "contract_no": f"HT-{row.id}"}
        move_project(self.session, **self._on(row), to=to, gate=gate, reason="客户要求")

    def _edit(self) -> None:
        values = {"ports": self.dice.randint(1, 99), "yearly_revenue": Decimal(self.dice.randint(1, 9999))}
        edit_details(self.session, **self._on(self._one()), values=values)

    def _end(self) -> None:
        release(self.session, **self._on(self._one(t.registration.c.is_owner)), reason="暂缓")

    def _accept(self) -> None:
        row = self._one(t.registration.c.is_owner)
        fact = journal.fact(row.id, EventKind.PROGRESS, at=self.now, now=self.now, note="客户点头")
        journal.write(self.session, [fact], actor=None)
        settle(self.session, {row.customer_id}, now=self.now)

    def _undo(self) -> None:
        row = self._one(t.registration.c.is_owner)
        moved = move_project(
            self.session, **self._on(row), to=Stage.TRIAL, gate={**GATE, "contract_no": f"HT-{row.id}"},
            reason="手误",
        )  # fmt: skip
        self.now += timedelta(seconds=20)
        undo_move(
            self.session, actor=self.people["alice"].actor, now=self.now, registration_id=row.id,
            event_id=moved.event_id,
        )  # fmt: skip

    def _merge(self) -> None:
        one, other = self._one(t.registration.c.is_owner), self._one(t.registration.c.is_owner)
        merge_customers(
            self.session, actor=self.people["channel_manager"].actor, now=self.now,
            loser=one.customer_id, winner=other.customer_id, reason="同一家",
        )  # fmt: skip

    def _plead(self) -> None:
        row = self._one(t.registration.c.is_owner)
        ask(
            self.session, actor=self.people["alice"].actor, now=self.now, registration_id=row.id,
            kind=SupportKind.PRICE, need="特价",
        )  # fmt: skip

    def _give(self) -> None:
        c = t.support_request.c
        rows = self.session.execute(sa.select(c.id, c.version).where(c.state == SupportState.OPEN)).all()
        row = self.dice.choice(rows)
        finish(
            self.session, actor=self.people["channel_manager"].actor, now=self.now, request_id=row.id,
            version=row.version, result="已批",
        )  # fmt: skip

    def _lapse(self) -> None:
        settle_lapses(self.session, now=self.now, today=business_date(self.now))


@pytest.mark.parametrize("seed", range(6))
def test_a_week_written_down_late_says_what_it_would_have_said_at_its_end(
    engine: sa.Engine, people: People, seed: int
) -> None:
    with db.transaction(engine) as session:
        db.lock_registry(session)
        life = Life(session, people, seed)
        life.live(WEEK.end)
        at_once = standings_at_end(session, WEEK)
        assert at_once == standings_now(session, sa.true(), WEEK, WEEK.thursday)
        life.live(WEEK.end + timedelta(days=12))
        assert standings_at_end(session, WEEK) == at_once
        assert keep_week(session, WEEK, now=life.now)
        assert standings_of(session, sa.true(), WEEK) == at_once
        assert at_once


def test_a_kept_week_is_written_once_and_for_ever(
    engine: sa.Engine, people: People, file_as: Any, at: Any
) -> None:
    made = file_as(people["alice"], at("2026-03-02 10:00"))
    now = at("2026-03-06 00:00")
    for first in (True, False):
        with db.transaction(engine) as session:
            assert keep_week(session, WEEK, now=now) is first
    alice = people["alice"].partner_id
    with db.reading(engine) as session:
        assert is_kept(session, WEEK)
        assert not is_kept(session, WEEK.next)
        kept = standings_of(session, t.partner.c.id == alice, WEEK)
        assert kept == {
            made.registration_id: Standing(
                made.registration_id, alice or 0, Stage.INTEREST, 60, Decimal("21600.00"),
                date(2026, 3, 30), date(2026, 3, 2),
            )
        }  # fmt: skip
        assert standings_of(session, t.partner.c.id == people["carol"].partner_id, WEEK) == {}
    for table in (t.week_project, t.week_end):
        with pytest.raises(sa.exc.DBAPIError, match="never changed"), engine.begin() as connection:
            connection.execute(sa.update(table).values(week=date(2026, 3, 12)))

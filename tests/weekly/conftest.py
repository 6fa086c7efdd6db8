"""A channel whose Thursday review is held: alice's and carol's projects, channel_sales of the east."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal import clock, db
from portal.cases.service import open_case
from portal.commands.checking import problems
from portal.domain.cases import CaseKind
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.pipeline.service import move_project
from portal.weekly import check_review, reviewing
from portal.weekly.reporting import freeze, open_row
from portal.weekly.snapshots import keep_week
from tests.support.clocks import shanghai
from tests.support.people import Person
from tests.weekly.desk import Desk

WEEK = Week(date(2026, 3, 12))
GATE = {
    "met_on": date(2026, 2, 1), "met_with": "苏晓", "solution": "60 端口", "trial_agreement": "SY-1",
    "trial_start": date(2026, 3, 1), "trial_end": date(2026, 4, 1), "contract_no": "HT", "ports": 60,
    "contract_date": date(2026, 2, 1), "yearly_amount": "21600.00",
}  # fmt: skip


class Channel:
    """Acts by name and wall clock."""

    def __init__(self, engine: sa.Engine, people: Mapping[str, Person], file_as: Any) -> None:
        self.engine, self.people, self._file = engine, people, file_as

    def files(self, who: str, when: str, name: str, **over: Any) -> int:
        return int(self._file(self.people[who], shanghai(when), name, **over).registration_id)

    def row(self, registration_id: int) -> Any:
        with db.reading(self.engine) as session:
            c = t.registration.c
            return session.execute(sa.select(t.registration).where(c.id == registration_id)).one()

    def events(self, registration_id: int, *kinds: Any) -> list[Any]:
        e = t.registration_event.c
        with db.reading(self.engine) as session:
            query = sa.select(t.registration_event).where(e.registration_id == registration_id)
            return [row for row in session.execute(query.order_by(e.id)) if not kinds or row.kind in kinds]

    def moves(self, who: str, when: str, registration_id: int, to: Stage) -> None:
        with db.transaction(self.engine) as session:
            move_project(
                session, actor=self.people[who].actor, now=shanghai(when), registration_id=registration_id,
                version=self.row(registration_id).version, to=to, gate=GATE, reason="退回",
            )  # fmt: skip

    def _act(
        self, do: Any, who: str, when: str, partner: str = "alice", week: Week = WEEK, **more: Any
    ) -> Any:
        person, of = self.people[who], self.people[partner]
        with clock.frozen(shanghai(when)), db.transaction(self.engine) as session:
            return do(
                session, actor=person.actor, now=shanghai(when), week=week, partner_id=of.partner_id, **more
            )

    def decides(
        self, who: str, when: str, registration_id: int, verdict: LineVerdict, sentence: str = "", **more: Any
    ) -> None:
        self._act(
            reviewing.decide_line, who, when, registration_id=registration_id, verdict=verdict,
            sentence=sentence, **more,
        )  # fmt: skip

    def takes_back(self, who: str, when: str, registration_id: int, **more: Any) -> None:
        self._act(reviewing.take_back, who, when, registration_id=registration_id, **more)

    def notes(self, who: str, when: str, notes: str, version: int, **more: Any) -> int:
        return int(self._act(reviewing.save_notes, who, when, notes=notes, version=version, **more))

    def finishes(self, who: str, when: str, **more: Any) -> None:
        self._act(reviewing.finish, who, when, **more)

    def reopens(self, who: str, when: str, **more: Any) -> None:
        self._act(reviewing.reopen, who, when, **more)

    def review(self, partner: str = "alice") -> Any:
        with db.reading(self.engine) as session:
            c = t.review.c
            where = c.partner_id == self.people[partner].partner_id
            return session.execute(sa.select(t.review).where(where)).first()

    def lines(self) -> list[Any]:
        with db.reading(self.engine) as session:
            return list(session.execute(sa.select(t.review_line).order_by(t.review_line.c.event_id)))

    def keeps(self, week: Week) -> None:
        with db.transaction(self.engine) as session:
            keep_week(session, week, now=week.next.start)

    def reports(self, partner: str, when: str, lines: list[dict[str, Any]], *, late: bool = False) -> None:
        """A report as it is stored once it was sent."""
        at, number = shanghai(when), self.people[partner].partner_id
        content = {
            "week": WEEK.thursday.isoformat(), "partner": {"id": number}, "lines": lines,
            "remark": "下周有展会",
        }  # fmt: skip
        with db.transaction(self.engine) as session:
            row = open_row(session, partner_id=number or 0, week=WEEK, now=at)
            freeze(session, self.people[partner].actor, at, row, content, late)

    def opens_case(self, who: str, when: str, registration_id: int) -> int:
        with db.transaction(self.engine) as session:
            return open_case(
                session, actor=self.people[who].actor, now=shanghai(when), registration_id=registration_id,
                kind=CaseKind.TAKEOVER, reason="四周没有跟进",
            )  # fmt: skip

    def problems(self, now: datetime) -> list[Any]:
        """What the review's part of check finds, and on the whole database."""
        with db.reading(self.engine) as session:
            return [*check_review.problems(session, now=now), *problems(session, now=now)]

    def protected_until(self, registration_id: int) -> date:
        until = self.row(registration_id).protected_until
        assert isinstance(until, date)
        return until


@pytest.fixture
def channel(engine: sa.Engine, people: Mapping[str, Person], file_as: Any) -> Iterator[Channel]:
    """The channel; at the end what it left behind holds."""
    made = Channel(engine, people, file_as)
    yield made
    with db.reading(engine) as session:
        latest = session.scalar(sa.select(sa.func.max(t.registration_event.c.at)))
    if latest is not None:
        assert business_date(latest) >= date(2026, 1, 1)
        assert made.problems(latest) == []


@pytest.fixture
def desk(engine: sa.Engine, people: Mapping[str, Person]) -> Desk:
    """Alice's desk in the week of 5 March 2026."""
    return Desk(engine, people)


@pytest.fixture
def filed(file_as: Callable[..., Any], people: Mapping[str, Person], at: Any) -> Callable[..., int]:
    """File as alice (or who is named) at an instant; the registration's id."""

    def do(when: str, name: str = "慢蜗牛快递有限公司", who: str = "alice", **over: Any) -> int:
        number: int = file_as(people[who], at(when), name, **over).registration_id
        return number

    return do

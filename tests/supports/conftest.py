"""Alice's customer, owned since 2 March, and short ways to ask for support and to answer."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.commands.checking import problems
from portal.conflicts.service import settle_lapses
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.support import SupportKind
from portal.models import tables as t
from portal.pipeline.service import move_project
from portal.support import service
from tests.support.clocks import shanghai
from tests.support.people import Person

GATES: Mapping[Stage, dict[str, Any]] = {
    Stage.MEETING: {"met_on": date(2026, 3, 2), "met_with": "苏晓"},
    Stage.SOLUTION: {"solution": "60 端口"},
    Stage.TRIAL: {
        "trial_agreement": "SY-1", "trial_start": date(2026, 3, 20), "trial_end": date(2026, 4, 20),
    },
    Stage.SIGNED: {
        "contract_no": "HT-1", "contract_date": date(2026, 3, 2), "ports": 60, "yearly_amount": 21600,
    },
}  # fmt: skip


class Desk:
    """One customer of alice's since 2 March 10:00; carol waits for it since 5 March."""

    def __init__(self, engine: sa.Engine, people: Mapping[str, Person], claims: dict[str, int]) -> None:
        self.engine, self.people, self.claims = engine, people, claims

    def asks(
        self, who: str, when: str, kind: SupportKind = SupportKind.SOLUTION, *, on: str = "alice", **more: Any
    ) -> int:
        about = {} if "partner_id" in more else {"registration_id": self.claims[on]}
        with db.transaction(self.engine) as session:
            return service.ask(
                session, actor=self.people[who].actor, now=shanghai(when), kind=kind,
                need=more.pop("need", "方案支持"), **about, **more,
            )  # fmt: skip

    def _act(self, do: Any, who: str, when: str, request: int, **more: Any) -> None:
        version = more.pop("version", None) or self.request(request).version
        with db.transaction(self.engine) as session:
            do(
                session, actor=self.people[who].actor, now=shanghai(when), request_id=request,
                version=version, **more,
            )  # fmt: skip

    def plans(self, who: str, when: str, request: int, **more: Any) -> None:
        row = self.request(request)
        known = {"owner_id": row.owner_id, "due": row.due_on} | more
        self._act(service.plan, who, when, request, **known)

    def gives(self, who: str, when: str, request: int, result: str = "已发方案", **more: Any) -> None:
        self._act(service.finish, who, when, request, result=result, **more)

    def declines(self, who: str, when: str, request: int, reason: str = "名额已满") -> None:
        self._act(service.decline, who, when, request, reason=reason)

    def moves(self, who: str, when: str, stage: Stage, **gate: Any) -> int:
        with db.transaction(self.engine) as session:
            moved = move_project(
                session, actor=self.people[who].actor, now=shanghai(when), registration_id=self.claims[who],
                version=self.claim(who).version, to=stage, gate=GATES[stage] | gate, reason="退回",
            )  # fmt: skip
        return moved.event_id

    def ticks(self, when: str) -> list[int]:
        with db.transaction(self.engine) as session:
            now = shanghai(when)
            return settle_lapses(session, now=now, today=business_date(now))

    def claim(self, who: str) -> Any:
        return self._row(t.registration, self.claims[who])

    def request(self, request: int) -> Any:
        return self._row(t.support_request, request)

    def requests(self) -> list[Any]:
        with db.reading(self.engine) as session:
            return list(session.execute(sa.select(t.support_request).order_by(t.support_request.c.id)))

    def _row(self, table: Any, row_id: int) -> Any:
        with db.reading(self.engine) as session:
            return session.execute(sa.select(table).where(table.c.id == row_id)).one()

    def holds(self, when: str) -> bool:
        with db.reading(self.engine) as session:
            found = list(problems(session, now=shanghai(when)))
        assert found == []
        return True


@pytest.fixture
def desk(engine: sa.Engine, people: Mapping[str, Person], file_as: Any) -> Desk:
    """As `Desk` says."""
    days = {"alice": shanghai("2026-03-02 10:00"), "carol": shanghai("2026-03-05 10:00")}
    claims = {name: file_as(people[name], day).registration_id for name, day in days.items()}
    return Desk(engine, people, claims)

"""A customer whose owner lapsed, with two who wait; and short ways to act in its case."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.cases import decisions, service
from portal.conflicts.check import problems
from portal.conflicts.facts import load_dossier
from portal.domain.cases import CaseKind
from portal.domain.pipeline import Stage
from portal.domain.roles import Role
from portal.models import tables as t
from portal.pipeline.service import move_project, release
from portal.policy.service import load_policies
from tests.support.clocks import shanghai
from tests.support.people import Person, make_partner, make_user

GATES: Mapping[Stage, dict[str, Any]] = {
    Stage.MEETING: {"met_on": date(2026, 3, 2), "met_with": "苏晓"},
    Stage.SIGNED: {
        "contract_no": "HT-1", "contract_date": date(2026, 3, 2), "ports": 60, "yearly_amount": 21600,
    },
}  # fmt: skip


class World:
    """One customer: alice owns it since 2 March, carol (since 5 March) and dan (6 March) wait."""

    def __init__(self, engine: sa.Engine, people: dict[str, Person], claims: dict[str, int]) -> None:
        self.engine, self.people, self.claims = engine, people, claims
        self.case_id = 0

    def claim(self, who: str) -> Any:
        """A claim as it stands, by whose it is."""
        return self._row(t.registration, self.claims[who])

    @property
    def case(self) -> Any:
        """The case as it stands."""
        return self._row(t.conflict_case, self.case_id)

    def _row(self, table: Any, row_id: int) -> Any:
        with db.reading(self.engine) as session:
            return session.execute(sa.select(table).where(table.c.id == row_id)).one()

    def asks(self, claim: str, when: str, kind: CaseKind = CaseKind.TAKEOVER, *, who: str = "") -> int:
        """Open a case; it becomes the one that all else is about."""
        with db.transaction(self.engine) as session:
            self.case_id = service.open_case(
                session, actor=self.people[who or claim].actor, now=shanghai(when),
                registration_id=self.claims[claim], kind=kind, reason="客户主动找到我们",
            )  # fmt: skip
        return self.case_id

    def _act(self, do: Any, who: str, when: str, version: int | None = None, **more: Any) -> Any:
        version = self.case.version if version is None else version
        with db.transaction(self.engine) as session:
            return do(
                session, actor=self.people[who].actor, now=shanghai(when), case_id=self.case_id,
                version=version, **more,
            )  # fmt: skip

    def answers(self, who: str, when: str) -> None:
        self._act(service.answer_case, who, when, text="三月二十日电话沟通过，附件为记录")

    def withdraws(self, who: str, when: str) -> None:
        self._act(service.withdraw_case, who, when)

    def agrees(self, who: str, when: str) -> None:
        self._act(service.agree_handover, who, when)

    def declines(self, who: str, when: str) -> None:
        self._act(service.decline_handover, who, when, reason="仍在跟进")

    def closes(self, who: str, when: str) -> None:
        self._act(service.close_abandoned, who, when, reason="发起方已退出渠道")

    def votes(self, who: str, when: str, yes: bool, *, to: str | None = None, **more: Any) -> Any:
        chosen = self.claims[to] if to else None
        reason = more.pop("reason", "四周没有进展")
        return self._act(
            decisions.cast_vote, who, when, agrees=yes, reason=reason, next_owner_id=chosen, **more
        )

    def appeals(self, who: str, when: str) -> None:
        self._act(decisions.appeal_case, who, when, text="有新的证据")

    def decides_appeal(self, who: str, when: str, overturn: bool) -> Any:
        return self._act(decisions.decide_appeal, who, when, overturn=overturn, reason="证据属实")

    def moves(self, who: str, when: str, stage: Stage) -> None:
        with db.transaction(self.engine) as session:
            move_project(
                session, actor=self.people[who].actor, now=shanghai(when), registration_id=self.claims[who],
                version=self.claim(who).version, to=stage, gate=GATES[stage],
            )  # fmt: skip

    def releases(self, who: str, when: str) -> None:
        with db.transaction(self.engine) as session:
            release(
                session, actor=self.people[who].actor, now=shanghai(when), registration_id=self.claims[who],
                version=self.claim(who).version, reason="不再跟进",
            )  # fmt: skip

    def leaves(self, who: str) -> None:
        """The party leaves the channel."""
        with db.transaction(self.engine) as session:
            partner = self.people[who].partner_id
            session.execute(sa.update(t.partner).where(t.partner.c.id == partner).values(active=False))

    def holds(self, when: str) -> list[Any]:
        """What `portal check` finds wrong; partners are left by hand here."""
        with db.reading(self.engine) as session:
            return [each for each in problems(session, now=shanghai(when)) if each[0] != "partner"]

    def replayed(self, when: str) -> Any:
        """The customer's time line, derived anew from the facts."""
        customer = self.claim("alice").customer_id
        with db.reading(self.engine) as session:
            dossier = load_dossier(session, [customer])
            return dossier.timeline(customer, load_policies(session), shanghai(when))


@pytest.fixture
def world(engine: sa.Engine, people: Mapping[str, Person], file_as: Any) -> World:
    """Partners alone: on 31 March alice's protection is over."""
    return _made(engine, dict(people), file_as, ("alice", "carol", "dan"))


@pytest.fixture
def with_key_accounts(engine: sa.Engine, people: Mapping[str, Person], file_as: Any) -> World:
    """The same, and key accounts wait behind carol."""
    return _made(engine, dict(people), file_as, ("alice", "carol", "key_accounts"))


def _made(engine: sa.Engine, people: dict[str, Person], file_as: Any, who: tuple[str, ...]) -> World:
    with db.transaction(engine) as session:
        partner = make_partner(session, "P003")
        people["dan"] = make_user(session, "dan", Role.PARTNER_ADMIN, partner_id=partner)
    days: dict[str, datetime] = dict(
        zip(who, map(shanghai, ("2026-03-02 10:00", "2026-03-05 10:00", "2026-03-06 10:00")), strict=True)
    )
    claims = {name: file_as(people[name], day).registration_id for name, day in days.items()}
    return World(engine, people, claims)

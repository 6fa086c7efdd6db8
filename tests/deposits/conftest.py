"""A gold partner (alice's), a wholesale one (dora's), a second finance person; and short ways to act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.commands.depositing import settle_deposits
from portal.deposits import check, deductions, ledger
from portal.deposits.debts import open_debt
from portal.domain.deposits import Blame, DeductionAct, EntryKind
from portal.domain.roles import Role
from portal.domain.terms import PartnerKind
from portal.models import tables as t
from tests.support.clocks import shanghai
from tests.support.people import Person, make_partner, make_user

START = shanghai("2026-03-02 10:00")
START_DAY = START.date()


@pytest.fixture
def folk(engine: sa.Engine, people: Mapping[str, Person]) -> Mapping[str, Person]:
    """The people of the suite, dora of wholesale partner PW, and `finance2`."""
    with db.transaction(engine) as session:
        wholesale = make_partner(session, "PW", kind=PartnerKind.WHOLESALE)
        return {
            **people,
            "dora": make_user(session, "dora", Role.PARTNER_ADMIN, partner_id=wholesale),
            "finance2": make_user(session, "finance2", Role.FINANCE),
        }


@dataclass
class Acts:
    """What the people of the test do, each an act of its own."""

    engine: sa.Engine
    folk: Mapping[str, Person]
    references: int = 0

    def partner(self, who: str = "alice") -> int:
        """The partner of a person."""
        return self.folk[who].partner_id or 0

    def pay(self, amount: str, who: str = "alice", at: datetime = START, ref: str = "") -> None:
        """Finance records a top-up."""
        self.references += 1
        with db.transaction(self.engine) as session:
            ledger.record_paid_in(
                session, actor=self.folk["finance"].actor, now=at, partner_id=self.partner(who),
                kind=EntryKind.TOP_UP, amount=Decimal(amount), on=at.date(),
                reference=ref or f"R{self.references}",
            )  # fmt: skip

    def owe(self, amount: str, who: str = "alice", on: date = START_DAY) -> int:
        """A debt without a statement."""
        with db.transaction(self.engine) as session:
            return open_debt(
                session, actor=None, now=START, partner_id=self.partner(who), statement_id=None,
                amount=Decimal(amount), on=on,
            )  # fmt: skip

    def arrears(self, amount: str, who: str = "alice", at: datetime = START, by: str = "finance") -> int:
        """Finance proposes a deduction."""
        self.references += 1
        with db.transaction(self.engine) as session:
            return deductions.propose_for_arrears(
                session, actor=self.folk[by].actor, now=at, partner_id=self.partner(who),
                amount=Decimal(amount), document=f"DOC{self.references}", note="会议欠费",
                blame=Blame.CUSTOMER,
            )  # fmt: skip

    def deduct(self, debt: int, at: datetime) -> int:
        """Finance proposes to deduct a debt."""
        with db.transaction(self.engine) as session:
            return deductions.propose_for_debt(
                session, actor=self.folk["finance"].actor, now=at, debt_id=debt, document=f"DEBT{debt}-{at}"
            )

    def act(self, who: str, deduction: int, act: DeductionAct, at: datetime = START, why: str = "") -> None:
        """Whoever it is does an act on a deduction."""
        with db.transaction(self.engine) as session:
            deductions.act_on(
                session, actor=self.folk[who].actor, now=at, deduction_id=deduction, version=None, act=act,
                reason=why,
            )  # fmt: skip

    def announced(self, deduction: int, at: datetime = START) -> int:
        """Approve and announce."""
        self.act("channel_manager", deduction, DeductionAct.APPROVE, at)
        self.act("finance", deduction, DeductionAct.ANNOUNCE, at)
        return deduction

    def tick(self, at: datetime) -> None:
        """Time passes."""
        settle_deposits(self.engine, now=at)

    def balance(self, who: str = "alice") -> str:
        """What the partner has deposited."""
        with db.reading(self.engine) as session:
            return str(ledger.balance_of(session, self.partner(who)))

    def row(self, table: str, number: int = 1, key: str = "id") -> Any:
        """A row of a table."""
        with db.reading(self.engine) as session:
            found = getattr(t, table)
            return session.execute(sa.select(found).where(found.c[key] == number)).one()

    def problems(self, at: datetime) -> list[Any]:
        """What `portal check` says of deposits."""
        with db.reading(self.engine) as session:
            return [(table, row, each.code) for table, row, each in check.problems(session, now=at)]


@pytest.fixture
def acts(engine: sa.Engine, folk: Mapping[str, Person]) -> Acts:
    """Short ways to act."""
    return Acts(engine, folk)

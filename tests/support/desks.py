"""A statement of alice's partner that was sent, and acts of the people around it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.domain.commissions import Flag
from portal.domain.disputes import DisputeKind
from portal.domain.statements import Station
from portal.models import tables as t
from portal.statements.confirming import confirm
from portal.statements.disputes import Stated, answer, open_disputes, withdraw
from tests.support.people import Person
from tests.support.statements import LineOf, make_statement, take_as_fresh, walk_to

People = Mapping[str, Person]
LINES = (
    LineOf(),
    LineOf(amount="3000.00", customer="云上豆腐有限公司", rate="0.10", year=2),
    LineOf(amount="500.00", customer="夜鹭商贸有限公司", flag=Flag.PAST_TERM, year=None, rate=None),
)


@dataclass
class Desk:
    """What people do to one statement; every act is its own transaction."""

    engine: sa.Engine
    people: People
    statement_id: int
    now: datetime
    folder: str

    def row(self) -> Any:
        """The statement as it stands."""
        return self._one(t.statement, t.statement.c.id == self.statement_id)

    def dispute(self, dispute_id: int) -> Any:
        """A dispute as it stands."""
        return self._one(t.dispute, t.dispute.c.id == dispute_id)

    def lines(self, revision: int | None = None) -> list[Any]:
        """The lines of a revision, of the one in force unless given."""
        with db.reading(self.engine) as session:
            c = t.statement_line.c
            return list(
                session.execute(
                    sa.select(t.statement_line)
                    .where(
                        c.statement_id == self.statement_id, c.revision == (revision or self.row().revision)
                    )
                    .order_by(c.ordinal)
                )
            )

    def acts(self) -> list[str]:
        """The walk so far."""
        with db.reading(self.engine) as session:
            c = t.statement_act.c
            query = sa.select(c.act).where(c.statement_id == self.statement_id).order_by(c.id)
            return [each.value for each in session.scalars(query)]

    def object_to(self, *places: int, who: str = "alice", **over: Any) -> None:
        """Dispute the receipts of these lines (from 0); no place: one that is missing."""
        receipts = [self.lines()[place].receipt_id for place in places] or [None]
        kind = DisputeKind.RATE if places else DisputeKind.MISSING
        values = {"kind": kind, "text": "-"} | over
        version = over.pop("version", None) or self.row().version
        values.pop("version", None)
        self.do(
            open_disputes, who, statement_id=self.statement_id, version=version, folder=self.folder,
            stated=[Stated(receipt_id=each, **values) for each in receipts],
        )  # fmt: skip

    def answer(self, dispute_id: int, granted: str | None, text: str = "-", who: str = "finance") -> None:
        """Finance grants an amount, or refuses."""
        self.do(
            answer, who, dispute_id=dispute_id, version=self.dispute(dispute_id).version, text=text,
            granted=None if granted is None else Decimal(granted),
        )  # fmt: skip

    def withdraw(self, dispute_id: int, who: str = "alice") -> None:
        """Take a dispute back."""
        self.do(withdraw, who, dispute_id=dispute_id, version=self.dispute(dispute_id).version)

    def confirm(self, who: str = "alice", **over: Any) -> None:
        """Confirm what is in force."""
        row = self.row()
        values = {
            "revision": row.revision, "content_hash": row.content_hash, "typed": self.people[who].name,
            "sent": None,
        } | over  # fmt: skip
        self.do(confirm, who, statement_id=self.statement_id, folder=self.folder, **values)

    def do(self, act: Callable[..., Any], who: str, **values: Any) -> Any:
        """One act of one person."""
        with db.transaction(self.engine) as session:
            return act(session, actor=self.people[who].actor, now=self.now, **values)

    def _one(self, table: Any, condition: Any) -> Any:
        with db.reading(self.engine) as session:
            return session.execute(sa.select(table).where(condition)).one()


def sent_statement(session: Session, people: People, who: str = "alice", **over: Any) -> int:
    """A statement of the partner that `who` belongs to, sent."""
    partner_id = people[who].partner_id
    assert partner_id is not None
    made = make_statement(session, partner_id, **{"lines": LINES, **over})
    walk_to(session, people, made, Station.SENT)
    return made


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements by `make_statement` may be sent though nothing would generate them."""
    take_as_fresh(monkeypatch)


@pytest.fixture
def desk(engine: sa.Engine, people: People, at: Any, tmp_path: Any) -> Desk:
    """A statement of 2026-Q1 over ¥5,100.00, sent to alice."""
    with db.transaction(engine) as session:
        made = sent_statement(session, people)
    return Desk(engine, people, made, at("2026-04-10 10:00"), str(tmp_path / "files"))

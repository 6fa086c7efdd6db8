"""A desk to pay from: approved statements, verified accounts, two people of finance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.domain.invoices import Vendor
from portal.domain.roles import Role
from portal.domain.statements import Station
from portal.files import Sent
from portal.imports.bank import import_answer
from portal.imports.report import Report
from portal.models import tables as t
from portal.payments import accounts, batches, check, invoices, settling
from tests.support.clocks import shanghai
from tests.support.people import Person, make_user
from tests.support.statements import LineOf, make_statement, walk_to

ACCOUNT = {"holder": "P001 通信", "bank": "招商银行", "branch": "滨海支行", "number": "6225 8801 2345 6789"}
VENDOR = Vendor("大东通信有限公司", "91310115TX2334G26K")
PDF = b"%PDF-1.4\n%fictional\n"


@dataclass
class Desk:
    """What finance and the partner can do, each act a transaction of its own."""

    engine: sa.Engine
    people: Mapping[str, Person]
    files: str
    made: int = field(default=0)

    def approved(
        self, total: str = "4800.00", who: str = "alice", station: Station = Station.APPROVED
    ) -> int:
        """A statement of that total, walked to where it waits to be paid; its id."""
        self.made += 1
        period = f"{2020 + self.made // 12}-{self.made % 12 + 1:02}"
        lines = [LineOf(amount="100.00", commission=total)] if Decimal(total) else []
        with db.transaction(self.engine) as session:
            partner = self.people[who].partner_id
            assert partner is not None
            made = make_statement(session, partner, period, lines, now=shanghai("2026-03-30 10:00"))
            confirms = {"confirm": who}
            others = {act: name for act, name in confirms.items() if name != "alice"}
            walk_to(session, self.people, made, station, now=shanghai("2026-03-31 10:00"), others=others)  # type: ignore[arg-type]
        return made

    def account(self, who: str = "alice", by: str = "finance", **over: str) -> int:
        """The partner's administrator states an account and finance verifies it; its id."""
        stated = self.state(who, **over)
        self.verify(stated, by)
        return stated

    def state(
        self, who: str = "alice", at: str = "2026-03-01 10:00", partner: str = "alice", **over: str
    ) -> int:
        """State an account."""
        person = self.people[who]
        partner_id = person.partner_id or self.people[partner].partner_id
        assert partner_id is not None
        with db.transaction(self.engine) as session:
            return accounts.propose_account(
                session,
                actor=person.actor,
                now=shanghai(at),
                partner_id=partner_id,
                values={**ACCOUNT, **over},
            )

    def verify(self, account_id: int, by: str = "finance", how: str = "回拨确认") -> None:
        """Verify an account."""
        with db.transaction(self.engine) as session:
            accounts.verify_account(
                session, actor=self.people[by].actor, now=shanghai("2026-03-02 10:00"), account_id=account_id,
                version=self.row("bank_account", account_id).version, how=how,
            )  # fmt: skip

    def row(self, table: str, row_id: int) -> Any:
        """A row as it stands."""
        with db.reading(self.engine) as session:
            found = getattr(t, table)
            return session.execute(sa.select(found).where(found.c.id == row_id)).one()

    def rows(self, table: str) -> Sequence[Any]:
        """All rows of a table, by id."""
        with db.reading(self.engine) as session:
            found = getattr(t, table)
            return session.execute(sa.select(found).order_by(*found.primary_key.columns)).all()

    def station(self, statement_id: int) -> Station:
        """Where a statement stands."""
        return Station(self.row("statement", statement_id).station)

    def prepare(self, *statements: int, by: str = "finance", at: str = "2026-04-01 10:00") -> int:
        """Put statements into a batch; its id."""
        picks = [(each, self.row("statement", each).version) for each in statements]
        with db.transaction(self.engine) as session:
            return batches.prepare_batch(session, actor=self.people[by].actor, now=shanghai(at), picks=picks)

    def _on_batch(self, do: Any, batch_id: int, by: str, at: str, **more: Any) -> None:
        version = self.row("payment_batch", batch_id).version
        with db.transaction(self.engine) as session:
            do(
                session,
                actor=self.people[by].actor,
                now=shanghai(at),
                batch_id=batch_id,
                version=version,
                **more,
            )

    def release(self, batch_id: int, by: str = "second", at: str = "2026-04-01 11:00") -> None:
        """Another person releases it."""
        self._on_batch(batches.release_batch, batch_id, by, at)

    def withdraw(self, batch_id: int, by: str = "finance", at: str = "2026-04-01 11:30") -> None:
        """Give it up."""
        self._on_batch(batches.withdraw_batch, batch_id, by, at, reason="放错了")

    def take(self, batch_id: int, by: str = "second", at: str = "2026-04-01 12:00") -> None:
        """Take its file."""
        self._on_batch(batches.take_file, batch_id, by, at)

    def sent(self, *statements: int) -> int:
        """A batch whose file the bank has."""
        batch = self.prepare(*statements)
        self.release(batch)
        self.take(batch)
        return batch

    def references(self, batch_id: int) -> list[str]:
        """The references of a batch's lines, in order."""
        return [each.reference for each in self.rows("payment_item") if each.batch_id == batch_id]

    def answer(self, *lines: str, by: str = "finance", at: str = "2026-04-02 10:00") -> Report:
        """Bring the bank's answer in: lines of reference, result, day, bank's reference, reason."""
        with db.transaction(self.engine) as session:
            return import_answer(
                session,
                file_name="a.csv",
                content=csv_of(*lines),
                actor=self.people[by].actor,
                now=shanghai(at),
            )

    def pay(self, *statements: int) -> int:
        """All the way from prepared to paid; the batch's id."""
        batch = self.sent(*statements)
        self.answer(*(f"{each},paid,2026-04-02,B1," for each in self.references(batch)))
        return batch

    def settle(self, statement_id: int, by: str = "finance", at: str = "2026-04-01 10:00") -> None:
        """Settle without a payment."""
        with db.transaction(self.engine) as session:
            settling.settle_statement(
                session, actor=self.people[by].actor, now=shanghai(at), statement_id=statement_id,
                version=self.row("statement", statement_id).version,
            )  # fmt: skip

    def invoice(self, statement_id: int, by: str = "alice", at: str = "2026-04-03 10:00", **over: Any) -> int:
        """Hand an invoice in that agrees, unless told otherwise."""
        statement = self.row("statement", statement_id)
        values = {
            "number": f"2632000000{statement_id:010}", "reference": statement.number, "title": VENDOR.title,
            "tax_no": VENDOR.tax_no, "amount": statement.total, "issued_on": shanghai("2026-04-03").date(),
        }  # fmt: skip
        content = over.pop("content", PDF)
        with db.transaction(self.engine) as session:
            return invoices.enter_invoice(
                session, actor=self.people[by].actor, now=shanghai(at), statement_id=statement_id,
                version=statement.version, values={**values, **over}, sent=Sent("fapiao.pdf", content),
                folder=self.files, vendor=VENDOR,
            )  # fmt: skip

    def send_back(self, statement_id: int, reason: str = "金额不符", by: str = "finance") -> None:
        """Send the invoice back."""
        with db.transaction(self.engine) as session:
            invoices.return_invoice(
                session, actor=self.people[by].actor, now=shanghai("2026-04-04 10:00"), reason=reason,
                statement_id=statement_id, version=self.row("statement", statement_id).version,
            )  # fmt: skip

    def close(self, *statements: int, by: str = "finance") -> int:
        """Write off."""
        picks = [(each, self.row("statement", each).version) for each in statements]
        with db.transaction(self.engine) as session:
            return invoices.close_statements(
                session,
                actor=self.people[by].actor,
                now=shanghai("2026-04-05 10:00"),
                picks=picks,
                vendor=VENDOR,
            )

    def holds(self) -> list[str]:
        """What `portal check` says about payment."""
        with db.reading(self.engine) as session:
            found = check.problems(session, now=shanghai("2026-05-01 10:00"))
            return [f"{table} {row}: {problem}" for table, row, problem in found]


def csv_of(*lines: str) -> bytes:
    """A bank's answer as a file."""
    return "\n".join(["reference,result,paid_on,bank_ref,reason", *lines]).encode()


def second_person(session: Session) -> dict[str, Person]:
    """Two more people of finance, and one who approves as channel manager too."""
    return {
        "second": make_user(session, "second", Role.FINANCE),
        "third": make_user(session, "third", Role.FINANCE),
        "both": make_user(session, "both", Role.FINANCE, Role.CHANNEL_MANAGER),
    }


@pytest.fixture
def desk(engine: sa.Engine, people: Mapping[str, Person], tmp_path: Path, at: Any) -> Desk:
    """The desk, in April 2026."""
    at("2026-04-01 09:00")
    with db.transaction(engine) as session:
        more = second_person(session)
    return Desk(engine, {**people, **more}, str(tmp_path / "files"))


def when(text: str) -> datetime:
    """An instant of Shanghai's clock."""
    return shanghai(text)

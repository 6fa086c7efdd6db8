"""Money at random: what partners, finance and the bank do, sensible or not, in whatever order.

`World` is the acts, each a transaction of its own; `adding` is what holds after every one of them.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from portal import db
from portal.deposits import deductions, ledger, service
from portal.domain.deposits import DeductionAct, EntryKind
from portal.domain.disputes import DisputeKind, DisputeState
from portal.domain.payments import ItemState
from portal.domain.periods import business_date, parse_period
from portal.domain.rates import Product
from portal.domain.statements import RETURNS, Act, Station
from portal.domain.terms import Tier
from portal.imports.bank import import_answer
from portal.models import tables as t
from portal.partners.service import add_tier_term
from portal.payments import batches, settling
from portal.policy.service import add_policy
from portal.receipts import collecting
from portal.receipts.service import Entry, enter_receipt, refund_receipt
from portal.statements.confirming import confirm, foresee_rest
from portal.statements.deferring import defer_receipt, withheld_of
from portal.statements.disputes import Stated, answer, open_disputes, withdraw
from portal.statements.generation import generate
from portal.statements.walk import send_back, take_step
from tests.payments.conftest import csv_of
from tests.support.people import Person
from tests.support.policies import BODY

ZERO = Decimal("0.00")
PERIODS = ("2026-Q3", "2026-Q3", "2026-Q4", "2027-Q1", "2026-11", "2026-11", "2026-12", "2027-01")
DAYS = ("2026-05-04", "2026-07-01", "2026-09-30", "2026-11-11", "2026-11-30")
CONTRACTS = ("HT-1", "HT-2", "HT-4", "HT-1", "HT-2")
ALONG: Mapping[Station, tuple[Act, str]] = {
    Station.GENERATED: (Act.PRINT, "call_center"),
    Station.PRINTED: (Act.SEND, "call_center"),
    Station.CONFIRMED: (Act.PASS_ON, "channel_sales"),
    Station.PASSED_ON: (Act.APPROVE_MANAGER, "channel_manager"),
    Station.MANAGER_APPROVED: (Act.APPROVE_DIRECTOR, "channel_director"),
    Station.DIRECTOR_APPROVED: (Act.APPROVE_COO, "coo"),
}
REFUSERS: Mapping[Station, str] = {
    Station.PASSED_ON: "channel_manager",
    Station.MANAGER_APPROVED: "channel_director",
    Station.DIRECTOR_APPROVED: "coo",
    Station.APPROVED: "finance",
}


@dataclass
class World:
    """Two partners with customers, everybody who has to do with their money, and a clock that goes on."""

    engine: sa.Engine
    people: Mapping[str, Person]
    draw: random.Random
    now: datetime
    files: str
    done: list[str] = field(default_factory=list)
    made: int = 0

    def act(self) -> None:
        """One act of somebody."""
        self.now += timedelta(hours=self.draw.choice((1, 1, 5, 30)))
        name = self.draw.choice(tuple(_ACTS))
        for _again in range(_ACTS[name]):
            self.done.append(name)
            getattr(self, name)()
            self.now += timedelta(minutes=1)

    def do(self, act: Callable[..., Any], who: str | None, /, **values: Any) -> Any:
        """One act of one person, or of the system."""
        with db.transaction(self.engine) as session:
            db.lock_registry(session)
            actor = None if who is None else self.people[who].actor
            return act(session, actor=actor, now=self.now, **values)

    def rows(self, table: str, *where: Any) -> list[Any]:
        """Rows of a table, by id."""
        with db.reading(self.engine) as session:
            found = getattr(t, table)
            query = sa.select(found).where(*where).order_by(*found.primary_key.columns)
            return list(session.execute(query))

    def statement(self, *stations: Station) -> Any:
        """Some statement at one of these stations."""
        found = self.rows("statement", t.statement.c.station.in_(stations or tuple(Station)))
        return self.draw.choice(found) if found else None

    def owner(self, statement: Any) -> str:
        """The partner's own administrator."""
        return next(name for name, each in self.people.items() if each.partner_id == statement.partner_id)

    # Receipts and their terms.

    def receive(self) -> None:
        """A receipt: on time, late, of any product, now and then of a number that nobody knows."""
        self.made += 1
        product = self.draw.choice((Product.PORT, Product.PORT, Product.CONFERENCE, Product.IDD))
        latest = business_date(self.now)
        days = [*(date.fromisoformat(each) for each in DAYS), latest, latest - timedelta(days=20)]
        self.do(
            enter_receipt, "finance",
            entry=Entry(
                "boss", f"R{self.made}", self.draw.choice(days),
                self.draw.choice(CONTRACTS) if self.draw.random() < 0.95 else "HT-?", product,
                Decimal(self.draw.choice(("1000.00", "333.35", "0.01", "12000.00", "77.77"))),
                self.draw.choice((10, 120, 900)) if product is Product.IDD else None,
            ),
        )  # fmt: skip

    def refund(self) -> None:
        """Some of a receipt, or all that is left of it, is paid back."""
        receipts = self.rows("receipt", t.receipt.c.amount > 0)
        if not receipts:
            return
        self.made += 1
        of = self.draw.choice(receipts)
        back = -sum((each.amount for each in self.rows("receipt", t.receipt.c.refund_of_id == of.id)), ZERO)
        amount = max((of.amount - back) / self.draw.choice((1, 1, 3)), Decimal("0.01"))
        day = max(of.received_on, business_date(self.now) - timedelta(days=self.draw.choice((0, 30))))
        self.do(
            refund_receipt, "finance", receipt_id=of.id, ref=f"R{self.made}", received_on=day,
            amount=amount.quantize(ZERO), note="退款",
        )  # fmt: skip

    def tier(self) -> None:
        """A tier is decided, for days that may be long gone."""
        partner = self.draw.choice([self.people[who].partner_id for who in ("ann", "ben")])
        starts, ends = self.draw.choice((
            ("2026-04-01", "2026-07-31"), ("2026-08-01", "2026-11-30"), ("2026-12-01", "2026-12-31"),
            ("2027-01-01", "2027-06-30"),
        ))  # fmt: skip
        self.do(
            add_tier_term, "admin", partner_id=partner, tier=self.draw.choice(list(Tier)),
            starts_on=date.fromisoformat(starts), ends_on=date.fromisoformat(ends),
        )  # fmt: skip

    def policy(self) -> None:
        """Other figures, from tomorrow on."""
        floors = {"idd": {"gold": "1.85", "silver": "1.90", "ordinary": self.draw.choice(("1.95", "0.10"))}}
        self.do(
            add_policy, "admin", effective_from=business_date(self.now) + timedelta(days=1), reason="底价",
            body={**BODY, "floor_prices": floors},
        )  # fmt: skip

    # The nine steps.

    def collect(self) -> None:
        """Finance calls a period complete."""
        self.do(collecting.collect, "finance", period=parse_period(self.draw.choice(PERIODS)))

    def generate(self) -> None:
        """The statements of a period that is over, again or for the first time."""
        period = parse_period(self.draw.choice(PERIODS))
        if period.last < business_date(self.now):
            self.do(generate, self.draw.choice(("finance", None)), period=period)

    def along(self) -> None:
        """The next step of a statement, as far as it needs nothing else."""
        row = self.statement(*ALONG)
        if row is not None:
            self._forward(row)

    def _forward(self, row: Any) -> None:
        if row.station is Station.PRINTED and row.withheld and self.draw.random() < 0.9:
            self._defer(row)
        act, who = ALONG[row.station]
        self.do(take_step, who, statement_id=row.id, version=None, act=act)

    def carry(self) -> None:
        """One statement all the way, as far as it goes."""
        row = self.statement()
        if row is not None:
            self.take(row.id)

    def take(self, number: int, to: Station | None = None) -> None:
        """A statement along: as far as it goes, or to a station."""
        for _step in range(10):
            row = self.rows("statement", t.statement.c.id == number)[0]
            if row.station is to:
                return
            if row.station in ALONG:
                self._forward(row)
            elif row.station in (Station.SENT, Station.DISPUTED):
                self._confirm(row)
            elif row.station is Station.APPROVED and row.total > 0:
                self._pay(row)
            elif row.station is Station.APPROVED:
                self.do(settling.settle_statement, "finance", statement_id=row.id, version=row.version)

    def _defer(self, row: Any) -> None:
        with db.reading(self.engine) as session:
            waiting = [each.receipt_id for each in withheld_of(session, row.id, row.revision)]
        for each in waiting:
            version = self.rows("statement", t.statement.c.id == row.id)[0].version
            self.do(
                defer_receipt, "finance", statement_id=row.id, version=version, receipt_id=each,
                reason="等等级",
            )  # fmt: skip

    def send_back(self) -> None:
        """Somebody in steps 6 and 7 refuses."""
        row = self.statement(*REFUSERS)
        if row is not None:
            to = self.draw.choice(RETURNS[row.station])
            who = REFUSERS[row.station]
            self.do(send_back, who, statement_id=row.id, version=None, to=to, reason="不对")

    # Step 5: confirming and disputing.

    def confirm(self) -> None:
        """The partner confirms; of a disputed statement the rest."""
        row = self.statement(Station.SENT, Station.DISPUTED)
        if row is not None:
            self._confirm(row)

    def _confirm(self, row: Any) -> None:
        who, rest = self.owner(row), row.station is Station.DISPUTED
        seen = self._rest(row, who) if rest else row
        self.do(
            confirm, who, statement_id=row.id, revision=seen.revision, content_hash=seen.content_hash,
            typed=self.people[who].name, sent=None, folder=self.files, rest=rest,
        )  # fmt: skip

    def _rest(self, row: Any, who: str) -> Any:
        with db.transaction(self.engine) as session:
            return foresee_rest(session, actor=self.people[who].actor, now=self.now, statement_id=row.id)

    def object_to(self) -> None:
        """The partner disputes a line, or that one is missing."""
        row = self.statement(Station.SENT, Station.DISPUTED)
        if row is None:
            return
        c = t.statement_line.c
        lines = self.rows("statement_line", c.statement_id == row.id, c.revision == row.revision)
        line = self.draw.choice(lines) if lines and self.draw.random() < 0.85 else None
        receipt = None if line is None else self._about(line)
        kind = DisputeKind.MISSING if receipt is None else DisputeKind.AMOUNT
        self.do(
            open_disputes, self.owner(row), statement_id=row.id, version=row.version, folder=self.files,
            stated=[Stated(kind, "不对", receipt)],
        )  # fmt: skip

    def _about(self, line: Any) -> int | None:
        if line.receipt_id is not None or line.dispute_id is None:
            return line.receipt_id  # type: ignore[no-any-return]
        return self.rows("dispute", t.dispute.c.id == line.dispute_id)[0].receipt_id  # type: ignore[no-any-return]

    def decide(self) -> None:
        """An open dispute, parked or not, is granted, refused or withdrawn."""
        c = t.dispute.c
        found = self.rows("dispute", c.state == DisputeState.OPEN)
        if not found:
            return
        each = self.draw.choice(found)
        row = self.rows("statement", t.statement.c.id == each.statement_id)[0]
        if self.draw.random() < 0.2:
            self.do(withdraw, self.owner(row), dispute_id=each.id, version=each.version)
            return
        granted = self.draw.choice((None, Decimal("0.10"), Decimal("500.00"), Decimal("9000.00")))
        self.do(answer, "finance", dispute_id=each.id, version=each.version, granted=granted, text="已核对")

    # Step 7: the bank, debts and the deposit.

    def pay(self) -> None:
        """A batch from prepared to its answer, which may be that the payment failed."""
        row = self.statement(Station.APPROVED)
        if row is not None:
            self._pay(row)

    def _pay(self, row: Any) -> None:
        batch = self.do(batches.prepare_batch, "finance", picks=[(row.id, row.version)])
        for act, who in ((batches.release_batch, "second"), (batches.take_file, "second")):
            found = self.rows("payment_batch", t.payment_batch.c.id == batch)[0]
            self.do(act, who, batch_id=batch, version=found.version)
            if self.draw.random() < 0.1:
                break
        self._bank()

    def _bank(self) -> None:
        waiting = self.rows("payment_item", t.payment_item.c.state == ItemState.WAITING)
        if not waiting:
            return
        each = self.draw.choice(waiting)
        day = business_date(self.now)
        paid, failed = f"{each.reference},paid,{day},B{each.id},", f"{each.reference},failed,,,退回"
        line = self.draw.choice((paid, paid, paid, failed))
        self.do(import_answer, "finance", file_name="a.csv", content=csv_of(line))

    def bank(self) -> None:
        """The bank answers later, or a batch is given up."""
        if self.draw.random() < 0.6:
            self._bank()
            return
        for each in self.rows("payment_batch"):
            if each.state.value in ("prepared", "released") and not each.taken:
                self.do(
                    batches.withdraw_batch, "finance", batch_id=each.id, version=each.version, reason="错"
                )
                return

    def settle(self) -> None:
        """A statement that needs no bank."""
        row = self.statement(Station.APPROVED)
        if row is not None:
            self.do(settling.settle_statement, "finance", statement_id=row.id, version=row.version)

    def deposit(self) -> None:
        """Money comes in, a debt is paid in cash, or one that is overdue is deducted."""
        debts = self.rows("debt", t.debt.c.remaining > 0)
        what = self.draw.choice(("in", "cash", "deduct", "deduct"))
        self.made += 1
        if what == "in" or not debts:
            self.do(
                ledger.record_paid_in, "finance", partner_id=self.people["ann"].partner_id,
                kind=EntryKind.TOP_UP, amount=Decimal("100.00"), on=business_date(self.now),
                reference=f"D{self.made}",
            )  # fmt: skip
        elif what == "cash":
            debt = self.draw.choice(debts)
            self.do(
                service.settle_in_cash, "finance", debt_id=debt.id, version=debt.version,
                amount=min(debt.remaining, Decimal("5.00")), reference=f"C{self.made}",
                on=business_date(self.now),
            )  # fmt: skip
        else:
            self._deduct(self.draw.choice(debts))

    def _deduct(self, debt: Any) -> None:
        made = self.do(deductions.propose_for_debt, "finance", debt_id=debt.id, document=f"DOC{self.made}")
        for who, act in (("channel_manager", DeductionAct.APPROVE), ("finance", DeductionAct.ANNOUNCE)):
            self.do(deductions.act_on, who, deduction_id=made, version=None, act=act)

    def later(self) -> None:
        """Weeks go by; what was announced takes effect."""
        self.now += timedelta(days=self.draw.choice((7, 35)))
        with db.transaction(self.engine) as session:
            deductions.take_due(session, now=self.now)


# How often in a row, when it is drawn: things of one kind come together.
_ACTS = {
    "receive": 3, "refund": 2, "tier": 1, "policy": 1, "collect": 1, "generate": 4, "along": 3, "carry": 2,
    "send_back": 1, "confirm": 2, "object_to": 2, "decide": 2, "pay": 2, "bank": 1, "settle": 2,
    "deposit": 2, "later": 1,
}  # fmt: skip

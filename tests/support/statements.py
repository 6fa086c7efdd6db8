"""Statements in tests: `make_statement` writes one as if it was generated, `walk_to` takes it further.

The rows hold together (sums, hash, pool, walk), but the receipts name contracts that nobody signed: tests of
generation and of the re-computation start from receipts instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.commissions import NOTHING, WITHHELD, Flag
from portal.domain.lines import LineKind
from portal.domain.money import round_fen
from portal.domain.periods import business_date, day_start, parse_period
from portal.domain.rates import Product
from portal.domain.statements import STEPS, Act, Station, due_on
from portal.domain.terms import Tier
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.statements.generation import number_of
from portal.statements.sealing import lines_of, read_seal
from portal.statements.walk import take_step
from tests.support.people import Person


@dataclass(frozen=True)
class LineOf:
    """A receipt and what becomes of it on the statement; `rate` None pays by minutes."""

    amount: str = "12000.00"
    rate: str | None = "0.40"
    customer: str = "慢蜗牛快递有限公司"
    product: Product = Product.PORT
    flag: Flag | None = None
    tier: Tier | None = Tier.GOLD
    year: int | None = 1
    commission: str | None = None
    received_on: date | None = None

    @property
    def counted(self) -> bool:
        """Whether it stands on the statement."""
        return self.flag is None or self.flag is Flag.UNDER_FLOOR

    @property
    def settles(self) -> bool:
        """Whether the receipt is done with."""
        return self.counted or self.flag in NOTHING

    @property
    def earned(self) -> Decimal:
        """The commission, in yuan."""
        if not self.counted:
            return Decimal("0.00")
        if self.commission is not None:
            return Decimal(self.commission)
        return round_fen(Decimal(self.amount) * Decimal(self.rate or 0))


WITHHELD_LINE = LineOf(flag=Flag.NO_TIER, tier=None, rate=None)
"""A receipt that waits for a tier: the statement cannot be sent before it is solved or deferred (M2)."""


def make_statement(
    session: Session,
    partner_id: int,
    period: str = "2026-Q1",
    lines: Sequence[LineOf] = (LineOf(),),
    *,
    now: datetime | None = None,
    registration_id: int | None = None,
    number: str | None = None,
) -> int:
    """A statement at `generated`, of `lines`, revision 1; its id.

    `now` is when it was generated: the morning of the fifth day after its period, unless given.
    """
    covered = parse_period(period)
    now = now or day_start(covered.last + timedelta(days=5)) + timedelta(hours=10)
    number = number or number_of(partner_id, covered)
    receipts = _receipts(session, number, covered.last, lines, now)
    total = sum((each.earned for each in lines), Decimal("0.00"))
    received = sum((Decimal(each.amount) for each in lines if each.counted), Decimal("0.00"))
    pay = policy_on(session, business_date(now)).pay
    assert pay is not None
    shared = {
        "revision": 1, "total": total, "received": received, "content_hash": "",
        "lines": sum(each.counted for each in lines),
    }  # fmt: skip
    statement = {
        "number": number, "partner_id": partner_id, "period": period, "station": Station.GENERATED,
        "station_since": now, "due_on": due_on(Station.GENERATED, business_date(now), pay),
        "withheld": sum(each.flag in WITHHELD for each in lines), "generated_at": now, "version": 1, **shared,
    }  # fmt: skip
    statement_id = int(
        session.scalar(sa.insert(t.statement).values(statement).returning(t.statement.c.id)) or 0
    )
    session.execute(
        sa.insert(t.statement_revision),
        [{"statement_id": statement_id, "made_at": now, "reason": "", **shared}],
    )
    _lines(session, statement_id, receipts, lines, registration_id, covered.last)
    seal = read_seal(number, period, lines_of(session, statement_id, 1), revision=1, total=total)
    shared["content_hash"] = seal
    for table, key in ((t.statement, "id"), (t.statement_revision, "statement_id")):
        session.execute(sa.update(table).where(table.c[key] == statement_id).values(content_hash=seal))
    told = {name: statement[name] for name in ("number", "partner_id", "period", "withheld", "due_on")}
    _generated(session, statement_id, now, told | shared)
    return statement_id


def _receipts(session: Session, number: str, last: date, lines: Sequence[LineOf], now: datetime) -> list[int]:
    """The receipts, in the pool until the statement is sent."""
    found = []
    for place, each in enumerate(lines, start=1):
        values = {
            "source": "BOSS", "ref": f"{number}-{place}", "received_on": each.received_on or last,
            "contract_no": f"HT-{number}-{place}", "contract_key": f"ht-{number}-{place}".lower(),
            "product": each.product, "amount": Decimal(each.amount), "recorded_at": now,
            "minutes": None if each.rate else 100,
        }  # fmt: skip
        found.append(int(session.scalar(sa.insert(t.receipt).values(values).returning(t.receipt.c.id)) or 0))
    if found:
        session.execute(sa.insert(t.unsettled_receipt), [{"receipt_id": each} for each in found])
    return found


def _lines(
    session: Session,
    statement_id: int,
    receipts: Sequence[int],
    lines: Sequence[LineOf],
    registration_id: int | None,
    last: date,
) -> None:
    policy = session.scalar(sa.select(sa.func.min(t.policy_version.c.id)))
    rows = [
        {
            "statement_id": statement_id, "revision": 1, "ordinal": place, "kind": LineKind.RECEIPT,
            "counted": each.counted, "settles": each.settles, "receipt_id": receipt,
            "registration_id": registration_id, "customer_name": each.customer,
            "contract_on": (each.received_on or last).replace(day=1), "policy_id": policy,
            "tier": each.tier, "year": each.year,
            "rate": each.rate, "commission": each.earned, "flag": each.flag, "late": False,
            "rule": "M2" if each.flag in WITHHELD else "M1",
        }
        for place, (receipt, each) in enumerate(zip(receipts, lines, strict=True), start=1)
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(t.statement_line), rows)


def _generated(session: Session, statement_id: int, now: datetime, after: Mapping[str, object]) -> None:
    session.execute(
        sa.insert(t.statement_act),
        [
            {
                "statement_id": statement_id, "act": Act.GENERATE, "from_station": Station.COLLECTED,
                "to_station": Station.GENERATED, "revision": 1, "at": now, "actor_id": None, "reason": "",
                "data": {"hash": after["content_hash"]},
            }
        ],
    )  # fmt: skip
    audit.record(
        session, actor=None, action="statement.generate", at=now, subject=("statement", statement_id),
        before=Station.COLLECTED, after=after,
    )  # fmt: skip


# The way through the nine steps when nobody objects, and who goes it.
STRAIGHT: Mapping[Act, str] = {
    Act.PRINT: "call_center",
    Act.SEND: "call_center",
    Act.CONFIRM: "alice",
    Act.PASS_ON: "channel_sales",
    Act.APPROVE_MANAGER: "channel_manager",
    Act.APPROVE_DIRECTOR: "channel_director",
    Act.APPROVE_COO: "coo",
    Act.PAY: "finance",
    Act.INVOICE: "alice",
    Act.CLOSE: "finance",
}


def take_as_fresh(patch: pytest.MonkeyPatch) -> None:
    """Made-up lines follow from no receipt's contract: nobody asks whether they still do."""
    patch.setattr("portal.statements.walk.is_fresh", lambda _session, _statement: True)


def walk_to(
    session: Session,
    people: Mapping[str, Person],
    statement_id: int,
    station: Station,
    *,
    now: datetime | None = None,
    others: Mapping[Act, str] | None = None,
) -> None:
    """Take a statement from `generated` on to `station` by the straight way, each act by the right person.

    `now` is the instant of every act: when it came to where it stands, unless given. `others` names other
    keys of `people` for single acts. Beside the acts nothing is written: no file, no payment.
    """
    names = {**STRAIGHT, **(others or {})}
    while True:
        s = t.statement.c
        here = session.execute(sa.select(s.station, s.station_since).where(s.id == statement_id)).one()
        if here.station is station:
            return
        step = next(each for each in STEPS if each.station is here.station)
        with pytest.MonkeyPatch.context() as patch:
            take_as_fresh(patch)
            take_step(
                session, actor=people[names[step.act]].actor, now=now or here.station_since,
                statement_id=statement_id, version=None, act=step.act,
            )  # fmt: skip

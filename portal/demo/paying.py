"""The demo's payments, bank accounts, invoices, deposits and wholesale traffic."""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.demo.founding import Channel
from portal.deposits.ledger import record_paid_in
from portal.deposits.traffic import add_traffic, pay_traffic, unpaid_of
from portal.domain.deposits import EntryKind
from portal.domain.invoices import Vendor
from portal.domain.periods import Period, business_date
from portal.domain.roles import Actor, Role
from portal.domain.statements import Station
from portal.domain.terms import PartnerKind, Tier
from portal.files import Sent
from portal.models import tables as t
from portal.payments.accounts import propose_account, verify_account
from portal.payments.answers import find_items, read_line, take_answer
from portal.payments.batches import items_of, prepare_batch, release_batch, take_file
from portal.payments.due import due_statements
from portal.payments.invoices import close_statements, enter_invoice

Acts = Iterator[tuple[datetime, Any]]
At = Callable[..., datetime]
_BANKS = ("中国工商银行", "中国建设银行", "招商银行", "中国银行", "交通银行")
_INVOICE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
)
_TRAFFIC_DAYS = 40


class Paying:
    """What happens to money after the approvals, and what partners have deposited."""

    def __init__(self, channel: Channel, draw: random.Random, folder: str) -> None:
        self.channel, self.random, self.folder = channel, draw, folder
        self.first = channel.deciders[Role.FINANCE]
        self.second = channel.second_finance

    def founding(self, at: datetime) -> Acts:
        """Accounts stated and verified, deposits paid in, before anything is earned."""
        yield at, self.accounts
        yield at + timedelta(hours=1), self.deposits

    def accounts(self, session: Session, now: datetime) -> None:
        c = t.partner.c
        for partner in session.execute(sa.select(c.id, c.name).order_by(c.id)).all():
            admin = self.channel.reps[partner.id][0]
            digits = "".join(self.random.choice("0123456789") for _ in range(15))
            values = {
                "holder": partner.name, "bank": self.random.choice(_BANKS), "branch": "营业部",
                "number": f"6222{digits}",
            }  # fmt: skip
            account = propose_account(session, actor=admin, now=now, partner_id=partner.id, values=values)
            version = session.scalar(
                sa.select(t.bank_account.c.version).where(t.bank_account.c.id == account)
            )
            verify_account(
                session,
                actor=self.second,
                now=now,
                account_id=account,
                version=version or 1,
                how="回拨电话核实",
            )

    def deposits(self, session: Session, now: datetime) -> None:
        p, term = t.partner.c, t.tier_term.c
        day = business_date(now)
        query = (
            sa.select(p.id, p.kind, p.traffic_deposit, term.tier)
            .join(t.tier_term, term.partner_id == p.id, isouter=True)
            .order_by(p.id, term.starts_on)
        )
        seen: set[int] = set()
        amounts = {Tier.GOLD: "90000.00", Tier.SILVER: "40000.00", Tier.ORDINARY: "5000.00"}
        for row in session.execute(query).all():
            if row.id in seen:
                continue
            seen.add(row.id)
            required = (
                row.traffic_deposit if row.kind is PartnerKind.WHOLESALE else Decimal(amounts[row.tier])
            )
            if self.random.random() < 0.12:
                required = (required / 2).quantize(Decimal("0.01"))
            record_paid_in(
                session, actor=self.first, now=now, partner_id=row.id, kind=EntryKind.PAYMENT,
                amount=required, on=day, reference=f"BZJ-{row.id:04d}", note="首次缴纳",
            )  # fmt: skip

    def traffic(self, today: date, at: At) -> Acts:
        """Forty days of wholesale traffic; one partner near its deposit, the others pay weekly."""
        for back in range(_TRAFFIC_DAYS, 0, -1):
            day = today - timedelta(days=back)
            yield at(day, 1, 2), self.traffic_of(day, today)

    def traffic_of(self, day: date, today: date) -> Any:
        def act(session: Session, now: datetime) -> None:
            c = t.partner.c
            partners = session.scalars(
                sa.select(c.id).where(c.kind == PartnerKind.WHOLESALE).order_by(c.id)
            ).all()
            for place, partner in enumerate(partners):
                amount = Decimal(self.random.randrange(180_000, 260_000)).scaleb(-2)
                add_traffic(session, actor=self.first, now=now, days={partner: {day: amount}})
                if place and day.weekday() == 0:
                    pay_traffic(
                        session, actor=self.first, now=now, partner_id=partner,
                        amount=unpaid_of(session, partner),
                        on=business_date(now), reference=f"HW-{day:%m%d}",
                    )  # fmt: skip

        return act

    def steps(self, period: Period, at: At) -> Acts:
        """Steps 7 to 9 of a period's statements."""
        yield at(period.last, 17), self.prepare(str(period))
        yield at(period.last, 18), self.release
        yield at(period.last, 20), self.answered
        yield at(period.last, 23), self.invoices(str(period))
        yield at(period.last, 26), self.close(str(period))

    def prepare(self, period: str) -> Any:
        def act(session: Session, now: datetime) -> None:
            due = [
                each
                for each in due_statements(session, actor=self.first)
                if each.hindrance is None and each.row.period == period and each.row.total > 0
            ]
            if due:
                picks = [(each.row.id, each.row.version) for each in due]
                prepare_batch(session, actor=self.first, now=now, picks=picks)

        return act

    def release(self, session: Session, now: datetime) -> None:
        for batch in self._batches(session, "prepared"):
            release_batch(session, actor=self.second, now=now, batch_id=batch.id, version=batch.version)
        for batch in self._batches(session, "released"):
            take_file(session, actor=self.second, now=now, batch_id=batch.id, version=batch.version)

    def answered(self, session: Session, now: datetime) -> None:
        """The bank paid nearly all; once in a while an account is refused."""
        for batch in self._batches(session, "released"):
            references = {item.reference for item in items_of(session, batch.id)}
            for number, (reference, item) in enumerate(sorted(find_items(session, references).items())):
                cells = {
                    "reference": reference, "result": "paid", "paid_on": business_date(now).isoformat(),
                    "bank_ref": f"YH{reference[3:]}", "reason": "",
                }  # fmt: skip
                if number == 4 and self.random.random() < 0.3:
                    cells |= {"result": "failed", "paid_on": "", "bank_ref": "", "reason": "户名不符"}
                take_answer(session, item, read_line(cells, business_date(now)), self.second, now)

    def _batches(self, session: Session, state: str) -> list[Any]:
        c = t.payment_batch.c
        return list(session.execute(sa.select(c.id, c.version).where(c.state == state).order_by(c.id)))

    def invoices(self, period: str) -> Any:
        def act(session: Session, now: datetime) -> None:
            for row in self._standing(session, period, Station.PAID):
                if row.total <= 0 or self.random.random() < 0.15:
                    continue
                values = {
                    "number": f"{self.random.randrange(10**7, 10**8)}{row.id:04d}", "reference": row.number,
                    "title": "", "tax_no": "", "amount": row.total, "issued_on": business_date(now),
                }  # fmt: skip
                enter_invoice(
                    session, actor=self.admin_of(row.partner_id), now=now, statement_id=row.id,
                    version=row.version, values=values, sent=Sent(f"{row.number}.pdf", _INVOICE),
                    folder=self.folder, vendor=Vendor("", ""),
                )  # fmt: skip

        return act

    def close(self, period: str) -> Any:
        def act(session: Session, now: datetime) -> None:
            rows = self._standing(session, period, Station.INVOICED)
            picks = [(row.id, row.version) for row in rows if self.random.random() > 0.2]
            if picks:
                close_statements(session, actor=self.first, now=now, picks=picks, vendor=Vendor("", ""))

        return act

    def admin_of(self, partner_id: int) -> Actor:
        return self.channel.reps[partner_id][0]

    def _standing(self, session: Session, period: str, station: Station) -> list[Any]:
        c = t.statement.c
        query = sa.select(c.id, c.number, c.partner_id, c.version, c.total)
        return list(session.execute(query.where(c.period == period, c.station == station).order_by(c.id)))

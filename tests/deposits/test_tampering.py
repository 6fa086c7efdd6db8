"""Whatever is changed about deposits by hand: the database refuses it, or `portal check` tells."""

from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.deposits import check, service
from portal.deposits.debts import open_debt, set_off
from portal.deposits.deductions import add_document
from portal.deposits.traffic import add_traffic, pay_traffic
from portal.domain.deposits import DeductionAct as Act
from portal.files import Sent
from portal.models import tables as t
from tests.deposits.conftest import START, Acts
from tests.support.clocks import shanghai
from tests.support.statements import make_statement
from tests.support.tampering import unnoticed

TABLES = (
    *("deposit_entry", "deposit_deduction", "deposit_file", "deposit_waiver", "debt", "debt_settlement"),
    *("traffic_day", "traffic_payment", "wholesale_state"),
)
NOW = shanghai("2026-05-11 10:00")
# What `check` does not vouch for, and why.
FREE = {
    "deposit_deduction.version": "counts changes",
    "debt.version": "counts changes",
}


@pytest.fixture
def lived_in(acts: Acts, tmp_path: Path) -> Acts:
    """Deductions of every state, debts settled in every way, a waiver taken back, service that stopped."""
    acts.pay("5000.00")
    acts.pay("300.00", who="carol")
    acts.arrears("10.00")
    with db.transaction(acts.engine) as session:
        paper = Sent("合同.pdf", b"%PDF-1.7 paper")
        add_document(
            session, actor=acts.folk["finance"].actor, now=START, deduction_id=1, version=1, sent=paper,
            folder=str(tmp_path),
        )  # fmt: skip
    acts.act("channel_manager", 1, Act.APPROVE)
    acts.arrears("11.00")
    acts.act("channel_manager", acts.arrears("12.00"), Act.REFUSE, why="没有单据")
    dropped, upheld, beyond = acts.arrears("13.00"), acts.arrears("14.00"), acts.arrears("800.00", "carol")
    for each in (dropped, upheld, beyond):
        acts.announced(each)
    for each in (dropped, upheld):
        acts.act("alice", each, Act.OBJECT, why="不是我们的客户")
    acts.act("channel_manager", dropped, Act.DROP, why="名称有误")
    acts.act("channel_manager", upheld, Act.UPHOLD, why="合同在此")
    owed = acts.owe("800.00", on=date(2026, 3, 2))
    acts.tick(shanghai("2026-04-03 10:00"))
    acts.announced(acts.deduct(owed, shanghai("2026-04-03 10:00")), shanghai("2026-04-03 10:00"))
    acts.tick(NOW)
    settle_debts(acts)
    waive(acts)
    wholesale(acts)
    acts.announced(acts.arrears("15.00"), NOW)
    return acts


def settle_debts(acts: Acts) -> None:
    """One debt is written off; one is set off against a statement, paid in part, the rest still owed."""
    finance, partner = acts.folk["finance"].actor, acts.partner()
    gone, mine = acts.owe("70.00"), acts.partner()
    with db.transaction(acts.engine) as session:
        about: dict[str, Any] = {"actor": finance, "now": NOW}
        service.write_off(session, **about, debt_id=gone, version=1, reason="已注销")
        first, second = (make_statement(session, partner, period) for period in ("2025-Q4", "2026-Q1"))
        debt = open_debt(
            session, **about, partner_id=mine, statement_id=first, amount=Decimal("90.00"), on=NOW.date()
        )
        set_off(session, **about, debt_id=debt, statement_id=second, amount=Decimal("20.00"))
        version = session.scalar(sa.select(t.debt.c.version).where(t.debt.c.id == debt))
        service.settle_in_cash(
            session, **about, debt_id=debt, version=version, amount=Decimal("30.00"), reference="B1",
            on=NOW.date(),
        )  # fmt: skip


def waive(acts: Acts) -> None:
    """The coo waives what is missing, and takes it back."""
    coo, partner = acts.folk["coo"].actor, acts.partner()
    with db.transaction(acts.engine) as session:
        seen = str(service.shortfall_of(session, partner, NOW.date()))
        service.waive(session, actor=coo, now=NOW, partner_id=partner, seen=seen, reason="新签")
        service.end_waiver(session, actor=coo, now=NOW, partner_id=partner, reason="已过季度")


def wholesale(acts: Acts) -> None:
    """Traffic up to a warning, a part of it paid."""
    acts.pay("1000.00", who="dora")
    partner, finance = acts.partner("dora"), acts.folk["finance"].actor
    days = {date(2026, 3, 1): Decimal("600.00"), date(2026, 3, 2): Decimal("350.00")}
    with db.transaction(acts.engine) as session:
        add_traffic(session, actor=None, now=NOW, days={partner: days})
        pay_traffic(
            session, actor=finance, now=NOW, partner_id=partner, amount=Decimal("50.00"), on=NOW.date(),
            reference="T1",
        )  # fmt: skip


@pytest.mark.engines("sqlite")
def test_check_notices_whatever_is_changed_by_hand(lived_in: Acts) -> None:
    assert lived_in.problems(NOW) == []
    with db.reading(lived_in.engine) as session:
        found = unnoticed(session, TABLES, partial(check.problems, now=NOW))
    assert sorted(found - set(FREE)) == []
    assert sorted(set(FREE) - found) == [], "vouched for, and listed as free"


DAY = "'2026-04-01 00:00:00'"
FORGED = {
    "an entry": "deposit_entry (partner_id, seq, kind, amount, balance_after, booked_on, reference, note,"
    f" recorded_at) VALUES (2, 3, 'top_up', 100, 100, '2026-04-01', 'x', '', {DAY})",
    "a deduction": "deposit_deduction (partner_id, cause, document, amount, note, state, proposed_at,"
    " proposed_by_id, objection, decision, version)"
    f" VALUES (1, 'customer_arrears', 'x', 100, '', 'proposed', {DAY}, 1, '', '', 1)",
    "a document": "deposit_file (partner_id, name, media_type, size, sha256, storage_key, uploaded_by_id,"
    f" uploaded_at) VALUES (1, 'x.pdf', 'application/pdf', 1, 'x', 'x', 1, {DAY})",
    "a waiver": f"deposit_waiver (partner_id, amount, reason, waived_at, waived_by_id)"
    f" VALUES (1, 9000000, 'x', {DAY}, 1)",
    "a debt": "debt (partner_id, amount, remaining, opened_on, due_on, state, version)"
    " VALUES (1, 100, 100, '2026-04-01', '2026-05-01', 'open', 1)",
    "a settlement": "debt_settlement (debt_id, amount, how, reference, reason, settled_on, settled_at)"
    f" VALUES (1, 100, 'cash', 'x', '', '2026-04-01', {DAY})",
    "a day of traffic": "traffic_day (partner_id, day, amount) VALUES (1, '2026-04-01', 0)",
    "a payment for traffic": "traffic_payment (partner_id, amount, paid_on, reference, note, recorded_at)"
    f" VALUES (1, 100, '2026-04-01', 'x', '', {DAY})",
    "a partner in service": "wholesale_state (partner_id, state, since, unpaid)"
    f" VALUES (1, 'running', {DAY}, 0)",
}


@pytest.mark.engines("sqlite")
def test_check_notices_what_is_slipped_in_by_hand(lived_in: Acts) -> None:
    for what, row in FORGED.items():
        with db.reading(lived_in.engine) as session:
            assert session.execute(sa.text(f"INSERT INTO {row}")).rowcount == 1, what
            assert list(check.problems(session, now=NOW)), what


@pytest.mark.engines("sqlite")
def test_a_row_whose_trail_tells_nothing_is_told_of(lived_in: Acts) -> None:
    """Without the entries that vouched for it a row stands alone, however well it adds up."""
    for name in TABLES:
        subject = {"traffic_day": "traffic", "wholesale_state": "wholesale"}.get(name, name)
        with db.reading(lived_in.engine) as session:
            gone = sa.delete(t.audit_entry).where(t.audit_entry.c.subject_type == subject)
            assert session.execute(gone).rowcount, name
            assert name in {table for table, _row, _why in check.problems(session, now=NOW)}

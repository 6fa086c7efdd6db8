"""Payments, deductions and what stays owed, through the services and the tick (B1–B4, M11)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from portal import db
from portal.deposits import service
from portal.domain.deposits import DeductionAct as Act
from portal.domain.deposits import DeductionState as State
from portal.domain.errors import RuleViolation, StaleVersion
from portal.models import tables as t
from tests.deposits.conftest import START, Acts
from tests.support.clocks import shanghai

LATER = shanghai("2026-03-10 00:30")
"""Five working days after `START` are over."""


def test_a_deduction_takes_effect_once_its_days_are_over(acts: Acts) -> None:
    """B3: twice the tick changes nothing."""
    acts.pay("90000.00")
    number = acts.announced(acts.arrears("1200.50"))
    acts.tick(shanghai("2026-03-09 23:59"))
    assert acts.balance() == "90000.00"
    acts.tick(LATER)
    acts.tick(LATER)
    row = acts.row("deposit_deduction", number)
    assert (row.state, row.taken, row.effective_on) == (State.EFFECTIVE, Decimal("1200.50"), LATER.date())
    assert acts.balance() == "88799.50"
    assert acts.problems(LATER) == []


def test_an_objection_stops_it_until_it_is_decided(acts: Acts) -> None:
    """B3: upheld after its day, it takes effect at once; nobody objects twice."""
    acts.pay("90000.00")
    upheld, dropped = (acts.announced(acts.arrears("100.00")) for _ in range(2))
    for number in (upheld, dropped):
        acts.act("alice", number, Act.OBJECT, START, "不是我们的客户")
    acts.tick(LATER)
    assert acts.balance() == "90000.00"
    with pytest.raises(RuleViolation, match=r"reason\.required"):
        acts.act("channel_manager", dropped, Act.DROP, LATER)
    acts.act("channel_manager", dropped, Act.DROP, LATER, "客户名称有误")
    acts.act("channel_manager", upheld, Act.UPHOLD, LATER, "合同在此")
    assert acts.balance() == "89900.00"
    assert acts.row("deposit_deduction", dropped).state is State.DROPPED
    assert acts.problems(LATER) == []


def test_upheld_in_time_it_waits_for_its_day_and_no_second_objection(acts: Acts) -> None:
    acts.pay("90000.00")
    number = acts.announced(acts.arrears("100.00"))
    acts.act("alice", number, Act.OBJECT, START, "x")
    acts.act("channel_manager", number, Act.UPHOLD, START, "y")
    assert acts.balance() == "90000.00"
    with pytest.raises(RuleViolation, match=r"deduction\.not_now"):
        acts.act("alice", number, Act.OBJECT, START, "x")
    acts.tick(LATER)
    assert acts.balance() == "89900.00"


def test_arrears_beyond_the_deposit_become_a_debt(acts: Acts) -> None:
    """B3: what the balance does not cover stays owed."""
    acts.pay("500.00")
    number = acts.announced(acts.arrears("800.00"))
    acts.tick(LATER)
    assert acts.balance() == "0.00"
    debt = acts.row("debt", acts.row("deposit_deduction", number).rest_debt_id)
    assert (debt.amount, debt.due_on) == (Decimal("300.00"), date(2026, 4, 9))
    assert acts.problems(LATER) == []


def test_a_debt_is_deducted_as_far_as_the_deposit_goes(acts: Acts) -> None:
    """M11, B3: only when overdue; the rest stays owed and can be deducted again after a top-up."""
    acts.pay("500.00")
    debt = acts.owe("800.00")
    with pytest.raises(RuleViolation, match=r"deduction\.not_overdue"):
        acts.deduct(debt, shanghai("2026-04-01 10:00"))
    when = shanghai("2026-04-02 10:00")
    first = acts.announced(acts.deduct(debt, when), when)
    with pytest.raises(RuleViolation, match=r"deduction\.proposed"):
        acts.deduct(debt, when)
    after = shanghai("2026-05-06 10:00")
    acts.tick(after)
    assert acts.row("deposit_deduction", first).taken == Decimal("500.00")
    assert acts.row("debt", debt).remaining == Decimal("300.00")
    acts.pay("1000.00", at=after)
    acts.announced(acts.deduct(debt, after), after)
    acts.tick(shanghai("2026-06-01 10:00"))
    assert (acts.row("debt", debt).state.value, acts.balance()) == ("settled", "700.00")
    assert acts.problems(after) == []


def test_what_was_paid_in_cash_meanwhile_is_not_taken_again(acts: Acts) -> None:
    acts.pay("5000.00")
    debt, when = acts.owe("800.00"), shanghai("2026-04-02 10:00")
    number = acts.announced(acts.deduct(debt, when), when)
    finance = acts.folk["finance"].actor
    with db.transaction(acts.engine) as session:
        service.settle_in_cash(
            session, actor=finance, now=when, debt_id=debt, version=acts.row("debt", debt).version,
            amount=Decimal("750.00"), reference="B1", on=when.date(),
        )  # fmt: skip
    with pytest.raises(RuleViolation, match=r"debt\.deducting"), db.transaction(acts.engine) as session:
        service.write_off(
            session, actor=finance, now=when, debt_id=debt, version=acts.row("debt", debt).version, reason="x"
        )
    acts.tick(shanghai("2026-05-06 10:00"))
    assert acts.row("deposit_deduction", number).taken == Decimal("50.00")
    assert (acts.row("debt", debt).state.value, acts.balance()) == ("settled", "4950.00")
    assert acts.problems(when) == []


def test_a_debt_is_written_off_with_a_reason(acts: Acts) -> None:
    debt, finance = acts.owe("800.00"), acts.folk["finance"].actor
    about: dict[str, Any] = {"actor": finance, "now": START, "debt_id": debt, "version": 1}
    with pytest.raises(RuleViolation, match=r"reason\.required"), db.transaction(acts.engine) as session:
        service.write_off(session, **about, reason=" ")
    with db.transaction(acts.engine) as session:
        service.write_off(session, **about, reason="公司已注销")
    assert acts.row("debt", debt).state.value == "written_off"
    with pytest.raises(StaleVersion), db.transaction(acts.engine) as session:
        service.write_off(session, **about, reason="x")


def test_the_same_reference_is_not_booked_twice(acts: Acts) -> None:
    """B2."""
    acts.pay("90000.00", ref="BANK-1")
    with pytest.raises(RuleViolation, match=r"deposit\.reference_known"):
        acts.pay("90000.00", ref="BANK-1")
    acts.pay("90000.00", who="carol", ref="BANK-1")
    assert acts.balance() == "90000.00"


def test_nobody_approves_what_they_proposed(acts: Acts) -> None:
    """B3: four eyes; the database refuses it as well."""
    number = acts.arrears("100.00", by="channel_manager")
    with pytest.raises(RuleViolation, match=r"deduction\.four_eyes"):
        acts.act("channel_manager", number, Act.APPROVE)
    other = acts.arrears("100.00")
    row = t.deposit_deduction
    proposer = acts.folk["finance"].user_id
    with pytest.raises(RuleViolation, match=r"db\.conflict"), db.transaction(acts.engine) as session:
        session.execute(row.update().where(row.c.id == other).values(approved_by_id=proposer))


def test_the_coo_waives_what_is_missing_and_no_more(acts: Acts) -> None:
    """B4: gold needs ¥90,000."""
    acts.pay("80000.00")
    coo, partner = acts.folk["coo"].actor, acts.partner()
    with pytest.raises(StaleVersion), db.transaction(acts.engine) as session:
        service.waive(session, actor=coo, now=START, partner_id=partner, seen="9000.00", reason="x")
    with db.transaction(acts.engine) as session:
        service.waive(session, actor=coo, now=START, partner_id=partner, seen="10000.00", reason="本季新签")
        assert service.waived_amount(session, partner) == Decimal("10000.00")
    with db.transaction(acts.engine) as session:
        service.end_waiver(session, actor=coo, now=START, partner_id=partner, reason="已过季度")
        assert service.waived_amount(session, partner) == 0
    with pytest.raises(RuleViolation, match=r"deposit\.not_waived"), db.transaction(acts.engine) as session:
        service.end_waiver(session, actor=coo, now=START, partner_id=partner, reason="x")
    assert acts.problems(START) == []


def test_the_deposit_goes_back_when_nothing_is_open_any_more(acts: Acts) -> None:
    acts.pay("90000.00")
    debt, partner = acts.owe("100.00"), acts.partner()

    def leave() -> None:
        with db.transaction(acts.engine) as session:
            service.return_on_exit(
                session, actor=acts.folk["finance"].actor, now=START, partner_id=partner,
                version=acts.row("partner", partner).version, seen="90000.00", reference="OUT-1",
            )  # fmt: skip

    with pytest.raises(RuleViolation, match=r"deposit\.exit_open"):
        leave()
    with db.transaction(acts.engine) as session:
        service.write_off(
            session, actor=acts.folk["finance"].actor, now=START, debt_id=debt, version=1, reason="x"
        )
    leave()
    assert (acts.balance(), acts.row("partner", partner).active) == ("0.00", False)
    with pytest.raises(RuleViolation, match=r"deposit\.partner_left"):
        acts.pay("1.00")
    assert acts.problems(START) == []

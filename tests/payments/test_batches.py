"""Payment batches: four eyes, set-offs, the bank's file and its answer (step 7, M10, M11, M14)."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from portal import db
from portal.deposits.debts import open_debt
from portal.domain.disputes import DisputeKind, DisputeState
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.payments import BatchState, Hindrance, ItemState
from portal.domain.statements import Act, Station
from portal.imports.run import Refusal
from portal.models import tables as t
from portal.payments.batches import prepare_batch
from portal.payments.due import due_statements
from portal.statements.walk import send_back, take_step
from tests.payments.conftest import Desk
from tests.support.clocks import shanghai
from tests.support.statements import walk_to


def owe(desk: Desk, amount: str, who: str = "alice") -> int:
    partner = desk.people[who].partner_id
    assert partner is not None
    with db.transaction(desk.engine) as session:
        return open_debt(
            session, actor=None, now=shanghai("2026-03-15 10:00"), partner_id=partner, statement_id=None,
            amount=Decimal(amount), on=date(2026, 3, 15),
        )  # fmt: skip


def acts_of(desk: Desk, statement: int, act: Act) -> list[sa.Row]:
    return [each for each in desk.rows("statement_act") if each.statement_id == statement and each.act is act]


def test_prepared_by_one_released_by_another_answered_by_the_bank(desk: Desk) -> None:
    desk.account()
    one, two = desk.approved("4800.00"), desk.approved("99.99")
    batch = desk.prepare(one, two)
    row = desk.row("payment_batch", batch)
    assert (row.state, row.payments, row.amount, row.number) == (
        BatchState.PREPARED, 2, Decimal("4899.99"), "PB-20260401-01",
    )  # fmt: skip
    with pytest.raises(RuleViolation, match=r"payment\.four_eyes"):
        desk.release(batch, by="finance")
    desk.release(batch)
    desk.take(batch)
    first, second = desk.references(batch)
    report = desk.answer(f"{first},成功,2026-04-02,B77,", f"{second},失败,,,账号已销户", by="third")
    assert (report.accepted, report.skipped) == (2, 0)
    assert (desk.station(one), desk.station(two)) == (Station.PAID, Station.APPROVED)
    assert desk.row("payment_batch", batch).state is BatchState.ANSWERED
    [paid] = acts_of(desk, one, Act.PAY)
    assert paid.actor_id == desk.people["second"].user_id, "whoever released it answers for it (M10)"
    assert (paid.data["reference"], paid.data["paid"]) == (first, "4800.00")
    with db.reading(desk.engine) as session:
        [again] = due_statements(session, actor=desk.people["finance"].actor)
    assert (again.row.id, again.hindrance, again.row.failure) == (two, None, "账号已销户")
    desk.pay(two)
    assert desk.station(two) is Station.PAID
    assert desk.holds() == []


def test_whoever_approved_a_statement_neither_prepares_nor_releases_its_payment(desk: Desk) -> None:
    desk.account()
    statement = desk.approved(station=Station.PASSED_ON)
    with db.transaction(desk.engine) as session:
        walk_to(
            session, desk.people, statement, Station.APPROVED, now=shanghai("2026-03-31 10:00"),
            others={Act.APPROVE_MANAGER: "both"},
        )  # fmt: skip
    with pytest.raises(RuleViolation, match=r"statement\.four_eyes"):
        desk.prepare(statement, by="both")
    with db.reading(desk.engine) as session:
        [due] = due_statements(session, actor=desk.people["both"].actor)
    assert due.hindrance is Hindrance.FOUR_EYES
    batch = desk.prepare(statement)
    with pytest.raises(RuleViolation, match=r"statement\.four_eyes"):
        desk.release(batch, by="both")
    desk.release(batch, by="second")


def test_a_statement_is_in_one_live_batch_only(desk: Desk) -> None:
    desk.account()
    statement = desk.approved()
    batch = desk.prepare(statement)
    with pytest.raises(RuleViolation, match=r"payment\.cannot"):
        desk.prepare(statement, by="second")
    desk.withdraw(batch)
    desk.pay(statement)
    assert desk.holds() == []


def test_only_finance_pays_and_only_what_is_approved(desk: Desk) -> None:
    desk.account()
    statement = desk.approved()
    early = desk.approved(station=Station.PASSED_ON)
    with pytest.raises(RuleViolation, match=r"statement\.not_yours"):
        desk.prepare(statement, by="coo")
    with pytest.raises(RuleViolation, match=r"statement\.not_now"):
        desk.prepare(early)
    with pytest.raises(RuleViolation, match=r"payment\.nothing_chosen"):
        desk.prepare()
    batch = desk.prepare(statement)
    with pytest.raises(RuleViolation, match=r"payment\.not_yours"):
        desk.release(batch, by="coo")


def test_an_open_dispute_stands_in_the_way(desk: Desk) -> None:
    desk.account()
    statement = desk.approved()
    with db.transaction(desk.engine) as session:
        session.execute(
            sa.insert(t.dispute).values(
                statement_id=statement,
                revision=1,
                kind=DisputeKind.OTHER,
                text="-",
                parked=False,
                answer="",
                opened_at=shanghai("2026-03-30"),
                opened_by_id=desk.people["alice"].user_id,
                state=DisputeState.OPEN,
                version=1,
            )
        )
    with pytest.raises(RuleViolation, match=r"payment\.cannot"):
        desk.prepare(statement)


def test_what_a_partner_owes_is_deducted(desk: Desk) -> None:
    """M11, M14: paid + set off = total; the debt is settled when the batch is released, not before."""
    desk.account()
    debt = owe(desk, "1000.00")
    one, two = desk.approved("600.00"), desk.approved("900.00")
    with db.reading(desk.engine) as session:
        due = {each.row.id: each for each in due_statements(session, actor=desk.people["finance"].actor)}
    assert due[one].hindrance is Hindrance.NOTHING_DUE
    assert (due[two].parts.set_off, due[two].parts.paid) == (Decimal("400.00"), Decimal("500.00"))
    desk.settle(one)
    batch = desk.prepare(two)
    assert desk.row("debt", debt).remaining == Decimal("400.00")
    desk.release(batch)
    assert desk.row("debt", debt).remaining == Decimal("0.00")
    desk.take(batch)
    desk.answer(f"{desk.references(batch)[0]},paid,2026-04-02,B1,")
    assert {desk.station(each) for each in (one, two)} == {Station.PAID}
    items = [each for each in desk.rows("payment_item") if each.state is ItemState.PAID]
    assert sum(each.paid + each.set_off for each in items) == Decimal("1500.00")
    assert desk.holds() == []


def test_two_batches_do_not_take_the_same_debt(desk: Desk) -> None:
    desk.account()
    owe(desk, "300.00")
    one, two = desk.approved("500.00"), desk.approved("500.00")
    first, second = desk.prepare(one), desk.prepare(two)
    assert [desk.row("payment_batch", each).set_off for each in (first, second)] == [Decimal(300), Decimal(0)]
    desk.release(first)
    desk.release(second)
    assert desk.holds() == []


def test_a_set_off_stands_when_the_bank_cannot_pay_the_rest(desk: Desk) -> None:
    desk.account()
    owe(desk, "300.00")
    statement = desk.approved("500.00")
    batch = desk.sent(statement)
    desk.answer(f"{desk.references(batch)[0]},failed,,,退回")
    owe(desk, "50.00")
    again = desk.prepare(statement)
    row = desk.row("payment_batch", again)
    assert (row.amount, row.set_off) == (Decimal("150.00"), Decimal("350.00"))
    desk.release(again)
    desk.take(again)
    desk.answer(f"{desk.references(again)[0]},paid,2026-04-02,B9,")
    assert desk.station(statement) is Station.PAID
    assert desk.holds() == []


def test_a_total_below_nothing_becomes_a_debt_and_none_needs_no_payment(desk: Desk) -> None:
    minus, zero = desk.approved("-120.50"), desk.approved("0.00")
    with pytest.raises(RuleViolation, match=r"payment\.cannot"):
        desk.prepare(minus)
    desk.settle(minus)
    desk.settle(zero)
    [debt] = desk.rows("debt")
    assert (debt.statement_id, debt.amount) == (minus, Decimal("120.50"))
    assert acts_of(desk, minus, Act.PAY)[0].data["debt"] == "120.50"
    assert acts_of(desk, zero, Act.PAY)[0].data["nothing_due"] is True
    with pytest.raises(RuleViolation, match=r"statement\.not_now"):
        desk.settle(zero)
    assert desk.holds() == []


def test_what_is_to_be_paid_is_not_settled_by_hand(desk: Desk) -> None:
    desk.account()
    statement = desk.approved()
    with pytest.raises(RuleViolation, match=r"payment\.by_bank"):
        desk.settle(statement)


def test_an_account_that_changes_stops_the_batch(desk: Desk) -> None:
    desk.account()
    statement = desk.approved()
    batch = desk.prepare(statement)
    new = desk.state("alice", number="1111 2222 3333")
    with pytest.raises(RuleViolation, match=r"payment\.accounts"):
        desk.release(batch)
    desk.verify(new)
    with pytest.raises(RuleViolation, match=r"payment\.accounts"):
        desk.release(batch)
    desk.withdraw(batch)
    again = desk.prepare(statement)
    desk.release(again)
    desk.state("alice", number="4444 5555 6666")
    with pytest.raises(RuleViolation, match=r"payment\.accounts"):
        desk.take(again)
    desk.withdraw(again)
    assert desk.holds() == []


def test_the_file_that_is_out_cannot_be_taken_back(desk: Desk) -> None:
    desk.account()
    batch = desk.sent(desk.approved())
    with pytest.raises(RuleViolation, match=r"payment\.sent"):
        desk.withdraw(batch)
    desk.take(batch, by="finance", at="2026-04-01 15:00")
    row = desk.row("payment_batch", batch)
    assert (row.taken, row.taken_by_id) == (2, desk.people["second"].user_id)
    assert row.taken_at == shanghai("2026-04-01 12:00")


def test_no_file_before_the_release_and_no_answer_before_the_file(desk: Desk) -> None:
    desk.account()
    batch = desk.prepare(desk.approved())
    with pytest.raises(RuleViolation, match=r"payment\.not_now"):
        desk.take(batch)
    desk.release(batch)
    with pytest.raises(Refusal) as refused:
        desk.answer(f"{desk.references(batch)[0]},paid,2026-04-02,B1,")
    assert [each.problem.code for each in refused.value.report.refused] == ["payment.unknown"]


def test_a_statement_in_a_batch_is_not_sent_back(desk: Desk) -> None:
    desk.account()
    statement = desk.approved()
    batch = desk.prepare(statement)

    def back() -> None:
        with db.transaction(desk.engine) as session:
            send_back(
                session, actor=desk.people["finance"].actor, now=shanghai("2026-04-01 13:00"),
                reason="金额不对", statement_id=statement, version=None, to=Station.PASSED_ON,
            )  # fmt: skip

    with pytest.raises(RuleViolation, match=r"statement\.in_payment"):
        back()
    desk.withdraw(batch)
    back()
    assert desk.station(statement) is Station.PASSED_ON


def test_what_changed_since_the_page_was_drawn_is_told(desk: Desk) -> None:
    desk.account()
    statement = desk.approved()
    with db.transaction(desk.engine) as session:
        session.execute(sa.update(t.statement).values(version=99))
    version = desk.row("statement", statement).version
    with pytest.raises(StaleVersion), db.transaction(desk.engine) as session:
        prepare_batch(
            session, actor=desk.people["finance"].actor, now=shanghai("2026-04-01"),
            picks=[(statement, version - 1)],
        )  # fmt: skip


def test_the_answer_again_is_skipped_and_another_one_refused(desk: Desk) -> None:
    desk.account()
    batch = desk.sent(desk.approved(), desk.approved())
    one, two = desk.references(batch)
    desk.answer(f"{one},paid,2026-04-02,B1,")
    report = desk.answer(f"{one},成功,2026-04-02,B1,", f"{two},paid,2026-04-02,B2,")
    assert (report.accepted, report.skipped) == (1, 1)
    before = desk.rows("payment_item")
    for line in (f"{one},failed,,,不对", f"{one},paid,2026-04-01,B1,", f"{one},paid,2026-04-02,B3,"):
        with pytest.raises(Refusal) as refused:
            desk.answer(line)
        assert [each.problem.code for each in refused.value.report.refused] == ["payment.answered_otherwise"]
    assert desk.rows("payment_item") == before
    assert desk.holds() == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{ref},maybe,2026-04-02,B1,", "payment.result"),
        ("{ref},paid,,B1,", "required"),
        ("{ref},paid,2026-04-02,,", "required"),
        ("{ref},paid,2026-04-03,B1,", "payment.future"),
        ("{ref},paid,02.04.26,B1,", "date.form"),
        ("{ref},failed,,,", "required"),
        ("PB-1-001,paid,2026-04-02,B1,", "payment.unknown"),
        (",paid,2026-04-02,B1,", "required"),
    ],
)
@pytest.mark.engines("sqlite")
def test_one_wrong_row_refuses_the_whole_answer(desk: Desk, line: str, code: str) -> None:
    desk.account()
    batch = desk.sent(desk.approved(), desk.approved())
    one, two = desk.references(batch)
    with pytest.raises(Refusal) as refused:
        desk.answer(f"{one},paid,2026-04-02,B1,", line.format(ref=two))
    [found] = refused.value.report.refused
    assert (found.row, found.problem.code) == (3, code)
    assert {each.state for each in desk.rows("payment_item")} == {ItemState.WAITING}


@pytest.mark.engines("sqlite")
def test_pay_is_taken_by_no_other_way_than_by_a_payment(desk: Desk) -> None:
    """The walk itself lets finance pay; check tells of a payment that has no line."""
    statement = desk.approved()
    with db.transaction(desk.engine) as session:
        take_step(
            session, actor=desk.people["finance"].actor, now=shanghai("2026-04-01"), statement_id=statement,
            version=None, act=Act.PAY,
        )  # fmt: skip
    assert any("check.unpaid" in each for each in desk.holds())

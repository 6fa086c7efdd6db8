"""Two people of finance at the same moment: one pays, the other is told, nobody is paid twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.payments import ItemState
from portal.domain.statements import Act, Station
from tests.payments.conftest import Desk


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Do all of it at the same time; how each one came out."""

    def outcome(act: Callable[[], Any]) -> str:
        try:
            act()
        except RuleViolation as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(outcome, acts))


def test_two_put_the_same_statement_into_a_batch(desk: Desk) -> None:
    desk.account()
    one, two = desk.approved(), desk.approved()
    people = ("finance", "second", "third")
    outcomes = at_once(*(lambda by=by: desk.prepare(one, two, by=by) for by in people))
    assert outcomes == ["done", "payment.cannot", "payment.cannot"]
    assert len(desk.rows("payment_batch")) == 1
    assert desk.holds() == []


def test_two_release_the_same_batch_and_two_withdraw_it(desk: Desk) -> None:
    desk.account()
    batch = desk.prepare(desk.approved())
    outcomes = at_once(
        lambda: desk.release(batch, by="second"),
        lambda: desk.release(batch, by="third"),
        lambda: desk.withdraw(batch),
    )
    assert outcomes.count("done") in (1, 2)
    items = desk.rows("payment_item")
    assert len([each for each in items if each.state is ItemState.WAITING]) <= 1
    assert desk.holds() == []


def test_the_same_answer_is_brought_in_by_three(desk: Desk) -> None:
    desk.account()
    batch = desk.sent(*(desk.approved() for _number in range(3)))
    lines = [f"{each},paid,2026-04-02,B1," for each in desk.references(batch)]
    outcomes = at_once(*(lambda by=by: desk.answer(*lines, by=by) for by in ("finance", "second", "third")))
    assert outcomes == ["done", "done", "done"]
    paid = [each for each in desk.rows("statement_act") if each.act is Act.PAY]
    assert len(paid) == len({each.statement_id for each in paid}) == 3
    assert sum(each.paid for each in desk.rows("payment_item")) == Decimal("14400.00")
    assert desk.holds() == []


def test_two_verify_the_same_account(desk: Desk) -> None:
    stated = desk.state("alice")
    outcomes = at_once(lambda: desk.verify(stated, "finance"), lambda: desk.verify(stated, "second"))
    assert outcomes[0] in ("account.not_waiting", "stale")
    assert outcomes[1] == "done"
    assert desk.holds() == []


def test_two_close_the_same_statements(desk: Desk) -> None:
    desk.account()
    statement = desk.approved()
    desk.pay(statement)
    desk.invoice(statement)
    outcomes = at_once(lambda: desk.close(statement), lambda: desk.close(statement, by="second"))
    assert outcomes in (["done", "statement.not_now"], ["done", "stale"])
    assert desk.station(statement) is Station.CLOSED
    assert len([each for each in desk.rows("statement_act") if each.act is Act.CLOSE]) == 1

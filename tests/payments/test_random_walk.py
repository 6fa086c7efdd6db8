"""Whatever finance and the bank do in whatever order: paid and set off come to the totals, nobody twice."""

import random
from decimal import Decimal

import pytest

from portal import db
from portal.domain.errors import RuleViolation
from portal.domain.payments import ItemState
from portal.domain.statements import Station, place_of
from portal.imports.run import Refusal
from portal.payments.due import due_statements
from tests.payments.conftest import Desk
from tests.payments.test_batches import owe

PEOPLE = ("finance", "second", "third")
TOTALS = ("0.00", "-35.10", "120.00", "4800.00", "0.01", "77.77")


def step(desk: Desk, draw: random.Random, statements: list[int], told: dict[str, str]) -> None:
    """One act of somebody, sensible or not."""
    batches = [each.id for each in desk.rows("payment_batch")]
    by = draw.choice(PEOPLE)
    what = draw.choice(("prepare", "release", "take", "answer", "answer", "other"))
    if what == "prepare":
        some = draw.sample(statements, draw.randint(1, 3))
        desk.prepare(*(each for each in some if draw.random() < 0.1 or waits(desk, each)), by=by)
    elif what == "other":
        other = draw.choice(("owe", "settle", "settle", "withdraw", "withdraw", "account"))
        if other == "owe":
            owe(desk, draw.choice(("10.00", "100.00")))
        elif other == "settle":
            desk.settle(draw.choice(statements), by=by)
        elif other == "account":
            desk.verify(desk.state("alice", number=f"{draw.randint(100000, 999999)}"), by)
        elif batches:
            desk.withdraw(draw.choice(batches), by=by)
    elif batches and what == "release":
        desk.release(batches[-1], by=by)
    elif batches and what == "take":
        desk.take(batches[-1], by=by)
    elif batches:
        reference = draw.choice(desk.references(draw.choice(batches[-2:])))
        line = draw.choice((f"{reference},paid,2026-04-02,B1,", f"{reference},failed,,,退回"))
        desk.answer(line, by=by)
        assert told.setdefault(reference, line) == line, "an answer was changed"


def waits(desk: Desk, statement: int) -> bool:
    """Whether it can be paid at all, whatever else stands in the way."""
    row = desk.row("statement", statement)
    return bool(row.total > 0 and row.station is Station.APPROVED)


def sums(desk: Desk, statements: list[int]) -> None:
    """Paid and set off come to the totals of what is paid, and no statement has two live payments."""
    rows = [desk.row("statement", each) for each in statements]
    done = [each for each in rows if place_of(Station(each.station)) >= place_of(Station.PAID)]
    items = [each for each in desk.rows("payment_item") if each.state in (ItemState.PAID, ItemState.WAITING)]
    paid = [each for each in items if each.state is ItemState.PAID]
    assert len({each.statement_id for each in items}) == len(items)
    assert {each.statement_id for each in paid} == {each.id for each in done}
    assert sum((each.paid + each.set_off for each in paid), Decimal(0)) == sum(
        (each.total for each in done), Decimal(0)
    )
    owed = {each.id: each for each in desk.rows("debt")}
    settled: dict[int, Decimal] = {}
    for each in desk.rows("payment_set_off"):
        if each.settled_at:
            settled[each.debt_id] = settled.get(each.debt_id, Decimal(0)) + each.amount
    for debt, amount in settled.items():
        assert owed[debt].amount - owed[debt].remaining == amount


def finish(desk: Desk) -> None:
    """However tangled it is: what is out is answered, what is stuck is given up, the rest is paid."""
    for batch in desk.rows("payment_batch"):
        lines = [each for each in desk.rows("payment_item") if each.batch_id == batch.id]
        waiting = [each.reference for each in lines if each.state is ItemState.WAITING]
        if waiting and batch.taken:
            desk.answer(*(f"{each},paid,2026-04-02,B1," for each in waiting))
        elif waiting:
            desk.withdraw(batch.id)
    with db.reading(desk.engine) as session:
        due = due_statements(session, actor=desk.people["finance"].actor)
    for each in due:
        if each.hindrance is not None:
            desk.settle(each.row.id)
    if left := [each.row.id for each in due if each.hindrance is None]:
        desk.pay(*left)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("seed", range(4))
def test_paid_and_set_off_come_to_the_totals(desk: Desk, seed: int) -> None:
    draw, told = random.Random(seed), dict[str, str]()
    desk.account()
    statements = [desk.approved(total) for total in TOTALS]
    refused = 0
    for _number in range(90):
        try:
            step(desk, draw, statements, told)
        except (RuleViolation, Refusal):
            refused += 1
        sums(desk, statements)
    assert 0 < refused < 90
    finish(desk)
    sums(desk, statements)
    assert {desk.station(each) for each in statements} == {Station.PAID}
    assert desk.holds() == []

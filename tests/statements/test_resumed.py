"""What comes of parked disputes (M9), and refunds of receipts that were disputed (M5), from receipts on."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal.domain.disputes import DisputeKind
from portal.domain.errors import RuleViolation
from portal.domain.periods import parse_period
from portal.domain.rates import Product
from portal.domain.statements import Act
from portal.models import tables as t
from portal.receipts.service import Entry, enter_receipt, refund_receipt
from portal.statements.confirming import confirm, foresee_rest
from portal.statements.disputes import Stated, answer, open_disputes, withdraw
from portal.statements.generation import Outcome, generate
from portal.statements.walk import take_step
from tests.statements.adding import holds
from tests.statements.test_sums import folk, world_of  # noqa: F401 - a fixture
from tests.statements.walking import World
from tests.support.people import Person

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def world(engine: sa.Engine, folk: Mapping[str, Person], tmp_path: Any) -> World:  # noqa: F811
    return world_of(engine, folk, tmp_path, 0)


def received(world: World, ref: str, day: str, amount: str, minutes: int | None = None) -> int:
    """A receipt of P1's customer; with minutes an international one."""
    product = Product.PORT if minutes is None else Product.IDD
    entry = Entry("boss", ref, date.fromisoformat(day), "HT-1", product, Decimal(amount), minutes)
    return int(world.do(enter_receipt, "finance", entry=entry))


def refunded(world: World, receipt: int, day: str, amount: str) -> None:
    """So much of it is paid back."""
    world.do(
        refund_receipt, "finance", receipt_id=receipt, ref=f"F{day}", received_on=date.fromisoformat(day),
        amount=Decimal(amount), note="退款",
    )  # fmt: skip


def made(world: World, period: str) -> Outcome:
    """Generated."""
    outcome = world.do(generate, "finance", period=parse_period(period))
    assert isinstance(outcome, Outcome)
    return outcome


def issued(world: World, period: str) -> int:
    """Generated and sent; its id."""
    statement = row_of(world, period, made(world, period)).id
    for act in (Act.PRINT, Act.SEND):
        world.do(take_step, "call_center", statement_id=statement, version=None, act=act)
    return int(statement)


def row_of(world: World, period: str, _made: Any = None) -> Any:
    """The statement of P1 over a period."""
    return world.rows("statement", t.statement.c.period == period)[0]


def objected(world: World, statement: int, receipt: int | None) -> int:
    """Ann disputes; the dispute's id."""
    row = world.rows("statement", t.statement.c.id == statement)[0]
    kind = DisputeKind.OTHER if receipt is None else DisputeKind.AMOUNT
    world.do(
        open_disputes, "ann", statement_id=statement, version=row.version, folder=world.files,
        stated=[Stated(kind, "不对", receipt)],
    )  # fmt: skip
    return int(world.rows("dispute")[-1].id)


def rest_confirmed(world: World, statement: int) -> None:
    """Ann confirms the rest: what is in dispute is parked."""
    seen = world.do(foresee_rest, "ann", statement_id=statement)
    world.do(
        confirm, "ann", statement_id=statement, revision=seen.revision, content_hash=seen.content_hash,
        typed="Ann", sent=None, folder=world.files, rest=True,
    )  # fmt: skip


def parked(world: World, period: str, receipt: int) -> int:
    """The line of a receipt is disputed, and the rest confirmed; the dispute's id."""
    statement = issued(world, period)
    dispute = objected(world, statement, receipt)
    rest_confirmed(world, statement)
    return dispute


def decided(world: World, dispute: int, what: str) -> None:
    """Finance grants so much or refuses, or ann withdraws."""
    version = world.rows("dispute", t.dispute.c.id == dispute)[0].version
    if what == "withdrawn":
        world.do(withdraw, "ann", dispute_id=dispute, version=version)
    else:
        granted = None if what == "refused" else Decimal(what)
        world.do(answer, "finance", dispute_id=dispute, version=version, granted=granted, text="已核对")


def lines(world: World, period: str) -> list[tuple[str, str]]:
    """What stands on the revision in force: kind and commission."""
    row, c = row_of(world, period), t.statement_line.c
    found = world.rows("statement_line", c.statement_id == row.id, c.revision == row.revision)
    return [(each.kind.value, str(each.commission)) for each in found]


@pytest.mark.parametrize(
    ("what", "amount"), [("5000.00", "5000.00"), ("refused", "4800.00"), ("withdrawn", "4800.00")]
)
def test_what_a_parked_dispute_comes_to_is_a_line_of_the_next_statement(
    world: World, what: str, amount: str
) -> None:
    receipt = received(world, "R1", "2026-02-01", "12000.00")
    dispute = parked(world, "2026-Q1", receipt)
    assert str(row_of(world, "2026-Q1").total) == "0.00"
    assert made(world, "2026-Q2").written == []  # nobody decided yet
    decided(world, dispute, what)
    assert len(made(world, "2026-Q2").written) == 1
    assert lines(world, "2026-Q2") == [("resumed", amount)]
    again = made(world, "2026-Q2")
    assert (again.written, again.unchanged) == ([], 1)
    assert str(row_of(world, "2026-Q2").total) == amount
    assert holds(world) == []


def test_what_is_decided_before_the_next_is_sent_comes_on_it_when_it_is_generated_again(world: World) -> None:
    receipt = received(world, "R1", "2026-02-01", "12000.00")
    dispute = parked(world, "2026-Q1", receipt)
    received(world, "R2", "2026-05-01", "100.00")
    made(world, "2026-Q2")
    assert lines(world, "2026-Q2") == [("receipt", "40.00")]
    decided(world, dispute, "5000.00")
    issued(world, "2026-Q2")
    assert lines(world, "2026-Q2") == [("receipt", "40.00"), ("resumed", "5000.00")]
    assert made(world, "2026-Q3").written == []
    assert holds(world) == []


def test_what_comes_to_nothing_is_no_line_and_holds_no_refund_back(world: World) -> None:
    """M3: ¥200.00 for 120 minutes is under the floor of ¥222.00 and earned nothing."""
    receipt = received(world, "R1", "2026-02-01", "200.00", minutes=120)
    dispute = parked(world, "2026-02", receipt)
    refunded(world, receipt, "2026-03-05", "200.00")
    made(world, "2026-03")
    assert row_of(world, "2026-03").withheld == 1
    decided(world, dispute, "refused")
    made(world, "2026-03")
    assert (lines(world, "2026-03"), row_of(world, "2026-03").withheld) == ([("receipt", "0.00")], 0)
    assert holds(world) == []


def test_what_is_resumed_is_not_disputed_by_its_receipt_again(world: World) -> None:
    receipt = received(world, "R1", "2026-02-01", "12000.00")
    decided(world, parked(world, "2026-Q1", receipt), "refused")
    statement = issued(world, "2026-Q2")
    with pytest.raises(RuleViolation) as caught:
        objected(world, statement, receipt)
    assert caught.value.params.get("place") == 0
    other = objected(world, statement, None)
    decided(world, other, "200.00")
    assert lines(world, "2026-Q2") == [("resumed", "4800.00"), ("granted", "200.00")]
    assert holds(world) == []


def test_a_refund_beside_the_resumed_line_takes_its_share_of_it_back(world: World) -> None:
    receipt = received(world, "R1", "2026-02-01", "12000.00")
    dispute = parked(world, "2026-Q1", receipt)
    refunded(world, receipt, "2026-05-05", "3000.00")
    made(world, "2026-Q2")
    assert row_of(world, "2026-Q2").withheld == 1  # what it earned is not decided yet
    decided(world, dispute, "6000.00")
    made(world, "2026-Q2")
    assert lines(world, "2026-Q2") == [("receipt", "-1500.00"), ("resumed", "6000.00")]
    again = made(world, "2026-Q2")
    assert (again.written, again.unchanged) == ([], 1)
    issued(world, "2026-Q2")
    assert holds(world) == []


def test_what_was_granted_is_parked_with_its_line_and_holds_refunds_back(world: World) -> None:
    receipt = received(world, "R1", "2026-02-01", "12000.00")
    statement = issued(world, "2026-Q1")
    decided(world, objected(world, statement, receipt), "5000.00")
    dispute = objected(world, statement, receipt)
    rest_confirmed(world, statement)
    refunded(world, receipt, "2026-05-05", "12000.00")
    made(world, "2026-Q2")
    assert row_of(world, "2026-Q2").withheld == 1
    decided(world, dispute, "withdrawn")
    made(world, "2026-Q2")
    assert lines(world, "2026-Q2") == [("receipt", "-5000.00"), ("resumed", "5000.00")]
    assert holds(world) == []


@pytest.mark.parametrize("then", ["granted", "parked"])
def test_a_refund_that_is_out_stays_as_it_was_when_its_receipt_is_disputed_later(
    world: World, then: str
) -> None:
    receipt = received(world, "R1", "2026-02-01", "12000.00")
    statement = issued(world, "2026-Q1")
    refunded(world, receipt, "2026-05-05", "3000.00")
    issued(world, "2026-Q2")
    assert lines(world, "2026-Q2") == [("receipt", "-1200.00")]
    dispute = objected(world, statement, receipt)
    if then == "granted":
        decided(world, dispute, "5000.00")
    else:
        rest_confirmed(world, statement)
    assert holds(world) == []


def test_nothing_cannot_be_refunded(world: World) -> None:
    receipt = received(world, "R1", "2026-02-01", "12000.00")
    with pytest.raises(RuleViolation) as caught:
        refunded(world, receipt, "2026-05-05", "0.00")
    assert caught.value.code == "receipt.zero"

"""Statements are made of what was received, once each, and the same again (M2, M5–M8, M12, M14)."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal import audit, db
from portal.domain.contracts import key_of
from portal.domain.errors import RuleViolation
from portal.domain.periods import day_start
from portal.domain.roles import Actor, Role
from portal.domain.statements import Act
from portal.models import tables as t
from portal.receipts.matching import match_number
from portal.statements.check import problems
from portal.statements.walk import take_step
from tests.statements.conftest import NAMES, NOW

pytestmark = pytest.mark.usefixtures("signed")


@pytest.fixture(autouse=True)
def sound(engine: sa.Engine) -> Iterator[None]:
    """Whatever a test does, every line follows from its facts afterwards."""
    yield
    with db.reading(engine) as session:
        assert list(problems(session, now=NOW)) == []


Make, Receive, Read = Callable[..., Any], Callable[..., int], Callable[[str], dict[str, Any]]


def of(statement: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """Commission and flags by receipt."""
    both = [*statement["lines"], *statement["not_included"]]
    return {line["receipt"]: (line["commission"], line["flags"]) for line in both}


@pytest.fixture
def send(engine: sa.Engine) -> Callable[[str], None]:
    """Print and send every statement of a period."""

    def do(period: str) -> None:
        with db.transaction(engine) as session:
            db.lock_registry(session)
            c = t.statement.c
            for number in list(session.scalars(sa.select(c.id).where(c.period == period))):
                for act in (Act.PRINT, Act.SEND):
                    take_step(session, actor=None, now=NOW, statement_id=number, version=None, act=act)

    return do


def test_a_quarter_of_ports_and_months_of_the_rest(receive: Receive, make: Make, statements: Read):
    receive("R1", "2026-02-01", "HT-1", "port", "12000.00")
    receive("R2", "2026-02-10", " ht-4", "conference", "333.35")
    receive("R3", "2026-02-11", "ＨＴ-1", "idd", "300.00", minutes=120)
    receive("R4", "2026-02-12", "HT-1", "idd", "200.00", minutes=120)
    receive("R5", "2026-02-13", "HT-2", "port", "100.00")
    receive("R6", "2026-03-31", "HT-1", "ddd", "10.00", minutes=10)
    make("2026-Q1")
    make("2026-02")
    quarter, month = statements("2026-Q1"), statements("2026-02")
    assert set(quarter) == {"P1", "P2"}
    assert (quarter["P1"]["total"], quarter["P2"]["total"]) == ("4800.00", "20.00")
    [line] = quarter["P1"]["lines"]
    assert line | {
        "receipt": "R1", "source": "boss", "contract_no": "HT-1", "customer_name": "慢蜗牛快递有限公司",
        "product": "port", "received_on": "2026-02-01", "amount": "12000.00", "tier": "gold", "year": 1,
        "rate": "0.40", "floor_price": None, "minutes": None, "commission": "4800.00", "rule": "M1",
        "flags": [],
    } == line  # fmt: skip
    assert set(month) == {"P1"}
    assert of(month["P1"]) == {"R2": ("33.34", []), "R3": ("78.00", []), "R4": ("0.00", ["under_floor"])}
    assert (month["P1"]["total"], month["P1"]["state"]) == ("111.34", "generated")


def test_what_is_not_on_it_and_why(receive: Receive, make: Make, statements: Read):
    receive("R1", "2026-01-14", "HT-1", "port", "100.00")
    receive("R2", "2028-01-15", "HT-1", "port", "100.00")
    receive("R3", "2026-02-01", "HT-9", "port", "100.00")
    receive("R4", "2026-02-01", "HT-3", "port", "100.00")
    receive("R5", "2026-05-01", "HT-2", "port", "100.00")
    receive("R6", "2026-08-01", "HT-1", "idd", "100.00", minutes=1)
    for period in ("2026-Q1", "2026-Q2", "2026-08", "2028-Q1"):
        make(period)
    assert of(statements("2026-Q1")["P1"]) == {"R1": ("0.00", ["before_contract"])}
    assert "PW" not in statements("2026-Q1")
    assert of(statements("2028-Q1")["P1"]) == {"R2": ("0.00", ["past_term"])}
    assert of(statements("2026-Q2")["P2"]) == {"R5": ("0.00", ["no_tier"])}
    assert of(statements("2026-08")["P1"]) == {"R6": ("0.00", ["no_floor_price"])}


def test_the_same_again_is_the_same_and_writes_nothing(
    receive: Receive, make: Make, statements: Read, engine: sa.Engine
):
    receive("R1", "2026-02-01", "HT-1", "port", "12000.00")
    assert (len(make("2026-Q1").written), make("2026-Q1").unchanged) == (1, 1)
    before = statements("2026-Q1")
    receive("R2", "2026-02-02", "HT-1", "port", "0.01")
    assert len(make("2026-Q1").written) == 1
    after = statements("2026-Q1")["P1"]
    assert (after["total"], after["revision"]) == ("4800.00", 1)
    assert after["content_hash"] != before["P1"]["content_hash"]
    with db.reading(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.statement_line)) == 2


def test_a_sent_statement_stays_and_what_comes_late_goes_on_the_next(
    receive: Receive, make: Make, statements: Read, send: Callable[[str], None]
):
    """M6, M12: with its own date, as an adjustment."""
    receive("R1", "2026-02-01", "HT-1", "port", "12000.00")
    make("2026-Q1")
    send("2026-Q1")
    sent = statements("2026-Q1")
    receive("R2", "2026-03-01", "HT-1", "port", "100.00")
    receive("R3", "2026-04-01", "HT-1", "port", "200.00")
    assert (make("2026-Q1").out, statements("2026-Q1")) == (1, sent)
    make("2026-Q2")
    assert of(statements("2026-Q2")["P1"]) == {"R2": ("40.00", ["late"]), "R3": ("80.00", [])}


def test_a_refund_takes_back_at_the_old_rate_in_its_own_period(
    receive: Receive, make: Make, statements: Read, send: Callable[[str], None]
):
    """§13 example 4, over two statements; a second refund takes the rest to the fen."""
    receive("R1", "2026-06-01", "HT-1", "port", "12000.00")
    make("2026-Q2")
    send("2026-Q2")
    receive("R2", "2026-07-05", "HT-1", "port", "-3000.00", of="R1")
    make("2026-Q3")
    [line] = statements("2026-Q3")["P1"]["lines"]
    assert (line["commission"], line["tier"], line["rate"], line["rule"]) == (
        "-1200.00",
        "gold",
        "0.40",
        "M5",
    )
    send("2026-Q3")
    receive("R3", "2026-10-05", "HT-1", "port", "-9000.00", of="R1")
    make("2026-Q4")
    assert statements("2026-Q4")["P1"]["total"] == "-3600.00"


def test_a_refund_waits_for_its_receipt(receive: Receive, make: Make, statements: Read):
    receive("R1", "2026-05-01", "HT-2", "port", "100.00")
    receive("R2", "2026-05-02", "HT-2", "port", "-40.00", of="R1")
    make("2026-Q2")
    assert of(statements("2026-Q2")["P2"]) == {
        "R1": ("0.00", ["no_tier"]),
        "R2": ("0.00", ["refunded_withheld"]),
    }


def test_it_does_not_go_out_with_a_receipt_that_lacks_a_term(
    receive: Receive, make: Make, send: Callable[[str], None], engine: sa.Engine
):
    """M2: solved or deferred by name first."""
    receive("R1", "2026-05-01", "HT-2", "port", "100.00")
    make("2026-Q2")
    with pytest.raises(RuleViolation, match=r"statement\.withheld"):
        send("2026-Q2")
    with db.reading(engine) as session:
        assert session.scalar(sa.select(t.statement.c.station)) == "generated"


def test_receipts_after_collection_wait_for_the_next(
    receive: Receive, make: Make, statements: Read, engine: sa.Engine
):
    receive("R1", "2026-02-01", "HT-1", "port", "100.00")
    with db.transaction(engine) as session:
        row = {"period": "2026-Q1", "collected_at": NOW, "collected_by_id": None}
        session.execute(sa.insert(t.collected_period), [row])
        audit.record(
            session, actor=None, action="period.collected", at=NOW, subject=("period", None), collected=row
        )
    receive("R2", "2026-03-01", "HT-1", "port", "200.00", at=NOW + timedelta(seconds=1))
    make("2026-Q1")
    make("2026-Q2")
    assert of(statements("2026-Q1")["P1"]) == {"R1": ("40.00", [])}
    assert of(statements("2026-Q2")["P1"]) == {"R2": ("80.00", ["late"])}


def test_only_finance_and_administrators_start_it(make: Make):
    for role in Role:
        actor = Actor(1, "x", frozenset({role}), 1 if role.value.startswith("partner") else None)
        if role in (Role.FINANCE, Role.ADMIN):
            make("2026-Q1", actor=actor)
        else:
            with pytest.raises(RuleViolation, match=r"statement\.not_yours"):
                make("2026-Q1", actor=actor)


def test_a_late_receipt_stays_on_the_statement_that_took_it(
    receive: Receive, make: Make, statements: Read, send: Callable[[str], None]
):
    """The next quarter's is made but not out: the one after must not take it as well."""
    receive("R1", "2026-02-01", "HT-1", "port", "100.00")
    make("2026-Q1")
    send("2026-Q1")
    receive("R2", "2026-03-01", "HT-1", "port", "100.00")
    receive("R3", "2026-08-01", "HT-1", "port", "100.00")
    for period in ("2026-Q2", "2026-Q3", "2026-Q2", "2026-Q3"):
        make(period)
    assert set(of(statements("2026-Q2")["P1"])) == {"R2"}
    assert set(of(statements("2026-Q3")["P1"])) == {"R3"}


def test_it_does_not_go_out_before_its_period_is_over(receive: Receive, make: Make, engine: sa.Engine):
    """Whoever sends it earlier would make adjustments of all that is still to come (M6)."""
    receive("R1", "2026-11-03", "HT-1", "conference", "100.00")
    [number] = make("2026-11").written

    def act(which: Act, now: datetime) -> None:
        with db.transaction(engine) as session:
            take_step(session, actor=None, now=now, statement_id=number, version=None, act=which)

    last = day_start(date(2026, 12, 1)) - timedelta(microseconds=1)
    act(Act.PRINT, last)
    with pytest.raises(RuleViolation, match=r"period\.running"):
        act(Act.SEND, last)
    act(Act.SEND, last + timedelta(microseconds=1))


def test_it_does_not_go_out_once_it_would_say_something_else(
    receive: Receive, make: Make, send: Callable[[str], None], statements: Read
):
    receive("R1", "2026-02-01", "HT-1", "port", "100.00")
    make("2026-Q1")
    receive("R2", "2026-02-02", "HT-1", "port", "0.01")
    with pytest.raises(RuleViolation, match=r"statement\.outdated"):
        send("2026-Q1")
    make("2026-Q1")
    send("2026-Q1")
    assert statements("2026-Q1")["P1"]["state"] == "sent"


def test_a_refund_does_not_go_out_before_its_receipt(
    receive: Receive, make: Make, send: Callable[[str], None]
):
    """Until it is sent the receipt's own statement may be computed anew, and what is taken back with it."""
    receive("R1", "2026-06-01", "HT-1", "port", "12000.00")
    receive("R2", "2026-07-05", "HT-1", "port", "-3000.00", of="R1")
    make("2026-Q2")
    make("2026-Q3")
    with pytest.raises(RuleViolation, match=r"statement\.refund_first"):
        send("2026-Q3")
    send("2026-Q2")
    send("2026-Q3")


def test_a_refund_takes_back_from_whom_its_receipt_paid(
    receive: Receive, make: Make, statements: Read, send: Callable[[str], None], engine: sa.Engine
):
    """M5: also when the contract is another partner's by now, or nobody's."""
    receive("R1", "2026-02-01", "HT-1", "port", "12000.00")
    receive("R2", "2026-02-02", "HT-4", "port", "1000.00")
    make("2026-Q1")
    send("2026-Q1")
    c, claim = t.contract.c, t.registration.c
    other = sa.select(claim.id).where(claim.customer_name == NAMES[1]).scalar_subquery()
    with db.transaction(engine) as session:  # as if claims were corrected and a move undone
        session.execute(sa.delete(t.contract).where(c.number_key == "ht-4"))
        session.execute(sa.update(t.contract).where(c.number_key == "ht-1").values(registration_id=other))
    receive("R3", "2026-05-01", "HT-1", "port", "-3000.00", of="R1")
    receive("R4", "2026-05-02", "HT-4", "port", "-500.00", of="R2")
    make("2026-Q2")
    assert of(statements("2026-Q2")["P1"]) == {"R3": ("-1200.00", []), "R4": ("-200.00", [])}
    assert "P2" not in statements("2026-Q2")


def test_a_refund_takes_back_from_a_partner_that_became_wholesale(
    receive: Receive, make: Make, statements: Read, send: Callable[[str], None], engine: sa.Engine
):
    """M5, M8: what it was paid as another kind it gives back."""
    receive("R1", "2026-02-01", "HT-1", "port", "12000.00")
    make("2026-Q1")
    send("2026-Q1")
    with db.transaction(engine) as session:
        session.execute(sa.update(t.partner).where(t.partner.c.code == "P1").values(kind="wholesale"))
    receive("R2", "2026-05-01", "HT-1", "port", "-3000.00", of="R1")
    make("2026-Q2")
    assert of(statements("2026-Q2")["P1"]) == {"R2": ("-1200.00", [])}


@pytest.mark.parametrize(("number", "belongs_to"), [("HT-2", "B1"), ("HT-1", "B2")])
def test_a_receipt_that_changes_hands_between_two_drafts_moves_over(
    engine: sa.Engine, receive: Receive, make: Make, statements: Read, number: str, belongs_to: str
):
    """Whichever of the two is written first; also when only the new owner's is asked for (M12)."""
    receive("R1", "2026-02-01", "HT-1", "port", "100.00")
    receive("R2", "2026-02-01", "HT-2", "port", "200.00")
    make("2026-Q1")
    with db.transaction(engine) as session:
        r, c = t.registration.c, t.contract.c
        contract, partner = session.execute(
            sa.select(c.id, r.partner_id)
            .join(t.registration, r.id == c.registration_id)
            .where(r.ref == belongs_to)
        ).one()
        match_number(
            session,
            actor=None,
            now=NOW,
            number_key=key_of(number),
            contract_id=contract,
            reason="错号",
            seen=0,
        )
    make("2026-Q1", partner_ids=[partner])
    both = statements("2026-Q1")
    moved = "P1" if belongs_to == "B1" else "P2"
    assert {code: sorted(of(each)) for code, each in both.items() if each["lines"]} == {moved: ["R1", "R2"]}

"""Whatever is done to deposits in whatever order: nothing goes below nothing, sums agree (B2, B3, M11)."""

import multiprocessing
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.commands.depositing import settle_deposits
from portal.deposits import service
from portal.deposits.debts import set_off
from portal.deposits.traffic import add_traffic, pay_traffic
from portal.domain.deposits import DeductionAct as Act
from portal.domain.errors import RuleViolation, StaleVersion
from portal.models import tables as t
from tests.deposits.conftest import START, Acts
from tests.support.clocks import shanghai
from tests.support.statements import make_statement

WHO = ("alice", "carol", "dora")
STEPS = {"sqlite": 200, "postgresql": 50}
BY = {Act.ANNOUNCE: "finance", Act.OBJECT: None}


def step(acts: Acts, draw: random.Random, now: datetime, statements: dict[str, list[int]]) -> None:
    """One act of somebody, whether it is allowed now or not."""
    who, amount = draw.choice(WHO), Decimal(draw.randrange(1, 60_000)) / 100
    partner, finance = acts.partner(who), acts.folk["finance"].actor
    about: dict[str, Any] = {"actor": finance, "now": now}
    number, kind = draw.randrange(1, 12), draw.choice((0, 0, 1, 2, 3, 4, 4, 4, 5, 6, 7, 7, 8, 8))
    if kind == 0:
        acts.pay(str(amount), who, at=now)
    elif kind == 1:
        acts.arrears(str(amount), who, at=now)
    elif kind == 2:
        acts.owe(str(amount), who, on=now.date())
    elif kind == 3:
        acts.deduct(number, now)
    elif kind in (4, 5):
        act = draw.choice(list(Act))
        by = BY.get(act, "channel_manager") or draw.choice(WHO)
        acts.act(by, number, act, now, "理由")
    elif kind == 6:
        acts.tick(now)
    else:
        with db.transaction(acts.engine) as session:
            debt = session.execute(sa.select(t.debt).where(t.debt.c.id == number)).first()
            if kind == 7 and debt is not None:
                about |= {"debt_id": number}
                if draw.random() < 0.5:
                    statement = draw.choice(statements[who])
                    set_off(session, **about, statement_id=statement, amount=amount)
                else:
                    service.settle_in_cash(
                        session, **about, version=debt.version, amount=amount, reference=f"C{now}",
                        on=now.date(),
                    )  # fmt: skip
            elif kind == 8 and draw.random() < 0.5:
                add_traffic(session, **about, days={acts.partner("dora"): {now.date(): amount}})
            elif kind == 8:
                pay_traffic(
                    session, **about, partner_id=acts.partner("dora"), amount=amount, on=now.date(),
                    reference=f"T{now}",
                )  # fmt: skip
            else:
                service.return_on_exit(
                    session, **about, partner_id=partner, version=1, seen="0.00", reference=f"X{now}"
                )


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_acts_keeps_the_sums(acts: Acts, seed: int) -> None:
    draw, now = random.Random(seed), START
    with db.transaction(acts.engine) as session:
        statements = {
            who: [make_statement(session, acts.partner(who), period) for period in ("2025-Q3", "2025-Q4")]
            for who in WHO
        }
    for _number in range(STEPS[acts.engine.dialect.name]):
        now += timedelta(hours=draw.choice((1, 26, 150)))
        with suppress(RuleViolation, StaleVersion):
            step(acts, draw, now, statements)
    with db.reading(acts.engine) as session:
        entries = session.execute(sa.select(t.deposit_entry)).all()
        debts = session.execute(sa.select(t.debt)).all()
    assert entries, "something was done"
    assert all(row.balance_after >= 0 for row in entries)
    for who in WHO:
        own = [row.amount for row in entries if row.partner_id == acts.partner(who)]
        assert Decimal(acts.balance(who)) == sum(own, Decimal(0))
    assert all(Decimal(0) <= row.remaining <= row.amount for row in debts)
    assert acts.problems(now) == []


def test_two_of_finance_at_once_propose_a_debt_once_and_overdraw_nothing(acts: Acts) -> None:
    """B3: of two proposals for one debt one is made; two deductions take no more than there is."""
    acts.pay("150.00")
    debt, when = acts.owe("100.00"), shanghai("2026-04-03 10:00")

    def attempt(_number: int) -> bool:
        with suppress(RuleViolation):
            acts.deduct(debt, when)
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    acts.announced(1, when)
    acts.announced(acts.arrears("100.00", at=when, by="finance2"), when)
    late = shanghai("2026-05-06 10:00")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _number: acts.tick(late), range(2)))
    assert acts.balance() == "0.00"
    assert acts.problems(late) == []


def tick_and_die(url: str, now: datetime, dies_at: int) -> None:
    """The tick, killed without a word at the given statement to the database."""
    engine, count = db.make_engine(url), [0]

    def die(*_what: object) -> None:
        count[0] += 1
        if count[0] == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "before_cursor_execute", die)
    settle_deposits(engine, now=now)


def test_the_tick_killed_and_repeated_ends_as_if_undisturbed(acts: Acts, db_url: str) -> None:
    acts.pay("150.00")
    acts.pay("500.00", who="dora")
    for amount, who in (("100.00", "alice"), ("100.00", "alice"), ("70.00", "dora")):
        acts.announced(acts.arrears(amount, who))
    late, context = shanghai("2026-03-10 10:00"), multiprocessing.get_context("fork")

    def stored() -> Any:
        names = ("deposit_entry", "deposit_deduction", "debt", "wholesale_state", "audit_entry")
        with db.reading(acts.engine) as session:
            return [session.execute(sa.select(getattr(t, name))).all() for name in names]

    before = stored()
    for dies_at in (3, 9, 20):
        run = context.Process(target=tick_and_die, args=(db_url, late, dies_at))
        run.start()
        run.join(60)
        assert run.exitcode == -signal.SIGKILL
        assert stored() == before
    acts.tick(late)
    after = stored()
    acts.tick(late)
    assert stored() == after
    assert (acts.balance(), acts.balance("dora")) == ("0.00", "430.00")
    assert [str(row.remaining) for row in after[2]] == ["50.00"]
    assert acts.problems(late) == []

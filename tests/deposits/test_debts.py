"""Debts through the service: opened once, settled never beyond what is owed (M11)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal.deposits.debts import open_debt, open_debts, set_off
from portal.domain.deposits import DebtState
from portal.domain.errors import RuleViolation
from portal.models import tables as t
from tests.support.clocks import shanghai
from tests.support.people import Person

NOW = shanghai("2026-03-02 10:00")


def a_statement(session: Session, partner_id: Any, period: str) -> int:
    """A statement of the partner, as bare as the table lets it be."""
    row = {
        "number": f"S{partner_id}-{period}", "partner_id": partner_id, "period": period, "station": "sent",
        "station_since": NOW, "revision": 1, "total": Decimal("-800.00"), "received": Decimal(0), "lines": 0,
        "withheld": 0, "content_hash": "-", "generated_at": NOW, "version": 1,
    }  # fmt: skip
    statement = sa.insert(t.statement).values(row).returning(t.statement.c.id)
    return int(session.execute(statement).scalar_one())


def test_a_debt_is_due_after_the_policys_days_and_is_opened_once(
    session: Session, people: Mapping[str, Person]
) -> None:
    """M11: due in 30 days."""
    partner = people["alice"].partner_id
    statement = a_statement(session, partner, "2026-02")
    about: dict[str, Any] = {
        "actor": None, "now": NOW, "partner_id": partner, "statement_id": statement,
        "amount": Decimal("800.00"), "on": date(2026, 3, 2),
    }  # fmt: skip
    open_debt(session, **about)
    [debt] = open_debts(session, partner or 0)
    assert (debt.remaining, debt.due_on) == (Decimal("800.00"), date(2026, 4, 1))
    with pytest.raises(RuleViolation, match=r"debt\.opened"):
        open_debt(session, **about)


def test_set_off_goes_down_to_nothing_and_no_further(session: Session, people: Mapping[str, Person]) -> None:
    """M11, M14: two statements pay a debt off; neither twice, none of another partner."""
    partner = people["alice"].partner_id
    old, first, second = (a_statement(session, partner, f"2026-0{month}") for month in (2, 3, 4))
    debt = open_debt(
        session, actor=None, now=NOW, partner_id=partner or 0, statement_id=old, amount=Decimal("800.00"),
        on=date(2026, 3, 2),
    )  # fmt: skip
    about: dict[str, Any] = {"actor": None, "now": NOW, "debt_id": debt}
    set_off(session, **about, statement_id=first, amount=Decimal("300.00"))
    with pytest.raises(RuleViolation, match=r"debt\.set_off"):
        set_off(session, **about, statement_id=first, amount=Decimal("300.00"))
    with pytest.raises(RuleViolation, match=r"debt\.too_much"):
        set_off(session, **about, statement_id=second, amount=Decimal("500.01"))
    strange = a_statement(session, people["carol"].partner_id, "2026-03")
    with pytest.raises(RuleViolation, match=r"debt\.other_partner"):
        set_off(session, **about, statement_id=strange, amount=Decimal("1.00"))
    set_off(session, **about, statement_id=second, amount=Decimal("500.00"))
    assert open_debts(session, partner or 0) == []
    c = t.debt.c
    assert session.execute(sa.select(c.state, c.remaining)).one() == (DebtState.SETTLED, Decimal("0.00"))

"""Whatever is changed about receipts by hand: the database refuses it, or `portal check` tells."""

from collections.abc import Mapping
from functools import partial

import pytest
import sqlalchemy as sa

from portal import clock, db
from portal.commands.checking import problems
from portal.domain.periods import parse_period
from portal.models import tables as t
from portal.receipts.collecting import collect
from portal.receipts.matching import match_number
from tests.support.people import Person
from tests.support.tampering import unnoticed

TABLES = ("receipt", "unsettled_receipt", "contract", "contract_match", "collected_period")


@pytest.mark.engines("sqlite")
def test_check_notices_whatever_is_changed_about_receipts(
    engine: sa.Engine, people: Mapping[str, Person], received: None
) -> None:
    by = {"actor": people["finance"].actor, "now": clock.now()}
    with db.transaction(engine) as session:
        match_number(session, number_key="ht1", contract_id=1, reason="漏了连字符", seen=0, **by)
        collect(session, period=parse_period("2026-Q1"), **by)
    with db.reading(engine) as session:
        found = unnoticed(session, TABLES, partial(problems, now=clock.now()), most=3)
    assert found == set()


@pytest.mark.engines("sqlite")
def test_a_contract_that_no_move_states_is_told_of(engine: sa.Engine, received: None) -> None:
    """Of a registration without a signed move, and a second one of a registration that signed."""
    c = t.contract.c
    with db.reading(engine) as session:
        row = session.execute(sa.select(t.contract).order_by(c.id)).first()
        assert row is not None
        slipped = {**row._mapping, "id": None, "number": "HT-99", "number_key": "ht-99"}
        del slipped["id"]
        session.execute(sa.insert(t.contract), [slipped])
        found = [(table, why.code) for table, _row, why in problems(session, now=clock.now())]
    assert found == [("contract", "check.contract")]

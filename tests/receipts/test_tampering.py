"""Whatever is changed about receipts by hand: the database refuses it, or `portal check` tells."""

from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from portal import clock, db
from portal.commands.checking import problems
from portal.domain.periods import parse_period
from portal.models import tables as t
from portal.receipts.collecting import collect
from portal.receipts.matching import match_number
from tests.conflicts.test_tampering import unnoticed
from tests.support.people import Person


@pytest.mark.engines("sqlite")
def test_check_notices_whatever_is_changed_about_receipts(
    engine: sa.Engine, people: Mapping[str, Person], received: None
) -> None:
    by = {"actor": people["finance"].actor, "now": clock.now()}
    with db.transaction(engine) as session:
        match_number(session, number_key="ht1", contract_id=1, reason="漏了连字符", seen=0, **by)
        collect(session, period=parse_period("2026-Q1"), **by)
    with db.reading(engine) as session:
        assert list(problems(session, now=clock.now())) == []
        found: set[str] = set()
        for table in (t.receipt, t.unsettled_receipt, t.contract_match, t.collected_period):
            found |= set(unnoticed(session, table, clock.now()))
    assert found == set()

"""Whatever is changed about the lines of a statement by hand: the database refuses it, or check tells."""

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.statements import check
from tests.statements.conftest import NOW
from tests.support.tampering import unnoticed

TABLES = ("statement_line",)
# What `check` does not vouch for, and why.
FREE = {
    "statement_line.contract_on": "decides the year, and with it the rate: these are compared",
    "statement_line.policy_id": "of a line that settles nothing it decides nothing; of others it is compared",
    "statement_line.refunded_before": "decides what a refund takes back: that is computed again",
    "statement_line.registration_id": "a link; the customer's name is sealed in the hash",
    "statement_line.taken_before": "as what was refunded before",
}


@pytest.mark.engines("sqlite")
def test_check_notices_whatever_is_changed_by_hand(
    engine: sa.Engine, signed: None, receive: Any, make: Any
) -> None:
    """Lines by rate and by floor price, one under it, a refund, and receipts that wait or earn nothing."""
    receive("R0", "2026-02-01", "HT-1", "port", "12000.00")
    receive("R1", "2026-02-02", "HT-1", "port", "-3000.00", of="R0")
    receive("R2", "2026-02-03", "HT-4", "port", "100.00")
    receive("R3", "2026-02-03", "HT-2", "port", "100.00")
    receive("R4", "2026-02-05", "HT-1", "idd", "300.00", minutes=120)
    receive("R5", "2026-02-06", "HT-1", "idd", "200.00", minutes=120)
    receive("R6", "2026-02-07", "HT-4", "conference", "333.35")
    receive("R7", "2026-08-01", "HT-2", "port", "100.00")  # no tier then
    for period in ("2026-02", "2026-Q1", "2026-Q3"):
        make(period)
    with db.reading(engine) as session:
        found = unnoticed(session, TABLES, partial(check.problems, now=NOW))
    assert sorted(found - set(FREE)) == []
    assert sorted(set(FREE) - found) == [], "vouched for, and listed as free"

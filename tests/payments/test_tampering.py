"""Whatever is changed, taken away or slipped in by hand: the database refuses it, or check tells."""

from functools import partial

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.statements import Station, place_of
from portal.models import tables as t
from portal.payments import check
from tests.payments.conftest import Desk
from tests.payments.test_batches import owe
from tests.support.clocks import shanghai
from tests.support.tampering import noticed, unnoticed

TABLES = ("bank_account", "payment_batch", "payment_item", "payment_set_off", "invoice")
NOW = shanghai("2026-05-01 10:00")
# What `check` does not vouch for, and why.
FREE = {
    "bank_account.version": "counts changes",
    "payment_batch.version": "counts changes",
    "invoice.version": "counts changes",
}


@pytest.fixture
def lived_in(desk: Desk) -> Desk:
    """Accounts replaced, payments made and failed, a debt set off and one opened, invoices."""
    desk.account()
    owe(desk, "300.00")
    one, two, three = desk.approved("500.00"), desk.approved("700.00"), desk.approved("900.00")
    batch = desk.sent(one, two)
    first, second = desk.references(batch)
    desk.answer(f"{first},paid,2026-04-02,B1,", f"{second},failed,,,退回")
    desk.withdraw(desk.prepare(two))
    desk.prepare(two, three)
    desk.invoice(one, title="别的公司")
    desk.send_back(one)
    desk.invoice(one)
    desk.close(one)
    minus = desk.approved("-7.00")
    desk.settle(minus)
    desk.close(minus)
    desk.state("carol", partner="carol", number="333333")
    desk.verify(desk.state("alice", number="444444"))
    return desk


@pytest.mark.engines("sqlite")
def test_check_notices_whatever_is_changed_by_hand(lived_in: Desk) -> None:
    assert lived_in.holds() == []
    with db.reading(lived_in.engine) as session:
        found = unnoticed(session, TABLES, partial(check.problems, now=NOW))
    assert sorted(found - set(FREE)) == []
    assert sorted(set(FREE) - found) == [], "vouched for, and listed as free"


DAY = "'2026-04-01 00:00:00'"
FORGED = {
    "a payment": "payment_item (line, reference, statement_id, revision, total, set_off, paid, state,"
    " paid_on, bank_ref, reason) VALUES (1, 'x', 5, 1, 700, 700, 0, 'paid', '2026-04-01', '', '')",
    "an account": "bank_account (partner_id, holder, bank, branch, number, state, proposed_at,"
    " proposed_by_id, decided_at, verified_by_id, word, version)"
    f" VALUES (2, 'x', 'x', 'x', '1', 'verified', {DAY}, 1, {DAY}, 2, '', 1)",
    "a set-off": "payment_set_off (item_id, debt_id, amount) VALUES (2, 1, 1)",
    "an invoice": "invoice (statement_id, partner_id, number, reference, title, tax_no, amount, issued_on,"
    " file_id, entered_at, entered_by_id, state, return_reason, version)"
    f" VALUES (2, 1, 'x', 'x', 'x', 'x', 1, '2026-04-01', 1, {DAY}, 1, 'current', '', 1)",
}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("what", FORGED)
def test_check_notices_what_is_slipped_in_by_hand(lived_in: Desk, what: str) -> None:
    lived_in.approved("1.00")
    with db.reading(lived_in.engine) as session:
        session.execute(sa.text(f"INSERT INTO {FORGED[what]}"))
        assert list(check.problems(session, now=NOW))


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("station", [Station.APPROVED, Station.PAID])
def test_a_statement_that_is_moved_past_its_payment_is_told_of(lived_in: Desk, station: Station) -> None:
    paid = place_of(Station.PAID)
    with db.reading(lived_in.engine) as session:
        rows = session.execute(sa.select(t.statement.c.id, t.statement.c.station)).all()
        for row in rows:
            if (place_of(row.station) < paid) is not (place_of(station) < paid):
                move = sa.update(t.statement).where(t.statement.c.id == row.id).values(station=station)
                assert noticed(session, move, partial(check.problems, now=NOW)), (
                    row.id,
                    row.station,
                    station,
                )

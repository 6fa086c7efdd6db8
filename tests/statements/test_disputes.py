"""Disputes (M9) through the service: rounds, grants, refusals, the rest confirmed, and what is resumed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.commissions import Flag
from portal.domain.disputes import DisputeKind, DisputeState
from portal.domain.errors import RuleViolation, RuleViolations, StaleVersion
from portal.domain.lines import LineKind
from portal.domain.periods import parse_period
from portal.domain.statements import Station
from portal.files import Sent
from portal.models import tables as t
from portal.statements.disputes import Stated, open_disputes
from portal.statements.resuming import pending_resumed
from portal.statements.revisions import seal
from tests.support.desks import Desk
from tests.support.statements import make_statement


def refused(code: str, act: Any, *arguments: Any, **over: Any) -> None:
    with pytest.raises(RuleViolation) as caught:
        act(*arguments, **over)
    assert caught.value.code == code


def adds_up(desk: Desk) -> None:
    """Totals of the statement, of its revision and of the lines in force agree."""
    row, lines = desk.row(), desk.lines()
    assert row.total == sum((each.commission for each in lines if each.counted), Decimal(0))
    assert row.lines == sum(each.counted for each in lines)
    with db.reading(desk.engine) as session:
        c = t.statement_revision.c
        revision = session.execute(
            sa.select(t.statement_revision).where(
                c.statement_id == desk.statement_id, c.revision == row.revision
            )
        ).one()
        settling = session.scalars(
            sa.select(t.statement_line.c.revision).where(
                t.statement_line.c.statement_id == desk.statement_id, t.statement_line.c.settles
            )
        )
        assert set(settling) == {row.revision}
    assert (revision.total, revision.received, revision.content_hash) == (
        row.total, row.received, row.content_hash,
    )  # fmt: skip


def test_what_is_granted_becomes_a_revision_that_shows_the_difference(desk: Desk):
    desk.object_to(0, 2)
    assert desk.row().station is Station.DISPUTED
    desk.answer(1, "4900.00")
    assert (desk.row().station, desk.row().revision) == (Station.DISPUTED, 1)
    old = desk.lines()
    desk.answer(2, None, "The two years are over")
    row = desk.row()
    assert (row.station, row.revision, row.total) == (Station.SENT, 2, Decimal("5200.00"))
    added = desk.lines()[-1]
    assert (added.kind, added.commission, added.dispute_id, added.customer_name) == (
        LineKind.GRANTED, Decimal("100.00"), 1, "慢蜗牛快递有限公司",
    )  # fmt: skip
    # The revision before stays as it was, only that its lines settle nothing any more.
    assert [dict(each._mapping) | {"settles": True} for each in desk.lines(1)] == [
        dict(each._mapping) for each in old
    ]
    assert [each.settles for each in desk.lines()] == [True, True, True, False]
    adds_up(desk)


def test_only_refusals_give_the_same_revision_back(desk: Desk):
    desk.object_to(0)
    desk.answer(1, None, "As signed")
    assert (desk.row().station, desk.row().revision) == (Station.SENT, 1)
    desk.object_to(0)  # it may be said again
    assert desk.row().station is Station.DISPUTED


def test_a_missing_receipt_that_is_granted_is_a_line_of_its_own(desk: Desk):
    desk.object_to(expected=Decimal("200.00"))
    desk.answer(1, "200.00")
    assert desk.row().total == Decimal("5300.00")
    adds_up(desk)


def test_the_last_dispute_withdrawn_gives_the_statement_back(desk: Desk):
    desk.object_to(0)
    desk.object_to(1)
    desk.withdraw(1)
    assert desk.row().station is Station.DISPUTED
    desk.withdraw(2)
    assert (desk.row().station, desk.row().revision) == (Station.SENT, 1)
    refused("dispute.answered", desk.withdraw, 2)


def test_the_wrong_people_are_refused(desk: Desk):
    for who in ("carol", "bob", "finance", "admin"):
        refused("statement.not_yours", desk.object_to, 0, who=who)
    desk.object_to(0)
    for who in ("alice", "channel_manager", "coo", "admin"):
        refused("statement.not_yours", desk.answer, 1, "4900.00", who=who)
    for who in ("carol", "bob", "finance"):
        refused("statement.not_yours", desk.withdraw, 1, who=who)
    for who in ("carol", "bob", "finance", "channel_sales"):
        refused("statement.not_yours", desk.confirm, who=who)


def test_nothing_is_half_done_when_one_of_several_is_refused(desk: Desk):
    refused("dispute.open_already", desk.object_to, 0, 0)
    assert desk.row().station is Station.SENT
    with db.reading(desk.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.dispute)) == 0


def test_a_file_that_is_refused_leaves_none_of_the_others_in_the_store(desk: Desk):
    receipts = [line.receipt_id for line in desk.lines()[:2]]
    fine, program = Sent("a.pdf", b"%PDF-1.4\n"), Sent("b.pdf", b"MZ\x90\x00" + bytes(200))
    stated = [
        Stated(DisputeKind.RATE, "-", receipt, None, sent)
        for receipt, sent in zip(receipts, (fine, program), strict=True)
    ]
    with pytest.raises(RuleViolations) as refused:
        desk.do(
            open_disputes, "alice", statement_id=desk.statement_id, version=desk.row().version,
            folder=desk.folder, stated=stated,
        )  # fmt: skip
    assert [(each.code, each.params["place"]) for each in refused.value.problems] == [("file.kind", 1)]
    assert not list(Path(desk.folder).glob("*/*"))


def test_an_old_page_disputes_and_answers_nothing(desk: Desk):
    version = desk.row().version
    desk.object_to(0)
    with pytest.raises(StaleVersion):
        desk.object_to(1, version=version)
    desk.answer(1, None)
    refused("dispute.answered", desk.answer, 1, "5000.00")


def test_the_rest_is_confirmed_and_a_refused_dispute_comes_back_on_the_next_statement(desk: Desk):
    desk.object_to(0)
    confirm_rest(desk)
    row = desk.row()
    assert (row.station, row.revision, row.total) == (Station.CONFIRMED, 2, Decimal("300.00"))
    parked = desk.lines()[0]
    assert (parked.counted, parked.settles, parked.flag) == (False, True, Flag.DISPUTED)
    assert desk.dispute(1).parked
    adds_up(desk)
    assert resumed(desk, "2026-Q2") == []
    desk.answer(1, None, "As signed")
    assert (desk.row().station, desk.row().revision) == (Station.CONFIRMED, 2)
    assert resumed(desk, "2026-Q2") == [(1, Decimal("4800.00"), "慢蜗牛快递有限公司")]
    assert resumed(desk, "2026-05") == []  # ports are on quarters
    assert resumed(desk, "2026-Q1") == []


def test_what_is_granted_later_is_resumed_in_full_and_what_was_answered_before_is_on_the_revision(desk: Desk):
    desk.object_to(0, 1)
    desk.answer(2, "310.00")
    confirm_rest(desk)
    assert desk.row().total == Decimal("310.00")
    desk.answer(1, "5000.00")
    assert resumed(desk, "2026-Q2") == [(1, Decimal("5000.00"), "慢蜗牛快递有限公司")]
    adds_up(desk)


def test_a_parked_dispute_that_is_withdrawn_comes_to_what_its_line_came_to(desk: Desk):
    desk.object_to(0)
    confirm_rest(desk)
    desk.withdraw(1)
    assert desk.dispute(1).state is DisputeState.WITHDRAWN
    assert [amount for _id, amount, _name in resumed(desk, "2026-Q2")] == [Decimal("4800.00")]


def test_a_dispute_is_resumed_once_and_moves_with_the_revisions_of_its_statement(desk: Desk):
    desk.object_to(0)
    confirm_rest(desk)
    desk.answer(1, "5000.00")
    partner = desk.people["alice"].partner_id
    assert partner is not None
    with db.transaction(desk.engine) as session:
        later = make_statement(session, partner, "2026-Q2")
        resume(session, later, 1, 2)
    assert len(resumed(desk, "2026-Q2")) == 1  # generated again it is there again
    assert resumed(desk, "2026-Q3") == []
    with pytest.raises(RuleViolation, match="conflict"), db.transaction(desk.engine) as session:
        resume(session, make_statement(session, partner, "2026-Q3"), 1, 2)
    with db.transaction(desk.engine) as session:
        session.execute(
            sa.update(t.statement_line).where(t.statement_line.c.statement_id == later).values(settles=False)
        )
        resume(session, later, 2, 2)


def resume(session: Any, statement_id: int, revision: int, ordinal: int) -> None:
    session.execute(
        sa.insert(t.statement_line),
        [
            {
                "statement_id": statement_id, "revision": revision, "ordinal": ordinal,
                "kind": LineKind.RESUMED, "counted": True, "settles": True, "customer_name": "-",
                "commission": Decimal("5000.00"), "rule": "M9", "late": False, "dispute_id": 1,
            }
        ],
    )  # fmt: skip


def resumed(desk: Desk, period: str) -> list[tuple[int, Decimal, str]]:
    partner = desk.people["alice"].partner_id
    assert partner is not None
    with db.reading(desk.engine) as session:
        found = pending_resumed(session, partner, parse_period(period))
        other = desk.people["carol"].partner_id
        assert other is not None
        assert pending_resumed(session, other, parse_period(period)) == []
    return [(each.dispute_id, each.amount, each.customer_name) for each in found]


def confirm_rest(desk: Desk) -> None:
    """Confirm the rest as its preview shows it."""
    from portal.statements.confirming import foresee_rest

    with db.transaction(desk.engine) as session:
        seen = foresee_rest(
            session, actor=desk.people["alice"].actor, now=desk.now, statement_id=desk.statement_id
        )
    assert desk.row().station is Station.DISPUTED  # looking changes nothing
    desk.confirm(revision=seen.revision, content_hash=seen.content_hash, rest=True)


def test_the_hash_is_that_of_what_the_revision_says(desk: Desk):
    desk.object_to(0)
    desk.answer(1, "4900.00")
    row = desk.row()
    with db.reading(desk.engine) as session:
        assert seal(session, row) == row.content_hash
    with db.transaction(desk.engine) as session:
        line = t.statement_line
        session.execute(
            sa.update(line)
            .where(line.c.statement_id == desk.statement_id, line.c.ordinal == 1)
            .values(customer_name="另一家有限公司")
        )
        assert seal(session, row) != row.content_hash

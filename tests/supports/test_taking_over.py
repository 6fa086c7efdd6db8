"""Requests from before there were due dates: the migration makes rows of them, and they go on working."""

from datetime import date

import pytest
import sqlalchemy as sa

from portal import db, journal, migrations
from portal.domain.support import SupportState
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.support.queries import open_requests_of
from tests.support.clocks import shanghai
from tests.supports.conftest import Desk


def told(desk: Desk, kind: EventKind, when: str, note: str) -> None:
    """A fact as it was written before: no request, no due date; the project shows what is open."""
    at = shanghai(when)
    opens = kind is EventKind.SUPPORT_ASKED
    shown = {"support_note": note if opens else "", "support_since": at if opens else None}
    with db.transaction(desk.engine) as session:
        actor = desk.people["alice"].actor
        fact = journal.fact(desk.claims["alice"], kind, at=at, now=at, actor=actor, note=note)
        journal.write(session, [fact], actor=actor)
        here = t.registration.c.id == desk.claims["alice"]
        session.execute(sa.update(t.registration).where(here).values(**shown))


@pytest.fixture
def taken_over(desk: Desk) -> Desk:
    """One that was closed and one that is open, written by the schema before; then upgraded."""
    told(desk, EventKind.SUPPORT_ASKED, "2026-03-03 10:00", "方案")
    told(desk, EventKind.SUPPORT_DONE, "2026-03-04 10:00", "方案")
    told(desk, EventKind.SUPPORT_ASKED, "2026-03-05 10:00", "价格")
    migrations.downgrade(desk.engine, "0022")
    migrations.upgrade(desk.engine)
    return desk


def test_rows_are_made_of_what_was_asked(taken_over: Desk):
    done, still_open = taken_over.requests()
    assert (done.ref, done.state, done.need, done.due_on) == ("S00000001", SupportState.DONE, "方案", None)
    assert done.closed_at == shanghai("2026-03-04 10:00")
    assert (still_open.ref, still_open.state, still_open.need) == ("S00000002", SupportState.OPEN, "价格")
    assert taken_over.holds("2026-03-06 10:00")


def test_one_without_a_due_day_never_stops_a_clock(taken_over: Desk):
    assert taken_over.claim("alice").paused_from is None
    assert taken_over.ticks("2026-03-31 09:00") == [taken_over.claims["alice"]]


def test_it_is_planned_and_answered_like_any_other(taken_over: Desk):
    request = taken_over.requests()[1].id
    taken_over.plans("channel_manager", "2026-03-06 10:00", request, due=date(2026, 3, 10))
    assert taken_over.claim("alice").paused_from == date(2026, 3, 11)
    newer = taken_over.asks("alice", "2026-03-09 10:00", need="试用")
    assert taken_over.claim("alice").support_note == "价格"
    assert taken_over.holds("2026-03-12 10:00")
    taken_over.gives("channel_manager", "2026-03-12 10:00", request, "九五折")
    assert taken_over.claim("alice").support_note == "试用"
    with db.reading(taken_over.engine) as session:
        assert [row.id for row in open_requests_of(session, [taken_over.claims["alice"]])] == [newer]
    assert taken_over.holds("2026-03-12 11:00")


def test_asked_again_while_it_was_open_the_oldest_is_shown_from_now_on(desk: Desk):
    told(desk, EventKind.SUPPORT_ASKED, "2026-03-03 10:00", "方案")
    told(desk, EventKind.SUPPORT_ASKED, "2026-03-05 10:00", "价格")
    migrations.downgrade(desk.engine, "0022")
    migrations.upgrade(desk.engine)
    assert desk.claim("alice").support_note == "方案"
    assert [row.state for row in desk.requests()] == [SupportState.OPEN] * 2
    assert desk.holds("2026-03-06 10:00")
    desk.gives("channel_sales", "2026-03-06 10:00", 1)
    assert [row.state for row in desk.requests()] == [SupportState.DONE, SupportState.OPEN]
    assert desk.claim("alice").support_note == "价格"
    assert desk.holds("2026-03-06 11:00")


def test_requests_on_partners_are_not_lost_by_going_back(desk: Desk):
    partner = desk.people["alice"].partner_id
    desk.asks("alice", "2026-03-05 10:00", partner_id=partner)
    with pytest.raises(RuntimeError, match="would be lost"):
        migrations.downgrade(desk.engine, "0022")
    migrations.upgrade(desk.engine)
    assert len(desk.requests()) == 1

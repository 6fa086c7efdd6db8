"""Whatever is changed about reviews by hand: the database refuses it, or `portal check` tells."""

from functools import partial

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.weekly import LineVerdict as V
from portal.models import tables as t
from portal.weekly import check_review
from portal.weekly.meeting_order import move_in_meeting
from tests.support.clocks import shanghai
from tests.support.tampering import unnoticed
from tests.weekly.conftest import Channel

TABLES = ("review", "review_line", "meeting_place")
NOW = shanghai("2026-03-12 16:00")
# What `check` does not vouch for, and why.
FREE = {
    "review.version": "until notes are saved: then the trail says which version they have",
}


@pytest.fixture
def lived_in(channel: Channel) -> Channel:
    """Every verdict, one taken back; notes; a review that is done, one that was reopened, one begun."""
    when = "2026-03-12 14:00"
    for number, verdict in enumerate((V.NOTED, V.PROGRESS, V.RETURNED)):
        project = channel.files("alice", f"2026-03-02 1{number}:00", f"慢蜗牛快递{number}号")
        channel.decides("channel_sales", when, project, verdict, "一句话")
    undone = channel.files("carol", "2026-03-03 10:00", "云上豆腐")
    channel.decides("channel_sales", when, undone, V.PROGRESS, "口头答应", partner="carol")
    channel.takes_back("channel_sales", "2026-03-12 14:05", undone, partner="carol")
    channel.notes("channel_sales", when, "本周重点", 1)
    channel.finishes("channel_sales", "2026-03-12 14:10")
    channel.finishes("channel_sales", "2026-03-12 14:11", partner="carol")
    channel.reopens("channel_manager", "2026-03-12 14:12", partner="carol")
    with db.transaction(channel.engine) as session:
        manager = channel.people["channel_manager"].actor
        move_in_meeting(session, actor=manager, now=NOW, partner_id=2, earlier=True)
    return channel


@pytest.mark.engines("sqlite")
def test_check_notices_whatever_is_changed_by_hand(lived_in: Channel) -> None:
    with db.reading(lived_in.engine) as session:
        found = unnoticed(session, TABLES, partial(check_review.problems, now=NOW))
    assert sorted(found - set(FREE)) == []
    assert sorted(set(FREE) - found) == [], "vouched for, and listed as free"


DAY = "'2026-04-01 00:00:00'"
FORGED = {
    "a review": "review (partner_id, week, notes, opened_at, version)"
    f" VALUES (1, '2026-03-19', '', {DAY}, 1)",
    "a verdict": "review_line (review_id, registration_id, verdict, sentence, event_id, by_id, at)"
    f" VALUES (2, 4, 'progress', 'x', 1, 1, {DAY})",
    "a place": "meeting_place (partner_id, place) VALUES (3, 7)",
}


@pytest.mark.engines("sqlite")
def test_check_notices_what_is_slipped_in_by_hand(lived_in: Channel) -> None:
    for what, row in FORGED.items():
        with db.reading(lived_in.engine) as session:
            if what == "a place":
                session.execute(sa.text("DELETE FROM meeting_place"))
                row = row.replace("3, 7", "1, 7")
            assert session.execute(sa.text(f"INSERT INTO {row}")).rowcount == 1, what
            assert list(check_review.problems(session, now=NOW)), what


@pytest.mark.engines("sqlite")
def test_a_row_whose_trail_tells_nothing_is_told_of(lived_in: Channel) -> None:
    for name in ("review", "meeting_place"):
        with db.reading(lived_in.engine) as session:
            gone = sa.delete(t.audit_entry).where(t.audit_entry.c.subject_type == name)
            assert session.execute(gone).rowcount, name
            assert name in {table for table, _row, _why in check_review.problems(session, now=NOW)}
    with db.reading(lived_in.engine) as session:  # a verdict is vouched for by its fact
        e = t.registration_event.c
        line = session.scalars(sa.select(t.review_line.c.event_id)).first()
        session.execute(sa.text("PRAGMA foreign_keys=OFF"))
        session.execute(sa.update(t.registration_event).where(e.id == line).values(note="x"))
        assert "review_line" in {table for table, _row, _why in check_review.problems(session, now=NOW)}

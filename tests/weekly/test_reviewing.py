"""The Thursday review (W3): verdicts are facts, progress protects anew, notes are never overwritten."""

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.facts import State
from portal.domain.pipeline import Stage
from portal.domain.terms import EventKind
from portal.domain.weekly import LineVerdict as V
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.weekly.meeting_order import move_in_meeting
from portal.weekly.meeting_queries import roster
from portal.weekly.review_scope import partners_reviewed
from tests.support.clocks import shanghai
from tests.support.people import make_partner
from tests.weekly.conftest import WEEK, Channel

MEETING = "2026-03-12 14:00"


def test_progress_protects_for_four_weeks_from_the_day_of_the_review(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    assert channel.protected_until(project) == date(2026, 3, 30)
    channel.decides("channel_sales", MEETING, project, V.PROGRESS, "客户要了报价，约好试用")
    assert channel.protected_until(project) == date(2026, 3, 12) + timedelta(days=28)
    [event] = channel.events(project, EventKind.PROGRESS)
    assert (event.note, event.data) == (
        "客户要了报价，约好试用", {"week": "2026-03-12", "review": channel.review().id}
    )  # fmt: skip
    [line] = channel.lines()
    assert (line.event_id, line.verdict, line.sentence) == (event.id, V.PROGRESS, "客户要了报价，约好试用")


@pytest.mark.parametrize(
    ("verdict", "kind"), [(V.NOTED, EventKind.REVIEWED), (V.RETURNED, EventKind.RETURNED)]
)
def test_other_verdicts_do_not_move_the_protection(channel: Channel, verdict: V, kind: EventKind) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.decides("channel_sales", MEETING, project, verdict, "谁去见的客户")
    assert channel.protected_until(project) == date(2026, 3, 30)
    assert [event.kind for event in channel.events(project, kind)] == [kind]


def test_progress_after_the_lapse_renews_where_nobody_contests(channel: Channel) -> None:
    """C7: before a case is opened."""
    project = channel.files("alice", "2026-02-02 10:00", "慢蜗牛快递")
    assert channel.protected_until(project) == date(2026, 3, 2)
    channel.decides("channel_sales", MEETING, project, V.PROGRESS, "客户恢复预算")
    row = channel.row(project)
    assert (row.state, row.protected_until) == (State.ACTIVE, date(2026, 4, 9))


def test_progress_while_a_case_is_open_decides_nothing(channel: Channel) -> None:
    """C7: it is shown to the deciders."""
    project = channel.files("alice", "2026-02-02 10:00", "慢蜗牛快递")
    waiting = channel.files("carol", "2026-02-03 10:00", "慢蜗牛快递")
    channel.opens_case("carol", "2026-03-10 10:00", waiting)
    channel.decides("channel_sales", MEETING, project, V.PROGRESS, "客户恢复预算")
    row = channel.row(project)
    assert (row.state, row.protected_until) == (State.LAPSED, date(2026, 3, 2))
    assert channel.events(project, EventKind.PROGRESS)


def test_a_verdict_is_taken_back_by_its_author_on_its_day(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.decides("channel_sales", MEETING, project, V.PROGRESS, "口头答应")
    with pytest.raises(RuleViolation, match=r"^review\.not_your_verdict"):
        channel.takes_back("channel_manager", "2026-03-12 14:05", project)
    channel.takes_back("channel_sales", "2026-03-12 14:06", project)
    assert channel.protected_until(project) == date(2026, 3, 30)
    assert channel.lines() == []
    with pytest.raises(RuleViolation, match=r"^review\.nothing_to_take_back"):
        channel.takes_back("channel_sales", "2026-03-12 14:07", project)
    channel.decides("channel_manager", "2026-03-12 14:08", project, V.RETURNED, "没有书面材料")
    with pytest.raises(RuleViolation, match=r"^review\.not_your_verdict"):
        channel.takes_back("channel_manager", "2026-03-13 09:00", project)


def test_a_line_has_one_verdict(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.decides("channel_sales", MEETING, project, V.NOTED)
    with pytest.raises(RuleViolation, match=r"^review\.decided_already") as refused:
        channel.decides("channel_manager", MEETING, project, V.PROGRESS, "同意")
    assert refused.value.params["name"] == channel.people["channel_sales"].name
    assert not channel.events(project, EventKind.PROGRESS)


@pytest.mark.parametrize("verdict", [V.PROGRESS, V.RETURNED])
def test_progress_and_a_return_say_why(channel: Channel, verdict: V) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    with pytest.raises(RuleViolation, match=r"^review\.sentence"):
        channel.decides("channel_sales", MEETING, project, verdict)
    assert channel.review() is None  # a refused first act leaves nothing


def test_only_the_owner_s_projects_are_decided(channel: Channel) -> None:
    owner = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    waiting = channel.files("carol", "2026-03-03 10:00", "慢蜗牛快递")
    for project in (waiting, owner):  # one waits, the other is another partner's
        with pytest.raises(RuleViolation, match=r"^review\.not_owner"):
            channel.decides("channel_sales", MEETING, project, V.NOTED, partner="carol")


def test_what_came_after_the_week_and_what_is_signed(channel: Channel) -> None:
    signed = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.moves("alice", "2026-03-10 10:00", signed, Stage.SIGNED)
    with pytest.raises(RuleViolation, match=r"^review\.signed"):
        channel.decides("channel_sales", MEETING, signed, V.PROGRESS, "已签")
    channel.decides("channel_sales", MEETING, signed, V.NOTED)
    later = channel.files("alice", "2026-03-16 10:00", "云上豆腐")
    with pytest.raises(RuleViolation, match=r"^review\.not_in_week"):
        channel.decides("channel_sales", "2026-03-17 10:00", later, V.NOTED)


@pytest.mark.parametrize(
    ("when", "why"),
    [("2026-03-05 23:59", "review.too_early"), ("2026-03-19 00:00", "review.too_late")],
)
def test_when_a_review_can_be_held(channel: Channel, when: str, why: str) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    with pytest.raises(RuleViolation, match=re.escape(why)):
        channel.decides("channel_sales", when, project, V.NOTED)
    for open_at in ("2026-03-06 00:00", "2026-03-18 23:59"):
        channel.notes("channel_sales", open_at, open_at, channel.review().version if channel.review() else 1)


def test_who_holds_it(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    for who in ("regional_manager", "channel_director", "product_marketing", "alice", "finance"):
        with pytest.raises(RuleViolation, match=r"^review\.not_yours"):
            channel.decides(who, MEETING, project, V.NOTED)
    with db.transaction(channel.engine) as session:  # the partner passes to another region
        session.execute(sa.update(t.partner).where(t.partner.c.id == 1).values(region="west"))
    with pytest.raises(RuleViolation, match=r"^review\.not_yours"):
        channel.decides("channel_sales", MEETING, project, V.NOTED)
    sales = channel.people["channel_sales"].user_id
    with db.transaction(channel.engine) as session:  # whoever looks after it holds it, in any region
        session.execute(sa.update(t.partner).where(t.partner.c.id == 1).values(manager_id=sales))
    channel.decides("channel_sales", MEETING, project, V.NOTED)
    with db.transaction(channel.engine) as session:
        session.execute(
            sa.update(t.partner).where(t.partner.c.id == 1).values(region="east", manager_id=None)
        )


def test_notes_of_two_are_never_overwritten(channel: Channel) -> None:
    first = channel.notes("channel_sales", MEETING, "1. 周五前补到访记录", 1)
    assert channel.notes("channel_sales", MEETING, "1. 周五前补到访记录", 1) == first  # sent twice
    with pytest.raises(StaleVersion):
        channel.notes("channel_manager", "2026-03-12 14:01", "另写", 1)
    assert channel.review().notes == "1. 周五前补到访记录"
    assert channel.notes("channel_manager", "2026-03-12 14:02", "  as typed \n\n", first) == first + 1
    assert channel.review().notes == "  as typed \n\n"


def test_a_verdict_does_not_outdate_the_notes_that_are_being_typed(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.decides("channel_manager", MEETING, project, V.NOTED)
    channel.notes("channel_sales", "2026-03-12 14:01", "记录", 1)


def test_done_and_reopened(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.finishes("channel_sales", MEETING)
    channel.finishes("channel_manager", "2026-03-12 14:10")
    assert channel.review().done_by_id == channel.people["channel_sales"].user_id
    with pytest.raises(RuleViolation, match=r"^review\.is_done"):
        channel.decides("channel_sales", "2026-03-12 14:11", project, V.NOTED)
    channel.reopens("channel_sales", "2026-03-12 14:12")
    channel.decides("channel_sales", "2026-03-12 14:13", project, V.NOTED)


def test_the_order_of_the_meeting(channel: Channel) -> None:
    with db.transaction(channel.engine) as session:
        make_partner(session, "P003", region="west")
    people = channel.people

    def seen(who: str) -> list[str]:
        with db.reading(channel.engine) as session:
            found = roster(session, partners_reviewed(people[who].actor), WEEK)
            return [seat.name[:4] for seat in found.seats]

    def moves(who: str, partner_id: int, earlier: bool) -> None:
        with db.transaction(channel.engine) as session:
            move_in_meeting(
                session,
                actor=people[who].actor,
                now=shanghai(MEETING),
                partner_id=partner_id,
                earlier=earlier,
            )

    assert seen("channel_manager") == ["P001", "P002", "P003"]
    assert seen("channel_sales") == seen("regional_manager") == ["P001", "P002"]
    moves("channel_manager", 3, True)
    moves("channel_manager", 3, True)
    moves("channel_manager", 3, True)  # it is the first already
    assert seen("channel_manager") == ["P003", "P001", "P002"]
    moves("channel_sales", 1, False)
    assert seen("channel_sales") == ["P002", "P001"]
    for who, partner in (("channel_sales", 3), ("regional_manager", 1)):
        with pytest.raises(RuleViolation, match=r"^review\.not_yours"):
            moves(who, partner, True)


def test_a_review_of_a_week_without_a_row_is_refused_for_the_future(channel: Channel) -> None:
    with pytest.raises(RuleViolation, match=r"^review\.too_early"):
        channel.notes("channel_manager", MEETING, "x", 1, week=Week(date(2026, 3, 19)))

"""Who is told what of the channel's week, once (W2–W4)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.auth.people import change_user
from portal.domain.letters import Told
from portal.domain.notices import NoticeKind
from portal.domain.weekly import LineVerdict
from portal.models import tables as t
from portal.web import notice_words
from portal.web.language import in_language
from portal.weekly.rollup import make_rollups
from portal.weekly.telling import _listed, tell_of_reports
from tests.support.clocks import shanghai
from tests.support.people import Person
from tests.weekly.conftest import Channel
from tests.weekly.desk import WEEK, Desk


@pytest.fixture
def looked_after(engine: sa.Engine, people: Mapping[str, Person]) -> None:
    """Channel sales looks after both partners."""
    with db.transaction(engine) as session:
        session.execute(sa.update(t.partner).values(manager_id=people["channel_sales"].user_id))


def tell_at(engine: sa.Engine, text: str) -> int:
    with db.transaction(engine) as session:
        return tell_of_reports(session, now=shanghai(text))


def heard(engine: sa.Engine, *kinds: NoticeKind) -> list[tuple[str, dict[str, Any]]]:
    """Who was told what, in order."""
    n, u = t.notice.c, t.user.c
    with db.reading(engine) as session:
        query = sa.select(u.name, n.params).join(t.user, u.id == n.user_id).where(n.kind.in_(kinds))
        return [(row.name, row.params) for row in session.execute(query.order_by(n.id))]


@pytest.mark.usefixtures("looked_after")
def test_who_has_not_reported_is_reminded_twice_and_then_named(desk: Desk, filed: Any, at: Any) -> None:
    filed("2026-03-02 10:00")
    filed("2026-03-02 11:00", "夜鹭商贸有限公司", "carol")
    desk.send(at("2026-03-03 09:00"))
    engine = desk.engine
    assert tell_at(engine, "2026-03-03 11:59") == 0
    assert tell_at(engine, "2026-03-03 12:00") == 1
    assert tell_at(engine, "2026-03-03 15:00") == 0
    assert tell_at(engine, "2026-03-04 12:00") == 1
    assert [name for name, _about in heard(engine, NoticeKind.REPORT_REMINDER)] == ["Carol", "Carol"]
    assert tell_at(engine, "2026-03-05 09:00") == 3
    assert tell_at(engine, "2026-03-05 10:00") == 0
    told = heard(engine, NoticeKind.REPORT_MISSING)
    assert sorted(name for name, _about in told) == ["Carol", "Channel_manager", "Channel_sales"]
    assert [about["partner"] for _name, about in sorted(told)] == ["P002 通信", ["P002 通信"], ["P002 通信"]]


def test_several_who_are_missing_are_listed_as_the_reader_lists_them(
    desk: Desk, filed: Any, app: Flask
) -> None:
    filed("2026-03-02 10:00")
    filed("2026-03-02 11:00", "夜鹭商贸有限公司", "carol")
    tell_at(desk.engine, "2026-03-05 09:00")
    about = dict(heard(desk.engine, NoticeKind.REPORT_MISSING))["Channel_manager"]
    told = Told(NoticeKind.REPORT_MISSING, shanghai("2026-03-05 09:00"), about, "/")
    with app.app_context():
        for language, words in (("en", "P001 通信, P002 通信"), ("zh", "P001 通信、P002 通信")):
            with in_language(language):
                assert words in notice_words.title(told)


def test_of_very_many_who_are_missing_the_first_are_named_and_the_others_counted() -> None:
    names = [f"P{number:03}" for number in range(23)]
    assert _listed(names[::-1]) == [*names[:20], "+3"]


@pytest.mark.usefixtures("looked_after")
def test_a_late_report_is_told_of_once(desk: Desk, filed: Any, at: Any) -> None:
    number = filed("2026-03-02 10:00")
    desk.send(at("2026-03-05 08:00"))
    desk.write(at("2026-03-05 09:00"), number, happened="x")
    desk.send(at("2026-03-05 09:30"))
    told = heard(desk.engine, NoticeKind.REPORT_LATE_IN)
    assert told == [("Channel_sales", {"partner": "P001 通信", "week": WEEK.thursday.isoformat()})]


def test_a_verdict_is_told_to_whoever_works_the_project(channel: Channel) -> None:
    one = channel.files("bob", "2026-03-02 10:00", "慢蜗牛快递")
    other = channel.files("bob", "2026-03-02 11:00", "夜鹭商贸")
    third = channel.files("bob", "2026-03-02 12:00", "云上豆腐")
    when = "2026-03-12 14:00"
    channel.decides("channel_manager", when, one, LineVerdict.PROGRESS, "客户口头同意")
    channel.decides("channel_manager", when, other, LineVerdict.RETURNED, "补拜访记录")
    channel.decides("channel_manager", when, third, LineVerdict.NOTED)
    accepted = heard(channel.engine, NoticeKind.PROGRESS_ACCEPTED)
    assert accepted == [("Bob", {"customer": "慢蜗牛快递", "until": "2026-04-09"})]
    returned = heard(channel.engine, NoticeKind.LINE_RETURNED)
    assert [(name, about["reason"]) for name, about in returned] == [("Bob", "补拜访记录")]


def test_a_verdict_on_what_nobody_works_is_told_to_whoever_answers(channel: Channel) -> None:
    one = channel.files("bob", "2026-03-02 10:00", "慢蜗牛快递")
    bob, admin = channel.people["bob"], channel.people["admin"].actor
    with db.transaction(channel.engine) as session:
        version = session.scalar(sa.select(t.user.c.version).where(t.user.c.id == bob.user_id))
        change_user(
            session, actor=admin, now=shanghai("2026-03-10 10:00"), user_id=bob.user_id, version=version,
            name=bob.name, roles=bob.roles, region=None, active=False,
        )  # fmt: skip
    channel.decides("channel_manager", "2026-03-12 14:00", one, LineVerdict.RETURNED, "补拜访记录")
    assert [name for name, _about in heard(channel.engine, NoticeKind.LINE_RETURNED)] == ["Alice"]


def done(channel: Channel) -> list[tuple[str, str, int, int, int]]:
    return [
        (name, about["who"], about["accepted"], about["returned"], about["looked_at"])
        for name, about in heard(channel.engine, NoticeKind.REVIEW_DONE)
    ]


def test_a_review_that_is_done_is_told_of_once_with_its_counts(channel: Channel) -> None:
    for number, verdict in enumerate((LineVerdict.PROGRESS, LineVerdict.RETURNED, LineVerdict.RETURNED)):
        project = channel.files("bob", f"2026-03-02 1{number}:00", f"慢蜗牛快递{number}号")
        channel.decides("channel_manager", "2026-03-12 14:00", project, verdict, "一句话")
    of_another = channel.files("carol", "2026-03-03 10:00", "云上豆腐")
    channel.decides("channel_manager", "2026-03-12 14:05", of_another, LineVerdict.NOTED, partner="carol")
    assert done(channel) == []
    channel.finishes("channel_sales", "2026-03-12 14:10")
    expected = [(name, "Channel_sales", 1, 2, 0) for name in ("Alice", "Bob")]
    assert done(channel) == expected
    channel.finishes("channel_sales", "2026-03-12 14:11")
    channel.reopens("channel_sales", "2026-03-12 14:12")
    channel.finishes("channel_manager", "2026-03-12 14:13")
    assert done(channel) == expected, "a second click, and done again with the same, are no news"
    channel.finishes("channel_manager", "2026-03-12 14:14", partner="carol")
    assert done(channel)[2:] == [("Carol", "Channel_manager", 0, 0, 1)]
    with db.reading(channel.engine) as session:
        links = set(session.scalars(sa.select(t.notice.c.link).where(t.notice.c.kind == "review_done")))
    assert links == {"/weekly/2026-03-12"}


def test_what_comes_of_a_review_taken_up_again_is_told_and_so_is_the_way_back(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    steps = (LineVerdict.PROGRESS, LineVerdict.RETURNED, LineVerdict.PROGRESS)
    for minute, verdict in enumerate(steps):
        if minute:
            channel.reopens("channel_manager", f"2026-03-12 14:{minute}0")
            channel.takes_back("channel_manager", f"2026-03-12 14:{minute}1", project)
        channel.decides("channel_manager", f"2026-03-12 14:{minute}2", project, verdict, "一句话")
        channel.finishes("channel_manager", f"2026-03-12 14:{minute}3")
    told = [each[2:] for each in done(channel) if each[0] == "Alice"]
    assert told == [(1, 0, 0), (0, 1, 0), (1, 0, 0)]


def test_a_review_that_decided_nothing_is_no_news_unless_it_takes_something_back(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.finishes("channel_manager", "2026-03-12 14:00")
    assert done(channel) == []
    channel.reopens("channel_manager", "2026-03-12 14:01")
    channel.decides("channel_manager", "2026-03-12 14:02", project, LineVerdict.NOTED)
    channel.finishes("channel_manager", "2026-03-12 14:03")
    channel.reopens("channel_manager", "2026-03-12 14:04")
    channel.takes_back("channel_manager", "2026-03-12 14:05", project)
    channel.finishes("channel_manager", "2026-03-12 14:06")
    assert [each[2:] for each in done(channel) if each[0] == "Bob"] == [(0, 0, 1), (0, 0, 0)]


def test_the_readers_of_a_roll_up_are_told_that_it_is_there(desk: Desk, filed: Any, at: Any) -> None:
    filed("2026-02-24 10:00")
    with db.transaction(desk.engine) as session:
        make_rollups(session, WEEK, now=at("2026-03-06 10:00"), actor=None)
    told = heard(desk.engine, NoticeKind.ROLLUP_READY)
    assert sorted((name, about["region"]) for name, about in told) == [
        ("Channel_manager", ""), ("Product_marketing", ""), ("Regional_manager", "east"),
    ]  # fmt: skip
    assert {date.fromisoformat(about["week"]) for _name, about in told} == {WEEK.thursday}

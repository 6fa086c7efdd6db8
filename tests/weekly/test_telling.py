"""Who is told what of the channel's week, once (W2–W4)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
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


def test_a_verdict_is_told_to_the_projects_people(channel: Channel) -> None:
    one = channel.files("bob", "2026-03-02 10:00", "慢蜗牛快递")
    other = channel.files("bob", "2026-03-02 11:00", "夜鹭商贸")
    third = channel.files("bob", "2026-03-02 12:00", "云上豆腐")
    when = "2026-03-12 14:00"
    channel.decides("channel_manager", when, one, LineVerdict.PROGRESS, "客户口头同意")
    channel.decides("channel_manager", when, other, LineVerdict.RETURNED, "补拜访记录")
    channel.decides("channel_manager", when, third, LineVerdict.NOTED)
    accepted = heard(channel.engine, NoticeKind.PROGRESS_ACCEPTED)
    assert accepted == [
        (name, {"customer": "慢蜗牛快递", "until": "2026-04-09"}) for name in ("Alice", "Bob")
    ]
    returned = heard(channel.engine, NoticeKind.LINE_RETURNED)
    assert [(name, about["reason"]) for name, about in returned] == [
        ("Alice", "补拜访记录"), ("Bob", "补拜访记录"),
    ]  # fmt: skip


def test_the_readers_of_a_roll_up_are_told_that_it_is_there(desk: Desk, filed: Any, at: Any) -> None:
    filed("2026-02-24 10:00")
    with db.transaction(desk.engine) as session:
        make_rollups(session, WEEK, now=at("2026-03-06 10:00"), actor=None)
    told = heard(desk.engine, NoticeKind.ROLLUP_READY)
    assert sorted((name, about["region"]) for name, about in told) == [
        ("Channel_manager", ""), ("Product_marketing", ""), ("Regional_manager", "east"),
    ]  # fmt: skip
    assert {date.fromisoformat(about["week"]) for _name, about in told} == {WEEK.thursday}

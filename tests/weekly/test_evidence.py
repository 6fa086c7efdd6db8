"""Verdicts as evidence (C8): on the time lines, in the export of any day, as a task until answered (W3)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from portal import db, journal
from portal.domain.pipeline import Stage
from portal.domain.terms import EventKind
from portal.domain.weekly import LineVerdict as V
from portal.registrations.export import registrations_as_of
from portal.registrations.work import add_note
from tests.support.clocks import At, shanghai
from tests.support.people import Person
from tests.support.web import Login
from tests.weekly.conftest import WEEK, Channel

MEETING = "2026-03-12 14:00"


def exported(channel: Channel, day: date) -> dict[str, Any]:
    with db.reading(channel.engine) as session:
        [row] = registrations_as_of(session, day)
    return row


def test_the_export_of_a_day_says_the_last_verdict_of_that_day(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.decides("channel_sales", "2026-03-11 14:00", project, V.RETURNED, "谁去见的客户")
    channel.takes_back("channel_sales", "2026-03-11 15:00", project)
    channel.decides("channel_sales", MEETING, project, V.RETURNED, "附上会议纪要")
    names = ("last_review", "last_review_on", "last_review_note", "protected_until")
    for day, expected in (
        (date(2026, 3, 10), ("", None, "", date(2026, 3, 30))),
        (date(2026, 3, 11), ("", None, "", date(2026, 3, 30))),
        (date(2026, 3, 12), ("returned", date(2026, 3, 12), "附上会议纪要", date(2026, 3, 30))),
    ):
        row = exported(channel, day)
        assert tuple(row[name] for name in names) == expected, day


def test_progress_moves_the_protection_by_exactly_28_days_and_a_return_does_not(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.decides("channel_sales", MEETING, project, V.PROGRESS, "约好试用")
    row = exported(channel, date(2026, 3, 12))
    assert row["last_review"] == "progress"
    assert row["protected_until"] == row["last_review_on"] + timedelta(days=28)
    assert exported(channel, date(2026, 3, 11))["protected_until"] == date(2026, 3, 30)


def test_the_deciders_of_a_case_see_reports_and_verdicts(
    app: Flask, channel: Channel, login: Login, at: At
) -> None:
    project = channel.files("alice", "2026-02-02 10:00", "慢蜗牛快递")
    waiting = channel.files("carol", "2026-02-03 10:00", "慢蜗牛快递")
    with db.transaction(channel.engine) as session:
        alice = channel.people["alice"].actor
        named = journal.fact(
            project, EventKind.REPORTED, at=shanghai("2026-03-09 10:00"), now=shanghai("2026-03-09 10:00"),
            actor=alice, note="等客户预算",
        )  # fmt: skip
        journal.write(session, [named], actor=alice)
    case = channel.opens_case("carol", "2026-03-10 10:00", waiting)
    channel.decides("channel_sales", MEETING, project, V.PROGRESS, "客户恢复预算")
    at("2026-03-13 10:00")
    manager = login(app.test_client(), channel.people["channel_manager"])
    page = manager.get(f"/cases/{case}").text
    for text in ("Named in the weekly report", "等客户预算", "Progress accepted", "客户恢复预算"):
        assert text in page, text


@pytest.mark.parametrize("answer", ["a note", "a move", "a report", "the next verdict", "taken back"])
def test_a_return_is_a_task_until_it_is_answered(
    app: Flask, channel: Channel, login: Login, at: At, people: Mapping[str, Person], answer: str
) -> None:
    project = channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递")
    channel.decides("channel_sales", MEETING, project, V.RETURNED, "附上会议纪要")
    with db.transaction(channel.engine) as session:  # what the vendor's people note is no answer
        add_note(
            session, actor=people["channel_sales"].actor, now=shanghai("2026-03-12 14:30"),
            registration_id=project, text="催过一次",
        )  # fmt: skip
    at("2026-03-12 15:00")
    alice = login(app.test_client(), people["alice"])
    assert "附上会议纪要" in alice.get("/").text
    carol = login(app.test_client(), people["carol"])
    assert "附上会议纪要" not in carol.get("/").text
    when = "2026-03-12 15:30"
    with db.transaction(channel.engine) as session:
        if answer == "a note":
            add_note(
                session, actor=people["bob"].actor, now=shanghai(when), registration_id=project, text="已附"
            )
        if answer == "a report":
            fact = journal.fact(project, EventKind.REPORTED, at=shanghai(when), now=shanghai(when))
            journal.write(session, [fact], actor=None)
    if answer == "a move":
        channel.moves("bob", when, project, Stage.MEETING)
    if answer == "the next verdict":
        at("2026-03-19 10:00")
        channel.decides("channel_sales", "2026-03-19 10:00", project, V.NOTED, week=WEEK.next)
    if answer == "taken back":
        channel.takes_back("channel_sales", when, project)
    assert "附上会议纪要" not in alice.get("/").text

"""Friday's roll-up (W4): made once, when its week is over, from what was so at its end."""

import json
import threading
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.commands.checking import problems
from portal.domain.errors import RuleViolation
from portal.domain.pipeline import Stage
from portal.domain.support import SupportKind, SupportState
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.pipeline.service import move_project
from portal.registrations.work import set_next_step
from portal.support.service import ask, finish
from portal.weekly.rollup import is_made, make_due, make_rollups, preview, weeks_due
from portal.weekly.snapshots import keep_week
from tests.support.clocks import shanghai
from tests.support.people import Person
from tests.weekly.test_snapshots import GATE

People = Mapping[str, Person]
WEEK = Week(date(2026, 3, 5))
FRIDAY = shanghai("2026-03-06 10:00")


def texts(engine: sa.Engine, week: Week = WEEK) -> dict[str, dict[str, Any]]:
    """The frozen texts of a week, by region."""
    with db.reading(engine) as session:
        c = t.rollup.c
        rows = session.execute(sa.select(c.region, c.content).where(c.week == week.thursday)).all()
    return {row.region: json.loads(row.content) for row in rows}


@pytest.fixture
def one_project(engine: sa.Engine, people: People, file_as: Any) -> int:
    """A project of alice's in trial until 20 March, with a next step and a request for support."""
    filed = file_as(people["alice"], shanghai("2026-02-24 10:00"))
    do(engine, people, shanghai("2026-03-02 10:00"), move_project, to=Stage.TRIAL, reason="",
       gate={**GATE, "trial_end": date(2026, 3, 20)})  # fmt: skip
    do(engine, people, shanghai("2026-03-03 10:00"), set_next_step, step="=演示", due=date(2026, 3, 9))
    number: int = filed.registration_id
    give(engine, people, shanghai("2026-03-03 12:00"))
    with db.transaction(engine) as session:
        ask(
            session, actor=people["alice"].actor, now=shanghai("2026-03-04 10:00"), registration_id=number,
            kind=SupportKind.SOLUTION, need="带工程师",
        )  # fmt: skip
    return number


def give(engine: sa.Engine, people: People, now: Any) -> None:
    """Everything that was asked for is given."""
    c = t.support_request.c
    with db.transaction(engine) as session:
        for row in session.execute(sa.select(c.id, c.version).where(c.state == SupportState.OPEN)).all():
            finish(
                session, actor=people["channel_manager"].actor, now=now, request_id=row.id,
                version=row.version, result="-",
            )  # fmt: skip


def do(engine: sa.Engine, people: People, now: Any, act: Any, **values: Any) -> None:
    """An act of alice on her project."""
    with db.transaction(engine) as session:
        c = t.registration.c
        row = session.execute(sa.select(c.id, c.version).order_by(c.id)).first()
        assert row is not None
        act(
            session, actor=people["alice"].actor, now=now, registration_id=row.id, version=row.version,
            **values,
        )  # fmt: skip


def test_a_roll_up_tells_what_the_week_did(engine: sa.Engine, people: People, one_project: int) -> None:
    with db.transaction(engine) as session:
        assert make_rollups(session, WEEK, now=FRIDAY, actor=None) == 2
    found = texts(engine)
    assert set(found) == {"", "east"}
    for text in found.values():
        assert text["stages"]["trial"] == {
            "projects": 1, "ports": 60, "revenue": "21600.00", "weighted": "16200.00",
        }  # fmt: skip
        assert text["changes"]["advanced"] == 1
        [key] = text["key"]
        assert (key["id"], key["before"], key["stage"], key["next_step"]) == (
            one_project, "interest", "trial", "=演示",
        )  # fmt: skip
        assert text["closings"]["expected"]["projects"] == 1
        [asked] = text["support"]
        assert (asked["need"], asked["days"]) == ("带工程师", 1)
        assert [each["code"] for each in text["reports"]["missing"]] == ["P001"]
        assert text["conversion"]["interest"] == {"further": 1, "left": 1, "median_days": "6"}
        assert text["before"] is None
    with db.reading(engine) as session:
        assert list(problems(session, now=FRIDAY)) == []


def test_a_week_that_is_not_over_has_no_roll_up(engine: sa.Engine, one_project: int) -> None:
    with db.transaction(engine) as session:
        with pytest.raises(RuleViolation) as refused:
            make_rollups(session, WEEK, now=WEEK.end, actor=None)
        assert refused.value.code == "rollup.too_early"
        assert make_rollups(session, WEEK, now=WEEK.end + timedelta(microseconds=1), actor=None)


def test_made_late_it_tells_of_the_weeks_end(engine: sa.Engine, people: People, one_project: int) -> None:
    with db.transaction(engine) as session:
        make_rollups(session, WEEK, now=FRIDAY, actor=None)
    at_once = texts(engine)
    with engine.begin() as connection:
        connection.execute(sa.delete(t.rollup))
        connection.execute(sa.delete(t.week_project))
        connection.execute(sa.delete(t.week_end))
    later = FRIDAY + timedelta(days=3)
    do(engine, people, later, set_next_step, step="签约", due=date(2026, 4, 9))
    give(engine, people, later)
    do(engine, people, later, move_project, to=Stage.SIGNED, reason="", gate=GATE)
    with db.transaction(engine) as session:
        make_rollups(session, WEEK, now=later + timedelta(hours=1), actor=None)
    assert texts(engine) == at_once


def test_it_is_made_once_whoever_comes_at_the_same_time(engine: sa.Engine, one_project: int) -> None:
    made: list[int] = []

    def make() -> None:
        with db.transaction(engine) as session:
            made.append(make_rollups(session, WEEK, now=FRIDAY, actor=None))

    several = [threading.Thread(target=make) for _ in range(4)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert sorted(made) == [0, 0, 0, 2]
    with pytest.raises(sa.exc.DBAPIError, match="never changed"), engine.begin() as connection:
        connection.execute(sa.update(t.rollup).values(content="{}"))


def test_an_earlier_week_is_not_made_after_a_later_one(engine: sa.Engine, one_project: int) -> None:
    with db.transaction(engine) as session:
        make_rollups(session, WEEK, now=FRIDAY, actor=None)
        with pytest.raises(RuleViolation) as refused:
            make_rollups(session, WEEK.before, now=FRIDAY, actor=None)
    assert refused.value.code == "rollup.later_made"


def test_the_tick_makes_it_at_the_hour_of_the_policy(engine: sa.Engine, one_project: int) -> None:
    assert make_due(engine, now=FRIDAY - timedelta(seconds=1)) == 0
    assert make_due(engine, now=FRIDAY) == 1
    assert make_due(engine, now=FRIDAY) == 0
    with db.reading(engine) as session:
        assert is_made(session, WEEK)
        assert weeks_due(session, shanghai("2026-03-13 00:00")) == []
        assert weeks_due(session, shanghai("2026-03-13 00:00"), by_hand=True) == [WEEK.next]


def test_the_tick_catches_up_with_five_weeks_at_most(engine: sa.Engine, one_project: int) -> None:
    with db.transaction(engine) as session:
        keep_week(session, WEEK.before, now=FRIDAY)
    now = FRIDAY + timedelta(weeks=7)
    assert make_due(engine, now=now) == 5
    with db.reading(engine) as session:
        c = t.rollup.c
        found = sorted(session.scalars(sa.select(c.week).where(c.region == "")))
    assert found == [(WEEK.thursday + timedelta(weeks=each)) for each in range(3, 8)]
    newest = texts(engine, Week(found[-1]))[""]
    assert newest["before"]["week"] == found[-2].isoformat()


def test_before_anything_was_filed_nothing_is_due(engine: sa.Engine, people: People) -> None:
    assert make_due(engine, now=FRIDAY) == 0


def test_the_preview_of_the_running_week_keeps_nothing(engine: sa.Engine, one_project: int) -> None:
    with db.reading(engine) as session:
        everything, east = preview(session, shanghai("2026-03-04 12:00"))
        assert everything["key"] == east["key"]
        assert everything["changes"]["advanced"] == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(t.week_end)) == 0

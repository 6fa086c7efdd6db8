"""The fishing alarm (G6): raised once a day, shown to the channel manager, never to the person."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Flask

from portal import clock, db
from portal.conflicts.check import problems
from portal.models import tables as t
from portal.policy.service import add_policy
from tests.support.people import Person

People = Mapping[str, Person]
NAMES = [
    f"{char}某客户有限公司" for char in sorted("天地玄黄宇洪荒日月星辰列张寒来暑往秋收冬藏成云致雨露光果珍")
]


def ask(client: Any, name: str) -> bytes:
    answer = client.get("/registrations/check", query_string={"customer_name": name})
    assert answer.status_code == 200
    return bytes(answer.data)


def alarms(engine: sa.Engine) -> list[Any]:
    with db.reading(engine) as session:
        return list(session.execute(sa.select(t.fishing_alarm)))


def test_an_alarm_is_raised_once_a_day_and_the_person_notices_nothing(
    app: Flask, engine: sa.Engine, people: People, login: Any, at: Any
) -> None:
    at("2026-03-02 10:00")
    bob = login(app.test_client(), people["bob"])
    answers = {ask(bob, name) for name in NAMES}
    assert len(answers) == 1, "the same words before and after"
    [alarm] = alarms(engine)
    assert (alarm.user_id, alarm.day) == (people["bob"].user_id, date(2026, 3, 2))
    assert alarm.patterns.split() == ["sequence"]
    assert b"alarm" not in bob.get("/").data.lower()
    assert bob.get("/alarms").status_code == bob.get("/alarms/1").status_code == 403
    at("2026-03-03 10:00")
    bob = login(app.test_client(), people["bob"])
    for name in NAMES:
        ask(bob, name)
    assert [each.day.day for each in alarms(engine)] == [2, 3]
    with db.reading(engine) as session:
        assert list(problems(session, now=clock.now())) == []


def test_the_channel_manager_sees_the_checks_and_notes_what_came_of_it(
    app: Flask, engine: sa.Engine, people: People, login: Any, at: Any
) -> None:
    at("2026-03-02 10:00")
    bob = login(app.test_client(), people["bob"])
    for name in NAMES:
        ask(bob, name)
    manager = login(app.test_client(), people["channel_manager"])
    assert "Bob" in manager.get("/alarms").text
    page = manager.get("/alarms/1").text
    assert all(name in page for name in NAMES)
    assert "order of a list" in page
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    form = {"version": found[1], "note": "问过了，是清理名单"}
    assert manager.post("/alarms/1/seen", data=form | {"note": " "}).status_code == 422
    assert manager.post("/alarms/1/seen", data=form).status_code == 303
    twice = manager.post("/alarms/1/seen", data=form | {"note": "别的话"})
    assert twice.status_code == 409
    assert "别的话" in twice.text, "what was typed is not lost"
    assert (
        manager.post("/alarms/99/seen", data=form).status_code == manager.get("/alarms/99").status_code == 404
    )
    assert "问过了，是清理名单" in manager.get("/alarms").text
    with db.reading(engine) as session:
        acts = session.scalars(
            sa.select(t.audit_entry.c.action).where(t.audit_entry.c.subject_type == "alarm")
        )
        assert list(acts) == ["alarm.raised", "alarm.seen"]
        assert list(problems(session, now=clock.now())) == []


def test_what_was_filed_the_same_day_is_not_counted(
    app: Flask, engine: sa.Engine, people: People, login: Any, file_as: Any, at: Any
) -> None:
    bob = login(app.test_client(), people["bob"])
    for number, name in enumerate(NAMES):
        ask(bob, name)
        file_as(people["bob"], at(f"2026-03-02 10:{number:02}"), name)
    assert alarms(engine) == []


def test_a_policy_without_the_figures_raises_no_alarm_and_the_page_says_so(
    app: Flask, engine: sa.Engine, people: People, login: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    with db.transaction(engine) as session:
        body = dict(session.scalar(sa.select(t.policy_version.c.body)))
        del body["fishing"]
        add_policy(session, actor=None, now=now, effective_from=date(2026, 3, 1), reason="-", body=body)
    bob = login(app.test_client(), people["bob"])
    for name in NAMES:
        ask(bob, name)
    assert alarms(engine) == []
    manager = login(app.test_client(), people["channel_manager"])
    assert "no alarm is raised" in manager.get("/alarms").text

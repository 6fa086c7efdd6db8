"""The fishing alarm (G6): raised once a day, shown to the channel manager, never to the person."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Flask
from stdnum.cn import uscc

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


def test_codes_under_one_name_are_many_companies(
    app: Flask, engine: sa.Engine, people: People, login: Any, at: Any
) -> None:
    """Whoever keeps the name and changes the code looks for as many companies as there are codes."""
    at("2026-03-02 10:00")
    bob = login(app.test_client(), people["bob"])
    for number in range(20):
        asked = {"customer_name": "慢" * 200, "customer_name_en": "x" * 200, "uscc": code_of(number)}
        assert bob.get("/registrations/check", query_string=asked).status_code == 200
    [alarm] = alarms(engine)
    assert alarm.names >= 8


def code_of(number: int) -> str:
    body = f"91310115{number:09d}"
    return body + uscc.calc_check_digit(body)


def test_filing_and_giving_up_is_looking_up(
    app: Flask, engine: sa.Engine, people: People, login: Any, file_as: Any, row_of: Any, at: Any
) -> None:
    """Neither unlooked-for nor checked and then hidden by a filing: what is given up untouched was fished."""
    bob = login(app.test_client(), people["bob"])
    for number, name in enumerate(NAMES):
        now = at(f"2026-03-02 10:{number:02}")
        if number % 2:
            ask(bob, name)
        filed = file_as(people["bob"], now, name)
        form = {"version": row_of(filed.registration_id).version, "reason": "看错了"}
        assert bob.post(f"/registrations/{filed.registration_id}/end/release", data=form).status_code == 303
    [alarm] = alarms(engine)
    assert (alarm.user_id, "sequence" in alarm.patterns) == (people["bob"].user_id, True)
    with db.reading(engine) as session:
        assert list(problems(session, now=clock.now())) == []


def test_what_is_given_up_counts_towards_the_daily_number(
    app: Flask, engine: sa.Engine, people: People, login: Any, file_as: Any, row_of: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    with db.transaction(engine) as session:
        body = dict(session.scalar(sa.select(t.policy_version.c.body))) | {"check_quota_per_day": 2}
        add_policy(session, actor=None, now=now, effective_from=date(2026, 3, 1), reason="-", body=body)
    bob = login(app.test_client(), people["bob"])
    for name in NAMES[:2]:
        filed = file_as(people["bob"], now, name)
        form = {"version": row_of(filed.registration_id).version, "reason": "看错了"}
        bob.post(f"/registrations/{filed.registration_id}/end/release", data=form)
    assert b"2 checks" in ask(bob, NAMES[5]) or b"quota" in ask(bob, NAMES[5])


def test_giving_up_what_had_come_further_is_no_looking_up(
    app: Flask, engine: sa.Engine, people: People, login: Any, file_as: Any, row_of: Any, at: Any
) -> None:
    claims = [file_as(people["bob"], at("2026-03-02 10:00"), name).registration_id for name in NAMES]
    at("2026-04-10 10:00")
    bob = login(app.test_client(), people["bob"])
    for claim in claims:
        form = {"version": row_of(claim).version, "reason": "客户不需要"}
        assert bob.post(f"/registrations/{claim}/end/release", data=form).status_code == 303
    assert alarms(engine) == []

"""Support in the Thursday review (W3, L2): one line asks for it, a tick with a result ends it."""

import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.domain.support import SupportKind, SupportState
from portal.models import tables as t
from portal.support.service import ask, finish
from tests.support.clocks import At, shanghai
from tests.support.web import Login
from tests.weekly.conftest import Channel

MEETING = "2026-03-12 14:00"
HERE = "/thursday/2026-03-12"


@pytest.fixture
def project(channel: Channel) -> int:
    """A project of alice's."""
    return channel.files("alice", "2026-03-03 10:00", "慢蜗牛快递")


@pytest.fixture
def manager(app: Flask, channel: Channel, login: Login, at: At, project: int) -> Any:
    """The channel manager in the meeting."""
    at(MEETING)
    return login(app.test_client(), channel.people["channel_manager"])


def requests(channel: Channel) -> list[Any]:
    with db.reading(channel.engine) as session:
        return list(session.execute(sa.select(t.support_request).order_by(t.support_request.c.id)))


def line(text: str, **more: Any) -> dict[str, Any]:
    return {"support": text, "kind": "other", "registration_id": "", "request_key": str(uuid.uuid4()), **more}


def test_a_line_asks_with_its_owner_and_its_day(manager: Any, channel: Channel, project: int) -> None:
    sent = line("报价 @我 周五", registration_id=project, kind="price")
    for _ in range(2):  # a double click asks once
        answer = manager.hx.post(f"{HERE}/1/support", data=sent)
        assert answer.status_code == 200
    [asked] = requests(channel)
    me = channel.people["channel_manager"].actor.user_id
    assert (asked.need, asked.owner_id, str(asked.due_on)) == ("报价", me, "2026-03-13")
    assert (asked.registration_id, asked.kind, str(asked.week)) == (project, SupportKind.PRICE, "2026-03-12")
    assert answer.text.count("报价") >= 1
    assert "慢蜗牛快递" in answer.text


def test_without_script_it_leads_back_to_the_panel(manager: Any, channel: Channel) -> None:
    answer = manager.post(f"{HERE}/1/support", data=line("培训"))
    assert answer.headers["Location"] == f"{HERE}/1#support"
    [asked] = requests(channel)
    assert asked.partner_id == 1
    assert asked.due_on is not None  # as the policy has it
    assert "培训" in manager.get(f"{HERE}/1").text


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("报价 @王五 周五", {}, "is not one of those who can take it"),
        ("报价 2026-02-30", {}, "is no day"),
        ("报价 3-11", {}, "cannot be due before today"),
        ("@我 周五", {}, "required"),
        ("报价", {"registration_id": "999"}, "not yours"),
        ("报价", {"registration_id": "9" * 5000}, "not yours"),
        ("报价", {"kind": "trial_install"}, "Choose"),
        ("报" * 501, {}, "501"),
        ("@" + "a " * 300, {}, "601"),
    ],
)
def test_what_is_refused_stays_typed(
    manager: Any, channel: Channel, text: str, more: dict[str, Any], words: str
) -> None:
    for client in (manager, manager.hx):
        answer = client.post(f"{HERE}/1/support", data=line(text, **more))
        assert answer.status_code == 422
        assert f'value="{text}"' in answer.text
        assert words in answer.text
    assert requests(channel) == []


def test_a_tick_ends_it_with_its_result(manager: Any, channel: Channel, project: int) -> None:
    with db.transaction(channel.engine) as session:
        number = ask(
            session, actor=channel.people["alice"].actor, now=shanghai("2026-03-11 10:00"),
            registration_id=project, kind=SupportKind.SOLUTION, need="售前同去",
        )  # fmt: skip
    there = f"{HERE}/1/support/{number}/done"
    empty = manager.hx.post(there, data={"version": "1", "result": " "})
    assert empty.status_code == 422
    done = manager.hx.post(there, data={"version": "1", "result": "已去过，客户认可"})
    assert done.status_code == 200
    assert "已去过，客户认可" in done.text
    assert requests(channel)[0].state is SupportState.DONE
    twice = manager.hx.post(there, data={"version": "1", "result": "已去过，客户认可"})
    assert twice.status_code == 200
    late = manager.hx.post(there, data={"version": "1", "result": "再来一次"})
    assert late.status_code == 409
    assert "再来一次" in late.text
    assert requests(channel)[0].result == "已去过，客户认可"


def test_somebody_elses_plan_is_not_overwritten(manager: Any, channel: Channel, project: int) -> None:
    with db.transaction(channel.engine) as session:
        number = ask(
            session, actor=channel.people["alice"].actor, now=shanghai("2026-03-11 10:00"),
            registration_id=project, kind=SupportKind.SOLUTION, need="售前同去",
        )  # fmt: skip
    with db.transaction(channel.engine) as session:
        session.execute(sa.update(t.support_request).values(version=2))
    answer = manager.hx.post(f"{HERE}/1/support/{number}/done", data={"version": "1", "result": "去过"})
    assert answer.status_code == 409
    assert 'value="去过"' in answer.text


def test_others_requests_are_not_reached_through_a_partner(manager: Any, channel: Channel) -> None:
    theirs = channel.files("carol", "2026-03-03 10:00", "夜鹭商贸")
    with db.transaction(channel.engine) as session:
        number = ask(
            session, actor=channel.people["carol"].actor, now=shanghai("2026-03-11 10:00"),
            registration_id=theirs, kind=SupportKind.SOLUTION, need="售前同去",
        )  # fmt: skip
    assert manager.hx.post(f"{HERE}/1/support/{number}/done", data={"version": "1"}).status_code == 404
    answer = manager.hx.post(f"{HERE}/1/support", data=line("报价", registration_id=theirs))
    assert answer.status_code == 422


def test_a_past_meeting_shows_what_it_spoke_of(manager: Any, channel: Channel, project: int, at: At) -> None:
    alice = channel.people["alice"].actor
    with db.transaction(channel.engine) as session:
        number = ask(
            session, actor=alice, now=shanghai("2026-03-11 10:00"), registration_id=project,
            kind=SupportKind.SOLUTION, need="售前同去",
        )  # fmt: skip
        finish(
            session, actor=channel.people["channel_manager"].actor, now=shanghai("2026-03-12 15:00"),
            request_id=number, version=1, result="去过",
        )  # fmt: skip
    at("2026-03-19 14:00")
    assert "售前同去" in manager.get(f"{HERE}/1").text
    assert "售前同去" not in manager.get("/thursday/2026-03-19/1").text


def test_nothing_is_asked_for_in_a_meeting_that_is_over(manager: Any, channel: Channel, at: At) -> None:
    at("2026-03-26 14:00")
    for client in (manager, manager.hx):
        answer = client.post(f"{HERE}/1/support", data=line("报价"))
        assert answer.status_code == 422
        assert "报价" in answer.text  # what was typed is not lost
        assert "until" in answer.text or "over" in answer.text
    assert requests(channel) == []
    assert 'name="support"' not in manager.get(f"{HERE}/1").text
    assert 'name="support"' in manager.get("/thursday/2026-03-26/1").text

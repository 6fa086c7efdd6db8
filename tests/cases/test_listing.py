"""The list of cases beyond a page, its filters and its counts; deadlines in working days."""

import re
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.cases.listing import Shown, count_cases, edges, list_cases, reader_of
from portal.cases.queries import case_rows, cases_of
from portal.cases.rows import case_lines
from portal.domain.calendar import working_days_late
from portal.domain.cases import CaseKind, CaseStatus, Outcome, answer_due
from portal.models import tables as t
from portal.policy.service import policy_on
from tests.cases.conftest import World
from tests.support.clocks import At, shanghai

TODAY = date(2026, 10, 12)


def cases(world: World, rows: list[dict[str, Any]]) -> None:
    """Cases as they may lie there, each about a customer of its own, between alice and carol."""
    known = {
        "kind": CaseKind.TAKEOVER, "status": CaseStatus.OPEN, "owner_id": world.claims["alice"],
        "challenger_id": world.claims["carol"], "opened_by_id": world.people["carol"].user_id, "reason": "-",
        "answer": "", "appeal": "", "appeal_reason": "", "version": 1, "outcome": None, "answered_at": None,
        "appealed_at": None, "answered_by_id": None, "appeal_until": None,
    }  # fmt: skip
    full = [
        known | {"ref": f"X{number}", "customer_id": 9000 + number, "is_open": True} | row
        for number, row in enumerate(rows)
    ]
    with db.transaction(world.engine) as session:
        session.execute(sa.insert(t.conflict_case), full)


def every_standing() -> list[dict[str, Any]]:
    """Open and appealed cases of every age around the National Day holiday, answered and not."""
    rows: list[dict[str, Any]] = []
    for ago, kind, answered in product(range(0, 25), CaseKind, (None, 0, 1, 4)):
        opened = TODAY - timedelta(days=ago)
        at = None if answered is None else instant(opened + timedelta(days=answered))
        if at is None or (at <= instant(TODAY) and kind is CaseKind.TAKEOVER):
            due = opened + timedelta(days=3)
            rows.append({"kind": kind, "opened_at": instant(opened), "answer_due": due, "answered_at": at})
    for ago in range(0, 20):
        at = instant(TODAY - timedelta(days=ago))
        over = {"status": CaseStatus.APPEALED, "outcome": Outcome.REFUSED, "appealed_at": at}
        rows.append({"opened_at": at, "answer_due": TODAY - timedelta(days=ago + 9), **over})
    return rows


def instant(day: date) -> datetime:
    return shanghai(f"{day} 10:00")


def test_what_is_listed_is_what_the_rules_say(world: World) -> None:
    cases(world, every_standing())
    with db.reading(world.engine) as session:
        policy = policy_on(session, TODAY)
        for name in ("alice", "carol", "channel_manager", "channel_director", "key_accounts_manager", "coo"):
            person = world.people[name].actor
            scope, reader, values = cases_of(person), reader_of(person), edges(TODAY, policy)
            everything = session.execute(case_rows().where(scope)).all()
            lines = case_lines(everything, person, TODAY, policy)
            wanted = {
                Shown.MINE: {line.row.id for line in lines if line.mine},
                Shown.OVERDUE: {line.row.id for line in lines if line.late},
                Shown.OPEN: {line.row.id for line in lines},
                Shown.DECIDED: set(),
            }
            counts = count_cases(session, scope, reader, values=values)
            for shown, ids in wanted.items():
                page = list_cases(session, scope, reader, shown, values=values, size=1000)
                assert {row.id for row in page.rows} == ids, (name, shown)
                assert counts[shown] == len(ids), (name, shown)
            if name in ("alice", "channel_manager", "channel_director"):
                assert wanted[Shown.MINE]
                assert wanted[Shown.OVERDUE]


def test_every_case_is_on_one_page(app: Flask, world: World, login: Any, at: At) -> None:
    over = {"status": CaseStatus.CLOSED, "is_open": False, "outcome": Outcome.WITHDRAWN}
    day = shanghai("2026-04-01 10:00")
    cases(world, [{"opened_at": day, "answer_due": day.date(), **over} for _number in range(75)])
    at("2026-05-01 10:00")
    manager = login(app.test_client(), world.people["channel_manager"])
    path: str | None = "/cases"
    seen: list[str] = []
    while path:
        page = manager.get(path).text
        seen += re.findall(r">(X\d+)[ <]", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following and following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 75
    assert seen[0] == "X74", "the newest first"
    assert ">75<" in page


@pytest.mark.engines("sqlite")
def test_who_has_voted_is_not_reminded_and_the_other_side_is(
    app: Flask, with_key_accounts: World, login: Any, at: At
) -> None:
    world = with_key_accounts
    world.asks("key_accounts", "2026-04-01 10:00")
    world.answers("alice", "2026-04-02 10:00")
    world.votes("channel_manager", "2026-04-03 10:00", True, to="key_accounts", reason="客户指定")
    at("2026-04-17 10:00")

    def reminded(name: str) -> bool:
        client = login(app.test_client(), world.people[name])
        assert (f"/cases/{world.case_id}" in client.get("/cases?show=mine").text) is (
            f"/cases/{world.case_id}" in client.get("/").text
        )
        return f"/cases/{world.case_id}" in client.get("/").text

    names = ("alice", "carol", "channel_manager", "key_accounts_manager", "channel_director")
    assert {name for name in names if reminded(name)} == {"key_accounts_manager"}


class TestDeadlines:
    @pytest.mark.parametrize(
        ("opened", "due"),
        [
            # Spring Festival 2026: 15 to 23 February off, Saturday the 14th and the 28th are made up.
            (date(2026, 2, 12), date(2026, 2, 24)),
            (date(2026, 2, 13), date(2026, 2, 25)),
            (date(2026, 2, 26), date(2026, 3, 2)),
            # National Day 2026: 1 to 7 October off, Sunday 20 September and Saturday 10 October made up.
            (date(2026, 9, 18), date(2026, 9, 22)),
            (date(2026, 9, 29), date(2026, 10, 9)),
            (date(2026, 9, 30), date(2026, 10, 10)),
        ],
    )
    def test_holidays_and_days_made_up_count_rightly(self, world: World, opened: date, due: date) -> None:
        with db.reading(world.engine) as session:
            assert answer_due(opened, policy_on(session, opened)) == due

    def test_how_late_something_is(self) -> None:
        due = date(2026, 9, 30)
        ages = {day: working_days_late(due, day) for day in (due, date(2026, 10, 7), date(2026, 10, 8))}
        assert list(ages.values()) == [0, 0, 1]
        assert working_days_late(due, date(2026, 10, 12)) == 4, "the Saturday is made up"
        assert working_days_late(due, date(2026, 9, 1)) == 0

    @pytest.mark.engines("sqlite")
    @pytest.mark.parametrize(
        ("until", "who"),
        [("asked", "alice"), ("answered", "channel_manager"), ("appealed", "channel_director")],
    )
    def test_who_owes_it_sees_its_age_at_home(
        self, app: Flask, world: World, login: Any, at: At, until: str, who: str
    ) -> None:
        kind = CaseKind.HANDOVER if until == "asked" else CaseKind.TAKEOVER
        world.asks("carol", "2026-04-08 10:00", kind)
        if until != "asked":
            world.answers("alice", "2026-04-08 11:00")
        if until == "appealed":
            world.votes("channel_manager", "2026-04-08 12:00", True)
            world.appeals("alice", "2026-04-08 13:00")
        at("2026-04-15 10:00")  # due on Monday the 13th
        for name in ("alice", "channel_manager", "channel_director"):
            page = login(app.test_client(), world.people[name]).get("/").text
            assert ("2 working days overdue" in page) is (name == who), name
        page = login(app.test_client(), world.people[who]).get("/cases?show=overdue").text
        assert "2 working days overdue" in page

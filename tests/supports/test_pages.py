"""The pages of support: the list by who reads it, one request, the boxes on projects and partners, today."""

import re
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.domain.pipeline import Stage
from portal.domain.support import SupportKind, SupportState
from portal.models import tables as t
from tests.support.clocks import At
from tests.supports.conftest import Desk

pytestmark = pytest.mark.engines("sqlite")
KEY = "6b0f5f0e-28ce-4b36-a5a1-a6f8a4a1f3c1"


@pytest.fixture
def opened(app: Flask, desk: Desk, login: Any, at: At) -> Any:
    """A client by name, on the morning of Thursday, 12 March."""
    at("2026-03-12 10:00")
    return lambda name: login(app.test_client(), desk.people[name])


def asked(desk: Desk) -> int:
    """What has been late since the 10th."""
    return desk.asks("alice", "2026-03-05 10:00", need="请售前到场")


def desk_requests(desk: Desk, kind: SupportKind) -> list[int]:
    with db.reading(desk.engine) as session:
        s = t.support_request.c
        return list(session.execute(sa.select(s.id).where(s.kind == kind)).scalars())


class TestTheList:
    def test_each_sees_what_it_owes(self, desk: Desk, opened: Any):
        asked(desk)
        desk.moves("alice", "2026-03-12 09:00", Stage.TRIAL)
        for name, shown, hidden in (
            ("channel_sales", "请售前到场", "SY-1"),
            ("customer_service", "SY-1", "请售前到场"),
            ("product_marketing", "No requests", "SY-1"),
        ):
            page = opened(name).get("/support?show=mine").text
            assert shown in page, name
            assert hidden not in page, name
        [trial] = desk_requests(desk, SupportKind.TRIAL_INSTALL)
        agreed = "Agreement SY-1, trial 2026-03-20 to 2026-04-20"
        for path in ("/support", f"/support/{trial}", "/"):
            assert agreed in opened("customer_service").get(path).text, path
        assert "请售前到场" in opened("channel_manager").get("/support?show=overdue").text
        assert "2 days late" in opened("channel_sales").get("/support").text

    def test_a_partner_sees_its_own_and_what_came_of_it(self, desk: Desk, opened: Any):
        request = asked(desk)
        desk.gives("channel_sales", "2026-03-12 09:00", request, "周五到场")
        assert "周五到场" in opened("alice").get("/support?show=done").text
        carol = opened("carol")
        assert "请售前到场" not in carol.get("/support?show=done").text
        assert carol.get(f"/support/{request}").status_code == 404
        for path in ("plan", "finish", "decline"):
            assert carol.post(f"/support/{request}/{path}", data={"version": 1}).status_code in (403, 404)

    def test_a_list_is_paged_by_what_is_due(self, desk: Desk, opened: Any):
        for number in range(33):
            desk.asks("alice", "2026-03-12 09:00", need=f"第{number}件")
        first = opened("channel_sales").get("/support?show=open").text
        after = re.search(r'rel="next" href="([^"]+)"', first)
        assert after is not None
        second = opened("channel_sales").get(after.group(1).replace("&amp;", "&")).text
        assert [f"第{number}件" in first for number in (0, 29, 30)] == [True, True, False]
        assert [f"第{number}件" in second for number in (29, 30, 32)] == [False, True, True]


class TestAsking:
    FORM: ClassVar = {"kind": "price", "need": "请批九折", "request_key": KEY}

    def test_on_the_page_of_a_project_and_twice_is_once(self, desk: Desk, opened: Any):
        alice, form = opened("alice"), {**self.FORM, "registration_id": desk.claims["alice"]}
        for _ in range(2):
            answer = alice.post("/support/ask", data=form)
            assert answer.status_code == 303
            assert answer.location.endswith(f"/registrations/{desk.claims['alice']}")
        [row] = desk.requests()
        assert (row.kind, row.need) == (SupportKind.PRICE, "请批九折")
        page = alice.get(f"/registrations/{desk.claims['alice']}").text
        assert "请批九折" in page
        assert "Channel manager" in page, "whose turn it is"

    def test_what_was_typed_stays_where_it_is_refused(self, desk: Desk, opened: Any):
        answer = opened("alice").post(
            "/support/ask",
            data={"registration_id": desk.claims["alice"], "kind": "price", "need": "长" * 501},
        )
        assert answer.status_code == 422
        assert "长" * 501 in answer.text
        assert desk.requests() == []

    def test_on_another_partners_project_there_is_nothing_to_ask_for(self, desk: Desk, opened: Any):
        for about in (
            {"registration_id": desk.claims["alice"]},
            {"partner_id": desk.people["alice"].partner_id},
            {"registration_id": "x"}, {"registration_id": "99999999999999"}, {},
        ):  # fmt: skip
            assert opened("carol").post("/support/ask", data={**self.FORM, **about}).status_code == 404
        assert desk.requests() == []

    def test_on_the_page_of_a_partner(self, desk: Desk, opened: Any):
        partner = desk.people["alice"].partner_id
        form = {"kind": "training", "need": "新人培训", "partner_id": partner, "request_key": KEY}
        answer = opened("alice").post("/support/ask", data=form)
        assert answer.location.endswith(f"/partners/{partner}")
        assert "新人培训" in opened("channel_sales").get(f"/partners/{partner}").text
        answer = opened("bob").post("/support/ask", data=form | {"request_key": ""})
        assert answer.location.endswith("/support?show=open"), "who does not see the register"


class TestAnswering:
    def test_taken_handed_on_and_given(self, desk: Desk, opened: Any):
        request, me = asked(desk), desk.people["channel_sales"].user_id
        sales = opened("channel_sales")
        page = sales.get(f"/support/{request}").text
        assert "that day stays" in page
        take = dict(re.findall(r'type="hidden" name="(version|owner_id|due)" value="([^"]*)"', page))
        assert take == {"version": "1", "owner_id": str(me), "due": "2026-03-10"}, "as the page offers it"
        for _ in range(2):  # a second click changes nothing
            assert sales.post(f"/support/{request}/plan", data=take).status_code == 303
        assert (desk.request(request).owner_id, desk.request(request).version) == (me, 2)
        assert "I take it" not in sales.get(f"/support/{request}").text
        give = {"version": 2, "f-result": "已到场"}
        for _ in range(2):
            assert sales.post(f"/support/{request}/finish", data=give).status_code == 303
        row = desk.request(request)
        assert (row.state, row.result, row.version) == (SupportState.DONE, "已到场", 3)
        assert "已到场" in opened("alice").get(f"/support/{request}").text

    def test_the_second_of_two_sees_both(self, desk: Desk, opened: Any):
        request = asked(desk)
        desk.plans(
            "channel_manager", "2026-03-12 09:00", request, owner_id=desk.people["customer_service"].user_id
        )
        answer = opened("channel_sales").post(
            f"/support/{request}/finish", data={"version": 1, "f-result": "我已处理"}
        )
        assert answer.status_code == 409
        assert "我已处理" in answer.text
        assert desk.people["customer_service"].name in answer.text
        desk.gives("customer_service", "2026-03-12 09:30", request, "别人已处理")
        answer = opened("channel_sales").post(
            f"/support/{request}/decline", data={"version": 2, "d-result": "不做"}
        )
        assert answer.status_code == 409
        assert "别人已处理" in answer.text
        assert desk.request(request).state is SupportState.DONE

    def test_a_result_and_a_reason_are_asked_for(self, desk: Desk, opened: Any):
        request = asked(desk)
        for path in ("finish", "decline"):
            data = {"version": 1, f"{path[0]}-result": " "}
            assert opened("channel_sales").post(f"/support/{request}/{path}", data=data).status_code == 422
        late = {"version": 1, "owner_id": "", "due": "2026-03-20", "reason": "忙"}
        answer = opened("channel_sales").post(f"/support/{request}/plan", data=late)
        assert answer.status_code == 422
        assert "a day that has passed is not moved" in answer.text

    def test_whoever_asked_withdraws(self, desk: Desk, opened: Any):
        request = asked(desk)
        alice = opened("alice")
        assert "Withdraw it" in alice.get(f"/support/{request}").text
        answer = alice.post(f"/support/{request}/decline", data={"version": 1, "d-result": "不需要了"})
        assert answer.status_code == 303
        assert desk.request(request).state is SupportState.DECLINED
        assert "Withdraw it" not in alice.get(f"/support/{request}").text

    def test_who_only_reads_answers_nothing(self, desk: Desk, opened: Any):
        request = asked(desk)
        answer = opened("finance").post(f"/support/{request}/decline", data={"version": 1, "d-result": "不"})
        assert answer.status_code == 403
        assert desk.request(request).state is SupportState.OPEN


class TestWhereItShows:
    def test_the_page_of_the_project_says_that_the_clock_stands_and_why(self, desk: Desk, opened: Any):
        asked(desk)
        page = opened("alice").get(f"/registrations/{desk.claims['alice']}").text
        assert "Clock stands" in page
        assert "stands since 2026-03-11" in page
        assert "until the end of 2026-04-01" in page
        assert "2026-03-11 – 2026-03-12" in page
        assert "support that was asked for was overdue" in page

    def test_the_waiting_party_is_told_the_day_and_no_cause(self, desk: Desk, opened: Any):
        asked(desk)
        page = opened("carol").get(f"/registrations/{desk.claims['carol']}").text
        assert "2026-04-02" in page, "the first day on which it could be reassigned"
        assert "Clock stands" not in page
        assert "请售前到场" not in page

    def test_lists_and_the_board_say_so_too(self, desk: Desk, opened: Any):
        asked(desk)
        alice = opened("alice")
        for path in ("/registrations", "/board"):
            assert "Clock stands" in alice.get(path).text, path

    def test_today_shows_what_is_owed_and_what_was_answered(self, desk: Desk, opened: Any):
        request = asked(desk)
        assert "请售前到场" in opened("channel_sales").get("/").text
        assert "请售前到场" not in opened("customer_service").get("/").text
        desk.gives("channel_sales", "2026-03-12 09:00", request, "周五到场")
        assert "周五到场" in opened("alice").get("/").text
        assert "请售前到场" not in opened("channel_sales").get("/").text


def test_the_lists_ask_at_most_four_questions_however_many_requests_there_are(
    app: Flask, desk: Desk, opened: Any
) -> None:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sales = opened("channel_sales")
    sales.get("/support")  # who the person is, is kept from here on
    for _ in range(2):
        for _ in range(20):
            asked(desk)
        for path in ("/support", "/support?show=done", "/support?show=overdue"):
            statements.clear()
            sa.event.listen(app.extensions["portal_engine"], "before_cursor_execute", note)
            assert sales.get(path).status_code == 200
            sa.event.remove(app.extensions["portal_engine"], "before_cursor_execute", note)
            assert sum(not each.startswith("BEGIN") for each in statements) <= 4, (path, statements)

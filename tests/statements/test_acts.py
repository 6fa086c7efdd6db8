"""The vendor's acts: each once, in order, by the right person; many at once, each for itself."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import db
from portal.domain.errors import RuleViolation
from portal.domain.periods import parse_period
from portal.domain.roles import Role
from portal.domain.statements import Act, Station
from portal.models import tables as t
from portal.receipts import collecting
from portal.statements import acting
from portal.statements.deferring import defer_receipt, withheld_of
from portal.statements.scope import statements_of
from tests.support.people import Person, make_partner, make_user
from tests.support.statements import STRAIGHT, WITHHELD_LINE, LineOf, make_statement, walk_to
from tests.support.web import Login

People = Mapping[str, Person]
pytestmark = pytest.mark.usefixtures("people", "made_up")


@pytest.fixture
def stand(engine: sa.Engine, people: People) -> Callable[..., int]:
    """A statement of alice's partner at a station: `stand(Station.SENT, lines=[…])`."""
    periods = iter(f"20{year}-{month:02}" for year in range(20, 27) for month in range(1, 13))

    def make(station: Station, **how: Any) -> int:
        with db.transaction(engine) as session:
            partner = how.pop("partner_id", people["alice"].partner_id)
            made = make_statement(session, partner, next(periods), **how)
            walk_to(session, people, made, station)
            return made

    return make


def row_of(engine: sa.Engine, statement_id: int) -> Any:
    with db.reading(engine) as session:
        return session.execute(sa.select(t.statement).where(t.statement.c.id == statement_id)).one()


def acts_of(engine: sa.Engine, statement_id: int) -> list[tuple[Act, int | None]]:
    a = t.statement_act.c
    with db.reading(engine) as session:
        rows = session.execute(
            sa.select(a.act, a.actor_id).where(a.statement_id == statement_id).order_by(a.id)
        )
        return [(row.act, row.actor_id) for row in rows]


WALK = (
    (Station.GENERATED, Act.PRINT, Station.PRINTED),
    (Station.PRINTED, Act.SEND, Station.SENT),
    (Station.CONFIRMED, Act.PASS_ON, Station.PASSED_ON),
    (Station.PASSED_ON, Act.APPROVE_MANAGER, Station.MANAGER_APPROVED),
    (Station.MANAGER_APPROVED, Act.APPROVE_DIRECTOR, Station.DIRECTOR_APPROVED),
    (Station.DIRECTOR_APPROVED, Act.APPROVE_COO, Station.APPROVED),
)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("station", "act", "to"), WALK)
def test_an_act_says_what_follows_and_is_done_once_however_often_it_is_sent(
    app: Flask, engine: sa.Engine, people: People, login: Login, stand: Callable[..., int], station: Station,
    act: Act, to: Station,
) -> None:  # fmt: skip
    statement, client = stand(station), login(app.test_client(), people[STRAIGHT[act]])
    path = f"/statements/{statement}/act/{act.value}"
    page = client.get(path)
    assert page.status_code == 200
    assert "What happens then" in page.text
    assert "Next: " in page.text
    form = {"version": row_of(engine, statement).version}
    assert client.post(path, data=form).status_code == 303
    assert row_of(engine, statement).station is to
    again = client.post(path, data=form)
    assert again.status_code == 409
    name = people[STRAIGHT[act]].name
    assert f"Done already by {name} at " in again.text
    assert [each for each, _who in acts_of(engine, statement)].count(act) == 1
    back = client.get(path)
    assert f"Done already by {name}" in back.text
    assert 'type="submit"' not in back.text.split("<main", 1)[1]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("station", "act", "to"), WALK)
def test_each_wrong_person_is_refused(
    app: Flask, engine: sa.Engine, people: People, login: Login, stand: Callable[..., int], station: Station,
    act: Act, to: Station,
) -> None:  # fmt: skip
    statement = stand(station)
    form = {"version": row_of(engine, statement).version}
    for key, person in people.items():
        if key == STRAIGHT[act]:
            continue
        client = login(app.test_client(), person)
        answer = client.post(f"/statements/{statement}/act/{act.value}", data=form)
        assert answer.status_code in (403, 404, 422), key
        assert row_of(engine, statement).station is station, key


def test_an_outdated_page_changes_nothing_and_says_so(
    app: Flask, engine: sa.Engine, people: People, login: Login, stand: Callable[..., int]
) -> None:
    statement = stand(Station.DIRECTOR_APPROVED)
    old = row_of(engine, statement).version
    coo, director = (login(app.test_client(), people[each]) for each in ("coo", "channel_director"))
    refused = {"version": old, "to": "passed_on", "reason": "金额不对"}
    assert coo.post(f"/statements/{statement}/refuse", data=refused).status_code == 303
    with db.transaction(engine) as session:
        walk_to(session, people, statement, Station.MANAGER_APPROVED)
    answer = director.post(f"/statements/{statement}/act/approve_director", data={"version": old})
    assert answer.status_code == 409
    assert "in the meantime" in answer.text
    assert row_of(engine, statement).station is Station.MANAGER_APPROVED


def test_a_refusal_needs_a_reason_and_a_place_and_is_done_once(
    app: Flask, engine: sa.Engine, people: People, login: Login, stand: Callable[..., int]
) -> None:
    """M10: it says why and returns to the step it names."""
    statement = stand(Station.APPROVED)
    client = login(app.test_client(), people["finance"])
    path, version = f"/statements/{statement}/refuse", row_of(engine, statement).version
    page = client.get(path).text
    assert all(f'value="{place}"' in page for place in ("sent", "confirmed", "passed_on"))
    for wrong in (
        {"to": "printed", "reason": "x"}, {"to": "nowhere", "reason": "x"}, {"to": "sent", "reason": " "},
        {"reason": "x"}, {"to": "sent", "reason": "x" * 2001},
    ):  # fmt: skip
        assert client.post(path, data={"version": version, **wrong}).status_code == 422, wrong
    assert row_of(engine, statement).station is Station.APPROVED
    right = {"version": version, "to": "confirmed", "reason": "开户行待核"}
    assert client.post(path, data=right).status_code == 303
    assert row_of(engine, statement).station is Station.CONFIRMED
    again = client.post(path, data=right)
    assert again.status_code == 409
    assert "Done already by Finance" in again.text
    assert acts_of(engine, statement)[-1][0] is Act.REFUSE
    assert login(app.test_client(), people["coo"]).post(path, data=right).status_code == 409


def test_nobody_approves_in_two_roles(engine: sa.Engine, people: People, stand: Callable[..., int]) -> None:
    with db.transaction(engine) as session:
        both = make_user(session, "dora", Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR)
    statement = stand(Station.PASSED_ON)

    def approve(act: Act) -> None:
        now = row_of(engine, statement).station_since
        with db.transaction(engine) as session:
            acting.do_act(session, actor=both.actor, now=now, statement_id=statement, version=None, act=act)

    approve(Act.APPROVE_MANAGER)
    with pytest.raises(RuleViolation, match="four_eyes"):
        approve(Act.APPROVE_DIRECTOR)
    assert row_of(engine, statement).station is Station.MANAGER_APPROVED


def test_channel_sales_pass_on_only_what_they_look_after(
    engine: sa.Engine, people: People, stand: Callable[..., int]
) -> None:
    with db.transaction(engine) as session:
        west = make_partner(session, "W001", region="west")
        wanda = make_user(session, "wanda", Role.CHANNEL_SALES, region="west")
        wilma = make_user(session, "wilma", Role.CHANNEL_SALES, region="west")
        admin = make_user(session, "wen", Role.PARTNER_ADMIN, partner_id=west)
    ours = stand(Station.CONFIRMED)
    with db.transaction(engine) as session:
        theirs = make_statement(session, west, "2019-01")
        walk_to(session, {**people, "wen": admin}, theirs, Station.CONFIRMED, others={Act.CONFIRM: "wen"})

    def pass_on(person: Person, statement: int) -> str:
        now = row_of(engine, statement).station_since
        try:
            with db.transaction(engine) as session:
                acting.do_act(
                    session, actor=person.actor, now=now, statement_id=statement, version=None,
                    act=Act.PASS_ON,
                )  # fmt: skip
        except RuleViolation as error:
            return error.code
        return "done"

    assert pass_on(wanda, ours) == pass_on(people["channel_sales"], theirs) == "statement.not_your_partner"
    with db.transaction(engine) as session:
        session.execute(sa.update(t.partner).where(t.partner.c.id == west).values(manager_id=wilma.user_id))
    assert pass_on(wanda, theirs) == "statement.not_your_partner"
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).where(t.user.c.id == wilma.user_id).values(active=False))
    assert pass_on(wanda, theirs) == "done", "who has left looks after nobody any more"


def test_a_batch_does_what_can_be_done_and_names_the_rest_and_running_it_again_does_nothing(
    app: Flask, engine: sa.Engine, people: People, login: Login, stand: Callable[..., int]
) -> None:
    fine = [stand(Station.PRINTED) for _ in range(3)]
    held = stand(Station.PRINTED, lines=[LineOf(), WITHHELD_LINE])
    early, late = stand(Station.GENERATED), stand(Station.SENT)
    client = login(app.test_client(), people["call_center"])
    everything = [*fine, held, early, late]
    picks = [f"{each}:{row_of(engine, each).version}" for each in everything]
    stale = stand(Station.PRINTED)
    form = {"act": "send", "pick": [*picks, f"{stale}:1", "9999:1", "x", f"{fine[0]}:1"]}
    page = client.post("/statements/board/preview", data=form)
    assert page.status_code == 200
    assert "It would be done to 3 statements" in page.text
    assert "4 are left alone" in page.text
    assert "¥14,400.00" in page.text
    assert [row_of(engine, each).station for each in fine] == [Station.PRINTED] * 3, "nothing is done yet"
    done = client.post("/statements/board/do", data=form)
    assert "Done to 3 statements" in done.text
    for words in ("cannot be sent: of 1 receipts", "stands at “Generated”", "in the meantime"):
        assert words in done.text, words
    assert [row_of(engine, each).station for each in fine] == [Station.SENT] * 3
    assert [row_of(engine, each).station for each in (held, early, stale)] == [
        Station.PRINTED, Station.GENERATED, Station.PRINTED,
    ]  # fmt: skip
    again = client.post("/statements/board/do", data=form)
    assert "Done to 0 statements" in again.text
    assert again.text.count("Done already by Call_center") == 4
    assert [each for each, _who in acts_of(engine, fine[0])].count(Act.SEND) == 1


def test_a_batch_leaves_no_trace_of_what_it_left_alone(
    engine: sa.Engine, people: People, stand: Callable[..., int]
) -> None:
    """A refused one in the middle takes nothing of the others along, in the audit trail neither."""
    picks = [(stand(Station.PRINTED, lines=lines), 2) for lines in ([LineOf()], [WITHHELD_LINE], [LineOf()])]
    actor, scope = people["call_center"].actor, statements_of(people["call_center"].actor)
    a = t.audit_entry.c
    sent = sa.select(a.subject_id).where(a.action == "statement.send").order_by(a.id)
    for act in (acting.foresee_many, acting.do_many):
        with db.transaction(engine) as session:
            assert list(session.scalars(sent)) == []
            now = datetime.fromisoformat("2026-04-07T10:00:00+08:00")
            outcomes = act(session, actor=actor, now=now, act=Act.SEND, picks=picks, scope=scope)
            assert [each.problem and each.problem.code for each in outcomes] == [
                None, "statement.withheld", None,
            ]  # fmt: skip
    with db.reading(engine) as session:
        assert list(session.scalars(sent)) == [picks[0][0], picks[2][0]]
        pool = set(session.scalars(sa.select(t.unsettled_receipt.c.receipt_id)))
        l = t.statement_line.c  # noqa: E741 - as in the code
        assert pool == set(session.scalars(sa.select(l.receipt_id).where(l.statement_id == picks[1][0])))


def test_all_that_a_filter_finds_is_taken_when_asked(
    app: Flask, engine: sa.Engine, people: People, login: Login, stand: Callable[..., int]
) -> None:
    made = [stand(Station.GENERATED) for _ in range(4)]
    client = login(app.test_client(), people["call_center"])
    period = row_of(engine, made[0]).period
    one = client.post(
        "/statements/board/preview", data={"act": "print", "all": "1", "step": "2", "period": period}
    )
    assert "It would be done to 1 statement." in one.text
    every = client.post("/statements/board/preview", data={"act": "print", "all": "1", "step": "2"})
    assert "It would be done to 4 statements" in every.text
    assert client.post("/statements/board/preview", data={"act": "pay"}).status_code == 422
    nobody = login(app.test_client(), people["channel_sales"])
    answer = nobody.post("/statements/board/preview", data={"act": "print", "all": "1", "step": "2"})
    assert "It would be done to 0 statements" in answer.text


def test_a_withheld_receipt_is_deferred_by_name_and_then_the_statement_goes_out(
    app: Flask, engine: sa.Engine, people: People, login: Login, stand: Callable[..., int]
) -> None:
    """M2: the statement cannot be sent until it is solved or finance defers that receipt by name."""
    statement = stand(Station.PRINTED, lines=[LineOf(), WITHHELD_LINE, WITHHELD_LINE])
    with db.reading(engine) as session:
        first, second = (each.receipt_id for each in withheld_of(session, statement, 1))
    sender, finance = (login(app.test_client(), people[each]) for each in ("call_center", "finance"))
    page = sender.get(f"/statements/{statement}/act/send").text
    assert "of 2 receipts a term is missing" in page
    shown = finance.get(f"/statements/{statement}/withheld").text
    assert "No tier decided for that day" in shown

    def defer(client: FlaskClient, receipt: int, reason: str) -> int:
        form = {"version": row_of(engine, statement).version, "reason": reason}
        return client.post(f"/statements/{statement}/withheld/{receipt}", data=form).status_code

    assert defer(sender, first, "x") == 403
    assert defer(finance, first, "  ") == 422
    assert defer(finance, 9999, "x") == 422
    assert defer(finance, first, "等定级") == 303
    assert defer(finance, first, "等定级") == 409
    stale = {"version": 1, "reason": "x"}
    assert finance.post(f"/statements/{statement}/withheld/{second}", data=stale).status_code == 409
    send = f"/statements/{statement}/act/send"
    assert sender.post(send, data={"version": row_of(engine, statement).version}).status_code == 422
    assert defer(finance, second, "等定级") == 303
    assert "等定级" in finance.get(f"/statements/{statement}/withheld").text
    assert sender.post(send, data={"version": row_of(engine, statement).version}).status_code == 303
    with db.reading(engine) as session:
        assert set(session.scalars(sa.select(t.unsettled_receipt.c.receipt_id))) == {first, second}
        told = session.execute(
            sa.select(t.audit_entry.c.details).where(t.audit_entry.c.action == "statement.deferred")
        ).all()
        assert [each.details["deferred"]["receipt_id"] for each in told] == [first, second]


def test_nothing_is_deferred_on_a_statement_that_is_out(
    engine: sa.Engine, people: People, stand: Callable[..., int]
) -> None:
    statement = stand(Station.SENT)
    with db.transaction(engine) as session, pytest.raises(RuleViolation, match="out_already"):
        defer_receipt(
            session, actor=people["finance"].actor, now=datetime.fromisoformat("2026-05-01T10:00:00+08:00"),
            statement_id=statement, version=row_of(engine, statement).version, receipt_id=1, reason="x",
        )  # fmt: skip


def test_a_period_is_collected_once_by_finance_when_it_is_over_and_then_generated(
    app: Flask, engine: sa.Engine, people: People, login: Login, at: Any
) -> None:
    at("2026-03-31 10:00")
    finance = login(app.test_client(), people["finance"])
    assert "call it complete" not in finance.get("/statements/generate?period=2026-Q1").text
    at("2026-04-01 10:00")
    admin = login(app.test_client(), people["admin"])
    assert "call it complete" not in admin.get("/statements/generate?period=2026-Q1").text
    assert "call it complete" in finance.get("/statements/generate?period=2026-Q1").text
    with db.transaction(engine) as session:
        moment = datetime.fromisoformat("2026-04-01T10:00:00+08:00")
        collecting.collect(session, actor=people["finance"].actor, now=moment, period=parse_period("2026-Q1"))
    assert "Called complete by Finance" in finance.get("/statements/generate?period=2026-Q1").text
    assert finance.get("/statements/generate?period=2026").status_code == 200
    assert finance.post("/statements/generate", data={"period": "x"}).status_code == 422
    for client in (finance, admin):
        assert client.post("/statements/generate", data={"period": "2026-Q1"}).status_code == 303
    assert login(app.test_client(), people["coo"]).get("/statements/generate").status_code == 403
    with db.reading(engine) as session:
        found = collecting.collected(session, parse_period("2026-Q1"))
        assert found.name == "Finance"


def test_two_people_at_once_do_it_once(engine: sa.Engine, people: People, stand: Callable[..., int]) -> None:
    """Both have the same page open; whoever is second is told by whom it was done."""
    statement = stand(Station.PASSED_ON)
    row, codes = row_of(engine, statement), []

    def approve() -> None:
        try:
            with db.transaction(engine) as session:
                now = row.station_since + timedelta(hours=1)
                acting.do_act(
                    session, actor=people["channel_manager"].actor, now=now,
                    statement_id=statement, version=row.version, act=Act.APPROVE_MANAGER,
                )  # fmt: skip
            codes.append("done")
        except RuleViolation as error:
            codes.append(error.code)

    threads = [threading.Thread(target=approve) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(codes) == ["done", *["statement.done_already"] * 3]

"""The board: every statement in its column, whose turn it is, and nothing of another region."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import Session

from portal import db
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor, Role
from portal.domain.statements import Act, Station, check_act, check_party, next_step
from portal.models import tables as t
from portal.statements import board
from portal.statements.board import COLUMNS, Filters, Reader
from portal.statements.scope import statements_of, waiting_for
from portal.statements.walk import done_on, party_of, send_back
from tests.support.people import Person, make_partner, make_user
from tests.support.statements import WITHHELD_LINE, LineOf, make_statement, walk_to
from tests.support.web import Login

People = Mapping[str, Person]
TODAY = date(2026, 6, 1)
STRAIGHT = [station for station in Station if station not in (Station.COLLECTED, Station.DISPUTED)]


@pytest.fixture
def one_at_each(engine: sa.Engine, people: People) -> dict[Station, int]:
    """A statement of alice's partner at every station of the straight way; its id by station."""
    made = {}
    with db.transaction(engine) as session:
        for number, station in enumerate(STRAIGHT, start=1):
            partner = people["alice"].partner_id
            assert partner is not None
            made[station] = make_statement(session, partner, f"2025-{number:02}", number=f"CS-{number:02}")
            walk_to(session, people, made[station], station)
    return made


def reader(person: Person) -> Reader:
    return Reader(statements_of(person.actor), waiting_for(person.actor), person.user_id)


def test_each_statement_stands_in_the_column_of_the_step_that_was_done(
    engine: sa.Engine, people: People, one_at_each: dict[Station, int]
) -> None:
    with db.reading(engine) as session:
        sums = board.sums(session, reader(people["finance"]), Filters(), today=TODAY)
        cards = board.cards(session, reader(people["finance"]), Filters(), today=TODAY)
    assert [each.count for each in sums] == [0, 1, 1, 1, 4, 1, 1, 1, 1]
    assert sum((each.total for each in sums), Decimal(0)) == 11 * Decimal("4800.00")
    assert [each.late for each in sums] == [0, 1, 1, 1, 4, 1, 1, 1, 0]
    assert [[row.id for row in column] for column in cards] == [
        [one_at_each[station] for station in column if station in one_at_each] for column in COLUMNS
    ]


def test_every_station_has_one_column() -> None:
    assert sorted(station for column in COLUMNS for station in column) == sorted(Station)


@pytest.mark.parametrize("role", sorted(Role))
def test_my_turn_is_what_the_table_and_four_eyes_allow(
    engine: sa.Engine, people: People, one_at_each: dict[Station, int], role: Role
) -> None:
    """The list and the rule say the same for everybody, also for who approved before in another role."""
    keys = {Role.PARTNER_ADMIN: "alice", Role.PARTNER_REP: "bob"}
    person = people[keys.get(role, role.value)]
    with db.reading(engine) as session:
        for roles in (person.roles, person.roles | {Role.CHANNEL_DIRECTOR, Role.COO, Role.FINANCE}):
            actor = Actor(person.user_id, "x", roles, person.partner_id, person.region)
            every = Reader(sa.true(), waiting_for(actor), person.user_id)
            may = {each for each in one_at_each.values() if _may(session, actor, each)}
            assert ids(session, every) == may
            assert sum(row.number for row in board.waiting(session, every)) == len(may)


def ids(session: Session, mine: Reader) -> set[int]:
    """The statements that wait for whose board it is."""
    found = board.found_ids(session, mine, Filters(mine=True), today=TODAY)
    return {statement_id for statement_id, _version in found}


def _may(session: Session, actor: Actor, statement_id: int) -> bool:
    row = session.execute(sa.select(t.statement).where(t.statement.c.id == statement_id)).one()
    step = next_step(row.station)
    if step is None:
        return False
    try:
        check_act(row.station, step.act, actor, done_on(session, statement_id))
        check_party(step, actor, party_of(session, row.partner_id))
    except RuleViolation:
        return False
    return True


def test_what_a_refusal_made_void_does_not_keep_anybody_from_acting_again(
    engine: sa.Engine, people: People, one_at_each: dict[Station, int]
) -> None:
    statement = one_at_each[Station.DIRECTOR_APPROVED]
    both = Actor(
        people["channel_director"].user_id, "x", frozenset({Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR})
    )
    with db.transaction(engine) as session:
        at = session.scalar(sa.select(t.statement.c.station_since).where(t.statement.c.id == statement))
        mine = Reader(sa.true(), waiting_for(both), both.user_id)
        assert statement not in ids(session, mine)
        send_back(
            session, actor=people["coo"].actor, now=at, statement_id=statement, version=None,
            to=Station.PASSED_ON, reason="金额不对",
        )  # fmt: skip
        assert statement in ids(session, mine)
        check_act(Station.PASSED_ON, Act.APPROVE_MANAGER, both, done_on(session, statement))


def test_filters_narrow_the_board(engine: sa.Engine, people: People, one_at_each: dict[Station, int]) -> None:
    with db.transaction(engine) as session:
        west = make_partner(session, "W001", region="west", name="西风_通信")
        make_statement(session, west, "2025-01", [LineOf("100.00")], number="CS-W")
    who = reader(people["finance"])

    def found(**narrowed) -> list[str]:
        with db.reading(engine) as session:
            page = board.list_statements(session, who, Filters(**narrowed), today=TODAY)
            sums = board.sums(session, who, Filters(**narrowed), today=TODAY)
            if not narrowed.get("step"):
                assert sum(each.count for each in sums) == len(page.rows)
            return sorted(row.number for row in page.rows)

    assert len(found()) == 12
    assert (
        found(region="west") == found(partner_id=west) == found(text="西风") == found(text="w001") == ["CS-W"]
    )
    assert found(text="风_通") == ["CS-W"]
    assert found(text="%") == []
    assert found(period="2025-01") == ["CS-01", "CS-W"]
    assert found(text="cs-0", step=5) == ["CS-04", "CS-05", "CS-06", "CS-07"]
    assert len(found(overdue=True)) == 11
    assert found(mine=True) == ["CS-08", "CS-10"]


def test_regions_see_their_own_and_partners_none(
    engine: sa.Engine, people: People, one_at_each: dict[Station, int]
) -> None:
    with db.transaction(engine) as session:
        west = make_partner(session, "W001", region="west")
        make_statement(session, west, "2025-01", number="CS-W")
    with db.reading(engine) as session:

        def count(person: Person) -> int:
            return sum(each.count for each in board.sums(session, reader(person), Filters(), today=TODAY))

        assert count(people["channel_sales"]) == count(people["regional_manager"]) == 11
        everybody = ("finance", "channel_manager", "channel_director", "coo", "call_center", "admin")
        assert {count(people[each]) for each in everybody} == {12}
        nobody = ("alice", "bob", "key_accounts", "customer_service", "product_marketing")
        assert {count(people[each]) for each in nobody} == {0}


@pytest.mark.engines("sqlite")
def test_the_board_asks_few_questions_of_two_thousand_statements(
    app: Flask, engine: sa.Engine, people: People, login: Login
) -> None:
    """However many statements there are, a view asks no more than eight questions."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    with db.transaction(engine) as session:
        first = make_statement(session, make_partner(session, "Q000"), "2025-01")
        s = t.statement.c
        row = dict(session.execute(sa.select(t.statement).where(s.id == first)).one()._mapping)
        partners = [make_partner(session, f"Q{number:03}", region="east") for number in range(1, 40)]
        copies = [
            {**row, "id": None, "partner_id": partner, "period": f"{2020 + n // 12}-{n % 12 + 1:02}",
             "number": f"CS-{partner}-{n}", "station": STRAIGHT[(n + partner) % len(STRAIGHT)]}
            for partner in partners for n in range(52)
        ]  # fmt: skip
        for each in copies:
            del each["id"]
        session.execute(sa.insert(t.statement), copies)
    sa.event.listen(app.extensions["portal_engine"], "before_cursor_execute", note)
    for who in ("finance", "call_center", "channel_sales", "coo"):
        client = login(app.test_client(), people[who])
        for path in (
            "/statements/board", "/statements/board?mine=1", "/statements/board?step=5", "/",
            "/statements/board?q=Q0",
        ):  # fmt: skip
            statements.clear()
            assert client.get(path).status_code == 200, (who, path)
            asked = [each for each in statements if not each.startswith("BEGIN")]
            assert len(asked) <= 8, (who, path, asked)
    sa.event.remove(app.extensions["portal_engine"], "before_cursor_execute", note)


@pytest.mark.engines("sqlite")
def test_the_page_shows_the_steps_the_batch_and_only_what_is_in_sight(
    app: Flask, engine: sa.Engine, people: People, login: Login, one_at_each: dict[Station, int]
) -> None:
    with db.transaction(engine) as session:
        west = make_partner(session, "W001", region="west")
        make_statement(session, west, "2025-01", [WITHHELD_LINE], number="CS-WEST")
        make_user(session, "wanda", Role.CHANNEL_SALES, region="west")
    finance = login(app.test_client(), people["finance"])
    page = finance.get("/statements/board").text
    assert "CS-WEST" in page
    assert "1 withheld" in page
    assert "¥52,800.00" in page
    east = login(app.test_client(), people["channel_sales"])
    page = east.get("/statements/board").text
    assert "CS-WEST" not in page
    assert "CS-01" in page
    printing = login(app.test_client(), people["call_center"]).get("/statements/board?step=2").text
    assert 'value="print"' in printing
    assert 'value="send"' not in printing
    assert 'name="pick"' not in login(app.test_client(), people["admin"]).get("/statements/board?step=2").text

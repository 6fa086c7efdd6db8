"""`portal check` of the nine steps: what is changed, taken away or slipped in by hand is told."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.auth.people import change_user
from portal.domain.roles import Role
from portal.domain.statements import Act, Station
from portal.models import tables as t
from portal.statements import check
from portal.statements.acting import refuse
from portal.statements.deferring import defer_receipt, withheld_of
from tests.support.clocks import shanghai
from tests.support.people import Person
from tests.support.statements import WITHHELD_LINE, LineOf, make_statement, walk_to
from tests.support.tampering import unnoticed_in

NOW = shanghai("2026-06-01 10:00")
TABLES = (t.statement, t.statement_act, t.statement_revision, t.deferred_receipt)
# What `check` does not vouch for, and why.
FREE = {
    "statement.version": "counts changes",
}


@pytest.fixture
def walked(engine: sa.Engine, people: Mapping[str, Person]) -> list[int]:
    """One statement that is closed, after a refusal; one that waits with a receipt deferred; a new one."""
    with db.transaction(engine) as session:
        partner = people["alice"].partner_id
        assert partner is not None
        made = [
            make_statement(session, partner, "2026-Q1", [LineOf(), LineOf("333.00")]),
            make_statement(session, partner, "2025-Q4", [LineOf(), WITHHELD_LINE]),
            make_statement(session, partner, "2025-Q3"),
        ]
        walk_to(session, people, made[0], Station.DIRECTOR_APPROVED)
        at = session.scalar(sa.select(t.statement.c.station_since).where(t.statement.c.id == made[0]))
        version = session.scalar(sa.select(t.statement.c.version).where(t.statement.c.id == made[0]))
        refuse(
            session, actor=people["coo"].actor, now=at, statement_id=made[0], version=version,
            to=Station.CONFIRMED, reason="金额不对",
        )  # fmt: skip
        walk_to(session, people, made[0], Station.CLOSED)
        defer_receipt(
            session, actor=people["finance"].actor, now=NOW, statement_id=made[1], version=1,
            receipt_id=withheld_of(session, made[1], 1)[0].receipt_id, reason="等定级",
        )  # fmt: skip
    return made


def test_check_finds_nothing_in_what_was_done_rightly(engine: sa.Engine, walked: list[int]) -> None:
    with db.reading(engine) as session:
        found = [(table, row, error.code) for table, row, error in check.problems(session, now=NOW)]
    assert found == []


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("table", TABLES, ids=str)
def test_check_notices_whatever_is_changed_by_hand(engine: sa.Engine, walked: list[int], table: Any) -> None:
    with db.reading(engine) as session:
        found = set(unnoticed_in(session, table, partial(check.problems, now=NOW), most=12))
    assert sorted(found - set(FREE)) == []
    assert sorted({each for each in FREE if each.startswith(f"{table.name}.")} - found) == []


def slip_in(session: Session, statement_id: int, act: Act, before: Station, after: Station, who: int) -> None:
    """An act by hand, with the statement moved along."""
    row = session.execute(sa.select(t.statement).where(t.statement.c.id == statement_id)).one()
    at = row.station_since + timedelta(hours=1)
    session.execute(
        sa.insert(t.statement_act).values(
            statement_id=statement_id, act=act, from_station=before, to_station=after, revision=1, at=at,
            actor_id=who, reason="", data={},
        )
    )  # fmt: skip
    session.execute(
        sa.update(t.statement).where(t.statement.c.id == statement_id).values(station=after, station_since=at)
    )


def test_an_act_that_is_slipped_in_is_told_and_so_is_one_of_the_wrong_person(
    engine: sa.Engine, people: Mapping[str, Person], walked: list[int]
) -> None:
    def codes(session: Session) -> set[str]:
        found = {error.code for _table, _row, error in check.problems(session, now=NOW)}
        session.rollback()
        return found

    printer, alice = people["call_center"].user_id, people["alice"].user_id
    with db.reading(engine) as session:
        slip_in(session, walked[2], Act.PRINT, Station.GENERATED, Station.PRINTED, printer)
        assert codes(session) == {"check.untrailed"}
        slip_in(session, walked[2], Act.PRINT, Station.GENERATED, Station.PRINTED, alice)
        assert codes(session) == {"check.untrailed", "check.walk"}
        slip_in(session, walked[2], Act.CLOSE, Station.GENERATED, Station.CLOSED, people["finance"].user_id)
        assert "check.walk" in codes(session)


def test_a_person_that_changed_its_role_since_acted_rightly_then(
    engine: sa.Engine, people: Mapping[str, Person], walked: list[int]
) -> None:
    coo = people["coo"]
    with db.transaction(engine) as session:
        version = session.scalar(sa.select(t.user.c.version).where(t.user.c.id == coo.user_id))
        change_user(
            session, actor=people["admin"].actor, now=NOW, user_id=coo.user_id, version=version,
            name=coo.name, roles=[Role.FINANCE], region=None, active=True,
        )  # fmt: skip
    with db.reading(engine) as session:
        assert list(check.problems(session, now=NOW)) == []

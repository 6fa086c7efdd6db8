"""`portal check` holds on a sound database and names the row when one was tampered with."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.conflicts.service import settle_lapses
from portal.domain.facts import State
from portal.domain.periods import business_date
from portal.models import tables as t
from portal.registrations.queries import state_now
from tests.support.people import Person

TAMPERED = {
    "the filing instant": (
        "UPDATE registration SET filed_at = '2026-01-01 00:00:00' WHERE id = 1",
        "registration",
    ),
    "who filed": (
        "UPDATE registration SET partner_id = 2 WHERE id = 1",
        "registration",
    ),
    "the name": (
        "UPDATE registration SET customer_name = 'x' WHERE id = 1",
        "registration",
    ),
    "the protection": (
        "UPDATE registration SET protected_until = '2027-01-01' WHERE id = 1",
        "registration",
    ),
    "the queue": (
        "UPDATE registration SET queue_position = 9 WHERE id = 2",
        "registration",
    ),
    "a fact": (
        "UPDATE registration_event SET note = 'x' WHERE id = 1",
        "registration_event",
    ),
    "a fact's instant": (
        "UPDATE registration_event SET at = '2026-01-01 00:00:00' WHERE id = 1",
        "registration_event",
    ),
    "a fact taken away": (
        "DELETE FROM registration_event WHERE id = 2",
        "registration",
    ),
    "ownership": (
        "UPDATE ownership SET starts_at = '2026-01-01 00:00:00' WHERE id = 1",
        "ownership",
    ),
    "the trail": (
        "UPDATE audit_entry SET actor = 'nobody' WHERE id = 1",
        "audit_entry",
    ),
    "an entry taken away": (
        "DELETE FROM audit_entry WHERE id = 1",
        "audit_entry",
    ),
    "the totals": (
        "UPDATE pipeline_stat SET ports = ports + 1",
        "pipeline_stat",
    ),
    "a role": (
        "UPDATE user_role SET role = 'admin' WHERE user_id = 1",
        "user_account",
    ),
}


@pytest.fixture
def filed(people: Mapping[str, Person], file_as: Any, at: Any) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"))
    file_as(people["carol"], at("2026-03-03 10:00"))


@pytest.mark.usefixtures("filed")
@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found_and_the_row_named(engine: sa.Engine, at: Any, what: str) -> None:
    now = at("2026-03-04 10:00")
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []
    statement, table = TAMPERED[what]
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    with db.reading(engine) as session:
        found = list(problems(session, now=now))
    assert table in {where for where, _row, _what in found}


@pytest.mark.usefixtures("filed")
def test_a_lapse_shows_at_once_and_the_tick_writes_it_down_once(
    engine: sa.Engine, at: Any, row_of: Any
) -> None:
    now = at("2026-03-31 00:30")
    today = business_date(now)
    assert state_now(row_of(1), today) is State.LAPSED
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []
    for expected in ([1], []):
        with db.transaction(engine) as session:
            assert settle_lapses(session, now=now, today=today) == expected
    assert row_of(1).state is State.LAPSED
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []
        assert session.scalars(sa.select(t.ownership.c.ends_at)).all() == [None]

"""Corrections that touch a credit code, from the service down to what `portal check` finds (G8)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.domain.facts import State
from portal.registrations.work import ask_correction, correct
from tests.support.filings import CODE, OTHER_CODE
from tests.support.people import Person

People = Mapping[str, Person]
Correct = Callable[..., None]
KNOWN, OTHER, ALIKE = "深圳市华达科技有限公司", "另一家有限公司", "另一家股份有限公司"


@pytest.fixture
def corrects(engine: sa.Engine, people: People, row_of: Any, at: Any) -> Correct:
    """A filing is sent back and corrected by its filer; everything adds up afterwards."""

    def do(who: str, registration_id: int, **values: str) -> None:
        with db.transaction(engine) as session:
            ask_correction(
                session, actor=people["channel_manager"].actor, now=at("2026-03-06 10:00"),
                registration_id=registration_id, version=row_of(registration_id).version,
                fields=list(values), note="请核对",
            )  # fmt: skip
        with db.transaction(engine) as session:
            correct(
                session, actor=people[who].actor, now=at("2026-03-07 10:00"),
                registration_id=registration_id, version=row_of(registration_id).version, values=values,
            )  # fmt: skip
        with db.reading(engine) as session:
            assert list(problems(session, now=at("2026-03-07 11:00"))) == []

    return do


def test_a_lone_filing_keeps_its_code_while_its_name_is_corrected(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, uscc=CODE).registration_id
    before = row_of(filed).customer_id
    corrects("alice", filed, customer_name=OTHER)
    row = row_of(filed)
    assert (row.customer_id, row.state, row.uscc) == (before, State.ACTIVE, CODE)
    again = file_as(people["carol"], at("2026-03-08 10:00"), OTHER).registration_id
    assert row_of(again).customer_id == before


def test_one_of_several_filings_moves_to_the_customer_that_has_its_code(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, uscc=CODE).registration_id
    stays = file_as(people["alice"], at("2026-03-03 10:00"), OTHER).registration_id
    moves = file_as(people["carol"], at("2026-03-04 10:00"), OTHER).registration_id
    assert row_of(moves).customer_id == row_of(stays).customer_id
    corrects("carol", moves, uscc=CODE)
    assert row_of(moves).customer_id == row_of(known).customer_id
    assert (row_of(known).state, row_of(moves).state) == (State.ACTIVE, State.WAITING)


def test_a_contradiction_that_may_be_a_third_customer_is_held(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct
) -> None:
    third = file_as(people["alice"], at("2026-03-01 10:00"), OTHER).registration_id
    moves = file_as(people["carol"], at("2026-03-02 10:00"), KNOWN, uscc=CODE).registration_id
    stays = file_as(people["alice"], at("2026-03-03 10:00"), KNOWN, uscc=CODE).registration_id
    corrects("carol", moves, customer_name=ALIKE, uscc=OTHER_CODE)
    row = row_of(moves)
    assert (row.state, row.customer_id, row.suspect_id) == (State.HELD, None, row_of(third).customer_id)
    assert row_of(stays).state is State.ACTIVE

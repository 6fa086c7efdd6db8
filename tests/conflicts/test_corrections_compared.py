"""A corrected name is compared with the names that are known, and a replay agrees with what was done (G8)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.domain.facts import State
from portal.domain.matching import MatchReason
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.registrations.work import ask_correction, correct
from tests.support.filings import CODE, OTHER_CODE
from tests.support.people import Person

People = Mapping[str, Person]
Correct = Callable[..., None]
# The second and third sound like the first; the last two differ by one sign.
KNOWN, SOUNDS, SOUNDS_TOO = "深圳市华达科技有限公司", "深圳市华达科计有限公司", "深圳市华达科记有限公司"
SNAIL, SLIP = "慢蜗牛快递有限公司", "慢蜗牛速递有限公司"
CORRECTED = "2026-03-07 10:00"


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
                session, actor=people[who].actor, now=at(CORRECTED),
                registration_id=registration_id, version=row_of(registration_id).version, values=values,
            )  # fmt: skip
        with db.reading(engine) as session:
            assert list(problems(session, now=at("2026-03-07 11:00"))) == []

    return do


@pytest.fixture
def found_like(engine: sa.Engine) -> Callable[[int], list[list[str]]]:
    """The names that each comparison of a filing found, the oldest comparison first."""

    def read(registration_id: int) -> list[list[str]]:
        e = t.registration_event.c
        query = sa.select(e.data).where(e.registration_id == registration_id, e.kind == EventKind.COMPARED)
        with db.reading(engine) as session:
            told = session.scalars(query.order_by(e.at, e.id)).all()
        return [[each["name"] for each in data["nearest"]] for data in told]

    return read


def test_a_held_filing_whose_new_name_is_like_a_known_one_stays_held(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct, found_like: Any
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN).registration_id
    held = file_as(people["carol"], at("2026-03-03 10:00"), SOUNDS).registration_id
    corrects("carol", held, customer_name=SOUNDS_TOO)
    row = row_of(held)
    assert (row.state, row.suspect_id) == (State.HELD, row_of(known).customer_id)
    assert row.match_reason == MatchReason.LIKELY_NAME
    assert found_like(held) == [[KNOWN], [KNOWN]]


def test_a_held_filing_is_compared_anew_where_its_code_alone_is_corrected(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN).registration_id
    held = file_as(people["carol"], at("2026-03-03 10:00"), SOUNDS).registration_id
    corrects("carol", held, uscc=OTHER_CODE)
    assert (row_of(held).state, row_of(held).suspect_id) == (State.HELD, row_of(known).customer_id)


def test_another_valid_code_proves_a_held_filing_to_be_another_company(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct, found_like: Any
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, uscc=CODE).registration_id
    held = file_as(people["carol"], at("2026-03-03 10:00"), SOUNDS).registration_id
    corrects("carol", held, uscc=OTHER_CODE)
    assert row_of(held).state is State.ACTIVE
    assert row_of(held).customer_id != row_of(known).customer_id
    assert found_like(held) == [[KNOWN], []]


def test_what_the_wrong_name_was_like_is_forgotten_with_it(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct, found_like: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    held = file_as(people["carol"], at("2026-03-03 10:00"), SOUNDS).registration_id
    corrects("carol", held, customer_name=SNAIL)
    assert row_of(held).state is State.ACTIVE
    assert found_like(held) == [[KNOWN], []]


def test_a_filing_that_moves_out_is_held_where_its_new_name_is_like_a_third_customer(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct
) -> None:
    third = file_as(people["alice"], at("2026-03-01 10:00"), SNAIL).registration_id
    moves = file_as(people["carol"], at("2026-03-02 10:00"), KNOWN, uscc=CODE).registration_id
    stays = file_as(people["alice"], at("2026-03-03 10:00"), KNOWN, uscc=CODE).registration_id
    corrects("carol", moves, customer_name=SLIP, uscc=OTHER_CODE)
    row = row_of(moves)
    assert (row.state, row.customer_id, row.suspect_id) == (State.HELD, None, row_of(third).customer_id)
    assert row_of(stays).state is State.ACTIVE


def test_a_customer_that_nobody_else_filed_is_not_like_itself(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct, found_like: Any
) -> None:
    alone = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN).registration_id
    before = row_of(alone).customer_id
    corrects("alice", alone, customer_name=SOUNDS)
    row = row_of(alone)
    assert (row.customer_id, row.suspect_id, row.state) == (before, None, State.ACTIVE)
    assert found_like(alone) == [[]]


def test_a_lone_filing_keeps_its_customer_and_notes_whom_its_new_name_is_like(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct, found_like: Any
) -> None:
    file_as(people["carol"], at("2026-03-01 10:00"), SNAIL)
    alone = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN).registration_id
    before = row_of(alone).customer_id
    corrects("alice", alone, customer_name=SLIP)
    assert (row_of(alone).customer_id, row_of(alone).state) == (before, State.ACTIVE)
    assert found_like(alone) == [[SNAIL]]


def test_corrected_in_the_instant_it_was_filed_both_comparisons_stand(
    people: People, file_as: Any, row_of: Any, at: Any, corrects: Correct, found_like: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    held = file_as(people["carol"], at(CORRECTED), SOUNDS).registration_id
    corrects("carol", held, customer_name=SNAIL)
    row = row_of(held)
    assert row.state is State.ACTIVE
    assert row.state_since > row.filed_at
    assert found_like(held) == [[KNOWN], []]

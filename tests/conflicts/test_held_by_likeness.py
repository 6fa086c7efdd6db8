"""Filings held because a known name is like theirs: decided, remembered, corrected; replay agrees."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held
from portal.domain.facts import State
from portal.domain.matching import RULESET, MatchReason
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.registrations.work import ask_correction, correct
from tests.support.people import Person

People = Mapping[str, Person]
KNOWN, TYPED, RELATED = (
    "北京星河动力装备科技有限公司",
    "北京星合动力装备科技有限公司",
    "星河动力",
)


@pytest.fixture
def adds_up(engine: sa.Engine, at: Any) -> Any:
    """What the replay of all facts says is what the tables say."""

    def do() -> None:
        with db.reading(engine) as session:
            assert list(problems(session, now=at("2026-03-20 10:00"))) == []

    return do


def compared(engine: sa.Engine, registration_id: int) -> list[Any]:
    e = t.registration_event.c
    with engine.connect() as connection:
        query = sa.select(e.data).where(e.registration_id == registration_id, e.kind == EventKind.COMPARED)
        return list(connection.scalars(query.order_by(e.id)))


def test_a_slip_of_the_pen_waits_for_a_person_with_its_nearest_kept(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    held = file_as(people["carol"], at("2026-03-02 11:00"), TYPED)
    row = row_of(held.registration_id)
    assert (held.state, row.match_reason) == (State.HELD, MatchReason.LIKELY_NAME)
    assert row.suspect_id == row_of(known.registration_id).customer_id
    [kept] = compared(engine, held.registration_id)
    assert kept["ruleset"] == RULESET
    assert [(each["name"], each["why"]) for each in kept["nearest"]] == [(KNOWN, "sound")]
    adds_up()


@pytest.mark.parametrize("same", [True, False])
def test_what_a_person_decides_is_remembered(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any, *, same: bool
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN).registration_id
    held = file_as(people["carol"], at("2026-03-02 11:00"), TYPED).registration_id
    suspect = row_of(held).suspect_id
    with db.transaction(engine) as session:
        decide_held(
            session, actor=people["channel_manager"].actor, now=at("2026-03-03 10:00"),
            registration_id=held, version=row_of(held).version, customer_id=suspect, same=same,
            reason="电话核实",
        )  # fmt: skip
    customers = {row_of(each).customer_id for each in (known, held)}
    assert len(customers) == (1 if same else 2)
    again = file_as(people["key_accounts"], at("2026-03-04 10:00"), TYPED)
    assert row_of(again.registration_id).customer_id == row_of(held).customer_id
    adds_up()


def test_a_relative_goes_ahead_and_is_kept_for_whoever_looks(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    filed = file_as(people["carol"], at("2026-03-02 11:00"), RELATED)
    assert (filed.state, row_of(filed.registration_id).match_outcome) == (State.ACTIVE, "related")
    assert compared(engine, filed.registration_id)[0]["nearest"][0]["name"] == KNOWN
    adds_up()


def test_a_corrected_name_is_compared_anew(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any
) -> None:
    """Held for a name that was a slip: the correction says it is somebody else, and likely a third."""
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    other = file_as(people["alice"], at("2026-03-02 10:30"), "深圳市慢蜗牛快递有限公司").registration_id
    held = file_as(people["carol"], at("2026-03-02 11:00"), TYPED).registration_id
    turns = [
        ("深圳市慢蜗牛快地有限公司", State.HELD, at("2026-03-07 10:00")),
        ("白帆造船厂", State.ACTIVE, at("2026-03-08 10:00")),
    ]
    for name, state, now in turns:
        with db.transaction(engine) as session:
            ask_correction(
                session, actor=people["channel_manager"].actor, now=now - timedelta(hours=1),
                registration_id=held, version=row_of(held).version, fields=["customer_name"], note="请核对",
            )  # fmt: skip
        with db.transaction(engine) as session:
            correct(
                session, actor=people["carol"].actor, now=now,
                registration_id=held, version=row_of(held).version, values={"customer_name": name},
            )  # fmt: skip
        row = row_of(held)
        assert row.state is state
        assert row.suspect_id == (row_of(other).customer_id if state is State.HELD else None)
        adds_up()
    assert len(compared(engine, held)) == 3

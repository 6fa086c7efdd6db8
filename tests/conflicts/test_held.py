"""Held filings, corrections, merges: identity decided by people (G4, G8, C1, C12)."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.preview import preview_merge
from portal.domain.errors import RuleViolation
from portal.domain.facts import Rule, State
from portal.domain.pipeline import Stage
from portal.pipeline.service import move_project, release
from portal.registrations.work import ask_correction, correct
from tests.pipeline.test_moves import SIGNED
from tests.support.filings import CODE, OTHER_CODE
from tests.support.people import Person

People = Mapping[str, Person]
KNOWN, ALIKE = "深圳市华达科技有限公司", "华达科技"


@pytest.fixture
def decide(engine: sa.Engine, people: People, row_of: Any) -> Any:
    def do(registration_id: int, now: Any, *, same: bool) -> State:
        row = row_of(registration_id)
        with db.transaction(engine) as session:
            return decide_held(
                session, actor=people["channel_manager"].actor, now=now,
                registration_id=registration_id, version=row.version, customer_id=row.suspect_id,
                same=same, reason="电话核实",
            )  # fmt: skip

    return do


def sound(engine: sa.Engine, now: Any) -> list[Any]:
    with db.reading(engine) as session:
        return list(problems(session, now=now))


def test_found_the_same_it_waits_in_its_own_place(
    people: People, file_as: Any, row_of: Any, at: Any, decide: Any, engine: sa.Engine
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    held = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE).registration_id
    theirs = file_as(people["key_accounts"], at("2026-03-04 10:00"), KNOWN).registration_id
    assert decide(held, at("2026-03-05 10:00"), same=True) is State.WAITING
    assert [row_of(each).queue_position for each in (held, theirs)] == [1, 2]
    assert sound(engine, at("2026-03-05 11:00")) == []


def test_found_the_same_and_earlier_than_the_owner_it_becomes_the_owner(
    people: People, file_as: Any, row_of: Any, at: Any, decide: Any, engine: sa.Engine
) -> None:
    first = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN).registration_id
    held = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE).registration_id
    later = file_as(people["key_accounts"], at("2026-03-04 10:00"), KNOWN).registration_id
    with db.transaction(engine) as session:
        release(
            session, actor=people["alice"].actor, now=at("2026-03-05 10:00"), registration_id=first,
            version=row_of(first).version, reason="客户暂缓",
        )  # fmt: skip
    assert row_of(later).is_owner
    assert decide(held, at("2026-03-06 10:00"), same=True) is State.ACTIVE
    assert (row_of(held).state_rule, row_of(later).state) == (Rule.FIRST, State.WAITING)
    assert sound(engine, at("2026-03-06 11:00")) == []


def test_found_different_it_owns_its_customer_from_the_decision_on(
    people: People, file_as: Any, row_of: Any, at: Any, decide: Any, engine: sa.Engine
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    held = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE).registration_id
    assert decide(held, at("2026-03-10 10:00"), same=False) is State.ACTIVE
    row = row_of(held)
    assert row.protected_until.isoformat() == "2026-04-07"
    assert row.customer_id is not None
    assert sound(engine, at("2026-03-10 11:00")) == []


def test_a_decision_settles_what_other_held_filings_are_on(
    people: People, file_as: Any, row_of: Any, at: Any, decide: Any, engine: sa.Engine
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    first = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE).registration_id
    second = file_as(people["key_accounts"], at("2026-03-04 10:00"), ALIKE).registration_id
    decide(first, at("2026-03-05 10:00"), same=False)
    assert row_of(second).state is State.WAITING
    assert row_of(second).customer_id == row_of(first).customer_id
    assert sound(engine, at("2026-03-05 11:00")) == []


def test_two_managers_deciding_one_filing_the_second_is_told(
    people: People, file_as: Any, row_of: Any, at: Any, decide: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    held = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE).registration_id
    decide(held, at("2026-03-05 10:00"), same=True)
    with pytest.raises(RuleViolation) as refused:
        decide(held, at("2026-03-05 10:01"), same=False)
    assert refused.value.code == "held.not_held"


def test_a_held_filing_that_was_released_never_comes_back(
    people: People, file_as: Any, row_of: Any, at: Any, decide: Any, engine: sa.Engine
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    first = file_as(people["carol"], at("2026-03-03 10:00"), ALIKE).registration_id
    other = file_as(people["key_accounts"], at("2026-03-04 10:00"), ALIKE).registration_id
    with db.transaction(engine) as session:
        release(
            session, actor=people["carol"].actor, now=at("2026-03-05 10:00"), registration_id=first,
            version=row_of(first).version, reason="搞错了",
        )  # fmt: skip
    assert row_of(first).state is State.RELEASED
    decide(other, at("2026-03-06 10:00"), same=True)
    assert row_of(first).state is State.RELEASED
    assert sound(engine, at("2026-03-06 11:00")) == []


def test_a_corrected_code_can_move_a_filing_to_its_true_customer(
    people: People, file_as: Any, row_of: Any, at: Any, engine: sa.Engine
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), KNOWN, uscc=CODE).registration_id
    wrong = file_as(people["carol"], at("2026-03-01 10:00"), "另一家公司", uscc=OTHER_CODE).registration_id
    manager, now = people["channel_manager"].actor, at("2026-03-03 10:00")
    with db.transaction(engine) as session:
        ask_correction(
            session, actor=manager, now=now, registration_id=wrong, version=row_of(wrong).version,
            fields=["uscc"], note="代码不对",
        )  # fmt: skip
    with db.transaction(engine) as session:
        correct(
            session, actor=people["carol"].actor, now=at("2026-03-04 10:00"), registration_id=wrong,
            version=row_of(wrong).version, values={"uscc": CODE},
        )  # fmt: skip
    assert row_of(wrong).customer_id == row_of(known).customer_id
    # It was filed a day earlier: first registered owns (C1), whenever the error was found (G7).
    assert (row_of(wrong).state, row_of(known).state) == (State.ACTIVE, State.WAITING)
    assert sound(engine, at("2026-03-04 11:00")) == []


def test_only_the_named_fields_can_be_corrected(
    people: People, file_as: Any, row_of: Any, at: Any, engine: sa.Engine
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    with db.transaction(engine) as session:
        ask_correction(
            session, actor=people["channel_manager"].actor, now=at("2026-03-03 10:00"),
            registration_id=filed, version=row_of(filed).version, fields=["phone"], note="打不通",
        )  # fmt: skip
    with pytest.raises(RuleViolation) as refused, db.transaction(engine) as session:
        correct(
            session, actor=people["alice"].actor, now=at("2026-03-04 10:00"), registration_id=filed,
            version=row_of(filed).version, values={"customer_name": "别的公司"},
        )  # fmt: skip
    assert refused.value.code == "registration.field_closed"


def test_a_merge_orders_all_claims_by_filing_and_does_as_its_preview_said(
    people: People, file_as: Any, row_of: Any, at: Any, engine: sa.Engine
) -> None:
    early = file_as(people["alice"], at("2026-03-02 10:00"), "甲公司").registration_id
    late = file_as(people["carol"], at("2026-03-05 10:00"), "乙公司").registration_id
    winner, loser = row_of(late).customer_id, row_of(early).customer_id
    now = at("2026-03-10 10:00")
    with db.reading(engine) as session:
        foreseen = {
            each.ref: each.after for each in preview_merge(session, loser=loser, winner=winner, now=now)
        }
    with db.transaction(engine) as session:
        merge_customers(
            session, actor=people["channel_manager"].actor, now=now, loser=loser, winner=winner,
            reason="同一家公司",
        )  # fmt: skip
    assert (row_of(early).state, row_of(late).state) == (State.ACTIVE, State.WAITING)
    assert foreseen == {row_of(early).ref: State.ACTIVE, row_of(late).ref: State.WAITING}
    # A merge is no progress: the clock of the earlier owner runs on from where it was.
    assert row_of(early).protected_until.isoformat() == "2026-03-30"
    assert row_of(early).customer_id == row_of(late).customer_id == winner
    assert sound(engine, now) == []


def test_two_signed_customers_are_not_merged(
    people: People, file_as: Any, row_of: Any, at: Any, engine: sa.Engine
) -> None:
    claims = [
        (person, file_as(people[person], at("2026-03-02 10:00"), name).registration_id)
        for person, name in (("alice", "甲公司"), ("carol", "乙公司"))
    ]
    for person, claim in claims:
        with db.transaction(engine) as session:
            move_project(
                session, actor=people[person].actor, now=at("2026-03-20 10:00"), registration_id=claim,
                version=row_of(claim).version, to=Stage.SIGNED, gate=SIGNED,
            )  # fmt: skip
    customers = [row_of(claim).customer_id for _person, claim in claims]
    with pytest.raises(RuleViolation) as refused, db.transaction(engine) as session:
        merge_customers(
            session, actor=people["channel_manager"].actor, now=at("2026-03-21 10:00"),
            loser=customers[0], winner=customers[1], reason="同一家",
        )  # fmt: skip
    assert refused.value.code == "merge.both_signed"

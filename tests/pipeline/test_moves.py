"""Moving, releasing, losing, undoing (S1–S6, C7, C9, C10)."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.facts import Rule, State
from portal.domain.pipeline import LostReason, Stage
from portal.pipeline import service
from tests.support.people import Person

People = Mapping[str, Person]
MET = {"met_on": date(2026, 3, 9), "met_with": "王总"}
SIGNED = {
    "contract_no": "HT-1",
    "contract_date": date(2026, 3, 20),
    "ports": 60,
    "yearly_amount": Decimal("21600.00"),
}


@pytest.fixture
def act(engine: sa.Engine, row_of: Any) -> Any:
    """Call a pipeline service as somebody on the registration's present version."""

    def do(name: str, person: Person, now: Any, registration_id: int, **how: Any) -> Any:
        how = {"version": row_of(registration_id).version, **how}
        if name == "undo_move":
            how.pop("version")
        with db.transaction(engine) as session:
            return getattr(service, name)(
                session, actor=person.actor, now=now, registration_id=registration_id, **how
            )

    return do


def sound(engine: sa.Engine, now: Any) -> list[Any]:
    with db.reading(engine) as session:
        return list(problems(session, now=now))


def test_progress_renews_the_protection_even_after_the_lapse(
    people: People, file_as: Any, row_of: Any, at: Any, act: Any, engine: sa.Engine
) -> None:
    """§13 example 6."""
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    now = at("2026-03-31 09:00")
    act("move_project", people["bob"], now, filed, to=Stage.MEETING, gate=MET)
    row = row_of(filed)
    assert (row.state, row.state_rule, row.protected_until) == (
        State.ACTIVE, Rule.RENEWED, date(2026, 4, 28),
    )  # fmt: skip
    assert sound(engine, now) == []


def test_moving_back_needs_a_reason_and_does_not_touch_the_clock(
    people: People, file_as: Any, row_of: Any, at: Any, act: Any
) -> None:
    """§13 example 7: to 3 on the 20th, back on the 25th, again 3 on the 27th."""
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    gate = {"solution": "语音专网 60 端口"}
    act("move_project", people["alice"], at("2026-03-20 10:00"), filed, to=Stage.SOLUTION, gate=gate)
    with pytest.raises(RuleViolation) as refused:
        act("move_project", people["alice"], at("2026-03-25 10:00"), filed, to=Stage.MEETING, gate={})
    assert refused.value.code == "pipeline.back_needs_reason"
    why = "预算重新审批"
    act("move_project", people["alice"], at("2026-03-25 10:00"), filed, to=Stage.MEETING, gate={}, reason=why)
    act("move_project", people["alice"], at("2026-03-27 10:00"), filed, to=Stage.SOLUTION, gate=gate)
    row = row_of(filed)
    assert row.protected_until == date(2026, 4, 17)
    assert row.last_progress_at == at("2026-03-20 10:00")


def test_every_missing_field_of_a_gate_is_named_at_once(
    people: People, file_as: Any, at: Any, act: Any
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    with pytest.raises(RuleViolation) as refused:
        act("move_project", people["alice"], at("2026-03-03 10:00"), filed, to=Stage.SIGNED, gate={})
    fields = [each.field for each in refused.value.problems]  # type: ignore[attr-defined]
    assert fields == ["contract_no", "contract_date", "ports", "yearly_amount"]


def test_the_second_of_two_movers_is_told_and_nothing_is_overwritten(
    people: People, file_as: Any, row_of: Any, at: Any, act: Any
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    drawn = row_of(filed).version
    act("move_project", people["alice"], at("2026-03-09 10:00"), filed, to=Stage.MEETING, gate=MET)
    with pytest.raises(StaleVersion):
        act(
            "move_project", people["bob"], at("2026-03-09 10:01"), filed, to=Stage.SOLUTION,
            gate={"solution": "x"}, version=drawn,
        )  # fmt: skip
    assert row_of(filed).stage is Stage.MEETING


def test_only_the_owners_project_moves(people: People, file_as: Any, at: Any, act: Any) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"))
    waiting = file_as(people["carol"], at("2026-03-03 10:00")).registration_id
    with pytest.raises(RuleViolation) as refused:
        act("move_project", people["carol"], at("2026-03-09 10:00"), waiting, to=Stage.MEETING, gate=MET)
    assert refused.value.code == "pipeline.not_owner"


@pytest.mark.parametrize("how", ["release", "lose"])
def test_who_waits_first_becomes_owner_at_that_instant_with_a_fresh_clock(
    people: People, file_as: Any, row_of: Any, at: Any, act: Any, engine: sa.Engine, how: str
) -> None:
    first = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    later = file_as(people["carol"], at("2026-03-06 10:00")).registration_id
    more = {"reason": "客户暂缓"} if how == "release" else {"why": LostReason.PRICE, "note": "报价高"}
    now = at("2026-03-20 10:00")
    assert act(how, people["alice"], now, first, **more) is True
    row = row_of(later)
    assert (row.state, row.state_rule, row.protected_until) == (
        State.ACTIVE, Rule.VOLUNTARY, date(2026, 4, 17),
    )  # fmt: skip
    assert row_of(first).state is (State.RELEASED if how == "release" else State.LOST)
    assert sound(engine, now) == []


def test_a_signed_customer_stays_and_later_filings_wait_for_ever(
    people: People, file_as: Any, row_of: Any, at: Any, act: Any
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    act("move_project", people["alice"], at("2026-03-20 10:00"), filed, to=Stage.SIGNED, gate=SIGNED)
    row = row_of(filed)
    assert (row.state, row.protected_until, row.contract_no) == (State.SIGNED, None, "HT-1")
    later = row_of(file_as(people["carol"], at("2026-09-01 10:00")).registration_id)
    assert (later.state, later.state_rule) == (State.WAITING, Rule.SIGNED)
    for how, more in (("release", {"reason": "x"}), ("lose", {"why": LostReason.OTHER, "note": "x"})):
        with pytest.raises(RuleViolation) as refused:
            act(how, people["alice"], at("2026-09-02 10:00"), filed, **more)
        assert refused.value.code == "pipeline.signed_stays"


def test_a_move_can_be_taken_back_for_a_minute_by_its_author_only(
    people: People, file_as: Any, row_of: Any, at: Any, act: Any, engine: sa.Engine
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00")).registration_id
    now = at("2026-03-20 10:00")
    before = row_of(filed)
    event = act("move_project", people["alice"], now, filed, to=Stage.SIGNED, gate=SIGNED).event_id
    with pytest.raises(RuleViolation):
        act("undo_move", people["bob"], now + timedelta(seconds=5), filed, event_id=event)
    with pytest.raises(RuleViolation):
        act("undo_move", people["alice"], now + timedelta(seconds=61), filed, event_id=event)
    act("undo_move", people["alice"], now + timedelta(seconds=60), filed, event_id=event)
    row = row_of(filed)
    assert (row.stage, row.state, row.protected_until, row.contract_no) == (
        before.stage, before.state, before.protected_until, "",
    )  # fmt: skip
    assert sound(engine, now + timedelta(minutes=2)) == []

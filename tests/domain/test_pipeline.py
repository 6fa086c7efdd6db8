"""Stages, gates, moves, weights and taking a move back (§5)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from portal.domain.errors import RuleViolation, RuleViolations, problems_of
from portal.domain.pipeline import GATES, STAGES, Stage, check_move, is_key_project, may_undo, weighted
from tests.model.histories import policy

TODAY = date(2026, 3, 20)
FULL: dict[str, Any] = {
    "met_on": date(2026, 3, 19),
    "met_with": "李经理",
    "solution": "三十端口语音专网",
    "trial_agreement": "SY-2026-007",
    "trial_start": date(2026, 3, 21),
    "trial_end": date(2026, 4, 20),
    "contract_no": "HT-2026-015",
    "contract_date": date(2026, 3, 20),
    "ports": 30,
    "yearly_amount": Decimal("120000.00"),
}


def refusals(current: Stage, to: Stage, gate: dict[str, Any], reason: str = "") -> list[tuple[str, Any]]:
    with pytest.raises(RuleViolation) as refused:
        check_move(current, to, gate=gate, reason=reason, today=TODAY)
    return [(problem.code, problem.field) for problem in problems_of(refused.value)]


def test_the_stages_are_numbered_one_to_five_in_order():
    assert [(stage.value, stage.number) for stage in STAGES] == [
        ("interest", 1),
        ("meeting", 2),
        ("solution", 3),
        ("trial", 4),
        ("signed", 5),
    ]


@pytest.mark.parametrize(("current", "to"), list(product(STAGES, STAGES)))
def test_every_move_between_two_stages(current: Stage, to: Stage):
    if current is to:
        assert refusals(current, to, FULL, "理由") == [("pipeline.same_stage", None)]
        return
    move = check_move(current, to, gate=FULL, reason=" 客户换了负责人 ", today=TODAY)
    assert (move.to, move.back) == (to, to.number < current.number)
    assert move.reason == "客户换了负责人"
    assert tuple(move.gate) == (() if move.back else GATES[to])


@pytest.mark.parametrize(("current", "to"), list(product(STAGES, STAGES)))
def test_s2_going_back_needs_a_reason_and_going_forward_does_not(current: Stage, to: Stage):
    if to.number < current.number:
        assert refusals(current, to, FULL, "  ") == [("pipeline.back_needs_reason", "reason")]
    elif to is not current:
        assert check_move(current, to, gate=FULL, reason="", today=TODAY).reason == ""


@pytest.mark.parametrize("empty", [None, "", "  "])
@pytest.mark.parametrize("to", STAGES[1:])
def test_a_gate_names_everything_that_is_missing_at_once(to: Stage, empty: str | None):
    wanted = [("pipeline.gate_missing", field) for field in GATES[to]]
    assert refusals(Stage.INTEREST, to, dict.fromkeys(FULL, empty)) == wanted
    assert refusals(Stage.INTEREST, to, {}) == wanted


@pytest.mark.parametrize(("to", "field"), [(to, field) for to in STAGES for field in GATES[to]])
def test_every_field_of_a_gate_is_needed_by_itself(to: Stage, field: str):
    rest = {name: value for name, value in FULL.items() if name != field}
    assert refusals(Stage.INTEREST, to, rest) == [("pipeline.gate_missing", field)]


def test_a_contract_for_no_ports_is_none():
    assert refusals(Stage.TRIAL, Stage.SIGNED, {**FULL, "ports": 0}) == [("pipeline.gate_missing", "ports")]


def test_a_trial_may_end_on_the_day_it_starts_but_not_before():
    day = FULL["trial_start"]
    assert check_move(Stage.MEETING, Stage.TRIAL, gate={**FULL, "trial_end": day}, reason="", today=TODAY)
    gate = {**FULL, "trial_end": day - timedelta(days=1)}
    assert refusals(Stage.MEETING, Stage.TRIAL, gate) == [("pipeline.trial_ends_before_start", "trial_end")]


@pytest.mark.parametrize(("to", "field"), [(Stage.MEETING, "met_on"), (Stage.SIGNED, "contract_date")])
def test_what_has_happened_cannot_lie_in_the_future(to: Stage, field: str):
    assert check_move(Stage.INTEREST, to, gate={**FULL, field: TODAY}, reason="", today=TODAY)
    tomorrow = {**FULL, field: TODAY + timedelta(days=1)}
    assert refusals(Stage.INTEREST, to, tomorrow) == [("pipeline.in_the_future", field)]


def test_several_refusals_are_one_error_that_reads_like_the_first():
    first, second = RuleViolation("a.first", "one", figure=1), RuleViolation("a.second", "two")
    both = RuleViolations([first, second])
    assert (both.code, both.field, both.params) == ("a.first", "one", {"figure": 1})
    assert problems_of(both) == [first, second]
    assert problems_of(first) == [first]
    assert str(both) == "a.first(figure=1)"
    assert str(second) == "a.second"


def test_s1_from_the_solution_on_it_is_a_key_project():
    assert [is_key_project(stage) for stage in STAGES] == [False, False, True, True, True]


def test_s5_expected_revenue_is_weighted_by_stage():
    figures = [weighted(Decimal("120000.00"), stage, policy()) for stage in STAGES]
    assert figures == [Decimal(n) for n in (12000, 30000, 60000, 90000, 120000)]


MOVED = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (60, True), (60.000001, False), (3600, False)])
def test_a_move_can_be_taken_back_for_as_long_as_the_policy_says(seconds: float, may: bool):
    now = MOVED + timedelta(seconds=seconds)
    fresh = may_undo(MOVED, now, by_mover=True, is_last=True, others_told=False, policy=policy())
    assert fresh is may


@pytest.mark.parametrize(("by_mover", "is_last", "others_told"), list(product([True, False], repeat=3)))
def test_only_its_author_takes_back_the_last_move_while_no_one_was_told(
    by_mover: bool, is_last: bool, others_told: bool
):
    may = may_undo(MOVED, MOVED, by_mover=by_mover, is_last=is_last, others_told=others_told, policy=policy())
    assert may is (by_mover and is_last and not others_told)

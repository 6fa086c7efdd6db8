"""The five stages (项目进度, §5): order, gates, moves, weights, undo. Tables, not branches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.domain.errors import RuleViolation, RuleViolations
from portal.domain.policy import Policy


class Stage(StrEnum):
    """How far a project is; the members stand in order."""

    INTEREST = "interest"
    MEETING = "meeting"
    SOLUTION = "solution"
    TRIAL = "trial"
    SIGNED = "signed"

    @property
    def number(self) -> int:
        """1 for interest … 5 for signed."""
        return _NUMBERS[self]


STAGES = tuple(Stage)
_NUMBERS = {stage: number for number, stage in enumerate(STAGES, start=1)}
FIRST_KEY_STAGE = Stage.SOLUTION


class LostReason(StrEnum):
    """Why a project was lost (G5)."""

    COMPETITOR = "competitor"
    PRICE = "price"
    NO_BUDGET = "no_budget"
    NO_NEED = "no_need"
    UNREACHABLE = "unreachable"
    CLOSED_DOWN = "closed_down"
    OTHER = "other"


GATES: Mapping[Stage, tuple[str, ...]] = {
    Stage.INTEREST: (),
    Stage.MEETING: ("met_on", "met_with"),
    Stage.SOLUTION: ("solution",),
    Stage.TRIAL: ("trial_agreement", "trial_start", "trial_end"),
    Stage.SIGNED: ("contract_no", "contract_date", "ports", "yearly_amount"),
}
"""What a stage asks for before it can be entered (the gate column of §5)."""


@dataclass(frozen=True, slots=True)
class Move:
    """An accepted stage move; `gate` holds exactly the fields the stage asks for."""

    to: Stage
    back: bool
    reason: str
    gate: dict[str, Any]


def check_move(
    current: Stage,
    to: Stage,
    *,
    gate: Mapping[str, Any],
    reason: str,
    today: date,
) -> Move:
    """Check a move against S2 and the gate of the stage it enters.

    Forward over skipped stages asks only for the gate of the target. Back asks for a reason.

    :raises RuleViolations: every missing or impossible field at once, each with its field.
    """
    if to is current:
        raise RuleViolation("pipeline.same_stage", stage=current)
    back = to.number < current.number
    problems: list[RuleViolation] = []
    if back:
        if not reason.strip():
            problems.append(RuleViolation("pipeline.back_needs_reason", "reason"))
        wanted: tuple[str, ...] = ()
    else:
        wanted = GATES[to]
        problems += _gate_problems(wanted, gate, today)
    if problems:
        raise RuleViolations(problems)
    return Move(to, back, reason.strip(), {field: gate[field] for field in wanted})


def _gate_problems(wanted: tuple[str, ...], gate: Mapping[str, Any], today: date) -> list[RuleViolation]:
    problems = [
        RuleViolation("pipeline.gate_missing", field)
        for field in wanted
        if _blank(gate.get(field)) or (field == "ports" and gate[field] == 0)
    ]
    start, end = gate.get("trial_start"), gate.get("trial_end")
    if "trial_end" in wanted and start and end and end < start:
        problems.append(RuleViolation("pipeline.trial_ends_before_start", "trial_end"))
    for field in ("met_on", "contract_date"):
        happened = gate.get(field)
        if field in wanted and isinstance(happened, date) and happened > today:
            problems.append(RuleViolation("pipeline.in_the_future", field, day=happened))
    return problems


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


KEY_STAGES = tuple(stage for stage in STAGES if stage.number >= FIRST_KEY_STAGE.number)


def is_key_project(stage: Stage) -> bool:
    """From the solution stage on a project is a key project (S1)."""
    return stage in KEY_STAGES


def weighted(yearly_revenue: Decimal, stage: Stage, policy: Policy) -> Decimal:
    """Expected revenue weighted by stage for forecasts (S5), unrounded yuan."""
    return yearly_revenue * policy.stage_weights[stage.value]


def may_undo(
    moved_at: datetime,
    now: datetime,
    *,
    by_mover: bool,
    is_last: bool,
    others_told: bool,
    policy: Policy,
) -> bool:
    """Whether its author may still take a move back: at once, and while no one else was told."""
    fresh = now - moved_at <= timedelta(seconds=policy.undo_seconds)
    return fresh and by_mover and is_last and not others_told

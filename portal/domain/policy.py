"""Policy versions (§12): every figure a rule uses, in force from a day. Nothing here knows 28."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.fishing import FishingFigures
from portal.domain.rates import PayFigures, parse_pay, share_of
from portal.domain.terms import Tier
from portal.domain.thresholds import Threshold, parse_thresholds
from portal.domain.weeks import WeekFigures, parse_week

_STAGES = ("interest", "meeting", "solution", "trial", "signed")
_EARLY = frozenset({*Tier, "none"})
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """One version. Days are calendar days unless the name says working days."""

    version: int
    effective_from: date
    protection_days: int
    refile_days: int
    reopen_days: int
    answer_working_days: int
    appeal_days: int
    held_review_working_days: int
    check_quota_per_day: int
    undo_seconds: int
    lapsing_soon_days: tuple[int, int]
    stage_weights: Mapping[str, Decimal]
    early_stage_limit: Mapping[str, int]
    fishing: FishingFigures | None
    body: Mapping[str, Any]
    pay: PayFigures | None = None
    week: WeekFigures | None = None
    tiers: Mapping[Tier, Threshold] = field(default_factory=dict)


class Policies:
    """All versions in order; `at(day)` answers the one in force."""

    def __init__(self, versions: Sequence[Policy]) -> None:
        self._versions = sorted(versions, key=lambda policy: (policy.effective_from, policy.version))
        self._starts = [policy.effective_from for policy in self._versions]

    def at(self, day: date) -> Policy:
        """The version in force on `day`.

        :raises RuleViolation: ``policy.none_in_force``: no version starts on or before it.
        """
        index = bisect_right(self._starts, day)
        if not index:
            raise RuleViolation("policy.none_in_force", day=day)
        return self._versions[index - 1]

    def under(self, draft: Policy, first: date, last: date) -> "Policies":
        """As if `draft` had been in force from `first` to `last`, and nothing else meanwhile (§12)."""
        after = last + timedelta(days=1)
        kept = [policy for policy in self._versions if not first <= policy.effective_from <= last]
        if self._starts and self._starts[0] <= after and after not in self._starts:
            kept.append(replace(self.at(after), effective_from=after))
        return Policies([*kept, replace(draft, effective_from=first)])


def parse_policy(version: int, effective_from: date, body: Mapping[str, Any]) -> Policy:
    """Read a policy's JSON (interfaces.md) into figures.

    :raises RuleViolation: ``policy.bad_figure`` naming the figure that is missing or impossible.
    """
    soon = body.get("lapsing_soon_days")
    if not isinstance(soon, list) or len(soon) != 2:
        raise RuleViolation("policy.bad_figure", figure="lapsing_soon_days", value=soon)
    first, last = (_count({"lapsing_soon_days": days}, "lapsing_soon_days") for days in soon)
    weights, limits = _table(body, "stage_weights"), _table(body, "early_stage_limit", optional=True)
    return Policy(
        version=version,
        effective_from=effective_from,
        protection_days=_count(body, "protection_days"),
        refile_days=_count(body, "refile_days"),
        reopen_days=_count(body, "reopen_days"),
        answer_working_days=_count(body, "answer_working_days"),
        appeal_days=_count(body, "appeal_days"),
        held_review_working_days=_count(body, "held_review_working_days"),
        check_quota_per_day=_count(body, "check_quota_per_day"),
        undo_seconds=_count(body, "undo_seconds"),
        lapsing_soon_days=(first, last),
        stage_weights={stage: share_of(weights.get(stage), f"stage_weights.{stage}") for stage in _STAGES},
        early_stage_limit={tier: _limit(limits, tier) for tier in limits},
        fishing=_fishing(_table(body, "fishing", optional=True)),
        body=body,
        pay=parse_pay(body),
        week=parse_week(body),
        tiers=parse_thresholds(body.get("tiers")),
    )


def _limit(limits: Mapping[str, Any], tier: str) -> int:
    """How many early projects a tier may hold (G9); ``none`` is a partner without a tier."""
    if tier not in _EARLY:
        raise RuleViolation("policy.bad_figure", figure=f"early_stage_limit.{tier}", value=tier)
    return _count(limits, tier, "early_stage_limit.")


def _fishing(table: Mapping[str, Any]) -> FishingFigures | None:
    """From when on checks look like fishing (G6); a version without these figures raises no alarm."""
    if not table:
        return None
    return FishingFigures(
        names_per_day=_count(table, "names_per_day", "fishing."),
        names_per_hour=_count(table, "names_per_hour", "fishing."),
        taken_names=_count(table, "taken_names", "fishing."),
        taken_share=share_of(table.get("taken_share"), "fishing.taken_share"),
        sequence=_count(table, "sequence", "fishing."),
    )


def _table(body: Mapping[str, Any], figure: str, *, optional: bool = False) -> Mapping[str, Any]:
    value = body.get(figure, {} if optional else None)
    if not isinstance(value, dict):
        raise RuleViolation("policy.bad_figure", figure=figure, value=value)
    return value


def _count(body: Mapping[str, Any], figure: str, under: str = "") -> int:
    value = body.get(figure)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        raise RuleViolation("policy.bad_figure", figure=under + figure, value=value)
    return value

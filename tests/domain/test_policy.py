"""Policy versions: which is in force, and which figures are refused (§12)."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import portal.policy
from portal.domain.errors import RuleViolation
from portal.domain.pipeline import STAGES
from portal.domain.policy import Policies, parse_policy

SHIPPED = Path(portal.policy.__file__).with_name("default.json")
DAY = date(2026, 3, 2)


@pytest.fixture
def body() -> dict[str, Any]:
    shipped: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return shipped


def test_the_shipped_policy_holds_the_figures_of_the_text(body: dict[str, Any]):
    policy = parse_policy(1, DAY, body)
    assert (policy.protection_days, policy.refile_days, policy.held_review_working_days) == (28, 28, 1)
    assert policy.lapsing_soon_days == (7, 3)
    weights = [policy.stage_weights[stage] for stage in STAGES]
    assert weights == [Decimal(w) for w in ("0.10", "0.25", "0.50", "0.75", "1.00")]
    assert not policy.early_stage_limit  # G9: no limit
    assert body["rates"]["port"] == {
        "gold": "0.40",
        "silver": "0.30",
        "ordinary": "0.20",
        "second_year": "0.10",
    }
    assert body["rates"]["conference"] == "0.10"
    assert body["deposits"] == {
        "gold": "90000.00",
        "silver": "40000.00",
        "ordinary": "5000.00",
        "wholesale": "100000.00",
    }
    assert [body["tiers"][tier]["closed_customers"] for tier in ("gold", "silver", "ordinary")] == [10, 5, 0]


def test_a_version_is_in_force_from_its_day_until_the_next(body: dict[str, Any]):
    first, second = parse_policy(1, date(2026, 1, 1), body), parse_policy(2, date(2026, 3, 2), body)
    policies = Policies([second, first])
    days = [date(2026, 1, 1), date(2026, 3, 1), date(2026, 3, 2), date(2030, 1, 1)]
    assert [policies.at(day).version for day in days] == [1, 1, 2, 2]


def test_of_two_versions_of_one_day_the_later_written_counts(body: dict[str, Any]):
    versions = [parse_policy(number, DAY, body) for number in (2, 1)]
    assert Policies(versions).at(DAY).version == 2


def test_before_the_first_version_there_is_none(body: dict[str, Any]):
    for policies in (Policies([]), Policies([parse_policy(1, DAY, body)])):
        with pytest.raises(RuleViolation) as refused:
            policies.at(date(2026, 3, 1))
        assert refused.value.code == "policy.none_in_force"
        assert refused.value.params == {"day": date(2026, 3, 1)}


def change(figure: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.update({figure: value})


@pytest.mark.parametrize(
    ("figure", "spoil"),
    [
        ("protection_days", lambda body: body.pop("protection_days")),
        ("protection_days", change("protection_days", "28")),
        ("protection_days", change("protection_days", -1)),
        ("undo_seconds", change("undo_seconds", 1.5)),
        ("refile_days", change("refile_days", True)),
        ("lapsing_soon_days", lambda body: body.pop("lapsing_soon_days")),
        ("lapsing_soon_days", change("lapsing_soon_days", [7])),
        ("lapsing_soon_days", change("lapsing_soon_days", ["seven", 3])),
        ("stage_weights", lambda body: body.pop("stage_weights")),
        ("stage_weights", change("stage_weights", [])),
        ("stage_weights.trial", lambda body: body["stage_weights"].pop("trial")),
        ("stage_weights.trial", lambda body: body["stage_weights"].update(trial=0.75)),
        ("stage_weights.trial", lambda body: body["stage_weights"].update(trial="75 %")),
        ("stage_weights.trial", lambda body: body["stage_weights"].update(trial="1.01")),
        ("stage_weights.trial", lambda body: body["stage_weights"].update(trial="NaN")),
        ("early_stage_limit.gold", change("early_stage_limit", {"gold": -3})),
        ("early_stage_limit", change("early_stage_limit", 3)),
    ],
)
def test_a_figure_that_is_missing_or_impossible_is_named(
    body: dict[str, Any], figure: str, spoil: Callable[[dict[str, Any]], Any]
):
    spoil(body)
    with pytest.raises(RuleViolation) as refused:
        parse_policy(1, DAY, body)
    assert (refused.value.code, refused.value.params["figure"]) == ("policy.bad_figure", figure)

"""What Friday's roll-up counts (W4): examples, and what must hold of any week."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import round_fen
from portal.domain.periods import month_of
from portal.domain.pipeline import STAGES, Stage
from portal.domain.policy import Policy, parse_policy
from portal.domain.rollup import About, closed_in, count, days_stood, is_expected, middle, months_of
from portal.domain.rollup_ground import Ground, Handed, Reseller, by_region, who_reports
from portal.domain.rollup_text import COMPARED, compose, difference
from portal.domain.weekly import Standing, compare_all
from portal.domain.weeks import Week, last_weeks
from tests.domain.test_policy_figures import SHIPPED

POLICY: Policy = parse_policy(1, date(2000, 1, 1), SHIPPED)
ODD: Policy = replace(POLICY, stage_weights={**POLICY.stage_weights, "meeting": Decimal("0.333")})
WEEK = Week(date(2026, 3, 5))
A = Standing(1, 7, Stage.TRIAL, 60, Decimal("21600.00"), date(2026, 3, 30), date(2026, 3, 2))
PARTNERS = {7: Reseller("P1", "一", "华东"), 8: Reseller("P2", "二", "华东"), 9: Reseller("P3", "三", "华南")}
DAY = timedelta(days=1)

days = st.dates(date(2026, 2, 1), date(2026, 4, 30))
money = st.decimals(0, 10**7, places=2)


@st.composite
def standings(draw: Any) -> dict[int, Standing]:
    """Projects of three partners as a week's end may have them."""
    found = {}
    for number in draw(st.sets(st.integers(1, 25))):
        stage = draw(st.sampled_from(STAGES))
        signed = stage is Stage.SIGNED
        found[number] = Standing(
            number,
            7 + number % 3,
            stage,
            draw(st.integers(0, 500)),
            draw(money),
            None if signed else draw(days),
            draw(days),
            paused=draw(st.booleans()),
            signed_on=WEEK.thursday - draw(st.integers(0, 6)) * DAY if signed else None,
        )
    return found


def ground(
    before: Mapping[int, Standing], now: Mapping[int, Standing], week: Week = WEEK, policy: Policy = POLICY
) -> Ground:
    lines = compare_all(before, now, week.thursday, policy)
    told = About(
        "B-1", "慢蜗牛", trial_ends_on=date(2026, 3, 20), support="讲解", support_since=date(2026, 3, 3)
    )
    return Ground(
        week=week,
        policy=policy,
        lines=lines,
        about=dict.fromkeys(before.keys() | now.keys(), told),
        partners=PARTNERS,
        reports={7: Handed.IN_TIME, 9: Handed.MISSING},
        cases=[],
        closed=([each for each in now.values() if each.signed_on], []),
        stood={each: each % 9 for each in now},
    )


@given(standings(), standings())
def test_regions_add_up_to_all(before: dict[int, Standing], now: dict[int, Standing]) -> None:
    everything, *regions = (count(part.lines, WEEK) for part in by_region(ground(before, now)))
    for stage in STAGES:
        places = [each.sums.stages[stage] for each in regions]
        whole = everything.sums.stages[stage]
        assert sum(each.projects for each in places) == whole.projects
        assert sum(each.ports for each in places) == whole.ports
        assert sum((each.yearly_revenue for each in places), Decimal(0)) == whole.yearly_revenue
    for name in ("lapsing", "lapsed", "stuck"):
        assert sum(getattr(each.sums, name) for each in regions) == getattr(everything.sums, name)
    assert sum((each.sums.weighted(ODD) for each in regions), Decimal(0)) == everything.sums.weighted(ODD)
    assert sum(each.lapsed_now for each in regions) == everything.lapsed_now
    assert sum(each.signed.projects for each in regions) == everything.signed.projects
    texts = [compose(part, None) for part in by_region(ground(before, now))]
    for name in ("key", "signed_listed", "gone_key", "lapsed_listed", "support"):
        listed = [each["id"] for text in texts[1:] for each in text[name]]
        assert sorted(listed) == sorted(each["id"] for each in texts[0][name])
    assert texts[0]["reports"]["due"] == sum(text["reports"]["due"] for text in texts[1:])


@given(st.lists(standings(), min_size=3, max_size=6))
def test_differences_telescope_over_weeks(ends: list[dict[int, Standing]]) -> None:
    weeks, earlier, texts = last_weeks(WEEK, len(ends)), None, []
    for week, before, now in zip(weeks, [{}, *ends], ends, strict=False):
        earlier = compose(ground(before, now, week), earlier)
        texts.append(earlier)
    for now, before in zip(texts[1:], texts, strict=False):
        assert now["before"] == {"week": before["week"]} | {name: before[name] for name in COMPARED}
    for name in COMPARED:
        steps = [difference(text[name], text["before"][name]) for text in texts[1:]]
        assert _added(steps) == difference(texts[-1][name], texts[0][name])


def _added(steps: list[Any]) -> Any:
    if isinstance(steps[0], dict):
        return {name: _added([step[name] for step in steps]) for name in steps[0]}
    return sum(steps, type(steps[0])(0))


@given(standings(), standings(), st.randoms())
def test_the_order_of_rows_changes_nothing(
    before: dict[int, Standing], now: dict[int, Standing], dice: random.Random
) -> None:
    told = ground(before, now)
    lines, partners = list(told.lines), list(told.partners.items())
    dice.shuffle(lines)
    dice.shuffle(partners)
    shuffled = replace(told, lines=lines, partners=dict(partners))
    assert [compose(part, None) for part in by_region(shuffled)] == [
        compose(part, None) for part in by_region(told)
    ]


@given(standings(), st.decimals(0, 1, places=3))
def test_money_is_exact_and_rounded_once(now: dict[int, Standing], weight: Decimal) -> None:
    policy = replace(POLICY, stage_weights={stage.value: weight for stage in STAGES})
    text = compose(ground({}, now, policy=policy), None)
    revenue = sum((each.yearly_revenue for each in now.values() if each.is_open), Decimal(0))
    assert text["open"]["revenue"] == f"{revenue:.2f}"
    assert Decimal(text["open"]["weighted"]) == round_fen(revenue * weight)


def test_a_weighted_sum_is_rounded_half_up_and_not_by_project() -> None:
    one = A._replace(stage=Stage.MEETING, yearly_revenue=Decimal("0.05"))
    two = one._replace(registration_id=2)
    policy = replace(POLICY, stage_weights={**POLICY.stage_weights, "meeting": Decimal("0.10")})
    assert compose(ground({}, {1: one}, policy=policy), None)["open"]["weighted"] == "0.01"
    assert compose(ground({}, {1: one, 2: two}, policy=policy), None)["open"]["weighted"] == "0.01"


@pytest.mark.parametrize(
    ("stage", "trial", "step", "expected"),
    [
        (Stage.TRIAL, date(2026, 3, 1), None, True),
        (Stage.TRIAL, date(2026, 3, 31), None, True),
        (Stage.TRIAL, date(2026, 4, 1), date(2026, 3, 6), True),
        (Stage.TRIAL, date(2026, 4, 1), date(2026, 2, 28), False),
        (Stage.TRIAL, None, None, False),
        (Stage.SOLUTION, date(2026, 3, 9), date(2026, 3, 9), False),
        (Stage.SIGNED, date(2026, 3, 9), None, False),
    ],
)
def test_a_trial_is_expected_to_close_when_it_ends_or_takes_its_next_step(
    stage: Stage, trial: date | None, step: date | None, expected: bool
) -> None:
    about = About("B-1", "慢蜗牛", next_on=step, trial_ends_on=trial)
    assert is_expected(A._replace(stage=stage), about, month_of(WEEK.thursday)) is expected


def test_what_is_signed_between_a_months_last_thursday_and_its_end_is_told_a_week_later() -> None:
    week = Week(date(2026, 11, 5))
    month, last = months_of(week)
    assert (str(month), str(last)) == ("2026-11", "2026-10")
    won = [
        A._replace(
            registration_id=day, stage=Stage.SIGNED, protected_until=None, signed_on=date(2026, 10, day)
        )
        for day in (30, 31)
    ]
    first = won[0]._replace(registration_id=1, signed_on=date(2026, 11, 1))
    kept = [(week.thursday, each) for each in (*won, first)]
    assert closed_in(month, kept) == [first]
    assert {each.registration_id for each in closed_in(last, kept)} == {30, 31}


def test_what_is_open_again_was_not_closed() -> None:
    won = A._replace(stage=Stage.SIGNED, protected_until=None, signed_on=date(2026, 3, 4))
    month, later = month_of(WEEK.thursday), WEEK.next.thursday
    assert closed_in(month, [(later, A), (WEEK.thursday, won)]) == []
    again = won._replace(signed_on=later)
    assert closed_in(month, [(WEEK.thursday, won), (later, again)]) == [again]


@pytest.mark.parametrize(
    ("moves", "stood"),
    [
        ([("2026-02-03", "meeting"), ("2026-02-20", "trial"), ("2026-03-02", "signed")], 10),
        # Said twice is not come twice; only the first move off the stage counts.
        (
            [("2026-02-10", "trial"), ("2026-02-20", "trial"), ("2026-03-02", "meeting"),
             ("2026-03-03", "signed")],
            20,
        ),
        ([("2026-02-20", "meeting"), ("2026-03-02", "signed")], None),
        ([("2026-03-02", "signed")], None),
        ([("2026-02-20", "trial")], None),
    ],
)  # fmt: skip
def test_days_at_a_stage_run_from_coming_to_it_until_leaving_it(
    moves: list[tuple[str, str]], stood: int | None
) -> None:
    steps = [(datetime.fromisoformat(f"{day}T04:00").replace(tzinfo=UTC), Stage(to)) for day, to in moves]
    assert days_stood(steps, Stage.TRIAL, WEEK) == stood


@given(st.lists(st.integers(0, 60), max_size=30))
def test_the_middle_is_the_median(numbers: list[int]) -> None:
    found = middle({each: numbers.count(each) for each in numbers})
    if not numbers:
        assert found is None
        return
    ordered = sorted(numbers)
    assert found == Decimal(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def test_who_was_to_report() -> None:
    active, sent = {1: True, 2: True, 3: False, 4: True, 5: True}, {2: False, 4: True}
    assert who_reports(active, {1, 2, 3}, sent) == {
        1: Handed.MISSING, 2: Handed.IN_TIME, 4: Handed.LATE,
    }  # fmt: skip


def test_twelve_weeks_are_looked_back_upon() -> None:
    earlier = None
    for week in last_weeks(WEEK, 15):
        earlier = compose(ground({1: A._replace(stage=Stage.SOLUTION)}, {1: A}, week), earlier)
    assert earlier is not None
    assert [each["week"] for each in earlier["history"]] == [
        week.thursday.isoformat() for week in last_weeks(WEEK, 12)
    ]
    assert earlier["conversion"]["solution"] == {"further": 12, "left": 12, "median_days": "1"}


def test_a_friday_that_was_left_out_is_not_compared_with() -> None:
    earlier = compose(ground({}, {1: A}, WEEK.before.before), None)
    text = compose(ground({}, {1: A}), earlier)
    assert text["before"] is None
    assert len(text["history"]) == 2

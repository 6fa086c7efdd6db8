"""What a week did to a project: new, advanced, fell back, about to lapse, stuck (W3, W4)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.pipeline import STAGES, Stage
from portal.domain.policy import Policy, parse_policy
from portal.domain.weekly import Change, Group, Standing, add_up, compare, compare_all
from tests.domain.test_policy_figures import SHIPPED

POLICY: Policy = parse_policy(1, date(2000, 1, 1), SHIPPED)
TODAY = date(2026, 3, 5)
A = Standing(1, 7, Stage.MEETING, 60, Decimal("21600.00"), date(2026, 3, 30), date(2026, 3, 2))
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "now", "change", "group"),
    [
        (None, A, Change.NEW, Group.NEW),
        (A._replace(stage=Stage.INTEREST), A, Change.ADVANCED, Group.ADVANCED),
        (A._replace(stage=Stage.TRIAL), A, Change.FELL_BACK, Group.FELL_BACK),
        (A, A, Change.SAME, Group.SAME),
        (A, None, Change.GONE, Group.GONE),
        # What changed is said first, also of a project whose protection runs out.
        (None, A._replace(protected_until=TODAY), Change.NEW, Group.NEW),
        (A, A._replace(protected_until=TODAY), Change.SAME, Group.LAPSING),
        (A, A._replace(protected_until=TODAY - DAY), Change.SAME, Group.LAPSING),
    ],
)
def test_a_project_stands_where_a_meeting_looks_for_it(
    before: Standing | None, now: Standing | None, change: Change, group: Group
) -> None:
    found = compare(before, now, TODAY, POLICY)
    assert (found.change, found.group) == (change, group)


@pytest.mark.parametrize(("left", "lapsing", "lapsed"), [(8, 0, 0), (7, 1, 0), (0, 1, 0), (-1, 0, 1)])
def test_protection_runs_out_within_the_policys_longer_reminder(left: int, lapsing: int, lapsed: int) -> None:
    found = compare(A, A._replace(protected_until=TODAY + left * DAY), TODAY, POLICY)
    assert (found.lapsing, found.lapsed) == (bool(lapsing), bool(lapsed))
    stands = compare(A, A._replace(protected_until=TODAY + left * DAY, paused=True), TODAY, POLICY)
    assert not stands.lapsing
    assert not stands.lapsed


@pytest.mark.parametrize(("days", "stuck"), [(14, False), (15, True)])
def test_a_project_is_stuck_after_the_policys_days_without_progress(days: int, stuck: bool) -> None:
    still = A._replace(clock_from=TODAY - days * DAY)
    assert compare(still, still, TODAY, POLICY).stuck is stuck
    assert compare(still, still, TODAY, POLICY).group is (Group.STUCK if stuck else Group.SAME)
    won = still._replace(stage=Stage.SIGNED, protected_until=None, signed_on=TODAY)
    assert not compare(won, won, TODAY, POLICY).stuck


def test_what_was_signed_last_week_is_not_gone_this_week() -> None:
    won = A._replace(stage=Stage.SIGNED, protected_until=None, signed_on=TODAY - 7 * DAY)
    assert compare_all({1: won}, {}, TODAY, POLICY) == []
    assert [each.change for each in compare_all({1: A}, {}, TODAY, POLICY)] == [Change.GONE]


def standings(place: int) -> st.SearchStrategy[Standing]:
    return st.builds(
        Standing,
        registration_id=st.just(place),
        partner_id=st.just(7),
        stage=st.sampled_from(STAGES),
        ports=st.integers(0, 500),
        yearly_revenue=st.integers(0, 10**9).map(lambda fen: Decimal(fen).scaleb(-2)),
        protected_until=st.dates(date(2026, 2, 1), date(2026, 5, 1)),
        clock_from=st.dates(date(2026, 1, 1), TODAY),
        paused=st.booleans(),
    )


weeks = st.dictionaries(st.integers(1, 12), st.just(None), max_size=12).flatmap(
    lambda keys: st.fixed_dictionaries({key: standings(key) for key in keys})
)


@given(weeks, weeks)
def test_the_sums_count_every_project_once(before: dict[int, Standing], now: dict[int, Standing]) -> None:
    lines = compare_all(before, now, TODAY, POLICY)
    sums = add_up(lines)
    assert sum(each.projects for each in sums.stages.values()) == len(now)
    assert sum(each.ports for each in sums.stages.values()) == sum(each.ports for each in now.values())
    open_before = {key for key, each in before.items() if each.is_open}
    assert sums.changes[Change.NEW] == len(now.keys() - before.keys())
    assert sums.changes[Change.GONE] == len(open_before - now.keys())
    assert sum(sums.changes.values()) == len(lines)
    assert sums.open_projects == sum(each.is_open for each in now.values())
    weighted = sum(
        (each.yearly_revenue * POLICY.stage_weights[each.stage] for each in now.values() if each.is_open),
        Decimal(0),
    )
    assert sums.weighted(POLICY) == weighted
    assert sum(line.ports_more for line in lines) == sum(each.ports for each in now.values()) - sum(
        before[key].ports for key in before if key in now or before[key].is_open
    )

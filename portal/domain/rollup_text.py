"""Friday's roll-up as plain words and figures (W4): what is frozen, all that a page of it ever needs. Pure.

Money is text in yuan and fen, a weighted sum rounded once, half up; days are ISO dates; no float is in it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.money import round_fen
from portal.domain.pipeline import STAGES, Stage
from portal.domain.policy import Policy
from portal.domain.rollup import (
    LEFT_STAGES,
    WEEKS_BACK,
    Counted,
    Flow,
    count,
    is_expected,
    middle,
    months_of,
    signed_within,
    stage_weighted,
    total,
)
from portal.domain.rollup_ground import Ground, id_of
from portal.domain.rollup_lists import (
    Text,
    cases,
    is_gone_key,
    is_key,
    lapsed_in,
    reports,
    support,
    told_of,
)
from portal.domain.weekly import Change, StageSum, Standing

FORM = 1
"""The form of the text; a later one that cannot be read as this one counts on."""


def compose(ground: Ground, earlier: Mapping[str, Any] | None) -> Text:
    """The roll-up of a part that `by_region` made; `earlier` is the newest one of the same before it."""
    week, policy = ground.week, ground.policy
    counted = count(ground.lines, week)
    expected, closings = _closings(ground)
    history = _history(ground, counted, expected, earlier)
    beside = earlier if earlier and earlier["week"] == week.before.thursday.isoformat() else None
    return {
        "form": FORM,
        "week": week.thursday.isoformat(),
        "region": ground.region,
        "policy": _figures_of(policy),
        **_figures(counted, policy),
        "before": _figures_only(beside) if beside else None,
        "key": [told_of(ground, line) for line in ground.told if is_key(line)],
        "signed_listed": [told_of(ground, line) for line in ground.told if signed_within(line, week)],
        "gone_key": [told_of(ground, line) for line in ground.told if is_gone_key(line)],
        "lapsed_listed": [told_of(ground, line) for line in ground.told if lapsed_in(line, week)],
        "closings": closings,
        "conversion": _conversion(history),
        "support": support(ground),
        "reports": reports(ground),
        "cases": cases(ground),
        "history": history,
    }


def _figures_of(policy: Policy) -> Text:
    week = policy.week
    return {
        "version": policy.version,
        "weights": {stage.value: str(policy.stage_weights[stage.value]) for stage in STAGES},
        "stuck_days": week.stuck_days if week else None,
        "lapsing_days": max(policy.lapsing_soon_days),
    }


def _sum(place: StageSum, weighted: Decimal | None = None) -> Text:
    found: Text = {
        "projects": place.projects,
        "ports": place.ports,
        "revenue": str(round_fen(place.yearly_revenue)),
    }
    return found if weighted is None else found | {"weighted": str(round_fen(weighted))}


def _figures(counted: Counted, policy: Policy) -> Text:
    """The figures that are shown beside last Friday's."""
    sums = counted.sums
    open_ = StageSum(
        sums.open_projects,
        sums.open_ports,
        sum((sums.stages[stage].yearly_revenue for stage in LEFT_STAGES), Decimal(0)),
    )
    return {
        "stages": {
            stage.value: _sum(sums.stages[stage], stage_weighted(sums.stages[stage], stage, policy))
            for stage in STAGES
        },
        "open": _sum(open_, sums.weighted(policy)) | {"key": sums.key_projects},
        "signed": _sum(counted.signed),
        "changes": {change.value: sums.changes[change] for change in Change}
        | {
            "stuck": sums.stuck,
            "lapsing": sums.lapsing,
            "lapsed": sums.lapsed,
            "lapsed_now": counted.lapsed_now,
        },
    }


COMPARED = ("stages", "open", "signed", "changes")
"""The parts of a text that are shown beside those of the Friday before."""
CARRIED = ("history", *COMPARED)
"""The parts of a text that the next Friday's is made of, and its week."""


def _figures_only(text: Mapping[str, Any]) -> Text:
    return {"week": text["week"]} | {name: text[name] for name in COMPARED}


def difference(now: Any, before: Any) -> Any:
    """How far the figures of a text are from those of another one, by the same names."""
    if isinstance(now, Mapping):
        return {name: difference(value, before[name]) for name, value in now.items()}
    return now - before if isinstance(now, int) else Decimal(now) - Decimal(before)


def _closings(ground: Ground) -> tuple[list[Standing], Text]:
    """What was expected to close in the month of the Thursday, beside what did."""
    month, last = months_of(ground.week)
    listed = [
        line
        for line in ground.told
        if line.now is not None and is_expected(line.now, ground.about[line.now.registration_id], month)
    ]
    expected = [line.now for line in listed if line.now is not None]
    weighted = (
        sum((each.yearly_revenue for each in expected), Decimal(0))
        * ground.policy.stage_weights[Stage.TRIAL.value]
    )
    return expected, {
        "month": str(month),
        "expected": _sum(total(expected), weighted),
        "closed": _sum(total(ground.closed[0])),
        "listed": [told_of(ground, line) for line in listed],
        "last_month": {"month": str(last), "closed": _sum(total(ground.closed[1]))},
    }


def _history(
    ground: Ground, counted: Counted, expected: Sequence[Standing], earlier: Mapping[str, Any] | None
) -> list[Text]:
    """The last twelve weeks, this one last: the others as their Fridays froze them."""
    week, days = ground.week, {stage: Counter[int]() for stage in LEFT_STAGES}
    for line in ground.lines:
        if line.before is not None and line.change is Change.ADVANCED and id_of(line) in ground.stood:
            days[line.before.stage][ground.stood[id_of(line)]] += 1
    own = {
        "week": week.thursday.isoformat(),
        "stages": {
            stage.value: _sum(
                counted.sums.stages[stage], stage_weighted(counted.sums.stages[stage], stage, ground.policy)
            )
            for stage in STAGES
        },
        "expected": _sum(total(expected)),
        "closed": _sum(total(ground.closed[0])),
        "flows": {stage.value: _flow(counted.flows[stage]) for stage in LEFT_STAGES},
        "days": {
            stage.value: {str(number): times for number, times in sorted(days[stage].items())}
            for stage in LEFT_STAGES
        },
    }
    first = date.fromordinal(week.thursday.toordinal() - 7 * (WEEKS_BACK - 1)).isoformat()
    past = [each for each in (earlier["history"] if earlier else ()) if first <= each["week"] < own["week"]]
    return [*past, own]


def _flow(flow: Flow) -> Text:
    return {"stood": flow.stood, "further": flow.further, "back": flow.back, "gone": flow.gone}


def _conversion(history: Sequence[Mapping[str, Any]]) -> Text:
    """Of the projects that left a stage in these weeks how many went further, after how many days [D]."""
    found = {}
    for stage in LEFT_STAGES:
        flows = [each["flows"][stage.value] for each in history]
        further, back, gone = (sum(flow[name] for flow in flows) for name in ("further", "back", "gone"))
        days: Counter[int] = Counter()
        for each in history:
            days.update({int(number): times for number, times in each["days"][stage.value].items()})
        median = middle(days)
        found[stage.value] = {
            "further": further,
            "left": further + back + gone,
            "median_days": "" if median is None else format(median.normalize(), "f"),
        }
    return found

"""What Friday's roll-up counts (W4): one week of a region's projects, or of all, from two snapshots. Pure.

Sums stay exact decimals; `domain/rollup_text.py` rounds once, at the very end. Claims of key accounts are
not in it: it is the channel's report [D].
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from portal.domain.periods import Period, business_date, month_of
from portal.domain.pipeline import STAGES, Stage
from portal.domain.policy import Policy
from portal.domain.weekly import Change, Compared, StageSum, Standing, Sums, add_up
from portal.domain.weeks import Week

WEEKS_BACK = 12
"""So many weeks the charts, the conversion and the median days look back, the roll-up's own week included."""
LEFT_STAGES = STAGES[:-1]
"""The stages that a project can go further from."""


@dataclass(slots=True)
class Flow:
    """What became within a week of the projects that stood at one stage at its beginning."""

    stood: int = 0
    further: int = 0
    back: int = 0
    gone: int = 0


class About(NamedTuple):
    """What is told of a project besides its standing, as it was at the week's end; names as they are now."""

    ref: str
    customer: str
    next_step: str = ""
    next_on: date | None = None
    trial_ends_on: date | None = None
    support: str = ""
    support_since: date | None = None


@dataclass(slots=True)
class Counted:
    """The figures of one week."""

    sums: Sums
    signed: StageSum = field(default_factory=StageSum)
    lapsed_now: int = 0
    flows: dict[Stage, Flow] = field(default_factory=lambda: {stage: Flow() for stage in LEFT_STAGES})


def count(lines: Sequence[Compared], week: Week) -> Counted:
    """Add up what a week did to these projects."""
    found = Counted(add_up(lines))
    found.lapsed_now = sum(
        line.now is not None and lapsed_within(line.now, week) for line in lines if line.lapsed
    )
    found.signed = total(line.now for line in lines if line.now and signed_within(line, week))
    became = Counter((line.before.stage, line.change) for line in lines if line.before is not None)
    for (stage, change), times in became.items():
        if stage in found.flows:
            flow = found.flows[stage]
            flow.stood += times
            flow.further += times * (change is Change.ADVANCED)
            flow.back += times * (change is Change.FELL_BACK)
            flow.gone += times * (change is Change.GONE)
    return found


def total(projects: Iterable[Standing]) -> StageSum:
    """These projects together."""
    found = StageSum()
    for each in projects:
        found.projects += 1
        found.ports += each.ports
        found.yearly_revenue += each.yearly_revenue
    return found


def lapsed_within(project: Standing, week: Week) -> bool:
    """Whether its protection ran out on a day of the week: the day after the last protected one."""
    last = project.protected_until
    return last is not None and week.before.thursday <= last < week.thursday


def signed_within(line: Compared, week: Week) -> bool:
    """Whether it stands signed, by a signature that the portal learned of in the week."""
    now = line.now
    return now is not None and now.signed_on is not None and week.first <= now.signed_on <= week.thursday


def is_expected(project: Standing, about: About, month: Period) -> bool:
    """Whether it is expected to close in a month [D]: in trial, and trial end or next step is in it."""
    if project.stage is not Stage.TRIAL:
        return False
    days = (about.trial_ends_on, about.next_on)
    return any(day is not None and month.first <= day <= month.last for day in days)


def months_of(week: Week) -> tuple[Period, Period]:
    """The month of the week's Thursday, and the one before, whose last days no Friday told of alone [D].

    A month rarely ends on a Thursday: what was signed between its last Thursday and its end is counted in it
    by the roll-ups of the next month.
    """
    month = month_of(week.thursday)
    return month, month_of(date.fromordinal(month.first.toordinal() - 1))


def closed_in(month: Period, kept: Iterable[tuple[date, Standing]]) -> list[Standing]:
    """What was closed in a month, by what the ends of its weeks say of each project, in any order.

    The newest word on a project counts: one that was signed and is open again in a later week was not closed.
    """
    newest: dict[int, tuple[date, Standing]] = {}
    for day, project in kept:
        known = newest.get(project.registration_id)
        if known is None or known[0] < day:
            newest[project.registration_id] = day, project
    return [
        project
        for _day, project in newest.values()
        if project.signed_on is not None and month.first <= project.signed_on <= month.last
    ]


def days_stood(steps: Iterable[tuple[datetime, Stage]], stage: Stage, week: Week) -> int | None:
    """How many days a project stood at the stage that it left in the week; None where its facts do not say.

    `steps`: its filing and moves in order, none that was taken back. From the day on which it came to the
    stage it stood at when the week began, to the day of its first move off it.
    """
    since: date | None = None
    at: Stage | None = None
    for instant, to in steps:
        if instant < week.start:
            if to is not at:
                since, at = business_date(instant), to
        elif to is not stage:
            return (business_date(instant) - since).days if since and at is stage else None
    return None


def middle(days: Mapping[int, int]) -> Decimal | None:
    """The median of so many numbers of days each; None of none. Between two it is halfway."""
    counts = Counter(days)
    size = sum(counts.values())
    if not size:
        return None
    places, seen, found = ((size - 1) // 2, size // 2), 0, []
    for value in sorted(counts):
        found += [value for place in places if seen <= place < seen + counts[value]]
        seen += counts[value]
    return Decimal(sum(found)) / 2


def stage_weighted(place: StageSum, stage: Stage, policy: Policy) -> Decimal:
    """A stage's yearly revenue as forecasts weigh it (S5), unrounded."""
    return place.yearly_revenue * policy.stage_weights[stage.value]

"""What a week did to a project (W2–W4): as it stood a week ago beside as it stands now. Pure.

A project is compared with last week's snapshot: new, advanced, fell back or unchanged. Whether its
protection runs out, and whether it is stuck, is said besides: a project can be both unchanged and stuck.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from portal.domain.pipeline import STAGES, Stage, is_key_project, weighted
from portal.domain.policy import Policy

_SIGNED = Stage.SIGNED


class Change(StrEnum):
    """What became of a project since last week's snapshot; the members stand as a meeting takes them."""

    NEW = "new"
    ADVANCED = "advanced"
    FELL_BACK = "fell_back"
    SAME = "same"
    GONE = "gone"


class Group(StrEnum):
    """Under which heading the Thursday review shows a project (W3); each stands under one."""

    NEW = "new"
    ADVANCED = "advanced"
    FELL_BACK = "fell_back"
    LAPSING = "lapsing"
    STUCK = "stuck"
    SAME = "same"
    GONE = "gone"


class LineVerdict(StrEnum):
    """What the review says of a line: looked at, accepted as progress (S3), or returned to the partner."""

    NOTED = "noted"
    PROGRESS = "progress"
    RETURNED = "returned"


# Friday's roll-up makes some hundred thousand of the next two: tuples are made in a third of the time.


class Standing(NamedTuple):
    """A partner's project as it stood at an instant: what a weekly snapshot keeps of it.

    Money in yuan a year. `protected_until` is the last protected day, None once signed.
    `clock_from` is the day on which its protection last started: owned since, or the last progress.
    `paused`: the vendor owes it something and its clock stands (C3).
    """

    registration_id: int
    partner_id: int
    stage: Stage
    ports: int
    yearly_revenue: Decimal
    protected_until: date | None
    clock_from: date
    paused: bool = False
    signed_on: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still has to be won."""
        return self.stage is not _SIGNED


class Compared(NamedTuple):
    """A project beside itself a week ago; `now` is None for one that the partner does not own any more."""

    before: Standing | None
    now: Standing | None
    change: Change
    lapsing: bool
    lapsed: bool
    stuck: bool

    @property
    def group(self) -> Group:
        """Where the review shows it: what changed first, then what runs out, then what does not move."""
        if self.change is not Change.SAME:
            return Group(self.change.value)
        if self.lapsing or self.lapsed:
            return Group.LAPSING
        return Group.STUCK if self.stuck else Group.SAME

    @property
    def ports_more(self) -> int:
        """Ports more (or fewer) than a week ago."""
        return (self.now.ports if self.now else 0) - (self.before.ports if self.before else 0)


def compare(before: Standing | None, now: Standing | None, today: date, policy: Policy) -> Compared:
    """What a week did to one project; at least one of the two is there.

    Lapsing: open, protected still, by the longer of the policy's two reminders. Stuck: open, not lapsed, and
    without progress for longer than the policy's `stuck_days`.
    """
    return _compare(before, now, today, *_limits(today, policy))


def _limits(today: date, policy: Policy) -> tuple[date, date]:
    """The last day of protection of what is lapsing, and the first one of a clock that is not stuck."""
    moving = today - timedelta(days=policy.week.stuck_days) if policy.week else date.min
    return today + timedelta(days=max(policy.lapsing_soon_days)), moving


def _compare(
    before: Standing | None, now: Standing | None, today: date, soon: date, moving: date
) -> Compared:
    if now is None:
        return Compared(before, None, Change.GONE, lapsing=False, lapsed=False, stuck=False)
    lapsing = lapsed = stuck = False
    last = now.protected_until
    if last is not None and now.stage is not _SIGNED:
        lapsed = last < today and not now.paused
        lapsing = today <= last <= soon and not now.paused
        stuck = now.clock_from < moving and not lapsed
    return Compared(before, now, _change(before, now), lapsing, lapsed, stuck)


def _change(before: Standing | None, now: Standing) -> Change:
    if before is None:
        return Change.NEW
    if now.stage is before.stage:
        return Change.SAME
    return Change.ADVANCED if now.stage.number > before.stage.number else Change.FELL_BACK


def compare_all(
    before: Mapping[int, Standing], now: Mapping[int, Standing], today: date, policy: Policy
) -> list[Compared]:
    """Every project of either week, in no order. One that was signed before and is not listed now is over."""
    soon, moving = _limits(today, policy)
    return [
        _compare(before.get(each), now.get(each), today, soon, moving)
        for each in sorted(before.keys() | now.keys())
        if each in now or before[each].is_open
    ]


@dataclass(slots=True)
class StageSum:
    """Projects of one stage: how many, their ports, yearly revenue, and that weighted by stage (S5)."""

    projects: int = 0
    ports: int = 0
    yearly_revenue: Decimal = Decimal(0)


@dataclass(slots=True)
class Sums:
    """A roll-up's figures (W4), for a partner, a region or all.

    `stages` counts what is owned: open projects, and what was signed this week. `signed_month` is what was
    signed in the calendar month up to the week's end.
    """

    stages: dict[Stage, StageSum] = field(default_factory=lambda: {stage: StageSum() for stage in STAGES})
    changes: dict[Change, int] = field(default_factory=lambda: dict.fromkeys(Change, 0))
    lapsing: int = 0
    lapsed: int = 0
    stuck: int = 0

    @property
    def open_projects(self) -> int:
        """Projects that still have to be won."""
        return sum(each.projects for stage, each in self.stages.items() if stage is not Stage.SIGNED)

    @property
    def open_ports(self) -> int:
        """Their ports."""
        return sum(each.ports for stage, each in self.stages.items() if stage is not Stage.SIGNED)

    @property
    def key_projects(self) -> int:
        """How many of them are key projects (S1)."""
        return sum(
            each.projects
            for stage, each in self.stages.items()
            if is_key_project(stage) and stage is not Stage.SIGNED
        )

    def weighted(self, policy: Policy) -> Decimal:
        """Yearly revenue of what is open, weighted by stage (S5), unrounded yuan."""
        return sum(
            (
                weighted(each.yearly_revenue, stage, policy)
                for stage, each in self.stages.items()
                if stage is not Stage.SIGNED
            ),
            Decimal(0),
        )


def add_up(lines: Iterable[Compared]) -> Sums:
    """The figures of these projects together."""
    sums = Sums()
    for _before, now, change, lapsing, lapsed, stuck in lines:
        sums.changes[change] += 1
        sums.lapsing += lapsing
        sums.lapsed += lapsed
        sums.stuck += stuck
        if now is not None:
            place = sums.stages[now.stage]
            place.projects += 1
            place.ports += now.ports
            place.yearly_revenue += now.yearly_revenue
    return sums

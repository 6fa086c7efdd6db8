"""A partner's weekly report (W2): drafted from the week's facts, completed by people, frozen when sent. Pure.

A line stands for one project. The draft says by itself how it stood a week ago and stands now, what
happened in between, and what was promised; people add what no fact tells. A project to which nothing
happened wants a short reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.pipeline import Stage
from portal.domain.terms import EventKind
from portal.domain.weekly import Change, Compared, Standing
from portal.domain.weeks import Week, WeekFigures

TELLING = (
    *(EventKind.FILED, EventKind.MOVED, EventKind.PROGRESS, EventKind.RETURNED, EventKind.NOTE),
    *(EventKind.EDITED, EventKind.CORRECTED, EventKind.FILE_ADDED),
    *(EventKind.SUPPORT_ASKED, EventKind.SUPPORT_PLANNED, EventKind.SUPPORT_DONE),
    *(EventKind.RELEASED, EventKind.LOST, EventKind.REASSIGNED, EventKind.RESTORED, EventKind.MERGED),
)
"""The facts that a draft lists."""
_BY_ITSELF = frozenset({EventKind.RETURNED, EventKind.SUPPORT_PLANNED})
TYPED = ("happened", "reason", "support", "next_step", "next_step_on", "ports", "yearly_revenue")


class ReportState(StrEnum):
    """How a partner's report of a week stands."""

    IN = "in"
    LATE = "late"
    WRITING = "writing"
    DUE = "due"
    MISSING = "missing"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class Happening:
    """A fact of the week: its kind, when, the stage that was entered, what was said."""

    kind: EventKind
    at: datetime
    stage: Stage | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """What last week's report said that is asked after now: the next step by its day, why nothing changed."""

    step: str = ""
    due: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What people wrote about a project; `ports` and `yearly_revenue` None: as registered."""

    happened: str = ""
    reason: str = ""
    support: str = ""
    next_step: str = ""
    next_step_on: date | None = None
    ports: int | None = None
    yearly_revenue: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A project to be written about: how it stands now, and what is written of it so far.

    `now` is None for one that the partner does not own any more; `version` counts what was written.
    """

    registration_id: int
    now: Standing | None
    typed: Typed
    version: int = 0

    @property
    def ports(self) -> int:
        """The ports that the report states."""
        if self.typed.ports is not None:
            return self.typed.ports
        return self.now.ports if self.now else 0

    @property
    def yearly_revenue(self) -> Decimal:
        """The yearly revenue that the report states, in yuan."""
        if self.typed.yearly_revenue is not None:
            return self.typed.yearly_revenue
        return self.now.yearly_revenue if self.now else Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One project of a report; `version` counts what was typed about it, 0 where nothing was."""

    registration_id: int
    ref: str
    customer: str
    compared: Compared
    promise: Promise
    happenings: Sequence[Happening]
    typed: Typed
    worker: str = ""
    version: int = 0

    @property
    def is_gone(self) -> bool:
        """Whether the partner does not own it any more: it is told of, nothing is asked."""
        return self.compared.now is None

    @property
    def entry(self) -> Entry:
        """What can be typed about it."""
        return Entry(self.registration_id, self.compared.now, self.typed, self.version)

    @property
    def ports(self) -> int:
        """The ports that the report states."""
        return self.entry.ports

    @property
    def yearly_revenue(self) -> Decimal:
        """The yearly revenue that the report states, in yuan."""
        return self.entry.yearly_revenue

    @property
    def unchanged(self) -> bool:
        """Whether nothing happened that is worth a report: such a project wants a reason."""
        now, before = self.compared.now, self.compared.before
        if now is None or self.compared.change is not Change.SAME or not now.is_open:
            return False
        restated = before is not None and (self.ports, self.yearly_revenue) != (
            before.ports,
            before.yearly_revenue,
        )
        told = any(each.kind not in _BY_ITSELF for each in self.happenings)
        return not (restated or told or self.typed.happened)


def carried_step(step: str, due: date | None, today: date) -> Promise:
    """The next step that a draft proposes: the project's own, without a day that has passed."""
    return Promise(step, due if due is not None and due >= today else None)


def check_open(week: Week, now: datetime, figures: WeekFigures) -> None:
    """Whether a report of `week` can be sent or corrected at `now`.

    From its first day on; after its end, late, until the next week's report is due ([D]).

    :raises RuleViolation: ``report.future``, ``report.closed`` with the days.
    """
    if now < week.start:
        raise RuleViolation("report.future", first=week.first)
    if now > week.next.due_at(figures):
        raise RuleViolation("report.closed", last=week.next.due_on)


def is_late(week: Week, now: datetime, figures: WeekFigures) -> bool:
    """Whether what is sent at `now` comes after the deadline (W2)."""
    return now > week.due_at(figures)


def state_of(
    *,
    submitted_at: datetime | None,
    late: bool,
    begun: bool,
    projects: int,
    week: Week,
    now: datetime,
    figures: WeekFigures,
) -> ReportState:
    """How a report stands; who has no project need not write one."""
    if submitted_at is not None:
        return ReportState.LATE if late else ReportState.IN
    if not projects:
        return ReportState.NOT_NEEDED
    if is_late(week, now, figures):
        return ReportState.MISSING
    return ReportState.WRITING if begun else ReportState.DUE


def lacking(lines: Iterable[Line], today: date) -> list[RuleViolation]:
    """What keeps a report from being sent, each on its field (``17-reason``)."""
    found = []
    for line in lines:
        if line.is_gone:
            continue
        place, about = line.registration_id, {"customer": line.customer}
        if line.unchanged and not line.typed.reason:
            found.append(RuleViolation("report.reason_needed", f"{place}-reason", **about))
        if line.typed.next_step_on and not line.typed.next_step:
            found.append(RuleViolation("report.day_without_step", f"{place}-next_step", **about))
        if line.typed.next_step_on and line.typed.next_step_on < today:
            found.append(RuleViolation("report.step_in_the_past", f"{place}-next_step_on", **about))
    return found


def content_of(
    lines: Sequence[Line], *, week: Week, partner: Mapping[str, Any], remark: str
) -> dict[str, Any]:
    """A report as it is frozen: everything it says, in no language."""
    return {
        "week": week.thursday,
        "partner": dict(partner),
        "remark": remark,
        "lines": [_line_content(line) for line in lines],
    }


def _line_content(line: Line) -> dict[str, Any]:
    before, now, typed = line.compared.before, line.compared.now, line.typed
    return {
        "registration": line.registration_id,
        "ref": line.ref,
        "customer": line.customer,
        "worker": line.worker,
        "change": line.compared.change,
        "stage_before": before.stage if before else None,
        "stage": now.stage if now else None,
        "ports_before": before.ports if before else None,
        "ports": line.ports if now else None,
        "yearly_revenue_before": before.yearly_revenue if before else None,
        "yearly_revenue": line.yearly_revenue if now else None,
        "protected_until": now.protected_until if now else None,
        "paused": bool(now and now.paused),
        "lapsed": line.compared.lapsed,
        "stuck": line.compared.stuck,
        "promise": line.promise.step,
        "promise_due": line.promise.due,
        "facts": [
            {"kind": each.kind, "at": each.at, "stage": each.stage, "text": each.text}
            for each in line.happenings
        ],
        "happened": typed.happened,
        "reason": typed.reason,
        "support": typed.support,
        "next_step": typed.next_step,
        "next_step_on": typed.next_step_on,
    }


COMPARED = (
    "stage", "ports", "yearly_revenue", "happened", "reason", "support", "next_step", "next_step_on",
)  # fmt: skip
"""What of a line is compared from one revision to the next."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one revision says otherwise than the one before about a project; `field` "" for the whole line."""

    registration_id: int
    customer: str
    field: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What a later revision's content says otherwise than an earlier one's, line by line."""
    old = {line["registration"]: line for line in before["lines"]}
    found = []
    for line in after["lines"]:
        was = old.pop(line["registration"], None)
        if was is None:
            found.append(Difference(line["registration"], line["customer"], "", None, "added"))
            continue
        found += [
            Difference(line["registration"], line["customer"], name, was[name], line[name])
            for name in COMPARED
            if was[name] != line[name]
        ]
    found += [Difference(key, was["customer"], "", "dropped", None) for key, was in old.items()]
    if before["remark"] != after["remark"]:
        found.append(Difference(0, "", "remark", before["remark"], after["remark"]))
    return found


@dataclass(slots=True)
class Draft:
    """A report being written, or corrected."""

    week: Week
    partner: Mapping[str, Any]
    lines: list[Line] = field(default_factory=list)
    remark: str = ""

"""What a roll-up is made of, for all regions, and the part of it that is one region's. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.domain.cases import CaseKind, Outcome
from portal.domain.policy import Policy
from portal.domain.rollup import About
from portal.domain.weekly import Compared, Standing
from portal.domain.weeks import Week


class Handed(StrEnum):
    """How a partner's report of a week stands when the roll-up is made."""

    IN_TIME = "in_time"
    LATE = "late"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Reseller:
    """A partner as it is called, and where it is, when the roll-up is made."""

    code: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class CaseTold:
    """A case that was opened or decided in the week; it counts where its `partner_id` is."""

    ref: str
    customer: str
    kind: CaseKind
    partner_id: int
    opened: bool
    decided: bool
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that one roll-up tells of.

    `closed` is what was closed in the month of the Thursday and in the month before; `stood` for how many
    days a project that advanced had stood at the stage it left.
    """

    week: Week
    policy: Policy
    lines: Sequence[Compared]
    about: Mapping[int, About]
    partners: Mapping[int, Reseller]
    reports: Mapping[int, Handed]
    cases: Sequence[CaseTold]
    closed: tuple[Sequence[Standing], Sequence[Standing]]
    stood: Mapping[int, int]
    region: str = ""
    told: Sequence[Compared] = ()
    """The lines that something is told about, as lists have them: `by_region` puts them in order, once."""
    words: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What lists say of a project, written once: the texts of all and of its region say the same."""


def id_of(line: Compared) -> int:
    """The registration that a line is about."""
    project = line.now or line.before
    return project.registration_id if project else 0


def partner_of(line: Compared) -> int:
    """Whose project it is."""
    project = line.now or line.before
    return project.partner_id if project else 0


def in_order(lines: Iterable[Compared]) -> list[Compared]:
    """The furthest first, of these what is worth most; the order in which they were filed breaks ties."""

    def place(line: Compared) -> tuple[int, Decimal, int]:
        project = line.now or line.before
        if project is None:
            return 0, Decimal(0), 0
        return -project.stage.number, -project.yearly_revenue, project.registration_id

    return sorted(lines, key=place)


def by_region(ground: Ground) -> list[Ground]:
    """All, then each region's part, by name: every region in which there is a partner or was one's project.

    A partner counts, with all its projects of both weeks, where it is when the roll-up is made [D].
    """
    whole = replace(ground, told=in_order(line for line in ground.lines if id_of(line) in ground.about))
    place = {number: each.region for number, each in ground.partners.items()}
    regions = sorted(set(place.values()))
    lines, told = (_sorted_out(each, place, regions) for each in (whole.lines, whole.told))
    return [whole, *(_part(whole, region, lines[region], told[region]) for region in regions)]


def _sorted_out(
    lines: Iterable[Compared], place: Mapping[int, str], regions: Iterable[str]
) -> dict[str, list[Compared]]:
    found: dict[str, list[Compared]] = {region: [] for region in regions}
    for line in lines:
        found[place[partner_of(line)]].append(line)
    return found


def _part(ground: Ground, region: str, lines: Sequence[Compared], told: Sequence[Compared]) -> Ground:
    here = {number: each for number, each in ground.partners.items() if each.region == region}
    month, before = ([each for each in part if each.partner_id in here] for part in ground.closed)
    return replace(
        ground,
        region=region,
        lines=lines,
        told=told,
        partners=here,
        reports={number: handed for number, handed in ground.reports.items() if number in here},
        cases=[each for each in ground.cases if each.partner_id in here],
        closed=(month, before),
    )


def who_reports(
    active: Mapping[int, bool], with_projects: set[int], sent: Mapping[int, bool]
) -> dict[int, Handed]:
    """Who was to report and how that stands: an active partner with an open project at the week's end, and
    whoever sent a report though it had to send none [D]. `sent`: whether the report was late."""
    due = {number for number, is_active in active.items() if is_active and number in with_projects}
    return {
        number: Handed.MISSING if number not in sent else Handed.LATE if sent[number] else Handed.IN_TIME
        for number in sorted(due | sent.keys())
    }


def supported_since(about: About, today: date) -> int:
    """For how many days support has been asked for."""
    return (today - about.support_since).days if about.support_since else 0

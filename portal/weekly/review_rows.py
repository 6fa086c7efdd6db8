"""How the lines of a review look, ready for the template: grouped as the meeting takes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from portal.domain.pipeline import Stage
from portal.domain.reviewing import may_take_back
from portal.domain.terms import EventKind
from portal.domain.weekly import Change, Group, LineVerdict, Standing, Sums, add_up
from portal.web.language import gettext as _
from portal.web.marks import Look, look
from portal.weekly.review_queries import Line, Sheet

CHANGES = tuple(group for group in Group if group is not Group.SAME)
_MOST_FACTS = 4


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened; `after`: since the report was sent."""

    day: str
    words: str
    after: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A project in the table of the review."""

    id: int
    customer: str
    has_gone: bool
    stage_was: str
    stage_is: str
    way: str
    ports_was: str
    ports_is: str
    ports_way: str
    guard: Any
    said: str
    why: str
    next_step: str
    told: tuple[Told, ...]
    case_id: int | None
    stuck_days: int
    gone: str
    verdict: LineVerdict | None
    sentence: str
    by: str
    at: datetime | None
    can_decide: bool
    can_take_back: bool
    can_progress: bool
    protected_until: date | None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the projects under it."""

    group: Group
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: whether it may decide here and now, and who it is."""

    user_id: int
    holds: bool
    today: date
    until: datetime
    """The end of the week."""
    day: date
    """From which protection is counted: today, or the last day of a week that is over."""


def sections(
    lines: Iterable[Line],
    sheet: Sheet,
    facts: Mapping[int, Sequence[Any]],
    reader: Reader,
    *,
    everything: bool,
) -> list[Section]:
    """The lines under their headings; without `everything` those that did not change are left out."""
    found = {group: Section(group) for group in Group}
    eyes = look()
    for line in sorted(lines, key=_first_to_lapse):
        found[line.compared.group].rows.append(row_of(line, sheet, facts.get(line.id, ()), reader, eyes))
    shown = Group if everything else CHANGES
    return [found[group] for group in shown if found[group].rows]


def _first_to_lapse(line: Line) -> date:
    """Under a heading what lapses first stands on top; otherwise in the order of names."""
    urgent = line.compared.group is Group.LAPSING and line.compared.now
    return (line.compared.now.protected_until if urgent else None) or date.min  # type: ignore[union-attr]


def row_of(line: Line, sheet: Sheet, facts: Sequence[Any], reader: Reader, eyes: Look) -> Row:
    """One line's values."""
    before, now, gone = line.compared.before, line.compared.now, line.compared.now is None
    report = sheet.lines.get(line.id, {})
    more, verdict = line.compared.ports_more, line.verdict
    is_open = reader.holds and sheet.done_at is None
    owned = line.is_owner and line.owned_since is not None and line.owned_since <= reader.until
    return Row(
        id=line.id,
        customer=line.customer,
        has_gone=line.compared.group is Group.GONE,
        stage_was=eyes.label(before.stage) if before and (gone or before.stage is not now.stage) else "",  # type: ignore[union-attr]
        stage_is=eyes.label(now.stage) if now else "",
        way=_WAYS.get(line.compared.change, ""),
        ports_was=f"{before.ports:,}" if before and more else "",
        ports_is=f"{now.ports:,}" if now else "",
        ports_way="up" if more > 0 else "down" if more < 0 else "",
        guard=_guard(line, now, reader, eyes) if now and now.is_open else "",
        said=str(report.get("happened") or ""),
        why=str(report.get("reason") or ""),
        next_step=_next_step(report),
        told=_told(facts, sheet, bool(report), eyes),
        case_id=line.case_id,
        stuck_days=(reader.day - now.clock_from).days if now and line.compared.stuck else 0,
        gone=_gone(line, eyes) if gone or not line.is_owner else "",
        verdict=verdict.verdict if verdict else None,
        sentence=verdict.sentence if verdict else "",
        by=verdict.by if verdict else "",
        at=verdict.at if verdict else None,
        can_decide=is_open and owned and verdict is None,
        can_take_back=bool(
            is_open
            and verdict
            and may_take_back(verdict.at, verdict.by_id, user_id=reader.user_id, today=reader.today)
        ),
        can_progress=line.stage is not Stage.SIGNED,
        protected_until=line.protected_until,
    )


def _guard(line: Line, now: Standing, reader: Reader, eyes: Look) -> Any:
    """What is left of the protection; of a clock that stands, that it does."""
    return eyes.guard(line.state, now.protected_until, reader.day if now.paused else None)


_WAYS = {Change.NEW: "new", Change.ADVANCED: "up", Change.FELL_BACK: "down"}


def _next_step(report: Mapping[str, Any]) -> str:
    step, day = str(report.get("next_step") or ""), str(report.get("next_step_on") or "")
    return f"{step} · {day}" if step and day else step


def _gone(line: Line, eyes: Look) -> str:
    """Why the project is not in the partner's hands any more; decided upon by nobody here."""
    if line.is_owner:
        return ""
    return _("Not this partner’s any more: %(state)s", state=eyes.label(line.state))


def _told(facts: Sequence[Any], sheet: Sheet, reported: bool, eyes: Look) -> tuple[Told, ...]:
    """What happened: all of it where the report does not speak of the project, else what came after it."""
    sent = sheet.submitted_at
    told = [
        Told(eyes.day(fact.at), _words(fact, eyes), bool(sent and fact.at > sent))
        for fact in facts
        if not (reported and sent and fact.at <= sent)
    ]
    return tuple(told[-_MOST_FACTS:])


def _words(fact: Any, eyes: Look) -> str:
    text = eyes.label(fact.kind)
    if fact.kind is EventKind.MOVED and fact.stage is not None:
        was = fact.data.get("from")
        text = f"{eyes.label(Stage(was))} → {eyes.label(fact.stage)}" if was else eyes.label(fact.stage)
    said = fact.note or fact.reason
    return f"{text}{_(': ')}{said}" if said else text


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands above the table."""

    new: int
    new_ports: int
    advanced: int
    fell_back: int
    ports: int
    ports_more: int
    changes: int
    decided: int
    everything: int


def figures(lines: Sequence[Line]) -> Figures:
    """The partner's week in figures."""
    compared = [line.compared for line in lines]
    sums: Sums = add_up(compared)
    before = sum(each.before.ports for each in compared if each.before and each.before.is_open)
    return Figures(
        new=sums.changes[Change.NEW],
        new_ports=sum(each.now.ports for each in compared if each.change is Change.NEW and each.now),
        advanced=sums.changes[Change.ADVANCED],
        fell_back=sums.changes[Change.FELL_BACK],
        ports=sums.open_ports,
        ports_more=sums.open_ports - before,
        changes=sum(each.group is not Group.SAME for each in compared),
        decided=sum(line.verdict is not None for line in lines),
        everything=len(lines),
    )


@dataclass(frozen=True, slots=True)
class Need:
    """Help that a report asks for and that is no request yet."""

    id: int
    customer: str
    text: str


def needs_of(lines: Iterable[Line], sheet: Sheet, requests: Iterable[Any]) -> list[Need]:
    """What the report says is needed besides the requests: one that was sent asks itself, an old one not."""
    asked = {(each.registration_id, each.need) for each in requests}
    said = [(line, str(sheet.lines.get(line.id, {}).get("support") or "")) for line in lines]
    return [
        Need(line.id, line.customer, text) for line, text in said if text and (line.id, text) not in asked
    ]

"""How the tasks and the funnel of "today" look, ready to be written into the template."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from flask_babel import ngettext

from portal.cases.rows import overdue
from portal.domain.calendar import working_days_late
from portal.domain.pipeline import STAGES, Stage
from portal.domain.statements import next_step
from portal.home.queries import Task
from portal.pipeline.queries import Total
from portal.statements.acting import BY_HAND
from portal.statements.board import column_of
from portal.support.rows import line
from portal.web.filters import due_in, in_days, money
from portal.web.language import gettext as _
from portal.web.marks import Look, look

_ICONS = {
    "correct": "pencil",
    "step": "calendar-event",
    "lapse": "shield-half",
    "owed": "lifebuoy",
    "answered": "lifebuoy",
    "held": "scale",
    "case": "gavel",
    "pair": "scale",
    "report": "calendar-event",
    "statement": "receipt",
    "returned": "arrow-back-up",
}
# The funnel's slices: the highest is this high in a box of 88; the last one slopes a little.
_BOX, _HIGHEST, _SLOPE = 88, 80, 0.94


def task_rows(
    tasks: Iterable[Task], *, works: bool, show_partner: bool, urgent: int
) -> Iterator[tuple[Any, ...]]:
    """For each task its values, in the order of `today.html`; red from `urgent` days before it is due."""
    eyes = look()
    for task in tasks:
        if task.kind == "case":
            yield _case_row(task, eyes, urgent)
            continue
        if task.kind == "report":
            yield _report_row(task, eyes)
            continue
        if task.kind == "pair":
            yield _pair_row(task, eyes, urgent)
            continue
        if task.kind == "statement":
            yield _statement_row(task, eyes, urgent, for_all=show_partner)
            continue
        if task.kind in ("owed", "answered"):
            yield _support_row(task, eyes, urgent, show_partner=show_partner)
            continue
        if task.kind == "returned":
            yield _returned_row(task, eyes)
            continue
        r, kind = task.row, task.kind
        days = (task.due - eyes.today).days if task.due else 0
        href = f"/registrations/{r.id}"
        what = _what(task, eyes)
        if show_partner and r.partner_name:
            what = f"{what} · {r.partner_name}"
        yield (
            href,
            r.customer_name,
            eyes.icon(_ICONS[kind]),
            "d" if days <= urgent else "w",
            what,
            eyes.guard(r.state, r.protected_until, r.paused_from) if kind == "lapse" else None,
            due_in(task.due),
            days < 0,
            *_act(kind, href, r.id, works),
        )


def _case_row(task: Task, eyes: Look, urgent: int) -> tuple[Any, ...]:
    """A case that waits for the person."""
    line, days = task.row, (task.due - eyes.today).days if task.due else 0
    href = f"/cases/{line.row.id}"
    what = f"{eyes.label(line.row.kind)} · {eyes.label(line.turn)}"
    if line.late_days:
        what = f"{what} · {overdue(line.late_days)}"
    return (
        href, line.customer, eyes.icon(_ICONS["case"]), "d" if days <= urgent else "w", what, None,
        due_in(task.due), days < 0, href, _("Open"),
    )  # fmt: skip


def _report_row(task: Task, eyes: Look) -> tuple[Any, ...]:
    """The weekly report that is not sent yet."""
    (week, projects), days = task.row, (task.due - eyes.today).days if task.due else 0
    href = f"/weekly/{week.thursday}"
    return (
        href, _("Weekly report, week %(number)s", number=week.number), eyes.icon(_ICONS["report"]),
        "d" if days <= 0 else "w", ngettext("%(num)d project", "%(num)d projects", projects), None,
        due_in(task.due), days < 0, href, _("Write it"),
    )  # fmt: skip


def _pair_row(task: Task, eyes: Look, urgent: int) -> tuple[Any, ...]:
    """Two known customers that may be one."""
    pair, days = task.row, (task.due - eyes.today).days if task.due else 0
    href, what = f"/held/pairs/{pair.id}", _("May be one with %(name)s", name=pair.other_name)
    return (
        href, pair.one_name, eyes.icon(_ICONS["pair"]), "d" if days <= urgent else "w", what, None,
        due_in(task.due), days < 0, href, _("Compare"),
    )  # fmt: skip


def _support_row(task: Task, eyes: Look, urgent: int, *, show_partner: bool) -> tuple[Any, ...]:
    """A request for support: to whoever owes it by when, to whoever asked what came of it."""
    r, answered = task.row, task.kind == "answered"
    days = (task.due - eyes.today).days if task.due else urgent + 1
    shown = line(r, eyes.today)
    href, said = f"/support/{r.id}", shown.result if answered else shown.need
    parts = [eyes.label(r.kind), eyes.label(r.state) if answered else "", said]
    if show_partner and r.customer_name and r.partner_name:
        parts.append(r.partner_name)
    name = r.customer_name or r.partner_name
    return (
        href, name, eyes.icon(_ICONS[task.kind]), "w" if answered or days > urgent else "d",
        " · ".join(part for part in parts if part), None,
        in_days(task.due) if answered else due_in(task.due), days < 0 and not answered, href, _("Open"),
    )  # fmt: skip


def _returned_row(task: Task, eyes: Look) -> tuple[Any, ...]:
    """A project that the Thursday review returned: it is told how long ago."""
    r = task.row
    href, what = f"/registrations/{r.id}", _("Returned in the Thursday review") + _(": ") + str(r.sentence)
    return (
        href, r.customer_name, eyes.icon(_ICONS["returned"]), "w", what, None, in_days(task.due), False,
        href, _("Open"),
    )  # fmt: skip


def _statement_row(task: Task, eyes: Look, urgent: int, *, for_all: bool) -> tuple[Any, ...]:
    """A step that is due of one statement, or of several at once; `for_all`: these stand on the board."""
    r, days = task.row, (task.due - eyes.today).days if task.due else 0
    step = next_step(r.station)
    act = eyes.label(step.act) if step else ""
    sums = f"{money(r.total)}"
    if r.number == 1:
        href, name = f"/statements/{r.first_id}", r.first_number
        by_hand = step is not None and step.act in BY_HAND
        do = f"{href}/act/{step.act}" if step and by_hand else href
    else:
        name = ngettext("%(num)d statement", "%(num)d statements", r.number)
        board = f"/statements/board?mine=1&step={column_of(r.station)}"
        href = do = board if for_all else "/statements"
    late = overdue(working_days_late(task.due, eyes.today)) if task.due and days < 0 else ""
    what = " · ".join(each for each in (act, sums, late) if each)
    return (
        href, name, eyes.icon(_ICONS["statement"]), "d" if days <= urgent else "w", what, None,
        due_in(task.due), days < 0, do, _("Open"),
    )  # fmt: skip


def _what(task: Task, eyes: Look) -> str:
    """What a task is about, in a line."""
    r = task.row
    if task.kind == "correct":
        return _("To correct") + _(": ") + str(r.correction_note)
    if task.kind == "step":
        return str(r.next_step)
    if task.kind == "held":
        return _("Same customer or not?")
    ports = _("ports")
    text = f"{eyes.label(r.stage)} · {r.ports:,} {ports}"
    if r.last_progress_at:
        since = _("last progress %(day)s", day=eyes.day(r.last_progress_at))
        text = f"{text} · {since}"
    return text


def _act(kind: str, href: str, registration_id: int, works: bool) -> tuple[str, str]:
    """Where a task is done, and the word on its button."""
    if kind == "correct":
        return f"{href}/correct", _("Correct it")
    if kind == "held":
        return f"/held/{registration_id}", _("Compare")
    if kind == "lapse" and works:
        return f"{href}/move", _("Log progress")
    return href, _("Open")


def waiting_rows(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """For each claim that waits or is held its values, in the order of `today.html`."""
    eyes = look()
    for r in rows:
        place = _("place %(number)s", number=r.queue_position) if r.queue_position else ""
        yield str(r.id), r.customer_name, eyes.day(r.filed_at), place, eyes.state(r.state)


def funnel_rows(totals: Mapping[Stage, Total]) -> Iterator[tuple[Any, ...]]:
    """For each stage its figures, the slice of the funnel, and the share that went further."""
    eyes, most = look(), max(1, *(total.ports for total in totals.values()))
    heights = [totals[stage].ports / most * _HIGHEST for stage in STAGES]
    further = {stage: totals[after].reached for stage, after in pairwise(STAGES)}
    for stage, left, right in zip(STAGES, heights, [*heights[1:], heights[-1] * _SLOPE], strict=True):
        total, top, end = totals[stage], f"{_BOX - left:.1f}", f"{_BOX - right:.1f}"
        share = f"{further[stage] / total.reached:.0%}" if stage in further and total.reached else ""
        yield (
            str(stage.number),
            eyes.label(stage),
            f"{total.projects:,}",
            f"{total.ports:,}",
            eyes.whole_money(total.yearly_revenue),
            f"M0 {top}C50 {top} 50 {end} 100 {end}V{_BOX}H0Z",
            f"{total.ports / most * 100:.1f}",
            share,
        )


def funnel_sums(totals: Mapping[Stage, Total]) -> Total:
    """All stages together."""
    every = totals.values()
    revenue = sum((each.yearly_revenue for each in every), Decimal(0))
    return Total(sum(each.projects for each in every), sum(each.ports for each in every), revenue)

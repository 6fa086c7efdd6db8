"""A partner brings its own sheet: read, matched row by row, looked at, and only then taken (W2)."""

from dataclasses import dataclass

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.pipeline import Stage
from portal.domain.reports import Line
from portal.domain.sheets import SheetRow, match_names, read_sheet
from portal.domain.weeks import Week
from portal.files import plain_name
from portal.imports.reading import Limits, raw_rows
from portal.imports.words import SHEET_HEADS, member
from portal.registrations.drafts import FILING, save_draft
from portal.web import forms
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction
from portal.weekly import report_read_views
from portal.weekly.report_rows import field_words, value_words
from portal.weekly.report_views import bp, figures_of, keep_compared, own_report, week_or_404
from portal.weekly.sheets import drop_sheet, keep_sheet, kept_sheet, merged, take_rows

__all__ = ["bp", "report_read_views"]
_LIMITS = Limits(rows=5000, megabytes=5)


@dataclass(frozen=True, slots=True)
class Offered:
    """A row of the sheet: which project it seems to mean, what it would change there."""

    row: SheetRow
    line: Line | None
    changes: list[tuple[str, str, str]]
    other_stage: bool
    wrong: list[tuple[str, str]]


def _stage(text: str) -> Stage:
    return Stage(member(Stage, text))


@bp.post("/<week>/sheet")
@needs(P.REPORT_WRITE)
def bring(week: str) -> ResponseReturnValue:
    """Read a sheet and keep it; nothing of the report changes yet."""
    found, upload = week_or_404(week), request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise RuleViolation("sheet.no_file")
        rows = read_sheet(raw_rows(upload.read(), _LIMITS), SHEET_HEADS, _stage)
        with transaction() as session:
            keep_sheet(
                session, actor=actor(), now=now(), week=found, name=plain_name(upload.filename), rows=rows
            )
    except RuleViolation as error:
        return _page(found, problem=error), 422
    return go_to(url_for(".sheet", week=week))


@bp.get("/<week>/sheet")
@needs(P.REPORT_WRITE)
def sheet(week: str) -> ResponseReturnValue:
    """The kept sheet beside the report, row by row."""
    return _page(week_or_404(week))


def _page(week: Week, problem: RuleViolation | None = None) -> str:
    keep_compared(week)
    draft = own_report(week).draft
    kept = kept_sheet(reading(), actor=actor(), week=week)
    lines = {line.registration_id: line for line in draft.lines if not line.is_gone}
    offered = _offered(kept[1], lines) if kept else []
    return render_template(
        "weekly/sheet.html", week=week, name=kept[0] if kept else "", offered=offered,
        lines=sorted(lines.values(), key=lambda line: line.customer), problem=problem,
    )  # fmt: skip


def _offered(rows: list[SheetRow], lines: dict[int, Line]) -> list[Offered]:
    near = match_names({row.customer for row in rows}, {key: each.customer for key, each in lines.items()})
    found = []
    for row in rows:
        number = near[row.customer]
        line = lines.get(number) if number is not None else None
        now_at = line.compared.now if line else None
        found.append(
            Offered(
                row, line, _changes(line, row) if line else [],
                other_stage=bool(now_at and row.stage and row.stage is not now_at.stage),
                wrong=[(field_words(name), text) for name, text in row.wrong.items()],
            )
        )  # fmt: skip
    return found


def _changes(line: Line, row: SheetRow) -> list[tuple[str, str, str]]:
    """What taking the row would change: the field, before, after."""
    typed, now_at = merged(line, row), line.compared.now
    found = []
    for name in ("ports", "yearly_revenue"):
        stated = getattr(typed, name)
        if stated is not None and now_at is not None:
            found.append((field_words(name), *_both(name, getattr(now_at, name), stated)))
    return found + [
        (field_words(name), *_both(name, getattr(line.typed, name), getattr(typed, name)))
        for name in ("happened", "support", "next_step")
        if getattr(typed, name) != getattr(line.typed, name)
    ]


def _both(name: str, before: object, after: object) -> tuple[str, str]:
    return value_words(name, before), value_words(name, after)


@bp.post("/<week>/sheet/take")
@needs(P.REPORT_WRITE)
def take(week: str) -> ResponseReturnValue:
    """Take the chosen rows, start filing one that is unknown, or throw the sheet away."""
    found = week_or_404(week)
    kept = kept_sheet(reading(), actor=actor(), week=found)
    if kept is None:
        return go_to(url_for(".week", week=week))
    if "drop" in request.form:
        with transaction() as session:
            drop_sheet(session, actor=actor(), week=found)
        return go_to(url_for(".week", week=week))
    if "file" in request.form:
        number = forms.posted_number(request.form["file"])
        row = next((each for each in kept[1] if each.number == number), None)
        return _file(row) if row else go_to(url_for(".sheet", week=week))
    numbers = {row.number: forms.posted_number(request.form.get(f"r{row.number}")) for row in kept[1]}
    chosen = {number: project for number, project in numbers.items() if project > 0}
    own = own_report(found)
    try:
        with transaction() as session:
            count = take_rows(
                session, actor=actor(), now=now(), week=found, draft=own.draft, chosen=chosen, rows=kept[1],
                figures=figures_of(own.policy),
            )  # fmt: skip
    except RuleViolation as error:
        return _page(found, problem=error), 409 if error.code == "stale" else 422
    flash(
        ngettext(
            "%(num)d row is in the report now. It is not sent yet.",
            "%(num)d rows are in the report now. It is not sent yet.",
            count,
        )
    )
    return go_to(url_for(".week", week=week))


def _file(row: SheetRow) -> ResponseReturnValue:
    """To the form for a new registration with what the sheet says of the customer."""
    fields = {
        "customer_name": row.customer,
        "ports": str(row.ports or ""),
        "yearly_revenue": str(row.yearly_revenue or ""),
    }
    with transaction() as session:
        save_draft(session, actor=actor(), now=now(), form=FILING, fields=fields)
    flash(_("Complete the registration. Your sheet is kept: come back to it from the report."))
    return go_to(url_for("registrations.new_form"))

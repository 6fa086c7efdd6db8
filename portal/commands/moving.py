"""`portal import` and `portal export`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask import g
from flask_babel import get_locale, gettext
from sqlalchemy.engine import Engine
from sqlmodel import Session

from portal import audit, clock, db, exports
from portal.commands import output
from portal.conflicts import export as customers
from portal.deposits import accounts as deposits
from portal.domain.calendar import parse_date
from portal.domain.errors import RuleViolation
from portal.domain.periods import day_end, parse_period
from portal.imports.reading import content_of
from portal.imports.report import Refused, Report
from portal.imports.run import KINDS, DryRun, Refusal, import_file
from portal.models import tables as t
from portal.registrations.export import COLUMNS, registrations_as_of
from portal.statements import export as statements
from portal.weekly import export as reports
from portal.weekly import rollup_export as rollups
from portal.weekly.rollup_sheet_rows import sheets_of


def run(engine: Engine, kind: str, file: Path, *, dry_run: bool, as_json: bool) -> int:
    """Import a file; answers the exit code."""
    try:
        content = content_of(file, KINDS[kind].limits)
    except RuleViolation as problem:
        with output.speaking():
            _tell(Report(kind, file.name, refused=[Refused(1, "", "", problem)]), as_json)
        return 1
    try:
        with output.uncollected(), output.progress(kind) as progress, db.transaction(engine) as session:
            # What goes in a block at a time needs only its indexes at hand.
            db.make_room(session, megabytes=512 if KINDS[kind].limits is None else 128)
            report = import_file(
                session,
                kind=kind,
                file_name=file.name,
                content=content,
                actor=None,
                now=clock.now(),
                dry_run=dry_run,
                progress=progress,
            )
    except DryRun as outcome:
        report = outcome.report
    except Refusal as outcome:
        report = outcome.report
        report.accepted = 0
    with output.speaking():
        _tell(report, as_json)
    return 1 if report.refused else 0


def _tell(report: Report, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_json(output.words), ensure_ascii=False))
    for sign, problems in (("", report.refused), (gettext("warning: "), report.warnings)):
        for each in problems:
            value = f" “{each.value}”" if each.value else ""
            where = f"{report.file}:{each.row}: {each.column}".rstrip(": ")
            click.echo(f"{sign}{where}{value}: {output.words(each.problem)}", err=True)
    if not as_json and not report.refused:
        counts = {"rows": report.rows, "accepted": report.accepted, "skipped": report.skipped}
        click.echo(gettext("%(rows)s rows: %(accepted)s accepted, %(skipped)s skipped.", **counts))


def export(engine: Engine, kind: str, as_of: str | None, form: str, period: str | None = None) -> bytes:
    """The data as a file's bytes.

    :raises RuleViolation: `as_of` is no date, `period` no period.
    """
    day = parse_date(as_of) if as_of else clock.today()
    with db.reading(engine) as session:
        if kind == "registrations":
            return _written(COLUMNS, registrations_as_of(session, day), form, kind)
        if kind == "statements":
            covered = parse_period(period) if period else None
            if form == "json":
                return _json(statements.statements_of(session, covered))
            return _written(statements.COLUMNS, statements.rows_of(session, covered), form, kind)
        if kind == "deposits":
            return _written(deposits.EXPORTED, deposits.exported(session, day), form, kind)
        if kind == "weekly":
            if form == "json":
                return _json(reports.reports_as_of(session, day))
            return _written(reports.COLUMNS, reports.lines_as_of(session, day), form, kind)
        if kind == "rollup":
            return _rollup(rollups.contents_as_of(session, day), form)
        if kind == "aliases":
            return _written(customers.ALIASES, customers.aliases(session), form, kind)
        if kind == "identifiers":
            return _written(customers.IDENTIFIERS, customers.identifiers(session), form, kind)
        if kind == "decisions":
            return _written(customers.DECISIONS, customers.decisions(session, day_end(day)), form, kind)
        return _written(_AUDIT, _audit_rows(session), form, kind)


def _rollup(contents: list[str], form: str) -> bytes:
    """The roll-ups of a week: as they were frozen, as rows, or as a workbook in the terminal's language."""
    if form == "json":
        return rollups.as_json(contents)
    if form == "csv":
        return _written(rollups.COLUMNS, rollups.rows_of(contents), form, "rollup")
    with output.speaking():
        g.locale = str(get_locale())
        sheets = sheets_of([json.loads(each) for each in contents])
    return exports.xlsx_book([exports.Sheet(**each) for each in sheets])


_AUDIT = (
    "id", "at", "actor", "action", "subject_type", "subject_id", "reason", "details",
    "previous_hash", "hash",
)  # fmt: skip


def _audit_rows(session: Session) -> Iterator[dict[str, Any]]:
    for row in session.execute(sa.select(t.audit_entry).order_by(t.audit_entry.c.id)):
        yield {name: getattr(row, name) for name in _AUDIT}


def _written(columns: Sequence[str], rows: Iterator[dict[str, Any]], form: str, title: str) -> bytes:
    if form == "json":
        return _json(rows)
    cells = ([_flat(row[name]) for name in columns] for row in rows)
    if form == "csv":
        return "".join(exports.csv_lines(columns, cells)).encode()
    return exports.xlsx_bytes(columns, cells, title)


def _json(rows: Iterator[dict[str, Any]]) -> bytes:
    return (json.dumps([audit.plain(row) for row in rows], ensure_ascii=False, indent=1) + "\n").encode()


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else value

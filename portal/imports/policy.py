"""Import a policy version (JSON): it names the figures that change, the others are carried over (§12)."""

import json
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.service import rebuild
from portal.domain.calendar import parse_date
from portal.domain.errors import RuleViolation
from portal.domain.figures import flat
from portal.domain.periods import business_date
from portal.domain.policy import parse_policy
from portal.domain.roles import Actor
from portal.domain.versions import bad_figures, changes, exact, merged, oddities, unknown
from portal.imports.reading import Row, Table
from portal.imports.report import Cells, Refused, Report
from portal.models import tables as t
from portal.policy.service import completed
from portal.policy.versions import figures_before, put_in_force

_LONGEST_REASON = 500
_LARGEST = 1024 * 1024
_ABOUT = ("effective_from", "reason")


def read(content: bytes) -> Table:
    """The file as one row: a column for every name at its top, in it what stands there as JSON.

    :raises RuleViolation: ``file.empty``, ``import.too_large``, ``import.not_json``,
        ``import.json_twice``, ``import.json_object``.
    """
    if not content.strip():
        raise RuleViolation("file.empty")
    if len(content) > _LARGEST:
        raise RuleViolation("import.too_large", largest=_LARGEST // 1024 // 1024)
    try:
        # Numbers with a point stay as they are written: 0.10 is exact, a float is not.
        said = json.loads(
            _text(content), parse_float=str, parse_constant=str, object_pairs_hook=_each_name_once
        )
    except (ValueError, RecursionError) as error:
        where = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise RuleViolation("import.not_json", line=where) from error
    if not isinstance(said, dict):
        raise RuleViolation("import.json_object")
    cells = [_shown(name, value) for name, value in said.items()]
    return Table(list(enumerate(said)), iter([(1, cells)]))


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        names = [name for name, _value in pairs]
        raise RuleViolation("import.json_twice", name=next(name for name in names if names.count(name) > 1))
    return said


def _shown(name: str, value: Any) -> str:
    return value if name in _ABOUT and isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def take(session: Session, rows: list[Row], report: Report, actor: Actor | None, now: datetime) -> None:
    """Put the version in force. One that started earlier needs that no statement since is out."""
    [row] = rows
    cells = Cells(row, report)
    day = cells.read("effective_from", parse_date, required=True)
    reason = cells.read("reason", _reason, required=True)
    figures = exact({name: json.loads(text) for name, text in row.cells.items() if name not in _ABOUT})
    for name in unknown(figures):
        _refuse(report, row, name, RuleViolation("policy.unknown_figure", figure=name[:80]))
    if report.refused:
        return
    try:
        if _known_already(session, day, reason, figures):
            report.skipped += 1
            return
        before = figures_before(session, day)
        body = merged(before, figures)
        if not _sound(report, row, day, body):
            return
        put_in_force(
            session, actor=actor, now=now, effective_from=day, reason=reason, body=body, moving_in=True
        )
    except RuleViolation as problem:
        report.refuse(row, problem.field or "effective_from", problem)
        return
    report.accepted += 1
    report.warnings += [Refused(1, "", "", each) for each in oddities(body)]
    if day <= business_date(now) and any(each.figure.group == "protection" for each in changes(before, body)):
        rebuild(session, now=now)  # who owned whom since then follows from other days


def _reason(text: str) -> str:
    if len(text.strip()) > _LONGEST_REASON:
        raise RuleViolation("text.too_long", length=len(text.strip()), longest=_LONGEST_REASON)
    return text.strip()


def _known_already(session: Session, day: date, reason: str, figures: dict[str, Any]) -> bool:
    """Whether the version of that day says all this: it is the same file again."""
    c = t.policy_version.c
    stored = session.execute(sa.select(c.body, c.reason).where(c.effective_from == day)).first()
    if stored is None or stored.reason != reason:
        return False
    has, says = completed(stored.body), merged(completed(stored.body), figures)
    return not bad_figures(says) and flat(has) == flat(says)


def _sound(report: Report, row: Row, day: date, body: dict[str, Any]) -> bool:
    """Whether all figures are possible; notes every one that is not."""
    problems = bad_figures(body)
    if not problems:
        try:
            parse_policy(0, day, body)
        except RuleViolation as problem:
            problems = [problem]
    for each in problems:
        _refuse(report, row, each.params["figure"], each)
    return not problems


def _refuse(report: Report, row: Row, name: str, problem: RuleViolation) -> None:
    report.cells[row.number] = row.cells
    value = problem.params.get("value", "")
    report.refused.append(Refused(row.number, name[:80], str(value)[:200], problem))

"""A bank's answer to payment batches as a file: read, check every row, take all or nothing."""

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.imports.reading import Row, read_rows
from portal.imports.report import Refused, Report
from portal.imports.run import DryRun, Refusal
from portal.models import tables as t
from portal.payments.answers import COLUMNS, OTHERS, REQUIRED, Line, find_items, read_line, take_answer

KIND = "bank_answer"


def import_answer(
    session: Session, *, file_name: str, content: bytes, actor: Actor, now: datetime, dry_run: bool = False
) -> Report:
    """Take a bank's answer; the same file again changes nothing.

    :raises Refusal: something in it is wrong; nothing is written.
    :raises DryRun: it would be accepted; nothing is written.
    """
    report = Report(KIND, file_name)
    try:
        rows = list(read_rows(content, {**COLUMNS, **OTHERS}, REQUIRED))
    except RuleViolation as problem:
        report.refused.append(Refused(1, "", "", problem))
        raise Refusal(report) from problem
    report.rows = len(rows)
    report.sample = [row.cells for row in rows[:8]]
    lock_registry(session)
    lines = _read(rows, report, now)
    items = find_items(session, {line.reference for _row, line in lines})
    for row, line in lines:
        try:
            news = take_answer(session, items.get(line.reference), line, actor, now)
        except RuleViolation as problem:
            report.refuse(row, problem.field or "reference", problem)
            continue
        report.accepted += news
        report.skipped += not news
    if report.refused:
        raise Refusal(report)
    if dry_run:
        raise DryRun(report)
    _record(session, report, content, actor, now)
    return report


def _read(rows: list[Row], report: Report, now: datetime) -> list[tuple[Row, Line]]:
    lines, today = [], business_date(now)
    for row in rows:
        try:
            lines.append((row, read_line(row.cells, today)))
        except RuleViolation as problem:
            report.refuse(row, problem.field or "paid_on", problem)
    return lines


def _record(session: Session, report: Report, content: bytes, actor: Actor, now: datetime) -> None:
    digest = hashlib.sha256(content).hexdigest()
    row = {
        "kind": KIND, "file_name": report.file[:200], "sha256": digest, "at": now, "actor_id": actor.user_id,
        "rows": report.rows, "accepted": report.accepted, "skipped": report.skipped,
    }  # fmt: skip
    session.execute(sa.insert(t.import_run), [row])
    audit.record(
        session, actor=actor, action=f"import.{KIND}", at=now, subject=("import", None),
        file=report.file, sha256=digest, accepted=report.accepted, skipped=report.skipped,
    )  # fmt: skip

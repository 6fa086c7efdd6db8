"""`portal check` of disputes and files: what the trail says was stated and answered, and what it brought."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.commissions import ZERO
from portal.domain.disputes import DisputeState, comes_to, resumed
from portal.domain.errors import RuleViolation
from portal.domain.lines import LineKind
from portal.models import tables as t
from portal.statements.revisions import entries_of

Problem = tuple[str, Any, RuleViolation]
_VERSION = ("id", "version")


def problems(session: Session) -> Iterator[Problem]:
    """Disputes, files and revisions that differ from the trail; lines that no decision stands behind."""
    yield from _disputes(session)
    yield from _files(session)
    yield from _revisions(session)
    yield from _lines(session)


def _trail(session: Session, subject: str, prefix: str) -> dict[int, list[Any]]:
    c = t.audit_entry.c
    query = (
        sa.select(c.subject_id, c.action, c.details)
        .where(c.subject_type == subject, c.action.startswith(prefix))
        .order_by(c.id)
    )
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.subject_id, []).append(row)
    return found


def _disputes(session: Session) -> Iterator[Problem]:
    entries = _trail(session, "dispute", "dispute.")
    for row in session.execute(sa.select(t.dispute)):
        told: dict[str, Any] = {}
        for entry in entries.pop(row.id, []):
            told |= entry.details["after"]
        yield from _differing("dispute", row.id, row, told)
    for missing in entries:
        yield "dispute", missing, RuleViolation("check.missing")


def _files(session: Session) -> Iterator[Problem]:
    entries = {
        entry.details["file"]: entry.details["after"]
        for each in _trail(session, "statement", "statement.file_added").values()
        for entry in each
    }
    for row in session.execute(sa.select(t.statement_file)):
        yield from _differing("statement_file", row.id, row, entries.pop(row.id, {}))
    for missing in entries:
        yield "statement_file", missing, RuleViolation("check.missing")


def _differing(table: str, row_id: Any, row: Any, told: dict[str, Any]) -> Iterator[Problem]:
    if not told:
        yield table, row_id, RuleViolation("check.untrailed")
        return
    now = audit.plain({name: value for name, value in row._mapping.items() if name not in _VERSION})
    for column, value in told.items():
        if now.get(column) != value:
            yield table, row_id, RuleViolation("check.not_trailed", column=column)


def _revisions(session: Session) -> Iterator[Problem]:
    """A later revision is what the trail says was made of the one before it."""
    told = {
        (statement, entry.details["after"]["revision"]): entry.details["after"]
        for statement, each in _trail(session, "statement", "statement.revised").items()
        for entry in each
    }
    v = t.statement_revision.c
    for row in session.execute(sa.select(t.statement_revision).where(v.revision > 1)):
        where = f"{row.statement_id}/{row.revision}"
        yield from _differing(
            "statement_revision", where, row, told.pop((row.statement_id, row.revision), {})
        )
    for statement, revision in told:
        yield "statement_revision", f"{statement}/{revision}", RuleViolation("check.missing")


def _lines(session: Session) -> Iterator[Problem]:
    """A granted line carries the difference, a resumed one the whole; each once, and none without (M9)."""
    line, d = t.statement_line.c, t.dispute.c
    query = (
        sa.select(
            line.id, line.kind, line.commission, line.counted, line.statement_id.label("on_statement"),
            line.revision.label("on_revision"), t.dispute,
        )
        .join(t.dispute, d.id == line.dispute_id)
        .where(line.kind != LineKind.RECEIPT)
    )  # fmt: skip
    for row in session.execute(query).all():
        original = comes_to(entries_of(session, row.statement_id, row.revision), row.receipt_id)
        if row.kind is LineKind.RESUMED:
            due = resumed(row.state, row.granted, original)
            fits = row.parked and row.on_statement != row.statement_id
        else:
            due = (row.granted or ZERO) - original
            fits = row.state is DisputeState.GRANTED and row.on_statement == row.statement_id
            fits = fits and row.on_revision > row.revision
        if not fits or (row.counted and row.commission != due):
            yield "statement_line", row.id, RuleViolation("check.dispute")

"""One import: read, check every row, write all or nothing."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.access import Permission, allows
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor
from portal.imports import (
    aliases,
    decisions,
    events,
    partners,
    policy,
    receipts,
    registrations,
    tiers,
    traffic,
    weekly,
    words,
)
from portal.imports.reading import Limits, Line, Row, Table, read_table
from portal.imports.report import Refused, Report
from portal.models import tables as t

Progress = Callable[[int], None]
Take = Callable[[Session, list[Row], Report, Actor | None, datetime], None]
_EVERY = 500


@dataclass(frozen=True)
class TakeMany:
    """What takes very many rows: it reads the lines itself, a block at a time, and keeps none."""

    take: Callable[[Session, Table, Report, Actor | None, datetime], None]


@dataclass(frozen=True)
class Kind:
    """A kind of file: its columns, which are required, and what takes its rows.

    `exported`: what the portal's own export of the kind has besides; understood, not asked for.
    `decides`: what whoever imports it must be allowed to decide by hand as well. `by`: who may import it.
    `limits`: how much one file may hold, if not as usual.
    `read`: what reads the file, where it is no table.
    """

    columns: Mapping[str, str]
    required: tuple[str, ...]
    take: Take | TakeMany
    exported: tuple[str, ...] = ()
    decides: tuple[Permission, ...] = ()
    by: Permission = Permission.IMPORT_MOVE_IN
    limits: Limits | None = None
    read: Callable[[bytes], Table] | None = None

    def is_for(self, actor: Actor) -> bool:
        """Whether a person who may import at all may import this."""
        return all(allows(actor, each) for each in (self.by, *self.decides))


KINDS: Mapping[str, Kind] = {
    "partners": Kind(words.PARTNERS, ("code", "name", "kind", "region"), partners.take),
    "tiers": Kind(words.TIERS, ("partner", "tier", "starts_on", "ends_on"), tiers.take),
    "registrations": Kind(
        words.REGISTRATIONS, ("ref", "filed_at", "party", "customer_name"), registrations.take
    ),
    "events": Kind(words.EVENTS, ("registration", "at", "stage"), events.take),
    "decisions": Kind(
        words.DECISIONS,
        ("registration", "decision", "other"),
        decisions.take,
        decisions.EXPORTED,
        (Permission.HELD_DECIDE, Permission.CUSTOMER_MERGE),
    ),
    "aliases": Kind(words.ALIASES, ("registration", "kind", "name"), aliases.take, aliases.EXPORTED),
    "policy": Kind(
        words.POLICY,
        ("effective_from", "reason"),
        policy.take,
        by=Permission.POLICY_EDIT,
        read=policy.read,
    ),
    "receipts": Kind(
        words.RECEIPTS,
        ("source", "ref", "received_on", "contract_no", "product", "amount"),
        TakeMany(receipts.take),
        by=Permission.RECEIPT_IMPORT,
        limits=Limits(rows=2_500_000, megabytes=400),
    ),
    "weekly": Kind(words.WEEKLY, ("week", "partner", "customer_name"), weekly.take, weekly.EXPORTED),
    "traffic": Kind(words.TRAFFIC, ("partner", "day", "amount"), traffic.take, by=Permission.TRAFFIC_IMPORT),
}


class Refusal(RuleViolation):
    """The file was refused; `report` says why. Raised so that the transaction is undone."""

    def __init__(self, report: Report) -> None:
        super().__init__("import.refused")
        self.report = report


class DryRun(RuleViolation):
    """Everything was tried and is taken back; `report` says what would happen."""

    def __init__(self, report: Report) -> None:
        super().__init__("import.dry_run")
        self.report = report


def import_file(
    session: Session,
    *,
    kind: str,
    file_name: str,
    content: bytes,
    actor: Actor | None,
    now: datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import a file; the same file again changes nothing.

    :raises Refusal: something in it is wrong; nothing is written.
    :raises DryRun: it would be accepted; nothing is written.
    """
    report, each = Report(kind, file_name), KINDS[kind]
    columns = {**each.columns, **{name: name for name in each.exported}}
    try:
        table = each.read(content) if each.read else read_table(content, columns, each.required, each.limits)
        lines = _watched(table.lines, report, progress)
        if isinstance(each.take, TakeMany):
            lock_registry(session)
            each.take.take(session, Table(table.keys, lines), report, actor, now)
            rows = []
        else:
            rows = [table.row(*line) for line in lines]
    except RuleViolation as problem:
        report.rows = report.rows if isinstance(each.take, TakeMany) else 0
        report.refused.append(Refused(1, "", "", problem))
        raise Refusal(report) from problem
    if not isinstance(each.take, TakeMany):
        report.sample = [row.cells for row in rows[:8]]
        lock_registry(session)
        each.take(session, rows, report, actor, now)
    if report.refused:
        raise Refusal(report)
    if dry_run:
        raise DryRun(report)
    _record(session, report, content, actor, now)
    return report


def _watched(lines: Iterator[Line], report: Report, progress: Progress | None) -> Iterator[Line]:
    """The same lines, counted; what reads them may stop early."""
    for line in lines:
        report.rows += 1
        if progress and not report.rows % _EVERY:
            progress(report.rows)
        yield line


def _record(session: Session, report: Report, content: bytes, actor: Actor | None, now: datetime) -> None:
    digest = hashlib.sha256(content).hexdigest()
    row = {
        "kind": report.kind,
        "file_name": report.file[:200],
        "sha256": digest,
        "at": now,
        "actor_id": actor.user_id if actor else None,
        "rows": report.rows,
        "accepted": report.accepted,
        "skipped": report.skipped,
    }
    session.execute(sa.insert(t.import_run), [row])
    audit.record(
        session, actor=actor, action=f"import.{report.kind}", at=now, subject=("import", None),
        file=report.file, sha256=digest, accepted=report.accepted, skipped=report.skipped, **report.sealed,
    )  # fmt: skip

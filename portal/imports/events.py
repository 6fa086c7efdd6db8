"""Import stage moves, losses and releases; the same event again is skipped.

An event of a claim that did not own the customer at that instant stays on its time line as a
note and is listed as a warning (S6).
"""

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.service import settle, settle_held
from portal.db import chunks
from portal.domain.calendar import parse_date, parse_instant
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean
from portal.domain.money import parse_amount, parse_count
from portal.domain.pipeline import GATES, LostReason, Stage
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.imports.reading import Row
from portal.imports.report import Cells, Refused, Report
from portal.imports.words import ending, member
from portal.models import tables as t
from portal.pipeline.told import keep_told

_KINDS = {"lost": EventKind.LOST, "released": EventKind.RELEASED}


def take(session: Session, rows: list[Row], report: Report, actor: Actor | None, now: datetime) -> None:
    """Check and add the rows, then settle every customer they touch, once."""
    refs = {row.cells.get("registration", "") for row in rows}
    claims = _claims(session, refs)
    facts: dict[str, tuple[Row, dict[str, Any]]] = {}
    known = _known_keys(session, claims)
    for row in rows:
        fact = _read(row, report, claims, now)
        if fact is None:
            continue
        if fact["import_key"] in known or fact["import_key"] in facts:
            report.skipped += 1
        else:
            facts[fact["import_key"]] = (row, fact)
    if report.refused or not facts:
        return
    journal.write(session, [fact for _row, fact in facts.values()], actor=actor)
    keep_told(session, {fact["registration_id"] for _row, fact in facts.values()})
    touched = {fact["registration_id"] for _row, fact in facts.values()}
    by_id = {row.id: row for row in claims.values()}
    settle_held(session, {each for each in touched if by_id[each].customer_id is None})
    customers = {by_id[each].customer_id for each in touched} - {None}
    timelines = settle(session, customers, now=now)
    ignored = {
        (each.fact.claim, each.fact.at): each.reason
        for timeline in timelines.values()
        for each in timeline.ignored
        if each.reason != "same_stage"
    }
    held = {each.id for each in claims.values() if each.customer_id is None}
    for row, fact in facts.values():
        reason = ignored.get((fact["registration_id"], fact["at"]))
        if fact["registration_id"] in held and fact["kind"] is not EventKind.RELEASED:
            reason = "not_owner"
        if reason:
            problem = RuleViolation(f"import.ignored_{reason}")
            report.warnings.append(Refused(row.number, "registration", row.cells["registration"], problem))
    report.accepted = len(facts)


def _claims(session: Session, refs: set[str]) -> dict[str, Any]:
    c = t.registration.c
    found: dict[str, Any] = {}
    for part in chunks(refs):
        query = sa.select(c.id, c.ref, c.filed_at, c.customer_id).where(c.ref.in_(part))
        found.update((row.ref, row) for row in session.execute(query))
    return found


def _known_keys(session: Session, claims: dict[str, Any]) -> set[str]:
    event = t.registration_event.c
    keys: set[str] = set()
    for part in chunks(row.id for row in claims.values()):
        query = sa.select(event.import_key).where(
            event.registration_id.in_(part), event.import_key.is_not(None)
        )
        keys.update(session.scalars(query))
    return keys


def _read(row: Row, report: Report, claims: dict[str, Any], now: datetime) -> dict[str, Any] | None:
    cells = Cells(row, report)
    ref = cells.read("registration", clean, required=True)
    at = cells.read("at", parse_instant, required=True)
    word = row.cells.get("stage", "")
    ends = ending(word)
    stage = None if ends else cells.read("stage", lambda text: member(Stage, text), required=True)
    data = _gate(cells, stage)
    reason, note = (cells.read(column, clean) or "" for column in ("reason", "note"))
    if ends and not reason:
        cells.wrong("reason", RuleViolation("reason.required"))
    if ref and ref not in claims:
        cells.wrong("registration", RuleViolation("import.unknown_registration", value=ref[:40]))
    elif ref and at:
        if at < claims[ref].filed_at:
            cells.wrong("at", RuleViolation("import.before_filing", value=row.cells["at"][:40]))
        if at > now:
            cells.warn("at", RuleViolation("import.in_the_future", value=row.cells["at"][:40]))
    for column, text, longest in (("reason", reason, 2000), ("note", note, 10000)):
        if len(text) > longest:
            cells.wrong(column, RuleViolation("text.too_long", length=len(text), longest=longest))
    if not cells.sound:
        return None
    if ends == "lost":
        data["lost_reason"] = _lost_reason(reason)
    kind = _KINDS[ends] if ends else EventKind.MOVED
    return journal.fact(
        claims[ref].id, kind, at=at, now=now, stage=stage, reason=reason, note=note, data=data,
        import_key=_key(ref, at, kind, stage, reason, note, data),
    )  # fmt: skip


def _gate(cells: Cells, stage: Stage | None) -> dict[str, Any]:
    """The gate's data as far as the file has it: old sheets rarely have all of it."""
    read = {
        "met_with": cells.read("met_with", clean),
        "solution": cells.read("solution", clean),
        "trial_agreement": cells.read("trial_agreement", clean),
        "trial_start": cells.read("trial_start", parse_date),
        "trial_end": cells.read("trial_end", parse_date),
        "contract_no": cells.read("contract_no", clean),
        "contract_date": cells.read("contract_date", parse_date),
        "ports": cells.read("ports", parse_count),
        "yearly_amount": cells.read("yearly_amount", parse_amount),
    }
    wanted = GATES[stage] if stage else ()
    return {name: value for name, value in read.items() if name in wanted and value is not None}


def _lost_reason(reason: str) -> LostReason:
    try:
        return LostReason(member(LostReason, reason))
    except RuleViolation:
        return LostReason.OTHER


def _key(ref: str, at: datetime, *parts: Any) -> str:
    text = "\x1f".join([ref, at.isoformat(), *(str(part) for part in parts)])
    return hashlib.sha256(text.encode()).hexdigest()

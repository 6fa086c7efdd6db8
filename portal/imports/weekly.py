"""Import past weekly sheets: one report for each partner and week, told on the projects' time lines.

A week's report that is there already with the same lines is skipped, with others refused. A name that means
no project of the partner's, or several, is kept as it was typed, and listed among the warnings.
"""

import hashlib
from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit, journal
from portal.domain.calendar import parse_date
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean
from portal.domain.money import parse_amount, parse_count
from portal.domain.pipeline import Stage
from portal.domain.roles import Actor
from portal.domain.sheets import match_names
from portal.domain.terms import EventKind
from portal.domain.weeks import Week, parse_week_name
from portal.imports.reading import Row
from portal.imports.report import Cells, Refused, Report
from portal.imports.words import member
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.weekly.reporting import freeze, open_row
from portal.weekly.reports import newest_sent

_TEXTS = {"happened": 2000, "reason": 500, "support": 500, "next_step": 500}
EXPORTED = (
    *("revision", "submitted_at", "late", "change", "stage_before", "ports_before", "yearly_revenue_before"),
)
"""What the portal's own export has besides: it follows from what came before, or from when it was sent."""
_Key = tuple[Week, str]


def take(session: Session, rows: list[Row], report: Report, actor: Actor | None, now: datetime) -> None:
    """Check and add the rows, report by report."""
    p = t.partner.c
    partners = {row.code: row for row in session.execute(sa.select(p.id, p.code, p.name, p.region))}
    sheets: defaultdict[_Key, list[tuple[Row, dict[str, Any]]]] = defaultdict(list)
    for row in rows:
        told = _read(row, report, partners, now)
        if told is not None:
            sheets[told["week"], told["partner"]].append((row, told))
    if report.refused:
        return
    own = _projects(session, {partners[code].id for _week, code in sheets})
    for (week, code), lines in sorted(sheets.items(), key=lambda each: each[0]):
        _add(session, report, actor, now, week, partners[code], lines, own.get(partners[code].id, {}))


def _read(row: Row, report: Report, partners: dict[str, Any], now: datetime) -> dict[str, Any] | None:
    cells = Cells(row, report)
    week = cells.read("week", parse_week_name, required=True)
    partner = cells.read("partner", clean, required=True)
    told: dict[str, Any] = {
        "week": week,
        "partner": partner,
        "customer": cells.read("customer_name", clean, required=True),
        "ref": cells.read("ref", clean) or "",
        "ports": cells.read("ports", parse_count),
        "yearly_revenue": cells.read("yearly_revenue", parse_amount),
        "stage": cells.read("stage", lambda text: member(Stage, text)),
        "next_step_on": cells.read("next_step_on", parse_date),
    }
    for name, longest in _TEXTS.items():
        told[name] = row.cells.get(name, "")
        if len(told[name]) > longest:
            problem = RuleViolation("text.too_long", length=len(told[name]), longest=longest)
            cells.wrong(name, problem)
    if partner and partner not in partners:
        cells.wrong("partner", RuleViolation("import.unknown_partner", value=partner[:40]))
    if week and week.end >= now:
        cells.wrong("week", RuleViolation("import.week_not_over", value=row.cells["week"][:40]))
    return told if cells.sound else None


def _projects(session: Session, partners: set[int]) -> dict[int, dict[int, Any]]:
    """Each partner's registrations."""
    c, found = t.registration.c, defaultdict[int, dict[int, Any]](dict)
    query = sa.select(c.id, c.ref, c.customer_name, c.partner_id, c.filed_at)
    for row in session.execute(query.where(c.partner_id.in_(partners))):
        found[row.partner_id][row.id] = row
    return found


def _add(
    session: Session,
    report: Report,
    actor: Actor | None,
    now: datetime,
    week: Week,
    partner: Any,
    told: list[tuple[Row, dict[str, Any]]],
    own: dict[int, Any],
) -> None:
    figures = policy_on(session, week.due_on).week
    assert figures is not None  # noqa: S101 - every policy has them
    at = week.due_at(figures)
    lines = _lines(report, told, own)
    named = {"id": partner.id, "code": partner.code, "name": partner.name, "region": partner.region}
    content = audit.plain({"week": week.thursday, "partner": named, "remark": "", "lines": lines})
    sent = newest_sent(session, partner.id, week).get(week)
    if sent is not None:
        if _is_same(sent.content["lines"], content["lines"]):
            report.skipped += len(told)
        else:
            row = told[0][0]
            report.refuse(row, "week", RuleViolation("import.report_there", partner=partner.code))
        return
    row = open_row(session, partner_id=partner.id, week=week, now=now)
    revision = freeze(session, actor, at, row, content, late=False, imported=True, recorded_at=now)
    journal.write(session, _facts(lines, own, week, at, now, actor, revision), actor=actor)
    report.accepted += len(told)


_WHO = ("registration", "ref", "customer")


def _is_same(there: list[dict[str, Any]], told: list[dict[str, Any]]) -> bool:
    """Whether a report that is there says what the file says; a customer may be known by now that was not."""
    return len(there) == len(told) and all(
        old == new
        or (old["registration"] is None and all(old[name] == new[name] for name in old if name not in _WHO))
        for old, new in zip(there, told, strict=True)
    )


def _lines(
    report: Report, told: list[tuple[Row, dict[str, Any]]], own: dict[int, Any]
) -> list[dict[str, Any]]:
    """The lines of a report as sent ones have them; a customer that is not known is kept by its name."""
    by_ref = {each.ref: key for key, each in own.items()}
    near = match_names(
        {each["customer"] for _row, each in told}, {key: each.customer_name for key, each in own.items()}
    )
    lines = []
    for row, each in told:
        number = by_ref.get(each["ref"]) or near[each["customer"]]
        if number is None:
            problem = RuleViolation("import.unknown_customer")
            report.warnings.append(Refused(row.number, "customer_name", each["customer"], problem))
        lines.append(
            {
                "registration": number, "ref": own[number].ref if number else "",
                "customer": own[number].customer_name if number else each["customer"], "worker": "",
                "change": "same", "stage_before": None, "stage": each["stage"], "ports_before": None,
                "ports": each["ports"], "yearly_revenue_before": None,
                "yearly_revenue": each["yearly_revenue"], "protected_until": None, "paused": False,
                "lapsed": False, "stuck": False, "promise": "", "promise_due": None, "facts": [],
                **{name: each[name] for name in _TEXTS}, "next_step_on": each["next_step_on"],
            }
        )  # fmt: skip
    return lines


def _facts(
    lines: list[dict[str, Any]], own: dict[int, Any], week: Week, at: datetime, now: datetime,
    actor: Actor | None, revision: int,
) -> list[dict[str, Any]]:  # fmt: skip
    """That the report named them; not on what was filed only later."""
    facts = {}
    for line in lines:
        number = line["registration"]
        if number is None or own[number].filed_at > at:
            continue
        key = hashlib.sha256(f"weekly\x1f{week.thursday}\x1f{own[number].ref}".encode()).hexdigest()
        facts[number] = journal.fact(
            number, EventKind.REPORTED, at=at, now=now, actor=actor, note=line["happened"],
            reason=line["reason"], data={"week": week.thursday, "revision": revision}, import_key=key,
        )  # fmt: skip
    return list(facts.values())

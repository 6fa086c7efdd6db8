"""Import tier terms: the same term again is skipped, one that overlaps another is refused."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.calendar import parse_date
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean
from portal.domain.roles import Actor
from portal.domain.terms import Tier
from portal.imports.reading import Row
from portal.imports.report import Cells, Report
from portal.imports.words import member
from portal.models import tables as t
from portal.partners.service import add_tier_term


def take(session: Session, rows: list[Row], report: Report, actor: Actor | None, now: datetime) -> None:
    """Check and add the rows."""
    partners = {row.code: row.id for row in session.execute(sa.select(t.partner.c.id, t.partner.c.code))}
    c = t.tier_term.c
    stored = {
        (row.partner_id, row.tier, row.starts_on, row.ends_on)
        for row in session.execute(sa.select(c.partner_id, c.tier, c.starts_on, c.ends_on))
    }
    for row in rows:
        cells = Cells(row, report)
        partner = cells.read("partner", clean, required=True)
        tier = cells.read("tier", lambda text: member(Tier, text), required=True)
        starts_on = cells.read("starts_on", parse_date, required=True)
        ends_on = cells.read("ends_on", parse_date, required=True)
        if partner and partner not in partners:
            cells.wrong("partner", RuleViolation("import.unknown_partner", value=partner[:40]))
        if not cells.sound:
            continue
        term = (partners[partner], tier, starts_on, ends_on)
        if term in stored:
            report.skipped += 1
            continue
        try:
            add_tier_term(
                session, actor=actor, now=now, partner_id=term[0], tier=tier,
                starts_on=starts_on, ends_on=ends_on,
            )  # fmt: skip
        except RuleViolation as problem:
            report.refuse(row, problem.field or "starts_on", problem)
        else:
            stored.add(term)
            report.accepted += 1

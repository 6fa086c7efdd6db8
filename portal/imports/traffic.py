"""Import wholesale traffic by day (B5): the same day again is skipped, with another amount refused."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session

from portal.deposits.traffic import add_traffic, known_days
from portal.domain.calendar import parse_date
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean
from portal.domain.money import parse_amount
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.domain.terms import PartnerKind
from portal.imports.reading import Row
from portal.imports.report import Cells, Report
from portal.models import tables as t


def take(session: Session, rows: list[Row], report: Report, actor: Actor | None, now: datetime) -> None:
    """Check and add the rows; afterwards every partner's service stands as its traffic says."""
    c = t.partner.c
    partners = {row.code: row for row in session.execute(sa.select(c.id, c.code, c.kind))}
    wholesale = {row.id for row in partners.values() if row.kind is PartnerKind.WHOLESALE}
    known = known_days(session, wholesale)
    fresh: defaultdict[int, dict[date, Decimal]] = defaultdict(dict)
    for row in rows:
        cells = Cells(row, report)
        code = cells.read("partner", clean, required=True)
        day = cells.read("day", parse_date, required=True)
        amount = cells.read("amount", parse_amount, required=True)
        partner = partners.get(code)
        if code and partner is None:
            cells.wrong("partner", RuleViolation("import.unknown_partner", value=code[:40]))
        elif partner is not None and partner.id not in wholesale:
            cells.wrong("partner", RuleViolation("traffic.not_wholesale", value=code))
        if day and day > business_date(now):
            cells.wrong("day", RuleViolation("traffic.future", day=day))
        if not cells.sound or partner is None:
            continue
        stored = known.get((partner.id, day))
        if stored is None:
            known[partner.id, day] = fresh[partner.id][day] = amount
            report.accepted += 1
        elif stored == amount:
            report.skipped += 1
        else:
            cells.wrong("amount", RuleViolation("traffic.other_amount", day=day, amount=stored))
    if not report.refused:
        add_traffic(session, actor=actor, now=now, days=fresh)

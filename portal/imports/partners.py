"""Import partners: a known code with the same facts is skipped, with other facts refused."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.calendar import parse_date
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean, normalise_phone, parse_email
from portal.domain.money import parse_amount
from portal.domain.names import check_name
from portal.domain.roles import Actor
from portal.domain.terms import PartnerKind
from portal.imports.reading import Row
from portal.imports.report import Cells, Report
from portal.imports.words import PARTY_KA, folded, member
from portal.models import tables as t
from portal.partners.service import add_partner

_KEPT = ("name", "kind", "region", "contact", "phone", "email", "signed_on", "traffic_deposit")


def take(session: Session, rows: list[Row], report: Report, actor: Actor | None, now: datetime) -> None:
    """Check and add the rows."""
    known = {row.code: row for row in session.execute(sa.select(t.partner))}
    seen: dict[str, dict[str, Any]] = {}
    fresh: list[dict[str, Any]] = []
    for row in rows:
        values = _read(row, report)
        if values is None:
            continue
        code = values["code"]
        stored = known.get(code)
        same = (
            all(getattr(stored, name) == values[name] for name in _KEPT)
            if stored is not None
            else seen.get(code) == values
        )
        if stored is not None or code in seen:
            if same:
                report.skipped += 1
            else:
                report.refuse(row, "code", RuleViolation("import.other_content", ref=code))
            continue
        seen[code] = values
        fresh.append(values)
    if not report.refused:
        for values in fresh:
            add_partner(session, actor=actor, now=now, values=values)
        report.accepted = len(fresh)


def _read(row: Row, report: Report) -> dict[str, Any] | None:
    cells = Cells(row, report)
    values = {
        "code": cells.read("code", _code, required=True),
        "name": cells.read("name", check_name, required=True),
        "kind": cells.read("kind", lambda text: member(PartnerKind, text), required=True),
        "region": cells.read("region", clean, required=True),
        "contact": cells.read("contact", clean) or "",
        "phone": cells.read("phone", normalise_phone) or "",
        "email": cells.read("email", parse_email) or "",
        "signed_on": cells.read("signed_on", parse_date),
        "traffic_deposit": cells.read("traffic_deposit", parse_amount),
    }
    return values if cells.sound else None


def _code(text: str) -> str:
    code = clean(text)
    if len(code) > 32 or folded(code) in PARTY_KA:
        raise RuleViolation("import.bad_code", value=code[:40])
    return code

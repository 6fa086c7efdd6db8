"""Weekly reports as data: what was sent, line by line (interfaces.md: `portal export weekly`)."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.periods import BUSINESS_OFFSET, day_end
from portal.models import tables as t

_LINE = (
    "ref", "customer", "change", "stage_before", "stage", "ports_before", "ports", "yearly_revenue_before",
    "yearly_revenue", "happened", "reason", "support", "next_step", "next_step_on",
)  # fmt: skip
COLUMNS = (
    *("week", "partner", "revision", "submitted_at", "late"),
    *("customer_name" if name == "customer" else name for name in _LINE),
)


def reports_as_of(session: Session, day: date) -> Iterator[dict[str, Any]]:
    """Every report in the revision that counted at the end of `day`, by week and partner."""
    r, v, newer = t.weekly_report.c, t.weekly_revision.c, t.weekly_revision.alias("newer").c
    until = day_end(day)
    newest = (
        sa.select(sa.func.max(newer.revision))
        .where(newer.report_id == v.report_id, newer.submitted_at <= until)
        .scalar_subquery()
    )
    query = (
        sa.select(r.week, t.partner.c.code, v.revision, v.submitted_at, v.late, v.content)
        .join(t.weekly_report, r.id == v.report_id)
        .join(t.partner, t.partner.c.id == r.partner_id)
        .where(v.revision == newest)
        .order_by(r.week, t.partner.c.code)
    )
    for row in session.execute(query):
        content = json.loads(row.content)
        yield {
            "week": row.week,
            "partner": row.code,
            "revision": row.revision,
            "submitted_at": row.submitted_at.astimezone(BUSINESS_OFFSET).isoformat(),
            "late": row.late,
            "remark": content["remark"],
            "lines": [_line(line) for line in content["lines"]],
        }


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return {"customer_name" if name == "customer" else name: line[name] for name in _LINE}


def lines_as_of(session: Session, day: date) -> Iterator[dict[str, Any]]:
    """The same as one row for every project; a report without any has none."""
    for report in reports_as_of(session, day):
        head = {name: report[name] for name in ("week", "partner", "revision", "submitted_at", "late")}
        for line in report["lines"]:
            yield {**head, **line}

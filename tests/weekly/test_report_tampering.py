"""Whatever is changed by hand about reports and ends of weeks: the database refuses it, or check tells."""

from datetime import date
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.models import tables as t
from portal.weekly import check_reports as check
from tests.support.clocks import shanghai
from tests.support.tampering import unnoticed
from tests.weekly.desk import WEEK, Desk

NOW = shanghai("2026-03-13 10:00")
TABLES = ("week_end", "week_project", "weekly_report", "weekly_entry", "weekly_revision")
TRIGGERS = ("week_end", "week_project", "weekly_revision")
# What `check` does not vouch for, and why.
FREE = {
    "weekly_report.version": "counts changes",
    "weekly_report.opened_at": "when somebody first looked; decides nothing",
    "weekly_report.remark": "being written; what was sent of it stands in the revision",
    **{
        f"weekly_entry.{name}": "being written; what was sent of it stands in the revision"
        for name in (
            "version", "happened", "reason", "support", "next_step", "next_step_on", "ports",
            "yearly_revenue", "written_by_id", "written_at",
        )
    },
    "weekly_entry (a row taken away)": "as if it had not been typed",
    "weekly_report.partner_id": "of one that was never sent",
    "weekly_report.week": "of one that was never sent",
    "weekly_report (a row taken away)": "one that was never sent, with nothing typed",
}  # fmt: skip


@pytest.fixture
def lived_in(desk: Desk, filed: Any, at: Any) -> Desk:
    """A report that was corrected, one that is being written, two ends of weeks."""
    number = filed("2026-03-02 10:00")
    desk.write(at("2026-03-04 10:00"), number, happened="x")
    desk.send(at("2026-03-04 11:00"))
    desk.write(at("2026-03-05 10:00"), number, 1, happened="y")
    desk.send(at("2026-03-05 11:00"))
    desk.week = WEEK.next
    desk.draft(at("2026-03-13 09:00"))
    with db.transaction(desk.engine) as session:
        row = {"partner_id": 2, "week": date(2026, 3, 12), "opened_at": NOW, "version": 1}
        values = {**row, "revision": 0, "late": False, "remark": ""}
        session.execute(sa.insert(t.weekly_report), [values])
    return desk


@pytest.mark.engines("sqlite")
def test_check_notices_whatever_is_changed_by_hand(lived_in: Desk) -> None:
    with db.reading(lived_in.engine) as session:
        found = unnoticed(session, TABLES, partial(check.problems, now=NOW), triggers=TRIGGERS)
    assert sorted(found - set(FREE)) == []
    assert sorted(set(FREE) - found) == [], "vouched for, and listed as free"

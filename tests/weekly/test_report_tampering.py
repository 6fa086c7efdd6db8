"""Whatever is changed by hand about reports and ends of weeks: the database refuses it, or check tells."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from portal import db
from portal.models import tables as t
from portal.weekly import check_reports as check
from tests.conflicts.test_tampering import other
from tests.support.clocks import shanghai
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


def unguarded(session: Session) -> None:
    """Past the triggers, as somebody who opens the file by hand may be."""
    for name in TRIGGERS:
        session.execute(sa.text(f"DROP TRIGGER {name}_stays"))


def noticed(session: Session, statement: Any) -> bool:
    place = session.begin_nested()
    try:
        changed = session.execute(statement)
        return not changed.rowcount or bool(list(check.problems(session, now=NOW)))  # type: ignore[attr-defined]
    except DBAPIError:
        return True
    finally:
        place.rollback()


def unnoticed(session: Session, name: str) -> Iterator[str]:
    table = getattr(t, name)
    here = list(table.primary_key.columns)
    for row in session.execute(sa.select(table)).all():
        is_row = sa.and_(*(column == getattr(row, column.name) for column in here))
        for column in table.columns:
            if column in here and len(here) == 1 and not column.foreign_keys:
                continue
            for value in other(column, getattr(row, column.name), session):
                if not noticed(session, sa.update(table).where(is_row).values({column.name: value})):
                    yield f"{name}.{column.name}"
        if not noticed(session, sa.delete(table).where(is_row)):
            yield f"{name} (a row taken away)"


@pytest.mark.engines("sqlite")
def test_check_notices_whatever_is_changed_by_hand(lived_in: Desk) -> None:
    found: set[str] = set()
    with db.reading(lived_in.engine) as session:
        assert list(check.problems(session, now=NOW)) == []
        unguarded(session)
        for name in TABLES:
            assert session.execute(sa.select(getattr(t, name))).first() is not None, name
            found |= set(unnoticed(session, name))
    assert sorted(found - set(FREE)) == []
    assert sorted(set(FREE) - found) == [], "vouched for, and listed as free"

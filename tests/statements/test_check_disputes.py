"""`portal check` finds what was changed behind the portal's back in disputes, files and what they brought."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.files import Sent
from portal.models import tables as t
from portal.statements import check_walk
from portal.statements.check_disputes import problems
from portal.statements.confirming import foresee_rest
from tests.support.desks import Desk, People

pytestmark = pytest.mark.engines("sqlite")
# Changed together with a version that people's forms carry; nothing is decided by it.
NOT_VOUCHED = {("dispute", "version"), ("dispute", "id"), ("statement_file", "id")}
TABLES = ("dispute", "statement_file", "statement_revision")


@pytest.fixture
def decided(desk: Desk) -> Desk:
    """One dispute granted, one refused, with a file."""
    desk.object_to(0, 1, sent=Sent("slip.pdf", b"%PDF-1.7 slip"), expected=Decimal("4900.00"))
    desk.answer(1, "4900.00")
    desk.answer(2, None, "As signed")
    return desk


def found(desk: Desk) -> set[str]:
    with db.reading(desk.engine) as session:
        return {table for table, _row, _why in problems(session)}


def test_what_people_did_is_in_order(decided: Desk):
    assert found(decided) == set()
    decided.object_to(1)
    assert found(decided) == set()


def other(value: Any, column: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal):
        return value + 1
    if isinstance(value, sa.Enum) or hasattr(value, "value"):
        return next(each for each in type(value) if each is not value)
    if isinstance(value, str):
        return f"{value}x"
    return value + timedelta(days=1) if value is not None else None


def test_every_column_that_is_changed_by_hand_is_noticed(decided: Desk):
    silent = []
    for name in TABLES:
        table = getattr(t, name)
        key = table.c.revision == 2 if name == "statement_revision" else table.c.id == 1
        with db.reading(decided.engine) as session:
            row = session.execute(sa.select(table).where(key)).one()
        for column in table.c:
            changed = other(row._mapping[column.key], column)
            if changed is None or (name, column.key) in NOT_VOUCHED or column.primary_key:
                continue
            if column.foreign_keys:
                changed = None if column.nullable else 2
            with decided.engine.execution_options(portal_writes=True).begin() as connection:
                connection.execute(sa.text("PRAGMA defer_foreign_keys=ON"))
                connection.execute(sa.update(table).where(key).values({column.key: changed}))
                with db.Session(connection) as session:
                    if not any(where == name for where, _row, _why in problems(session)):
                        silent.append((name, column.key))
                connection.rollback()
    assert silent == []


def test_a_line_that_no_decision_stands_behind_is_noticed(decided: Desk):
    line = t.statement_line
    with db.transaction(decided.engine) as session:
        session.execute(sa.update(line).where(line.c.kind == "granted").values(commission=Decimal("500.00")))
    assert found(decided) == {"statement_line"}


def test_what_is_taken_away_is_missed(decided: Desk):
    with db.transaction(decided.engine) as session:
        session.execute(sa.update(t.dispute).values(file_id=None))
        session.execute(sa.delete(t.statement_file))
        session.execute(sa.delete(t.dispute).where(t.dispute.c.id == 2))
    assert found(decided) == {"dispute", "statement_file"}


def test_the_walk_through_disputes_is_in_order(decided: Desk, people: People):
    """Confirmed without the rest, sent back, confirmed again: nothing of it is found odd."""
    decided.object_to(0)
    decided.withdraw(3)
    decided.object_to(1)
    with db.transaction(decided.engine) as session:
        seen = foresee_rest(session, actor=people["alice"].actor, now=decided.now, statement_id=1)
    decided.confirm(revision=seen.revision, content_hash=seen.content_hash, rest=True)
    decided.answer(4, "400.00")
    with db.reading(decided.engine) as session:
        found = list(check_walk.problems(session)) + list(problems(session))
    assert found == []

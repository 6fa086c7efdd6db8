"""Whatever is done to a frozen roll-up by hand: the database refuses it, or `portal check` tells."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from portal import db
from portal.models import tables as t
from portal.weekly.check_rollup import problems
from portal.weekly.rollup import digest_of, make_rollups
from tests.weekly.test_rollup import FRIDAY, WEEK, one_project

__all__ = ["one_project"]
TABLES = ("rollup",)


@pytest.fixture
def made(engine: sa.Engine, one_project: int) -> None:
    """The roll-ups of a week, of all and of the east."""
    with db.transaction(engine) as session:
        make_rollups(session, WEEK, now=FRIDAY, actor=None)


def found(engine: sa.Engine) -> set[str]:
    with db.reading(engine) as session:
        return {problem.code for _table, _row, problem in problems(session, now=FRIDAY)}


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("column", "value"),
    [("week", WEEK.next.thursday), ("region", "x"), ("made_at", WEEK.end), ("made_by_id", 1),
     ("content", "{}"), ("digest", "00")],
)  # fmt: skip
def test_no_column_of_a_row_is_changed(engine: sa.Engine, column: str, value: Any) -> None:
    assert found(engine) == set()
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(sa.update(t.rollup).values({column: value}))


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("region", ["", "east"])
def test_a_roll_up_that_is_taken_away_is_missed(engine: sa.Engine, region: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.delete(t.rollup).where(t.rollup.c.region == region))
    assert "check.rollup_missing" in found(engine)


@pytest.mark.usefixtures("made")
def test_a_roll_up_that_nobody_made_is_noticed(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        row = connection.execute(sa.select(t.rollup)).first()
        assert row is not None
        values = {**row._mapping, "id": 99, "region": "west"}
        connection.execute(sa.insert(t.rollup).values(values))
    assert found(engine) == {"check.seal"}


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("sealed_anew", [False, True])
def test_a_text_that_is_changed_where_the_database_let_it_is_noticed(
    engine: sa.Engine, sealed_anew: bool
) -> None:
    with engine.begin() as connection:
        row = connection.execute(sa.select(t.rollup).where(t.rollup.c.region == "")).one()
        connection.execute(sa.delete(t.rollup).where(t.rollup.c.region == ""))
        content = row.content.replace('"ports":60', '"ports":61')
        assert content != row.content
        digest = digest_of(content) if sealed_anew else row.digest
        connection.execute(sa.insert(t.rollup).values({**row._mapping, "content": content, "digest": digest}))
    assert found(engine) == {"check.seal"}


@pytest.mark.usefixtures("made")
def test_sums_that_are_not_those_of_the_kept_week_are_noticed(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.delete(t.week_project))
    assert found(engine) == {"check.rollup_sums"}

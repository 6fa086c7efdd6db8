"""What a report asks the database: little for a word, the same for few projects as for many."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal import db
from portal.commands.checking import problems
from portal.models import tables as t
from tests.support.people import Person
from tests.weekly.desk import WEEK, Desk

PAGE = f"/weekly/{WEEK.thursday}"
SIGNED_IN = 1
"""The one question that says who asks."""


@contextmanager
def asked(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that are run meanwhile; beginnings of transactions are none."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def alice(
    client: Any, people: Mapping[str, Person], login: Callable[[FlaskClient, Person], FlaskClient]
) -> Any:
    return login(client, people["alice"])


@pytest.mark.parametrize("when", ["2026-03-04 10:00", "2026-03-06 10:00"])
def test_keeping_a_field_asks_four_questions_at_most(
    alice: Any, filed: Any, at: Any, desk: Desk, when: str
) -> None:
    number = filed("2026-03-02 10:00")
    for more in range(20):
        filed("2026-03-02 10:00", f"夜鹭{more}号商贸有限公司")
    at(when)
    alice.get(PAGE)  # the weeks that it compares are kept from now on
    engine: Any = alice.application.extensions["portal_engine"]
    for version, said in enumerate(("约了总经理", "约了总经理和财务", "约了总经理和财务")):
        form = {f"{number}-version": str(version), f"{number}-happened": said}
        with asked(engine) as statements:
            assert alice.hx.post(f"{PAGE}/lines/{number}", data=form).status_code == 200
        # A week that is over asks besides whether it is kept, and until when it can be corrected.
        over = 2 if when == "2026-03-06 10:00" else 0
        assert len(statements) <= SIGNED_IN + 4 + over, statements
    assert desk.draft(at("2026-03-06 11:00")).lines[0].typed.happened == "约了总经理和财务"


def test_sending_asks_as_much_for_many_projects_as_for_few(
    filed: Any, at: Any, desk: Desk, engine: sa.Engine
) -> None:
    """Every line states figures, a next step and a plea; the correction states others."""
    counts = []
    for week, projects in ((WEEK, 3), (WEEK.next, 25)):
        desk.week = week
        # As many new projects and settled customers each time; a longer report has more old ones.
        for more in range(projects):
            filed(f"{week.first} 10:00", f"{week.number}之{more}号商贸有限公司")
        now = at(f"{week.first} 12:00")
        for said, hours in (("一起拜访", 12), ("要样机", 13)):
            now = at(f"{week.first} {hours}:00")
            for line in desk.draft(now).lines:
                desk.write(
                    now, line.registration_id, line.version, reason="等预算", support=f"{week.number}{said}",
                    next_step=f"{said}之后", ports=line.ports + 1,
                )  # fmt: skip
            with asked(engine) as statements:
                assert desk.send(at(f"{week.first} {hours}:30")).is_new
            counts.append(len(statements))
    few, few_corrected, many, many_corrected = counts
    assert (many, many_corrected) == (few, few_corrected)
    assert len(desk.sent()[0].content["lines"]) == 28
    with db.reading(engine) as session:
        assert list(problems(session, now=at(f"{WEEK.next.first} 14:00"))) == []
        told = session.scalar(sa.select(sa.func.count()).select_from(t.support_request))
    assert told == 2 * 3 + 2 * 28

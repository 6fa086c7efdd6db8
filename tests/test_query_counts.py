"""No page asks more than eight questions, and none asks more because there are more rows."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import clock, db
from portal.domain.weeks import week_of
from portal.imports.run import import_file
from tests.support.people import Person
from tests.support.web import Login

MOST = 8
THIS_WEEK = week_of(clock.today()).thursday.isoformat()
LAST_WEEK = week_of(clock.today()).before.thursday.isoformat()
PAGES = (
    ("alice", "/"),
    ("alice", "/board"),
    ("alice", "/registrations"),
    ("alice", "/registrations?state=active&stage=meeting"),
    ("alice", "/registrations?q=公司"),
    ("alice", "/registrations/1"),
    ("channel_manager", "/"),
    ("channel_manager", "/board"),
    ("channel_manager", "/registrations"),
    ("channel_manager", "/registrations?state=active&stage=meeting"),
    ("channel_manager", "/registrations?q=公司"),
    ("channel_manager", "/registrations/1"),
    ("channel_manager", "/held"),
    ("channel_manager", "/customers"),
    ("channel_manager", "/customers?q=公司"),
    ("channel_manager", "/alarms"),
    ("alice", "/weekly/{week}"),
    ("alice", "/weekly/{week}/sheet"),
    ("channel_manager", "/weekly/{week}"),
    ("alice", "/cases"),
    ("channel_manager", "/cases"),
    ("channel_manager", "/cases?show=decided"),
    ("alice", "/support"),
    ("channel_sales", "/"),
    ("channel_sales", "/support"),
    ("channel_sales", "/registrations/1"),
    ("channel_manager", "/partners"),
    ("channel_manager", "/policy"),
    ("channel_manager", "/policy/1"),
    ("channel_manager", "/policy/new"),
    ("channel_manager", "/deposits"),
    ("channel_manager", "/deposits/open"),
    ("finance", "/deposits/1"),
    ("channel_manager", "/search?q=公司"),
    ("alice", "/statements"),
    ("alice", "/disputes"),
    ("finance", "/disputes?show=over"),
    ("channel_manager", "/statements"),
    ("channel_manager", "/statements/board"),
    ("channel_manager", "/statements/board?step=6"),
    ("finance", "/payments"),
    ("finance", "/payments/batches"),
    ("finance", "/payments/accounts"),
    ("finance", "/payments/closing"),
    ("finance", "/payments/uninvoiced"),
    ("alice", "/payments/made"),
    ("call_center", "/papers"),
    ("alice", "/notices"),
    ("alice", "/notices/settings"),
    ("admin", "/admin/notices"),
    ("channel_manager", f"/thursday/{THIS_WEEK}/1"),
    ("channel_manager", f"/thursday/{THIS_WEEK}/1?show=all"),
    ("channel_manager", f"/thursday/{LAST_WEEK}/1"),
    ("channel_sales", f"/thursday/{THIS_WEEK}/1/news"),
    ("channel_manager", f"/thursday/{THIS_WEEK}/minutes"),
)


def _file(engine: sa.Engine, code: str, first: int, last: int) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["ref", "filed_at", "party", "customer_name", "stage"])
    now = clock.now()
    for number in range(first, last):
        filed = now - timedelta(days=3, seconds=number)
        writer.writerow([f"Q{number}", filed.isoformat(), code, f"甲乙公司{number}", "meeting"])
    with db.transaction(engine) as session:
        import_file(
            session, kind="registrations", file_name="q.csv", content=buffer.getvalue().encode(),
            actor=None, now=now,
        )  # fmt: skip


def _counts(app: Flask, people: dict[str, Person], login: Login) -> dict[tuple[str, str], int]:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    clients = {who: login(app.test_client(), people[who]) for who, _path in PAGES}
    sa.event.listen(app.extensions["portal_engine"], "before_cursor_execute", note)
    counts = {}
    for who, path in PAGES:
        statements.clear()
        assert clients[who].get(path.format(week=week_of(clock.today()).thursday)).status_code == 200, (
            who,
            path,
        )
        counts[who, path] = sum(not each.startswith("BEGIN") for each in statements)
    sa.event.remove(app.extensions["portal_engine"], "before_cursor_execute", note)
    return counts


@pytest.fixture
def own_code(engine: sa.Engine, people: dict[str, Person]) -> str:
    """The code of alice's partner."""
    with db.reading(engine) as session:
        found = session.execute(
            sa.text("SELECT code FROM partner WHERE id = :id"), {"id": people["alice"].partner_id}
        )
        return str(found.scalar())


def test_a_page_asks_at_most_eight_questions_however_many_rows_there_are(
    app: Flask, engine: sa.Engine, people: dict[str, Person], login: Login, own_code: str
) -> None:
    _file(engine, own_code, 0, 60)  # more than a page: a list that fits on one is not counted
    _counts(app, people, login)  # what is kept between requests is there afterwards
    few = _counts(app, people, login)
    _file(engine, own_code, 60, 180)
    many = _counts(app, people, login)
    assert {page: count for page, count in many.items() if count > MOST} == {}
    assert many == few

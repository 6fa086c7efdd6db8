"""The databases that the suite itself provides."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from portal import db
from tests.support.people import make_partner
from tests.support.rewinding import Rewound


def test_a_session_talks_to_the_engine_asked_for(session: Session, database: str):
    name = session.connection().dialect.name
    assert name == {"sqlite": "sqlite", "postgres": "postgresql"}[database]


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_a_database_of_its_own(engine: sa.Engine, turn: int):
    with engine.begin() as connection:
        assert "mark" not in sa.inspect(connection).get_table_names()
        connection.exec_driver_sql("CREATE TABLE mark (turn INTEGER)")


def test_a_rolled_back_session_leaves_nothing(session: Session):
    session.execute(sa.text("CREATE TABLE mark (turn INTEGER)"))
    session.commit()
    session.execute(sa.text("INSERT INTO mark VALUES (1)"))
    session.rollback()
    assert session.execute(sa.text("SELECT count(*) FROM mark")).scalar() == 0


@pytest.mark.engines("postgres")
def test_postgresql_listens_on_no_network(session: Session):
    assert session.execute(sa.text("SHOW listen_addresses")).scalar() == ""
    assert session.execute(sa.text("SELECT inet_server_addr()")).scalar() is None


def stored(session: Session) -> dict[str, list[Any]]:
    return {
        table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
        for table in SQLModel.metadata.sorted_tables
    }


@pytest.mark.engines("postgres")
def test_a_postgresql_database_is_taken_back_to_what_it_was(
    database: str, postgres_cluster: Any, postgres_template: str
):
    kept = Rewound(postgres_cluster, postgres_template, "another")
    engine = db.make_engine(kept.url)
    with db.reading(engine) as session:
        before = stored(session)
    ids = []
    for _turn in range(2):
        with db.transaction(engine) as session:
            ids.append(make_partner(session, "P001"))
        with engine.begin() as connection:  # a row that was there from the beginning
            connection.exec_driver_sql("DELETE FROM policy_version")
        held = engine.connect()  # somebody still works on it
        held.exec_driver_sql("LOCK TABLE partner")
        kept.rewind()
        held.invalidate()
        held.close()
        engine.dispose()
        with db.reading(engine) as session:
            assert stored(session) == before
    assert ids[0] == ids[1], "numbers start anew"
    engine.dispose()
    postgres_cluster.drop(kept.url)


CHANGES = {
    "a table": "CREATE TABLE mark (turn INTEGER)",
    "a column": "ALTER TABLE partner ADD COLUMN mark INTEGER",
    "a rule less": "ALTER TABLE partner ALTER COLUMN name DROP NOT NULL",
    "a trigger off": "ALTER TABLE policy_version DISABLE TRIGGER policy_version_stays",
    "a function": "CREATE OR REPLACE FUNCTION policy_version_stays() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NEW; END'",
    "a setting": "ALTER DATABASE another SET timezone = 'Asia/Shanghai'",
}


@pytest.mark.engines("postgres")
@pytest.mark.parametrize("change", CHANGES)
def test_what_emptying_cannot_undo_costs_a_new_database(
    database: str, postgres_cluster: Any, postgres_template: str, change: str
):
    kept = Rewound(postgres_cluster, postgres_template, "another")

    def number() -> Any:
        with postgres_cluster.connect("another") as link:
            return link.execute("SELECT oid FROM pg_database WHERE datname = 'another'").fetchone()

    first = number()
    kept.rewind()
    assert number() == first, "the same as long as only rows change"
    with postgres_cluster.connect("another") as link:
        link.execute(CHANGES[change])
    kept.rewind()
    assert number() != first
    postgres_cluster.drop(kept.url)


def test_one_test_hears_nothing_of_what_another_listens_to(
    database: str, db_url: str, kept_engine: Callable[[str, str], sa.Engine]
):
    one, other, heard = kept_engine(db_url, "listening"), kept_engine(db_url, "listening"), []
    sa.event.listen(one, "before_cursor_execute", lambda *told: heard.append(told[2]))
    for each in (one, other):
        with each.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        each.dispose()
    assert heard.count("SELECT 1") == 1

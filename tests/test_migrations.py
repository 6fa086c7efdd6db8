"""The migrations lead exactly to the tables in `portal/models`, on both engines."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import Session, SQLModel

from portal import db, migrations
from portal.conflicts.check import problems
from portal.conflicts.identifying import state_identifier
from portal.conflicts.naming import state_name
from portal.domain.evidence import IdentifierKind
from portal.domain.terms import NameKind
from tests.support.people import Person


@pytest.fixture
def empty(empty_db_url: str) -> Iterator[sa.Engine]:
    """An engine on a database without a schema."""
    made = db.make_engine(empty_db_url)
    yield made
    made.dispose()


def sqlite_definitions(engine: sa.Engine) -> dict[str, list[str]]:
    """Every table and index as SQLite keeps its text; words sorted: a batch copy reorders them."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            " AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
        ).all()
    # A batch copy also quotes the names it copies.
    return {row.name: sorted(re.findall(r"[\w.']+|[<>=!]+", row.sql)) for row in rows}


def postgres_definitions(engine: sa.Engine) -> dict[str, str]:
    """Every column, constraint and index as PostgreSQL itself describes it."""
    queries = {
        "column": "SELECT table_name || '.' || column_name, concat_ws(' ', data_type,"
        " character_maximum_length, is_nullable, column_default)"
        " FROM information_schema.columns WHERE table_schema = 'public'",
        "constraint": "SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "index": "SELECT tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }
    with engine.connect() as connection:
        return {
            f"{kind} {row[0]}": row[1]
            for kind, query in queries.items()
            for row in connection.exec_driver_sql(query)
            if not row[0].startswith("alembic_version")
        }


def definitions(engine: sa.Engine) -> dict[str, object]:
    if engine.dialect.name == "sqlite":
        return dict(sqlite_definitions(engine))
    return dict(postgres_definitions(engine))


def test_the_migrations_leave_nothing_for_alembic_to_add(empty: sa.Engine):
    migrations.upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_migrated_schema_is_the_declared_one_to_the_letter(empty: sa.Engine):
    """Alembic does not see a changed CHECK or the predicate of a partial index; this does."""
    SQLModel.metadata.create_all(empty)
    declared = definitions(empty)
    SQLModel.metadata.drop_all(empty)
    migrations.upgrade(empty)
    assert definitions(empty) == declared


def test_upgrading_twice_changes_nothing(empty: sa.Engine):
    assert not migrations.is_current(empty)
    migrations.upgrade(empty)
    once = definitions(empty)
    migrations.upgrade(empty)
    assert definitions(empty) == once
    assert migrations.is_current(empty)


def test_the_schema_can_be_taken_down_and_put_up_again(empty: sa.Engine):
    migrations.upgrade(empty)
    up = definitions(empty)
    migrations.downgrade(empty)
    assert definitions(empty) == {}
    migrations.upgrade(empty)
    assert definitions(empty) == up


@pytest.mark.parametrize("stated", ["name", "website"])
def test_what_people_said_is_not_lost_by_going_back(
    engine: sa.Engine, people: Mapping[str, Person], file_as: Any, at: Any, stated: str
):
    """A schema that has no place for a fact is not gone back to; nothing is changed."""
    now = at("2026-03-02 10:00")
    file_as(people["alice"], now)
    with db.transaction(engine) as session:
        if stated == "name":
            state_name(session, actor=None, now=now, customer_id=1, kind=NameKind.BRAND, name="慢蜗牛")
        else:
            state_identifier(
                session, actor=None, now=now, customer=1, kind=IdentifierKind.WEBSITE, text="snail.example.cn"
            )
    before = definitions(engine)
    with pytest.raises(RuntimeError, match="would be lost"):
        migrations.downgrade(engine)
    migrations.upgrade(engine)
    assert definitions(engine) == before
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []


def test_a_new_database_has_the_shipped_policy(session: Session):
    assert session.execute(sa.text("SELECT count(*) FROM policy_version")).scalar() == 1


def test_every_constraint_has_a_name():
    """SQLite's batch migrations can only drop what has one."""
    unnamed = [
        f"{table.name}: {constraint!r}"
        for table in SQLModel.metadata.tables.values()
        for constraint in table.constraints
        if constraint.name is None
    ]
    assert unnamed == []


def test_foreign_keys_are_enforced_after_a_migration(engine: sa.Engine):
    with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql("INSERT INTO user_role (user_id, role) VALUES (999, 'admin')")


@pytest.mark.engines("sqlite")
def test_no_copy_of_a_table_cascades(empty: sa.Engine):
    """SQLite changes a table by copying and dropping it: what hangs on its rows must stay meanwhile."""
    heeded: set[int] = set()

    @sa.event.listens_for(empty, "before_cursor_execute")
    def look(connection: sa.Connection, *_rest: object) -> None:
        driver = connection.connection.driver_connection
        heeded.add(driver.execute("PRAGMA foreign_keys").fetchone()[0])

    migrations.upgrade(empty)
    assert heeded == {0}
    with empty.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1

"""The databases that the suite itself provides."""

import pytest
import sqlalchemy as sa
from sqlmodel import Session


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

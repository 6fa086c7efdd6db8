"""Databases for tests. `engine`, `session`, `app` and `db_url` make a test run on both engines.

`@pytest.mark.engines("sqlite")` keeps a test to one, where the database is not what it tests.
The schema comes from the migrations, once per run and engine; every test gets its own copy.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.schema import bring_up_to_date
from tests.support.postgres import Cluster

ENGINES = ("sqlite", "postgres")
# When the shipped policy was stored: before anything that a test could stage.
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" not in metafunc.fixturenames:
        return
    asked = metafunc.definition.get_closest_marker("engines")
    browser = "browser_instance" in metafunc.fixturenames
    engines = asked.args if asked else ("sqlite",) if browser else ENGINES
    marks = {"sqlite": pytest.mark.sqlite, "postgres": pytest.mark.postgres}
    metafunc.parametrize(
        "database",
        [pytest.param(engine, marks=marks[engine], id=engine) for engine in engines],
        indirect=True,
    )


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """The run's own PostgreSQL server (one per xdist worker), started when first asked for."""
    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: Cluster) -> str:
    """The name of a database with the newest schema, to copy from."""
    url = postgres_cluster.create()
    _migrate(url)
    return str(sa.make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the newest schema, to copy from."""
    path = tmp_path_factory.mktemp("template") / "portal.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    engine = db.make_engine(url)
    try:
        bring_up_to_date(engine, now=LONG_AGO)
    finally:
        engine.dispose()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The name of the engine the test runs on: ``sqlite`` or ``postgres``."""
    return str(request.param)


@pytest.fixture
def empty_db_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in it, not even the schema."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.create()
    yield url
    cluster.drop(url)


@pytest.fixture
def db_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of this test's own database, with the schema in place."""
    if database == "sqlite":
        path = tmp_path / "portal.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.create(request.getfixturevalue("postgres_template"))
    yield url
    cluster.drop(url)


@pytest.fixture
def copies(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[str], AbstractContextManager[str]]:
    """`with copies(url) as other`: a copy of a database that nobody has open, gone in the end."""

    numbers = count()

    @contextmanager
    def copied(url: str) -> Iterator[str]:
        name = str(sa.make_url(url).database)
        if database == "sqlite":
            path = tmp_path / f"copy-{next(numbers)}.db"
            shutil.copyfile(name, path)
            yield f"sqlite:///{path}"
            for part in tmp_path.glob(f"{path.name}*"):
                part.unlink()
            return
        cluster: Cluster = request.getfixturevalue("postgres_cluster")
        copy = cluster.create(name)
        yield copy
        cluster.drop(copy)

    return copied


@pytest.fixture
def engine(db_url: str) -> Iterator[sa.Engine]:
    """An engine on the test's database; `with db.transaction(engine) as session` commits."""
    made = db.make_engine(db_url)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    """A writing session for tests of services; undone at the end unless the test commits.

    It holds SQLite's write lock from its first statement on: a test that also uses `client`
    should write with `db.transaction(engine)` instead.
    """
    with Session(engine.execution_options(portal_writes=True), expire_on_commit=False) as opened:
        yield opened
        opened.rollback()

"""Databases for tests. `engine`, `session`, `app` and `db_url` make a test run on both engines.

`@pytest.mark.engines("sqlite")` keeps a test to one, where the database is not what it tests.
The schema comes from the migrations, once per run and engine. Every test finds a database that holds
nothing else: SQLite's file is copied anew, PostgreSQL's database is taken back to what it was. Its
address stays the same, and so does the engine that a test gets: what SQLAlchemy has compiled for one
test it need not compile for the next. Who asks for `people` finds them in it from the beginning.
"""

import os
import shutil
import tempfile
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
from tests.support.people import Person, settle
from tests.support.postgres import Cluster
from tests.support.rewinding import Rewound

ENGINES = ("sqlite", "postgres")
# When the shipped policy was stored: before anything that a test could stage.
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
# SQLite waits for the disk when a database is closed; where there is room in memory, it need not.
IN_MEMORY = Path("/dev/shm")
ROOM = 1024**3
# `kept_engine(url, for_whom)`: the same engine whenever it is asked for the same.
KeptEngine = Callable[[str, str], sa.Engine]


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
def postgres_kept(postgres_cluster: Cluster, postgres_template: str) -> Rewound:
    """The database of one test after the other."""
    return Rewound(postgres_cluster, postgres_template, "kept")


@pytest.fixture(scope="session")
def sqlite_folder() -> Iterator[Path]:
    """Where the file of one test after the other lies."""
    roomy = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK)
    roomy = roomy and shutil.disk_usage(IN_MEMORY).free > ROOM
    with tempfile.TemporaryDirectory(prefix="portal-", dir=IN_MEMORY if roomy else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def kept_engine() -> Iterator[KeptEngine]:
    """Engines that are made once; a test gets a view of one, with listeners of its own.

    Who listens for connections listens to the pool, which all views share: only on an own engine.
    """
    made: dict[tuple[str, str], sa.Engine] = {}
    listeners: dict[tuple[str, str], int] = {}

    def of(url: str, for_whom: str) -> sa.Engine:
        asked = url, for_whom
        if asked not in made:
            made[asked] = db.make_engine(url)
            listeners[asked] = len(made[asked].pool.dispatch.connect)
        assert len(made[asked].pool.dispatch.connect) == listeners[asked], "left by a test before"
        return made[asked].execution_options()

    yield of
    for each in made.values():
        each.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the newest schema, to copy from."""
    path = tmp_path_factory.mktemp("template") / "portal.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def settled() -> dict[str, dict[str, Person]]:
    """The people in the databases that have them, by engine."""
    return {}


@pytest.fixture(scope="session")
def sqlite_peopled(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, settled: dict[str, dict[str, Person]]
) -> Path:
    """A database file with the people in it, to copy from."""
    path = tmp_path_factory.mktemp("peopled") / "portal.db"
    shutil.copyfile(sqlite_template, path)
    settled["sqlite"] = _settled(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    engine = db.make_engine(url)
    try:
        bring_up_to_date(engine, now=LONG_AGO)
    finally:
        engine.dispose()


def _settled(url: str) -> dict[str, Person]:
    engine = db.make_engine(url)
    try:
        return settle(engine)
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
def anew(
    database: str, request: pytest.FixtureRequest, settled: dict[str, dict[str, Person]]
) -> Callable[[], str]:
    """`anew()` makes the test's database what it is for every test; its URL."""
    peopled = "people" in request.fixturenames

    def sqlite() -> str:
        folder: Path = request.getfixturevalue("sqlite_folder")
        for left in folder.glob("portal.db*"):
            left.unlink()
        template = request.getfixturevalue("sqlite_peopled" if peopled else "sqlite_template")
        shutil.copyfile(template, folder / "portal.db")
        return f"sqlite:///{folder}/portal.db"

    def postgres() -> str:
        kept: Rewound = request.getfixturevalue("postgres_kept")
        if not peopled:
            kept.rewind()
        elif database in settled:
            kept.rewind("people")
        else:
            kept.rewind()
            settled[database] = _settled(kept.url)
            kept.remember("people")
        return kept.url

    return sqlite if database == "sqlite" else postgres


@pytest.fixture
def db_url(anew: Callable[[], str]) -> str:
    """The URL of this test's own database, with the schema in place."""
    return anew()


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
def engine(db_url: str, kept_engine: KeptEngine) -> Iterator[sa.Engine]:
    """An engine on the test's database; `with db.transaction(engine) as session` commits."""
    made = kept_engine(db_url, "the test")
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

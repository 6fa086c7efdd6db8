"""The database: engines for SQLite and PostgreSQL, the transaction, the locks that order writers.

An entry point (view, command, seed) wraps its work in `transaction()`, the single place that
commits, seals the audit trail and turns a lost race into a `RuleViolation`.
"""

import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, TimeoutError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from portal import audit
from portal.domain.errors import RuleViolation, StaleVersion

_REGISTRY_LOCK = 0x706F7274
_SIGN_IN_LOCK = 0x6C6F6769
_WRITE = "portal_writes"
_CHUNK = 500
_BLOCK = 20_000
# What COPY's text format reads as something else.
_SPECIAL = re.compile(r"[\\\t\n\r\b\f\v]")
_ESCAPED = {ord(char): f"\\{letter}" for char, letter in zip("\\\t\n\r\b\f\v", "\\tnrbfv", strict=True)}
# Seconds that an act waits for its turn: a rush of filings is worked off, not turned away.
_PATIENCE = 120
_WAIT = "portal_patience"
_turns: WeakKeyDictionary[Any, threading.Lock] = WeakKeyDictionary()
_Key = TypeVar("_Key", int, str)


def make_engine(url: str) -> Engine:
    """An engine for an SQLAlchemy URL; PostgreSQL URLs get the psycopg 3 driver."""
    parsed = sa.make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            parsed,
            connect_args={"check_same_thread": False, "timeout": _PATIENCE},
            pool_size=20,
            max_overflow=80,
            pool_timeout=_PATIENCE,
            hide_parameters=True,  # what people typed, and hashes of passwords, are not for the log
        )
        _tune_sqlite(engine)
        return engine
    return sa.create_engine(
        parsed,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        pool_timeout=_PATIENCE,
        hide_parameters=True,
    )


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling would commit behind our back.
        connection.isolation_level = None
        for pragma in (
            "foreign_keys=ON",
            "journal_mode=WAL",
            f"busy_timeout={_PATIENCE * 1000}",
            "synchronous=NORMAL",
            "cache_size=-65536",
            # In pages: a filing leaves some forty, and whoever fills the log waits for it to be emptied.
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        # A writer takes the write lock at once: upgrading a read later can fail under load.
        writes = connection.get_execution_options().get(_WRITE, False)
        if writes:
            patience = connection.get_execution_options().get(_WAIT, _PATIENCE)
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience * 1000)}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def transaction(engine: Engine, *, patience: float | None = None) -> Iterator[Session]:
    """A session for one act that writes: committed at the end, undone whole on any error.

    `patience`: seconds to wait for other writers, if not as long as a command would.

    :raises StaleVersion: somebody else changed a row between reading and writing it.
    :raises RuleViolation: ``db.conflict``: a constraint refused the change.
    :raises TimeoutError, OperationalError: (SQLAlchemy's) other writers took longer than that.
    """
    with (
        _turn(engine, patience or _PATIENCE) as left,
        Session(_writer(engine, left), expire_on_commit=False) as session,
    ):
        try:
            if patience and is_postgres(session):
                session.execute(sa.text(f"SET LOCAL lock_timeout = {int(patience * 1000)}"))
            yield session
            commit(session)
        except StaleDataError as error:
            session.rollback()
            raise StaleVersion("stale") from error
        except IntegrityError as error:
            session.rollback()
            raise RuleViolation("db.conflict", constraint=constraint_of(error)) from error
        except BaseException:
            session.rollback()
            raise


@contextmanager
def part(session: Session) -> Iterator[None]:
    """A part of an act that is undone by itself when a rule refuses it, with its audit rows."""
    noted, place = audit.noted(session), session.begin_nested()
    try:
        yield
        place.commit()
    except BaseException:
        place.rollback()
        audit.forget_after(session, noted)
        raise


@contextmanager
def trial(session: Session) -> Iterator[None]:
    """Try an act to see what would come of it: everything in it is undone at the end."""
    noted, place = audit.noted(session), session.begin_nested()
    try:
        yield
    finally:
        place.rollback()
        audit.forget_after(session, noted)


def _writer(engine: Engine, patience: float) -> Engine:
    return engine.execution_options(**{_WRITE: True, _WAIT: patience})


@contextmanager
def _turn(engine: Engine, patience: float) -> Iterator[float]:
    """SQLite writers of one process queue here: its own lock is polled, and polling is unfair.

    Answers how many seconds of patience are left.
    """
    if engine.dialect.name != "sqlite":
        yield patience
        return
    turn, start = _turns.setdefault(engine.pool, threading.Lock()), time.monotonic()
    if not turn.acquire(timeout=patience):
        raise TimeoutError(f"other writers took longer than {patience} s")
    try:
        yield max(0.0, patience - (time.monotonic() - start))
    finally:
        turn.release()


def commit(session: Session) -> None:
    """Write the audit rows collected by the act, then commit; both or neither."""
    session.flush()  # ids of new rows go into the audit trail
    audit.seal(session)
    session.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads; anything written in it is thrown away."""
    with Session(engine, autoflush=False) as session:
        try:
            yield session
        finally:
            session.rollback()


def make_room(session: Session, *, megabytes: int = 512) -> None:
    """Let a long import keep its pages in memory; for a process that ends with it.

    SQLite otherwise writes pages out half way and reads them again; PostgreSQL has its own measure.
    """
    if not is_postgres(session):
        session.connection().exec_driver_sql(f"PRAGMA cache_size=-{megabytes * 1024}")


def unbound(engine: Engine) -> Engine:
    """The same engine for reads that need no transaction: PostgreSQL is spared its begin and end.

    There each statement sees what is committed when it starts, in a transaction or not.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def is_postgres(session: Session) -> bool:
    """Whether the session talks to PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


def lock_registry(session: Session) -> None:
    """Wait for the turn to settle who owns whom (C11); held until the transaction ends.

    PostgreSQL: one advisory lock. SQLite: the transaction holds the write lock already.
    """
    _lock(session, _REGISTRY_LOCK)


def lock_sign_in(session: Session) -> None:
    """Wait for the turn to count a try to sign in; held until the transaction ends."""
    _lock(session, _SIGN_IN_LOCK)


def _lock(session: Session, key: int) -> None:
    if is_postgres(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def constraint_of(error: IntegrityError) -> str:
    """The name of the violated constraint (PostgreSQL) or its columns (SQLite)."""
    diagnosis = getattr(error.orig, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    return str(name) if name else str(error.orig)


def chunks(ids: Iterable[_Key]) -> Iterator[Sequence[_Key]]:
    """Ids or references in pieces that fit the engines' limits on parameters."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def insert_new(session: Session, table: Any, values: Mapping[str, Any]) -> Any:
    """The statement that inserts a row unless one with the same key is there; of two at once one inserts."""
    insert = postgresql.insert if is_postgres(session) else sqlite.insert
    return insert(table).values(**values).on_conflict_do_nothing()


def insert_plain(
    session: Session,
    table: Any,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    same: Mapping[str, int] | None = None,
    ending: str = "",
) -> None:
    """Insert very many rows of plain numbers and texts, past the per-value work of the ORM.

    The values go to the driver as they are: nothing that needs a type of ours may stand in them.
    `same`: further columns that are the same number in every row. `ending`: what follows the values, an
    ON CONFLICT.
    """
    same = same or {}
    into = f"{table.name} ({', '.join((*same, *columns))})"
    connection = session.connection()
    if not is_postgres(session):
        places = ", ".join([*(str(int(value)) for value in same.values()), *("?" * len(columns))])
        statement = f"INSERT INTO {into} VALUES ({places}) {ending}"  # noqa: S608 - but numbers
        driver: Any = connection.connection.driver_connection
        driver.executemany(statement, rows)
        return
    values = [(*same.values(), *row) for row in rows]
    if ending or len(values) <= _CHUNK:
        for start in range(0, len(values), _CHUNK):
            part = values[start : start + _CHUNK]
            places = ", ".join(["(" + ", ".join(["%s"] * len(part[0])) + ")"] * len(part))
            flat = tuple(value for row in part for value in row)
            statement = f"INSERT INTO {into} VALUES {places} {ending}"  # noqa: S608 - no value in it
            connection.exec_driver_sql(statement, flat)
    else:
        _copy(session, into, values)


def _copy(session: Session, into: str, rows: list[tuple[Any, ...]]) -> None:
    """COPY: PostgreSQL's own way in for many rows, ten times as fast as one INSERT each."""
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for start in range(0, len(rows), _BLOCK):
            part = rows[start : start + _BLOCK]
            copy.write("".join(["\t".join(map(_field, row)) + "\n" for row in part]))


def _field(value: Any) -> str:
    if type(value) is int:
        return str(value)
    if value is None:
        return "\\N"
    text = str(value)
    return text.translate(_ESCAPED) if _SPECIAL.search(text) else text

"""Consistent copies: SQLite by its backup interface, PostgreSQL by its own programs."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from portal.db import make_engine
from portal.domain.errors import RuleViolation


def backup(database_url: str, target: Path) -> None:
    """Write the whole database to `target`, as it is at one moment.

    :raises RuleViolation: ``backup.*``.
    """
    url = sa.make_url(database_url)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        _refuse_itself(url, target)
    if (sqlite and not Path(_path(url)).is_file()) or not _tables(database_url):
        raise RuleViolation("backup.nothing")
    draft = target.with_name(target.name + ".part")
    # What a killed backup left would be read as a database to write into.
    _drop(draft)
    try:
        if sqlite:
            with closing(sqlite3.connect(_path(url))) as source, closing(sqlite3.connect(draft)) as copy:
                source.backup(copy)
        else:
            _program("pg_dump", "--format=custom", "--file", str(draft), _address(url), url=url)
        # Only a whole copy takes the place of the one before.
        draft.replace(target)
    finally:
        _drop(draft)


def _drop(draft: Path) -> None:
    for ending in ("", "-journal"):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)


def restore(database_url: str, source: Path, *, force: bool) -> None:
    """Put a backup into the database; refuses one that is not empty without `force`.

    :raises RuleViolation: ``backup.*``.
    """
    url = sa.make_url(database_url)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        _refuse_itself(url, source)
    if _tables(database_url) and not force:
        raise RuleViolation("backup.not_empty")
    if not sqlite:
        _program("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
                 "--dbname", _address(url), str(source), url=url)  # fmt: skip
        return
    with closing(sqlite3.connect(source)) as given:
        if not _is_ours(given):
            raise RuleViolation("backup.not_a_backup")
        with closing(sqlite3.connect(_path(url))) as target:
            given.backup(target)


def _tables(database_url: str) -> list[str]:
    engine = make_engine(database_url)
    try:
        return sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _refuse_itself(url: URL, file: Path) -> None:
    """A database copied over itself would be taken from under those who have it open."""
    if file.resolve() == Path(_path(url)).resolve():
        raise RuleViolation("backup.itself")


def _is_ours(copy: sqlite3.Connection) -> bool:
    """Whether a file is a sound database of the portal's: an empty file is a sound database too."""
    try:
        sound = copy.execute("PRAGMA integrity_check").fetchone()
        versions = copy.execute("SELECT count(*) FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(sound == ("ok",) and versions == (1,))


def _path(url: URL) -> str:
    if not url.database or url.database == ":memory:":
        raise RuleViolation("backup.in_memory")
    return url.database


def _address(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _program(name: str, *arguments: str, url: URL) -> None:
    found = shutil.which(name)
    if found is None:
        raise RuleViolation("backup.no_program", program=name)
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(
        [found, *arguments], env={**os.environ, **secret}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuleViolation("backup.failed", program=name, told=done.stderr.strip()[-300:])

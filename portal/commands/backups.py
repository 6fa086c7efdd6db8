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
    if url.get_backend_name() != "sqlite":
        _program("pg_dump", "--format=custom", "--file", str(target), _address(url), url=url)
        return
    draft = target.with_name(target.name + ".part")
    try:
        with closing(sqlite3.connect(_path(url))) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def restore(database_url: str, source: Path, *, force: bool) -> None:
    """Put a backup into the database; refuses one that is not empty without `force`.

    :raises RuleViolation: ``backup.*``.
    """
    url = sa.make_url(database_url)
    engine = make_engine(database_url)
    filled = bool(sa.inspect(engine).get_table_names())
    engine.dispose()
    if filled and not force:
        raise RuleViolation("backup.not_empty")
    if url.get_backend_name() != "sqlite":
        _program("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
                 "--dbname", _address(url), str(source), url=url)  # fmt: skip
        return
    with closing(sqlite3.connect(source)) as given:
        if not _is_ours(given):
            raise RuleViolation("backup.not_a_backup")
        with closing(sqlite3.connect(_path(url))) as target:
            given.backup(target)


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

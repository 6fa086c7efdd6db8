"""Faults around the command line: no database, no disk, a copy cut short; told in words, all or nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from portal.commands import backups
from tests.support.commands import Portal

pytestmark = pytest.mark.engines("sqlite")


def is_chinese(text: str) -> bool:
    return any("一" <= char <= "鿿" for char in text)


@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize(
    "url",
    ["sqlite:///{folder}/nowhere/portal.db", "sqlite:///{folder}/junk.db", "postgresql://a@127.0.0.1:1/x",
     "portal.db", "oracel://portal"],
    ids=["no folder", "no database", "no server", "no address", "no such engine"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["check", "upgrade", "tick", "export registrations", "backup copy.db"])
def test_a_database_that_cannot_be_used_is_told_in_one_line(
    terminal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, url: str, command: str
) -> None:
    (tmp_path / "junk.db").write_bytes(b"not a database" * 100)
    monkeypatch.setenv("PORTAL_DATABASE_URL", url.format(folder=tmp_path))
    monkeypatch.setenv("LC_ALL", language)
    done = terminal(*command.split())
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert is_chinese(done.stderr) == language.startswith("zh")
    assert "PORTAL_DATABASE_URL" in done.stderr
    assert not Path("copy.db").exists()


def test_a_setting_that_cannot_be_used_is_told_in_one_line(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_MAX_UPLOAD_MB", "much")
    done = portal("upgrade")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "PORTAL_MAX_UPLOAD_MB" in done.stderr


def test_a_full_disk_is_told_in_one_line(portal: Portal) -> None:
    done = portal("export", "registrations", "--out", "/dev/full")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "space" in done.stderr


@pytest.fixture
def copy(portal: Portal, tmp_path: Path) -> Path:
    """A backup that was made before."""
    target = tmp_path / "copies" / "copy.db"
    target.parent.mkdir()
    assert portal("upgrade").exit_code == 0
    assert portal("backup", target).exit_code == 0
    return target


class _Full(sqlite3.Connection):
    """A database whose copy does not fit on the disk."""

    def backup(self, target: sqlite3.Connection, **_how: object) -> None:
        target.execute("CREATE TABLE half (done TEXT)")
        raise sqlite3.OperationalError("database or disk is full")


def test_a_backup_cut_short_leaves_nothing_and_keeps_the_one_before(
    portal: Portal, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = copy.read_bytes()

    def connect(name: object) -> sqlite3.Connection:
        return sqlite3.Connection(str(name)) if str(name).endswith(".part") else _Full(str(name))

    monkeypatch.setattr(backups.sqlite3, "connect", connect)
    done = portal("backup", copy)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "disk is full" in done.stderr
    assert [each.name for each in copy.parent.iterdir()] == ["copy.db"]
    assert copy.read_bytes() == before


def test_what_a_killed_backup_left_is_in_nobodys_way(portal: Portal, copy: Path) -> None:
    (copy.parent / "copy.db.part").write_bytes(b"half" * 1000)
    (copy.parent / "copy.db.part-journal").write_bytes(b"half")
    copy.unlink()
    assert portal("backup", copy).exit_code == 0
    assert [each.name for each in copy.parent.iterdir()] == ["copy.db"]
    with closing(sqlite3.connect(copy)) as read:
        assert read.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.engines("postgres")
def test_a_failed_dump_keeps_the_backup_before(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho half > "$3"\necho the server went away >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setattr(backups.shutil, "which", lambda _name: str(program))
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "copy").write_bytes(b"the one before")
    done = portal("backup", folder / "copy")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the server went away" in done.stderr
    assert [(each.name, each.read_bytes()) for each in folder.iterdir()] == [("copy", b"the one before")]


@pytest.mark.parametrize("command", [["backup"], ["restore", "--force"]])
def test_a_database_is_not_copied_over_itself(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    own = tmp_path / "own.db"
    monkeypatch.setenv("PORTAL_DATABASE_URL", f"sqlite:///{own}")
    assert portal("upgrade").exit_code == 0
    assert portal(*command, own).exit_code == 1
    assert portal("check").exit_code == 0


def test_a_database_that_is_not_there_is_not_backed_up(
    terminal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", f"sqlite:///{tmp_path}/typo.db")
    done = terminal("backup", tmp_path / "copy.db")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert not (tmp_path / "copy.db").exists()
    assert not (tmp_path / "typo.db").exists()

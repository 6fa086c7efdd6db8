"""The command line in tests: `portal("import", "partners", file)` runs a command on the test's database."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli import main

Portal = Callable[..., Result]
Commands = Callable[..., Callable[[str], Callable[[], None]]]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """Run commands as a terminal without a database of its own does: set ``PORTAL_DATABASE_URL``."""
    instance = tmp_path / "instance"
    instance.mkdir()
    monkeypatch.chdir(instance)  # no `.env` of the developer's
    monkeypatch.setenv("PORTAL_INSTANCE", str(instance))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "false")  # Flask sets it; monkeypatch takes it back

    def run(*arguments: object, typed: str | None = None) -> Result:
        done = CliRunner().invoke(main, [str(each) for each in arguments], input=typed)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


@pytest.fixture
def portal(terminal: Portal, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """Run `portal …` on the test's database: its exit code, standard output and standard error."""
    monkeypatch.setenv("PORTAL_DATABASE_URL", db_url)
    return terminal


@pytest.fixture
def commands(terminal: Portal, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """`commands(("import", "partners", file), ("check",))(url)()`: these on the database of that address."""

    def several(*commands: tuple[object, ...]) -> Callable[[str], Callable[[], None]]:
        def on(url: str) -> Callable[[], None]:
            def do() -> None:
                monkeypatch.setenv("PORTAL_DATABASE_URL", url)
                for arguments in commands:
                    done = terminal(*arguments)
                    assert done.exit_code == 0, (arguments, done.stderr)

            return do

        return on

    return several

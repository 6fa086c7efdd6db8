"""A private PostgreSQL of the test run: its own cluster in a temporary folder, no TCP port."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import sqlalchemy as sa

# fsync and friends guard against power loss; a cluster that lives for one test run needs none.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Every test starts with empty tables, which are vacuumed when they are emptied.
    "autovacuum": "off",
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "'UTC'",
}
MISSING = "The PostgreSQL server programs are missing: run scripts/system-needs test"


def server_programs() -> Path:
    """The folder that holds initdb and pg_ctl; Debian keeps them off the PATH.

    :raises RuntimeError: there is none; the text says what to run.
    """
    on_path = shutil.which("pg_ctl")
    candidates = [Path(on_path).parent] if on_path else []
    for pattern in (
        "usr/lib/postgresql/*/bin",
        "usr/pgsql-*/bin",
        "opt/homebrew/opt/postgresql@*/bin",
    ):
        candidates += sorted(Path("/").glob(pattern), reverse=True)
    for folder in candidates:
        if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file():
            return folder
    raise RuntimeError(MISSING)


class Cluster:
    """A running server, reached through a socket in a folder that nobody else can open."""

    def __init__(self) -> None:
        self.programs = server_programs()
        # Short on purpose: the path of a Unix socket is limited to some hundred bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pgt-", dir="/tmp"))
        self._as_user: list[str] = []
        self._made = 0
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            pwd.getpwnam("postgres")
            shutil.chown(self.folder, "postgres")
            self._as_user = ["runuser", "-u", "postgres", "--"]
        self.folder.chmod(0o700)
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self.programs / program), *arguments]
        # To a file, not a pipe: the server keeps its output open for as long as it lives.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                check=False,
            )
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed:\n{output.read().decode(errors='replace')}")

    def _start(self) -> None:
        self._run(
            "initdb",
            *("--pgdata", str(self.folder / "data"), "--username", "portal", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
        )
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        self._run(
            "pg_ctl",
            *("--pgdata", str(self.folder / "data"), "--log", str(self.folder / "log")),
            *("--options", f"{options} -k {self.folder}", "--wait", "--silent", "start"),
        )

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of one of the cluster's databases."""
        return f"postgresql+psycopg://portal@/{database}?host={self.folder}"

    def connect(self, database: str) -> psycopg.Connection:
        """A connection of the superuser's, without transactions."""
        return psycopg.connect(
            user="portal", dbname=database, host=str(self.folder), autocommit=True, prepare_threshold=None
        )

    def create(self, template: str = "template0", *, name: str = "") -> str:
        """A new database, copied from `template`; its URL."""
        self._made += 1
        name = name or f"t{self._made}"
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._admin(f'DROP DATABASE "{sa.make_url(url).database}" WITH (FORCE)')

    def _admin(self, statement: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(statement)

    def stop(self) -> None:
        """End the server and delete everything of it."""
        try:
            self._run("pg_ctl", "--pgdata", str(self.folder / "data"), "--mode", "immediate", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

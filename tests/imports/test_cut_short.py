"""An import cut by kill -9 half way: nothing of it is there, and the same file goes in afterwards."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.models import tables as t
from tests.imports.conftest import NOW, Bring
from tests.imports.files import FILES, as_csv
from tests.support.source import ROOT

# The real command, stopping where the rows are written and nothing is committed yet.
STOPPING = """
import sys, time
from portal import db
from portal.conflicts.check import problems
from portal.cli import main

def halfway(session):
    session.flush()
    print("half way", flush=True)
    time.sleep(60)

if sys.argv.pop(1) == "stop":
    db.commit = halfway
main()
"""


def start(url: str, folder: Path, how: str, kind: str = "registrations") -> subprocess.Popen[str]:
    settings = {"PORTAL_DATABASE_URL": url, "PORTAL_INSTANCE": str(folder), "LC_ALL": "C.UTF-8"}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    command = [sys.executable, "-c", STOPPING, how, "import", kind, f"{kind}.csv", "--json"]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def counts(engine: sa.Engine) -> Mapping[str, int]:
    tables = ("registration", "registration_event", "customer", "ownership", "search_gram", "audit_entry")
    with db.reading(engine) as session:
        return {
            name: session.execute(sa.select(sa.func.count()).select_from(getattr(t, name))).scalar_one()
            for name in (*tables, "import_run", "placement")
        }


def test_nothing_of_an_import_that_was_killed_is_there(
    db_url: str, engine: sa.Engine, bring: Bring, tmp_path: Path
) -> None:
    bring("partners")
    (tmp_path / "registrations.csv").write_bytes(as_csv(FILES["registrations"]))
    before = counts(engine)
    with start(db_url, tmp_path, "stop") as cut:
        assert cut.stdout is not None
        assert cut.stdout.readline() == "half way\n"
        cut.send_signal(signal.SIGKILL)
    assert cut.returncode == -signal.SIGKILL
    assert counts(engine) == before
    with db.reading(engine) as session:
        assert list(problems(session, now=NOW)) == []

    with start(db_url, tmp_path, "go") as whole:
        told = json.loads(whole.communicate()[0])
    assert (whole.returncode, told["accepted"]) == (0, len(FILES["registrations"]))
    assert counts(engine)["registration"] == len(FILES["registrations"])

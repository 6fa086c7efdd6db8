"""Random histories from files to files: what `portal export statements` says of them after `portal import`
and `portal statements generate` is what a naive clerk works out from the same files, to the fen.

Each example holds a hundred partners, each with a history of its own. PORTAL_HISTORIES=30 makes it three
thousand on each database.
"""

import ast
import csv
import io
import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from portal import clock, db
from portal.domain.roles import Actor, Role
from portal.domain.statements import Act
from portal.imports.run import KINDS
from portal.models import tables as t
from portal.statements.deferring import defer_receipt
from portal.statements.walk import take_step
from tests.imports.files import Rows, as_csv, as_xlsx, header_of
from tests.model import naive_commissions
from tests.model.naive_commissions import Books, ends, period
from tests.model.paid_histories import History
from tests.support.clocks import At
from tests.support.commands import Portal
from tests.support.policies import BODY

PARTNERS = 100
EXAMPLES = int(os.environ.get("PORTAL_HISTORIES", "1"))
SHIPPED = {"effective_from": "2000-01-01", **BODY}
FORMS = ("csv", "json", "json", "xlsx")
Fresh = Callable[[], AbstractContextManager[str]]
Said = dict[tuple[str, str], Any]
"""By partner and period: the total, and of every receipt its commission or why there is none."""


class Clerk:
    """Whoever sits at the terminal of one database."""

    def __init__(self, portal: Portal, folder: Path, draw: random.Random) -> None:
        self.portal, self.folder, self.draw = portal, folder, draw

    def run(self, *arguments: object) -> Any:
        """A command, which is done."""
        done = self.portal(*arguments)
        assert done.exit_code == 0, (arguments, done.stderr)
        return done.stdout

    def bring(self, kind: str, rows: Rows) -> None:
        """Import a file, in any of its forms."""
        form, header = self.draw.choice(("csv", "xlsx")), self.draw.choice(({}, KINDS[kind].columns))
        file = self.folder / f"{kind}.{form}"
        names = header_of(rows)
        if form == "csv":
            file.write_bytes(as_csv(rows, header=header, encoding=self.draw.choice(("utf-8-sig", "gb18030"))))
        else:
            cells = ([row.get(name, "") for name in names] for row in rows)
            file.write_bytes(as_xlsx([[header.get(name, name) for name in names], *cells]))
        self.take(kind, file, len(rows))

    def policy(self, body: Mapping[str, Any]) -> None:
        """Import a version of the policy."""
        file = self.folder / "policy.json"
        file.write_text(json.dumps(body), encoding="utf-8")
        self.take("policy", file, 1)

    def take(self, kind: str, file: Path, rows: int) -> None:
        """Import all rows of a file."""
        told = json.loads(self.run("import", kind, file, "--json"))
        assert (told["rows"], told["accepted"], told["refused"]) == (rows, rows, [])

    def generate(self, name: str) -> None:
        """The statements of a period; now and then once more, which changes nothing (M12)."""
        self.run("statements", "generate", "--period", name)
        if self.draw.random() < 0.2:
            assert self.run("statements", "generate", "--period", name).startswith("0 statements written")

    def exported(self, *of: str) -> Said:
        """What the export says, in any of its forms."""
        form = self.draw.choice(FORMS)
        file = self.folder / f"statements.{form}"
        self.run("export", "statements", *of, "--format", form, "--out", file)
        return {"csv": of_csv, "json": of_json, "xlsx": of_xlsx}[form](file.read_bytes())


def of_json(content: bytes) -> Said:
    said: Said = {}
    for each in json.loads(content):
        lines = [*each["lines"], *each["not_included"]]
        told = {line["receipt"]: (line["commission"], why(line["flags"])) for line in lines}
        said[each["partner"], each["period"]] = {"total": each["total"], "lines": told}
    return said


def of_csv(content: bytes) -> Said:
    return of_rows(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def of_xlsx(content: bytes) -> Said:
    [header, *rows] = load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    money = ("total", "commission")
    cells = (dict(zip(header, row, strict=True)) for row in rows)
    return of_rows({**row, **{name: f"{row[name]:.2f}" for name in money}} for row in cells)


def of_rows(rows: Any) -> Said:
    said: Said = {}
    for row in rows:
        each = said.setdefault((row["partner"], row["period"]), {"total": row["total"], "lines": {}})
        assert each["total"] == row["total"]
        each["lines"][row["receipt"]] = (row["commission"], why((row["flags"] or "").split()))
    return said


def why(flags: list[str]) -> str:
    return next((flag for flag in flags if flag != "late"), "")


def differing(said: Said, wanted: Said) -> dict[Any, Any]:
    """Said and wanted, of the statements that are not the same."""
    keys = said.keys() | wanted.keys()
    return {key: (said.get(key), wanted.get(key)) for key in keys if said.get(key) != wanted.get(key)}


@settings(
    max_examples=EXAMPLES,
    # A seed is not worth making smaller: the partners that differ are told.
    phases=(Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(seed=st.integers(0, 2**32))
def test_thousands_of_histories(fresh: Fresh, terminal: Portal, tmp_path: Path, seed: int) -> None:
    history = History(seed, PARTNERS)
    rows = [row for wave in history.waves for row in wave]
    periods = {period(row["product"], date.fromisoformat(row["received_on"])) for row in rows}
    names = sorted(periods, key=lambda name: (ends(name), name))
    sent = names[: history.draw.randrange(len(names))]
    books = Books(tiers=history.tiers, contracts=history.contracts, policies=[SHIPPED, *history.policies])
    wanted: Said = {}
    with fresh() as url:
        clerk = Clerk(terminal, tmp_path, history.draw)
        clerk.run("user", "add", "f@example.com", "--name", "财务", "--role", "finance")
        for body in history.policies:
            clerk.policy(body)
        for kind in ("partners", "tiers", "registrations", "events"):
            clerk.bring(kind, getattr(history, kind))
        for wave, done in ((0, sent), (1, [name for name in names if name not in sent])):
            clerk.bring("receipts", history.waves[wave])
            books.receive(history.waves[wave])
            for name in done:
                clerk.generate(name)
                made = {
                    (row["code"], name): found
                    for row in history.partners
                    if (found := books.statement(row["code"], name)) is not None
                }
                if clerk.draw.random() < 0.3:
                    assert differing(clerk.exported("--period", name), made) == {}, name
                if wave == 0 and made:
                    send(url, name)
                    books.closed.add(name)
                wanted |= made
        assert differing(clerk.exported(), wanted) == {}
        clerk.run("check")


def send(url: str, name: str) -> None:
    """Print and send all of a period, deferring by name what lacks a term: there is no command for that."""
    c, line, u = t.statement.c, t.statement_line.c, t.user.c
    engine, now = db.make_engine(url), clock.now()
    with db.transaction(engine) as session:
        db.lock_registry(session)
        finance = session.scalar(sa.select(u.id).where(u.email == "f@example.com")) or 0
        actor = Actor(finance, "财务", frozenset({Role.FINANCE}))
        for number in list(session.scalars(sa.select(c.id).where(c.period == name))):
            withheld = sa.select(line.receipt_id).where(line.statement_id == number, ~line.settles)
            for receipt in list(session.scalars(withheld)):
                version = session.scalar(sa.select(c.version).where(c.id == number)) or 1
                defer_receipt(
                    session, actor=actor, now=now, statement_id=number, version=version, receipt_id=receipt,
                    reason="等级待定",
                )  # fmt: skip
            for act in (Act.PRINT, Act.SEND):
                take_step(session, actor=None, now=now, statement_id=number, version=None, act=act)
    engine.dispose()


@pytest.fixture
def fresh(
    request: pytest.FixtureRequest, database: str, copies: Any, at: At, monkeypatch: pytest.MonkeyPatch
) -> Fresh:
    """`with fresh() as url`: another new database, on which commands work."""
    at("2026-10-20 08:00")
    template = request.getfixturevalue(f"{database}_template")
    base = f"sqlite:///{template}"
    if database != "sqlite":
        base = request.getfixturevalue("postgres_cluster").url(template)

    @contextmanager
    def new() -> Iterator[str]:
        with copies(base) as url:
            monkeypatch.setenv("PORTAL_DATABASE_URL", url)
            yield url

    return new


def test_the_naive_clerk_knows_nothing_of_the_portal() -> None:
    """Nothing but the standard library: it could not make the same mistake by the same lines."""
    source = Path(str(naive_commissions.__file__)).read_text(encoding="utf-8")
    imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imported if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in imported if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names

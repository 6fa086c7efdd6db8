"""The command line as people script against it (interfaces.md): output, files, exit codes."""

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from portal import db
from portal.auth.service import begin_sign_in, password_fits
from portal.domain.errors import RuleViolation
from portal.models import tables as t
from portal.registrations.export import COLUMNS
from tests.imports.files import FILES, REGISTRATIONS, as_csv
from tests.support.clocks import At, shanghai
from tests.support.commands import Portal
from tests.support.source import ROOT

OBJECT = ["kind", "file", "rows", "accepted", "skipped", "refused"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one small file of every kind."""
    for kind, rows in FILES.items():
        (tmp_path / f"{kind}.csv").write_bytes(as_csv(rows))
    return tmp_path


@pytest.fixture
def moved_in(portal: Portal, folder: Path) -> Path:
    """The same, imported."""
    for kind in FILES:
        assert portal("import", kind, folder / f"{kind}.csv").exit_code == 0
    return folder


# import


def test_import_prints_one_object_with_json(portal: Portal, folder: Path) -> None:
    for kind, rows in FILES.items():
        for accepted in (len(rows), 0):
            done = portal("import", kind, folder / f"{kind}.csv", "--json")
            told = json.loads(done.stdout)
            assert (done.exit_code, list(told)) == (0, OBJECT)
            assert told == {
                "kind": kind, "file": f"{kind}.csv", "rows": len(rows), "accepted": accepted,
                "skipped": len(rows) - accepted, "refused": [],
            }  # fmt: skip


def test_a_refused_import_names_file_row_column_value_and_leaves_with_1(portal: Portal, folder: Path) -> None:
    portal("import", "partners", folder / "partners.csv")
    bad = folder / "bad.csv"
    bad.write_bytes(as_csv([*REGISTRATIONS, {**REGISTRATIONS[0], "ref": "B4", "party": "P9", "ports": "x"}]))
    done = portal("import", "registrations", bad)
    assert (done.exit_code, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("bad.csv:5: party “P9”: There is no partner")
    assert second.startswith("bad.csv:5: ports “x”: ")
    done = portal("import", "registrations", bad, "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["rows"], told["accepted"]) == (1, 4, 0)
    assert [list(each) for each in told["refused"]] == [["row", "column", "value", "reason"]] * 2
    assert told["refused"][0] | {"row": 5, "column": "party", "value": "P9"} == told["refused"][0]
    assert json.loads(portal("export", "registrations", "--format", "json").stdout) == []


def test_a_trial_run_writes_nothing(portal: Portal, folder: Path) -> None:
    told = json.loads(portal("import", "partners", folder / "partners.csv", "--dry-run", "--json").stdout)
    assert (told["accepted"], told["refused"]) == (3, [])
    again = json.loads(portal("import", "partners", folder / "partners.csv", "--json").stdout)
    assert (again["accepted"], again["skipped"]) == (3, 0)


def test_warnings_go_to_standard_error_and_refuse_nothing(portal: Portal, moved_in: Path) -> None:
    notes = moved_in / "notes.csv"
    notes.write_bytes(as_csv([{"registration": "B2", "at": "2026-03-20", "stage": "trial"}]))
    done = portal("import", "events", notes, "--json")
    assert (done.exit_code, json.loads(done.stdout)["accepted"]) == (0, 1)
    assert done.stderr.startswith("warning: notes.csv:2: registration “B2”: ")


def test_reasons_come_in_the_language_of_the_terminal(
    portal: Portal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    said = portal("import", "registrations", folder / "registrations.csv").stderr
    assert "B1" not in said
    assert any("一" <= char <= "鿿" for char in said)
    assert "There is no" not in said


@pytest.mark.engines("sqlite")
def test_a_lost_race_is_a_refusal_and_no_crash(
    portal: Portal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beaten(*_arguments: object, **_options: object) -> None:
        raise RuleViolation("db.conflict", constraint="partner.code")

    monkeypatch.setattr("portal.commands.moving.import_file", beaten)
    done = portal("import", "partners", folder / "partners.csv")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "invoices", "partners.csv"),
        ("import", "partners", "nowhere.csv"),
        ("import", "partners"),
        ("import", "partners", "partners.csv", "--force"),
        ("export", "partners"),
        ("export", "registrations", "--format", "pdf"),
        ("user", "add", "a@example.com"),
        ("export", "registrations", "--out", "nowhere/out.csv"),
        ("backup", "nowhere/copy.db"),
        ("restore", "nowhere.db"),
        ("dance",),
    ],
)
def test_wrong_usage_leaves_with_2(portal: Portal, folder: Path, arguments: tuple[str, ...]) -> None:
    given = [folder / each if each == "partners.csv" else each for each in arguments]
    done = portal(*given)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr


@pytest.mark.engines("sqlite")
def test_a_process_of_its_own_in_a_bare_locale(empty_db_url: str, folder: Path) -> None:
    """As cron runs it: no locale, no terminal, another folder, a database that is not there yet."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from portal.cli import main; main()", *arguments]
        settings = {"PORTAL_DATABASE_URL": empty_db_url, "PORTAL_INSTANCE": str(folder), "LC_ALL": "C"}
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
        )

    done = run("import", "partners", "partners.csv", "--json")
    assert (done.returncode, done.stderr, json.loads(done.stdout)["accepted"]) == (0, "", 3)
    refused = run("import", "tiers", "partners.csv")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("partners.csv:1: Columns not known here: code, name")
    assert run("import", "people", "partners.csv").returncode == 2
    assert run("check").returncode == 0


# export


@pytest.mark.usefixtures("moved_in")
def test_export_as_json_has_what_is_promised_in_every_row(portal: Portal) -> None:
    rows = json.loads(portal("export", "registrations", "--format", "json", "--as-of", "2026-03-12").stdout)
    assert [row["ref"] for row in rows] == ["B3", "B1", "B2"]
    assert {key: rows[1][key] for key in list(rows[1])[:10]} | {"customer_id": 0} == {
        "ref": "B1", "customer_id": 0, "customer_name": "慢蜗牛快递有限公司", "party": "P1",
        "filed_at": "2026-03-02T10:00:00+08:00", "state": "active", "stage": "meeting", "owner": True,
        "protected_until": "2026-04-07", "queue_position": 0,
    }  # fmt: skip
    assert (rows[2]["queue_position"], rows[2]["protected_until"], rows[2]["owner"]) == (1, None, False)
    assert (rows[0]["queue_position"], rows[0]["state"]) == (None, "lost")
    before = json.loads(portal("export", "registrations", "--format", "json", "--as-of", "2026-03-01").stdout)
    assert before == []


@pytest.mark.usefixtures("moved_in")
@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_export_to_a_file_is_what_goes_to_standard_output(portal: Portal, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"out.{form}"
    asked = ("export", "registrations", "--as-of", "2026-03-12", "--format", form)
    done = portal(*asked, "--out", target)
    assert (done.exit_code, done.stdout) == (0, "")
    read = {"csv": csv_rows, "json": json_rows, "xlsx": xlsx_rows}[form]
    header, *rows = read(target.read_bytes())
    assert tuple(header) == COLUMNS
    assert [row[0] for row in rows] == ["B3", "B1", "B2"]
    if form != "xlsx":  # a zip carries the second it was written in
        assert portal(*asked).stdout_bytes == target.read_bytes()


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def json_rows(content: bytes) -> list[list[Any]]:
    rows = json.loads(content)
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def xlsx_rows(content: bytes) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(content))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    book.close()
    return rows


EVIL = ("=1+1", "+1", "-1", "@SUM(A1)", "＝1")


@pytest.mark.engines("sqlite")
def test_no_cell_of_an_export_is_a_formula(portal: Portal, folder: Path) -> None:
    rows = [
        {"ref": f"F{number}", "filed_at": "2026-03-02", "party": "P1", "customer_name": f"{sign}甲{number}乙",
         "contact": sign, "city": sign}
        for number, sign in enumerate(EVIL)
    ]  # fmt: skip
    (folder / "evil.csv").write_bytes(as_csv(rows))
    portal("import", "partners", folder / "partners.csv")
    assert portal("import", "registrations", folder / "evil.csv").exit_code == 0
    name = COLUMNS.index("customer_name")
    cells = csv_rows(portal("export", "registrations").stdout_bytes)[1:]
    assert len(cells) == len(EVIL)
    assert all(row[name].startswith("'") for row in cells)
    out = folder / "out.xlsx"
    portal("export", "registrations", "--format", "xlsx", "--out", out)
    book = load_workbook(out)
    assert not [cell for row in book.active.iter_rows() for cell in row if cell.data_type == "f"]
    assert all(row[name].value.startswith("'") for row in book.active.iter_rows(min_row=2))
    book.close()
    told = json.loads(portal("export", "registrations", "--format", "json").stdout)
    assert {row["customer_name"][0] for row in told} == {"=", "+", "-", "@", "＝"}


@pytest.mark.usefixtures("moved_in")
def test_the_audit_trail_can_be_exported(portal: Portal) -> None:
    rows = json.loads(portal("export", "audit", "--format", "json").stdout)
    assert {"import.partners", "import.events"} <= {row["action"] for row in rows}
    assert all(row["previous_hash"] == before["hash"] for before, row in pairwise(rows))
    assert len(csv_rows(portal("export", "audit").stdout_bytes)) == len(rows) + 1


def test_export_of_no_date_is_refused(portal: Portal) -> None:
    done = portal("export", "registrations", "--as-of", "2026-02-30")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)


# user add


def test_a_new_person_gets_a_link_that_sets_the_password_once(portal: Portal, engine: sa.Engine) -> None:
    done = portal("user", "add", "Chief@Example.com", "--name", "苏晓", "--role", "channel_manager",
                  "--role", "admin", "--region", "东北")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "chief@example.com" in done.stdout
    assert "/password/" in done.stdout
    with db.reading(engine) as session:
        person = session.execute(sa.select(t.user)).one()
        roles = {role.value for role in session.scalars(sa.select(t.user_role.c.role))}
    assert (person.email, person.name, person.region) == ("chief@example.com", "苏晓", "东北")
    assert roles == {"channel_manager", "admin"}
    assert portal("check").exit_code == 0


@pytest.mark.usefixtures("moved_in")
def test_a_password_from_standard_input_lets_the_person_in(portal: Portal, engine: sa.Engine) -> None:
    done = portal("user", "add", "p@example.com", "--name", "P", "--role", "partner_admin", "--partner", "P1",
                  "--password-stdin", typed="eight slow snails\n")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "/password/" not in done.stdout
    assert "eight slow snails" not in done.output
    now = shanghai("2026-06-01 09:00")
    with db.transaction(engine) as session:
        tried = begin_sign_in(session, email="p@example.com", address="::1", now=now)
    assert tried
    assert password_fits(tried, "eight slow snails")


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        (("a@example.com", "--role", "king"), None),
        (("a@example.com", "--role", "partner_admin"), None),
        (("a@example.com", "--role", "partner_admin", "--partner", "P9"), None),
        (("a@example.com", "--role", "admin", "--partner", "P1"), None),
        (("no address", "--role", "admin"), None),
        (("a@example.com", "--role", "admin", "--password-stdin"), "short\n"),
        (("a@example.com", "--role", "admin", "--password-stdin"), "\n"),
    ],
)
@pytest.mark.usefixtures("moved_in")
def test_who_cannot_be_added_is_refused_with_a_reason(
    portal: Portal, engine: sa.Engine, arguments: tuple[str, ...], typed: str | None
) -> None:
    done = portal("user", "add", *arguments, "--name", "A", typed=typed)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.strip()
    with db.reading(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.user)) == 0


@pytest.mark.engines("sqlite")
def test_the_same_address_is_added_once(portal: Portal) -> None:
    asked = ("user", "add", "a@example.com", "--name", "A", "--role", "admin")
    assert portal(*asked).exit_code == 0
    assert portal(*asked).exit_code == 1


# tick and check


@pytest.mark.usefixtures("moved_in")
def test_a_tick_lapses_what_is_due_and_a_second_changes_nothing(portal: Portal, engine: sa.Engine) -> None:
    def entries() -> int | None:
        with db.reading(engine) as session:
            return session.scalar(sa.select(sa.func.count()).select_from(t.audit_entry))

    assert portal("check").exit_code == 0
    told = portal("tick", "--now", "2026-04-07T23:59:59+08:00").stdout
    assert told == "0 registrations lapsed.\nThe roll-ups of 1 week were made.\n"
    # Its row was settled with the present as it was at the import: long lapsed, if time has passed.
    first = portal("tick", "--now", "2027-04-08T00:00:00+08:00")
    seen = entries()
    second = portal("tick", "--now", "2027-04-08T00:00:00+08:00")
    assert (first.exit_code, second.stdout) == (0, "0 registrations lapsed.\n")
    assert entries() == seen
    assert portal("check").exit_code == 0
    assert portal("tick", "--now", "soon").exit_code == 1


def test_a_lapse_is_written_down_by_the_tick(
    portal: Portal, moved_in: Path, engine: sa.Engine, at: At
) -> None:
    at("2027-03-02 10:00")
    late = moved_in / "late.csv"
    late.write_bytes(
        as_csv([{"ref": "L1", "filed_at": "2027-03-02", "party": "P1", "customer_name": "静湖茶业集团"}])
    )
    assert portal("import", "registrations", late).exit_code == 0
    assert portal("tick", "--now", "2027-03-30T23:59:59+08:00").stdout.startswith("0 ")
    assert portal("tick", "--now", "2027-03-31T00:00:00+08:00").stdout.startswith("1 ")
    with db.reading(engine) as session:
        state = session.scalar(sa.select(t.registration.c.state).where(t.registration.c.ref == "L1"))
    assert state.value == "lapsed"


@pytest.mark.usefixtures("moved_in")
def test_check_leaves_with_1_and_names_the_row(portal: Portal, engine: sa.Engine) -> None:
    assert portal("check").exit_code == 0
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE registration SET queue_position = 7 WHERE ref = 'B2'"))
        row = connection.scalar(sa.select(t.registration.c.id).where(t.registration.c.ref == "B2"))
    done = portal("check")
    assert done.exit_code == 1
    assert f"registration {row}: queue_position" in done.stderr


# upgrade, backup, restore


def test_upgrade_twice_is_upgrade_once(
    terminal: Portal, empty_db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", empty_db_url)
    assert terminal("upgrade").exit_code == 0
    assert terminal("upgrade").exit_code == 0
    assert terminal("check").exit_code == 0
    engine = db.make_engine(empty_db_url)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(t.policy_version)) == 1
    engine.dispose()


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("command", [("tick",), ("check",), ("export", "registrations")])
def test_a_database_never_upgraded_is_no_crash(
    terminal: Portal, empty_db_url: str, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", empty_db_url)
    assert terminal(*command).exit_code == 0


@pytest.fixture
def writer(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Somebody in the middle of a change, as while the portal serves."""
    with engine.connect() as connection:
        connection.execute(sa.text("UPDATE partner SET contact = 'unfinished'"))
        yield connection
        connection.rollback()


def test_a_backup_taken_while_serving_brings_everything_back(
    portal: Portal, moved_in: Path, writer: sa.Connection
) -> None:
    asked = ("export", "registrations", "--format", "json", "--as-of", "2026-06-01")
    before = portal(*asked).stdout
    copy = moved_in / "copy.backup"
    assert portal("backup", copy).exit_code == 0, portal("backup", copy).stderr
    writer.rollback()
    event = moved_in / "later.csv"
    event.write_bytes(
        as_csv([{"registration": "B1", "at": "2026-04-01", "stage": "released", "reason": "x"}])
    )
    assert portal("import", "events", event).exit_code == 0
    assert portal(*asked).stdout != before
    refused = portal("restore", copy)
    assert (refused.exit_code, portal(*asked).stdout == before) == (1, False)
    assert "--force" in refused.stderr
    assert portal("restore", copy, "--force").exit_code == 0
    assert portal(*asked).stdout == before
    assert portal("check").exit_code == 0
    names = {row["action"] for row in json.loads(portal("export", "audit", "--format", "json").stdout)}
    assert "import.registrations" in names


def test_a_backup_goes_into_an_empty_database(
    portal: Portal, moved_in: Path, empty_db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = portal("export", "registrations", "--as-of", "2026-06-01").stdout
    copy = moved_in / "copy.backup"
    assert portal("backup", copy).exit_code == 0
    monkeypatch.setenv("PORTAL_DATABASE_URL", empty_db_url)
    done = portal("restore", copy)
    assert done.exit_code == 0, done.stderr
    assert portal("export", "registrations", "--as-of", "2026-06-01").stdout == before


@pytest.mark.parametrize("content", [b"", b"not a backup" * 100], ids=["empty", "text"])
def test_what_is_no_backup_is_refused_and_nothing_is_lost(
    portal: Portal, moved_in: Path, content: bytes
) -> None:
    before = portal("export", "registrations").stdout
    (moved_in / "no.backup").write_bytes(content)
    assert portal("restore", moved_in / "no.backup", "--force").exit_code == 1
    assert portal("export", "registrations").stdout == before


@pytest.mark.engines("sqlite")
def test_another_programs_database_is_no_backup(portal: Portal, moved_in: Path) -> None:
    with closing(sqlite3.connect(moved_in / "other.db")) as other:
        other.execute("CREATE TABLE song (name TEXT)")
    assert portal("restore", moved_in / "other.db", "--force").exit_code == 1
    assert portal("check").exit_code == 0


def test_commands_speak_the_language_of_the_terminal(
    portal: Portal, folder: Path, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert portal("import", "partners", folder / "partners.csv").stdout == "共 3 行：导入 3 行，跳过 0 行。\n"
    assert portal("check").stdout == "全部相符。\n"
    assert portal("tick").stdout == "0 个报备的保护期已过。\n"
    assert portal("upgrade").stdout == "数据库结构已是最新。\n"
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE partner SET name = 'x' WHERE id = 1"))
    assert portal("check").stderr == "partner 1: name 与审计记录不符。\n"

"""Everything about a statement in one zip: an auditor opens it, and every hash and sum can be done again."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import audit, db, files
from portal.domain.statements import Station
from portal.models import tables as t
from portal.statements.acting import refuse
from portal.statements.dossier import safe_name, zipped
from tests.support.people import Person
from tests.support.statements import WITHHELD_LINE, LineOf, make_statement, walk_to
from tests.support.web import Login

SCAN = b"%PDF-1.4 stamped"


@pytest.fixture
def statement(engine: sa.Engine, people: Mapping[str, Person], tmp_path: Path) -> int:
    """A statement that was refused once, with a stamped scan and one whose bytes are lost."""
    with db.transaction(engine) as session:
        partner = people["alice"].partner_id
        assert partner is not None
        lines = [LineOf(), LineOf("333.00", customer='=HYPERLINK("http://x")')]
        made = make_statement(session, partner, "2026-Q1", lines)
        walk_to(session, people, made, Station.PASSED_ON)
        row = session.execute(sa.select(t.statement).where(t.statement.c.id == made)).one()
        refuse(
            session, actor=people["channel_manager"].actor, now=row.station_since, statement_id=made,
            version=row.version, to=Station.SENT, reason="盖章不清",
        )  # fmt: skip
        walk_to(session, people, made, Station.APPROVED)
        make_statement(session, partner, "2025-Q4", [WITHHELD_LINE])
        folder, at = str(tmp_path / "files"), datetime.fromisoformat("2026-05-01T10:00:00+08:00")
        files.put(folder, "a" * 48, SCAN)
        for key, name in (("a" * 48, "../盖章 确认;rm -rf.pdf"), ("b" * 48, "lost.pdf")):
            session.execute(
                sa.insert(t.statement_file).values(
                    statement_id=made, revision=1, purpose="scan", name=name, media_type="application/pdf",
                    size=len(SCAN), sha256=hashlib.sha256(SCAN).hexdigest(), storage_key=key,
                    uploaded_by_id=people["alice"].user_id, uploaded_at=at,
                )
            )  # fmt: skip
    return made


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


def test_the_zip_holds_everything_and_its_hashes_and_sums_can_be_done_again(
    app: Flask, engine: sa.Engine, people: Mapping[str, Person], login: Login, statement: int
) -> None:
    answer = login(app.test_client(), people["finance"]).get(f"/statements/{statement}/dossier.zip")
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    names = archive.namelist()
    sums = dict(reversed(line.split("  ", 1)) for line in archive.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(names) - {"SHA256SUMS"}
    for name, seal in sums.items():
        assert hashlib.sha256(archive.read(name)).hexdigest() == seal, name
    assert all(not name.startswith("/") and ".." not in name.split("/") for name in names)

    head, lines = json.loads(archive.read("statement.json")), table(archive, "lines.csv")
    last = [line for line in lines if line["revision"] == str(head["revision"])]
    assert sum(Decimal(line["commission"]) for line in last) == Decimal(head["total"]) == Decimal("4933.20")
    assert [line["customer_name"] for line in last][1].startswith("'="), "no spreadsheet runs it"
    assert {row["id"] for row in table(archive, "receipts.csv")} == {line["receipt_id"] for line in last}
    for name in names:
        if name.startswith("policies/"):
            version = json.loads(archive.read(name))
            assert audit.digest(version["body"]) == version["digest"]
    assert {json.loads(archive.read(each))["id"] for each in names if each.startswith("policies/")} == {
        int(line["policy_id"]) for line in last
    }
    acts = table(archive, "acts.csv")
    assert [row["act"] for row in acts if row["counts"] == "True"] == [
        "generate", "print", "send", "confirm", "pass_on", "approve_manager", "approve_director",
        "approve_coo",
    ]  # fmt: skip
    assert ("refuse", "Channel_manager", "盖章不清") in {
        (row["act"], row["actor"], row["reason"]) for row in acts
    }
    [scan, lost] = table(archive, "files.csv")
    assert hashlib.sha256(archive.read(scan["member"])).hexdigest() == scan["sha256"]
    assert (lost["name"], lost["member"]) == ("lost.pdf", "")
    trail = [json.loads(line) for line in archive.read("trail.jsonl").splitlines()]
    assert [each["action"] for each in trail][-1] == "statement.exported"
    assert len(trail) == len(acts) + 1
    for entry in trail:
        entry["at"] = datetime.fromisoformat(entry["at"])
        assert audit.entry_hash(entry) == entry["hash"]
    readme = archive.read("README.txt").decode()
    assert "SHA256SUMS" in readme
    assert "Everything about statement" in readme
    assert "渠道" in readme


@pytest.mark.engines("sqlite")
def test_only_auditors_of_the_vendor_take_it_out(
    app: Flask, people: Mapping[str, Person], login: Login, statement: int
) -> None:
    may = {"channel_director", "coo", "finance", "admin", "channel_manager"}
    for key, person in people.items():
        answer = login(app.test_client(), person).get(f"/statements/{statement}/dossier.zip")
        assert answer.status_code == (200 if key in may else 403), key
    assert login(app.test_client(), people["coo"]).get("/statements/99/dossier.zip").status_code == 404


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("a/b\\c:d*e?.pdf", "a_b_c_d_e_.pdf"),
        ("盖章 确认.pdf", "盖章_确认.pdf"),
        ("...", "_"),
        ("", "_"),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
        ("a\nb\x00c", "a_b_c"),
    ],
)
def test_names_of_files_are_safe_anywhere(text: str, safe: str) -> None:
    assert safe_name(text) == safe


def test_nothing_is_held_whole() -> None:
    big = (b"%06d" % number * 10_000 for number in range(50))
    pieces = list(zipped([("big", big)]))
    assert max(map(len, pieces)) < 200_000
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.getinfo("big").file_size == 3_000_000

"""Forms sent twice, changed, outdated or odd: nothing typed is lost, nothing is taken for another thing."""

import errno
import html
import io
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import clock, db, files
from portal.auth import people as people_service
from portal.conflicts.queries import find_customers
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor, Role
from portal.imports import shelf
from portal.models import tables as t
from portal.partners.queries import list_partners
from tests.support.filings import FORM
from tests.support.people import Person

People = Mapping[str, Person]
KEY = "6f1a3a2e-9d0e-4e0f-8a55-0b6c3f4d2e11"


@pytest.fixture
def alice(app: Flask, people: People, login: Any, at: Any) -> Any:
    at("2026-03-02 10:00")
    return login(app.test_client(), people["alice"])


@pytest.fixture
def filed(file_as: Any, people: People, at: Any) -> int:
    return int(file_as(people["alice"], at("2026-03-02 10:00")).registration_id)


def test_a_form_changed_after_going_back_is_another_filing(
    app: Flask, alice: Any, people: People, login: Any
) -> None:
    form = FORM | {"request_key": KEY}
    first = alice.post("/registrations", data=form).headers["Location"]
    assert alice.post("/registrations", data=form).headers["Location"] == first
    changed = alice.post("/registrations", data=form | {"customer_name": "快马加鞭物流有限公司"})
    assert changed.status_code == 303
    assert changed.headers["Location"] != first
    carol = login(app.test_client(), people["carol"])
    assert carol.post("/registrations", data=form).headers["Location"] not in (
        first,
        changed.headers["Location"],
    )


def test_twenty_clicks_at_once_file_once(app: Flask, people: People, login: Any, at: Any) -> None:
    at("2026-03-02 10:00")
    clients = [login(app.test_client(), people["alice"]) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda c: c.post("/registrations", data=FORM | {"request_key": KEY}), clients)
        )
    assert Counter((each.status_code, each.headers.get("Location")) for each in answers) == {
        (303, "/registrations/1?filed=1"): 20
    }


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("name", ["有限公司", "（股份有限公司）", "上海有限公司", "上海"])
def test_a_place_or_a_legal_form_alone_is_nobodys_name(alice: Any, name: str) -> None:
    answer = alice.post("/registrations", data=FORM | {"customer_name": name})
    assert answer.status_code == 422
    assert "This is only a place or a legal form." in answer.text
    checked = alice.get("/registrations/check", query_string={"customer_name": name})
    assert "Free to register" not in checked.text


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("path", "fields", "shown"),
    [
        ("next-step", {"step": "带合同去", "due": "2026-02-30"}, ["带合同去", "2026-02-30"]),
        ("next-step", {"step": "长" * 501, "due": ""}, ["长" * 501]),
    ],
)
def test_small_forms_keep_what_was_typed(
    alice: Any, filed: int, path: str, fields: dict[str, str], shown: list[str]
) -> None:
    answer = alice.post(f"/registrations/{filed}/{path}", data=fields | {"version": "1"})
    assert answer.status_code == 422
    for text in shown:
        assert f'value="{text}"' in answer.text


@pytest.mark.engines("sqlite")
def test_an_outdated_small_form_can_be_sent_again(
    app: Flask, alice: Any, filed: int, people: People, login: Any, row_of: Any
) -> None:
    manager = login(app.test_client(), people["channel_manager"])
    refused = manager.post(
        f"/registrations/{filed}/ask-correction",
        data={"version": "99", "fields": ["city", "phone"], "note": "电话不对"},
    )
    assert refused.status_code == 409
    assert 'value="电话不对"' in refused.text
    assert refused.text.count(" checked>") == 2
    stale = alice.post(f"/registrations/{filed}/next-step", data={"version": "99", "step": "再去一次"})
    assert stale.status_code == 409
    assert 'value="再去一次"' in stale.text
    version = str(row_of(filed).version)
    assert f'name="version" value="{version}"' in stale.text
    again = alice.post(f"/registrations/{filed}/next-step", data={"version": version, "step": "再去一次"})
    assert again.status_code == 303


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("content", "sent", "kept"),
    [
        (b"del *.*", "clean.bat", "clean.bat.txt"),
        (b"x<script>alert(1)</script>", "offer.html", "offer.html.txt"),
        (b"%PDF-1.7", "offer.pdf.exe", "offer.pdf.exe.pdf"),
        (b"%PDF-1.7", "报价.PDF", "报价.PDF"),
        (b"%PDF-1.7", "..", "...pdf"),
        (b"text", "\u202egpj.txt", "gpj.txt"),
        (b"text", "a'; x=<b>.txt", "a'; x=<b>.txt"),
    ],
)
def test_a_file_is_called_what_it_is(alice: Any, filed: int, content: bytes, sent: str, kept: str) -> None:
    with_name = {"file": (io.BytesIO(content), sent)}
    assert alice.post(f"/registrations/{filed}/files", data=with_name).status_code == 303
    answer = alice.get(f"/registrations/{filed}/files/1")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert f">{html.escape(kept).replace('&#x27;', '&#39;')}</a>" in alice.get(f"/registrations/{filed}").text


def test_a_name_is_one_line_without_folders() -> None:
    assert files.tidy("C:\\x\\list.csv", "text/plain") == "list.csv"
    assert files.tidy("../a\r\nSet-Cookie: x=1\x00.txt", "text/plain") == "aSet-Cookie: x=1.txt"
    assert len(files.tidy("名" * 10_000, "application/pdf")) < 255


@pytest.mark.engines("sqlite")
def test_a_mark_of_byte_order_hides_no_page(alice: Any, filed: int) -> None:
    page = {"file": (io.BytesIO(b"\xef\xbb\xbf<html><script>x</script>"), "a.txt")}
    answer = alice.post(f"/registrations/{filed}/files", data=page)
    assert answer.status_code == 422
    assert "Files of this kind" in answer.text


@pytest.mark.engines("sqlite")
def test_a_disk_that_fills_up_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.implementations.local import LocalFileOpener

    def full(self: Any, data: bytes) -> int:
        self.f.write(data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LocalFileOpener, "write", full, raising=False)
    with pytest.raises(RuleViolation) as refused:
        files.put(str(tmp_path / "files"), "ab12", b"%PDF-1.7 offer")
    assert refused.value.code == "file.storage"
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


@pytest.mark.engines("sqlite")
def test_a_full_disk_is_said_when_a_file_to_import_comes(
    app: Flask, people: People, login: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Path, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    client = login(app.test_client(), people["channel_manager"])
    monkeypatch.setattr(Path, "write_bytes", full)
    data = {"kind": "partners", "file": (io.BytesIO(b"code,name\n"), "p.csv")}
    answer = client.post("/import", data=data)
    assert answer.status_code == 422
    assert "disk full" in answer.text


def test_two_workers_may_sweep_the_shelf_at_once(tmp_path: Path, at: Any) -> None:
    now = at("2030-01-01 10:00")
    for number in range(200):
        (tmp_path / "uploads").mkdir(exist_ok=True)
        (tmp_path / "uploads" / f"old{number}").write_bytes(b"x")
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda n: shelf.keep(tmp_path, n, "a.csv", b"a", now), range(8)))
    assert len(set(keys)) == 8


def test_wildcards_and_marks_find_nothing(people: People, engine: sa.Engine, filed: int, at: Any) -> None:
    today = at("2026-03-02 10:00").date()
    with db.reading(engine) as session:
        for text in ("%", "_", "P00_", "\\"):
            assert list_partners(session, scope=sa.true(), text=text, today=today) == []
        assert len(list_partners(session, scope=sa.true(), text="p00", today=today)) == 2
        assert find_customers(session, "!!!", "") == []


@pytest.mark.engines("sqlite")
def test_a_refused_method_says_which_are_allowed(alice: Any) -> None:
    answer = alice.delete("/registrations")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_two_administrators_cannot_switch_each_other_off_at_once(
    app: Flask, people: People, engine: sa.Engine
) -> None:
    with db.transaction(engine) as session:
        second = people["finance"].user_id
        session.execute(sa.insert(t.user_role), [{"user_id": second, "role": Role.ADMIN}])
    pairs = [(people["admin"].user_id, second), (second, people["admin"].user_id)]

    def off(pair: tuple[int, int]) -> str:
        actor, other = pair
        try:
            with db.transaction(engine) as session:
                people_service.change_user(
                    session, actor=Actor(actor, "x", frozenset()), now=clock.now(), user_id=other, version=1,
                    name="x", roles={Role.FINANCE}, region=None, active=True,
                )  # fmt: skip
        except RuleViolation as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(off, pairs)) == ["done", "user.last_admin"]

"""The pages around the paper: one PDF, the spreadsheet, batches that go on after a crash, printed or not."""

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from portal import db
from portal.domain.commissions import Flag
from portal.domain.rates import Product
from portal.domain.statements import Station
from portal.models import tables as t
from portal.statements import printing
from tests.statements.papers import page_texts
from tests.support.people import Person
from tests.support.statements import LineOf, make_statement, walk_to
from tests.support.web import Login

pytestmark = pytest.mark.usefixtures("made_up")

People = Mapping[str, Person]


@pytest.fixture
def one(engine: sa.Engine, people: People) -> int:
    """A statement of alice's partner that is not sent yet; its id."""
    lines = [
        LineOf(),
        LineOf("300.00", None, "=cmd|'/c calc'!A0", Product.IDD, commission="78.00"),
        LineOf("8000.00", flag=Flag.PAST_TERM, year=None),
    ]
    with db.transaction(engine) as session:
        return make_statement(session, people["alice"].partner_id or 0, lines=lines)


def send(engine: sa.Engine, people: People, statement_id: int) -> None:
    with db.transaction(engine) as session:
        walk_to(session, people, statement_id, Station.SENT)


def test_a_partner_gets_its_own_paper_once_it_is_out(
    app: Flask, engine: sa.Engine, people: People, login: Login, one: int
):
    """M12, M15: not before it is sent, and never another partner's."""
    alice, carol = (login(app.test_client(), people[name]) for name in ("alice", "carol"))
    paths = [f"/statements/{one}/paper.pdf", f"/statements/{one}/lines.xlsx"]
    assert [alice.get(path).status_code for path in paths] == [404, 404]
    send(engine, people, one)
    answers = [alice.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "attachment" in answers[0].headers["Content-Disposition"]
    assert "CS-2026Q1-0001-r1-en.pdf" in answers[0].headers["Content-Disposition"]
    assert [carol.get(path).status_code for path in paths] == [404, 404]
    assert alice.get(f"/statements/{one}/paper.pdf?revision=2").status_code == 404
    assert alice.get(f"/statements/{one}/paper.pdf?revision=x").status_code == 200
    assert alice.get("/statements/999/paper.pdf").status_code == 404
    (chinese,) = page_texts(alice.get(f"/statements/{one}/paper.pdf?language=zh").data)
    assert "待伙伴确认" in chinese


@pytest.mark.engines("sqlite")
def test_a_regional_manager_gets_the_papers_of_the_region(
    app: Flask, engine: sa.Engine, people: People, login: Login, one: int
):
    client = login(app.test_client(), people["regional_manager"])
    assert client.get(f"/statements/{one}/paper.pdf").status_code == 200
    with db.transaction(engine) as session:
        session.execute(sa.update(t.partner).values(region="west"))
    assert client.get(f"/statements/{one}/paper.pdf").status_code == 404


@pytest.mark.engines("sqlite")
def test_the_spreadsheet_has_figures_as_figures(app: Flask, people: People, login: Login, one: int):
    client = login(app.test_client(), people["finance"])
    book = load_workbook(io.BytesIO(client.get(f"/statements/{one}/lines.xlsx").data))
    lines, missing = book.worksheets
    assert lines.freeze_panes == missing.freeze_panes == "A2"
    head = {cell.value: place for place, cell in enumerate(lines[1])}
    first, second = lines[2], lines[3]
    assert first[head["Received"]].value == 12000
    assert first[head["Received"]].number_format == "#,##0.00"
    assert first[head["Rate"]].value == Decimal("0.4") or first[head["Rate"]].value == 0.4
    assert first[head["Rate"]].number_format == "0.0#%"
    assert first[head["Received on"]].is_date
    for name, width in (("Received", 16), ("Product", 19), ("Policy version", 15)):
        assert lines.column_dimensions[lines[1][head[name]].column_letter].width == width
    assert lines[1][head["Received"]].alignment.horizontal == "right"
    assert lines[1][head["Customer"]].alignment.horizontal is None
    assert second[head["Customer"]].value == "'=cmd|'/c calc'!A0"
    sums = list(lines.iter_rows(min_row=4, values_only=True))
    assert [(row[1], row[head["Received"]], row[head["Commission"]]) for row in sums] == [
        ("Year 1 subtotal", 12300, 4878),
        ("Total", 12300, 4878),
    ]
    assert missing[2][-1].value == "The customer is past its two years"
    assert missing[2][-2].value == 8000


def batch(engine: sa.Engine, people: People, count: int) -> None:
    """Statements of two partners that wait to be printed."""
    with db.transaction(engine) as session:
        for number in range(count):
            partner = people["alice" if number % 2 else "carol"].partner_id or 0
            year, month = divmod(number // 2, 12)
            make_statement(
                session, partner, f"{2020 + year}-{month + 1:02}", [LineOf(customer=f"客户{number}")]
            )


def begin(client: FlaskClient, engine: sa.Engine) -> str:
    with db.reading(engine) as session:
        ids = list(session.scalars(sa.select(t.statement.c.id)))
    answer = client.post("/papers", data={"statement": ids, "language": "zh"})
    assert answer.status_code == 303
    return answer.headers["Location"]


def files_in(app: Flask) -> list[Any]:
    folder = app.extensions["portal_config"].instance / "files" / "papers"
    return sorted(folder.iterdir()) if folder.exists() else []


def numbers_of(engine: sa.Engine) -> list[str]:
    """In the order of the paper: by partner, then by period."""
    with db.reading(engine) as session:
        rows = session.execute(
            sa.select(t.statement.c.number)
            .join(t.partner, t.partner.c.id == t.statement.c.partner_id)
            .order_by(t.partner.c.code, t.statement.c.period)
        )
        return [row.number for row in rows]


def test_a_batch_is_set_part_by_part(
    app: Flask, engine: sa.Engine, people: People, login: Login, monkeypatch: pytest.MonkeyPatch
):
    """Progress shows after each part; at the end one file with every statement once, in order."""
    monkeypatch.setattr(printing, "PART", 2)
    batch(engine, people, 5)
    client = login(app.test_client(), people["call_center"])
    job = begin(client, engine)
    assert "0 of 5 statements set" in client.get(job).text
    shown = [client.hx.post(f"{job}/step").text for _part in range(4)]
    for done, text in zip((2, 4, 5), shown, strict=False):
        assert f"{done} of 5 statements set" in text
    assert "hx-trigger" in shown[2]
    assert "hx-trigger" not in shown[3]
    assert "Ready: 5 pages" in shown[3]
    assert len(files_in(app)) == 1, "the parts are gone once the whole is there"
    pages = page_texts(client.get(f"{job}/file").data)
    assert [number in page for number, page in zip(numbers_of(engine), pages, strict=True)] == [True] * 5
    again = client.post(f"{job}/step")
    assert again.status_code == 303
    assert len(files_in(app)) == 1


def test_a_batch_goes_on_after_a_crash(
    app: Flask, engine: sa.Engine, people: People, login: Login, monkeypatch: pytest.MonkeyPatch
):
    """Killed between writing a file and noting it, at every such moment: the same file, nothing twice."""
    monkeypatch.setattr(printing, "PART", 2)
    batch(engine, people, 4)
    client = login(app.test_client(), people["call_center"])
    undisturbed, disturbed = begin(client, engine), begin(client, engine)
    for _part in range(3):
        client.post(f"{undisturbed}/step")
    note = printing.note_step

    def killed(*_arguments: Any, **_options: Any) -> bool:
        raise KeyboardInterrupt

    for _part in range(3):
        monkeypatch.setattr(printing, "note_step", killed)
        with pytest.raises(KeyboardInterrupt):
            client.post(f"{disturbed}/step")
        monkeypatch.setattr(printing, "note_step", note)
        client.post(f"{disturbed}/step")
    first, second = (page_texts(client.get(f"{job}/file").data) for job in (undisturbed, disturbed))
    assert first == second
    assert len(first) == 4
    assert len(files_in(app)) == 2


@pytest.mark.engines("sqlite")
def test_two_people_at_one_batch_double_nothing(
    app: Flask, engine: sa.Engine, people: People, login: Login, monkeypatch: pytest.MonkeyPatch
):
    """Both read the job before either noted a part: one of the two parts counts."""
    monkeypatch.setattr(printing, "PART", 2)
    batch(engine, people, 4)
    client = login(app.test_client(), people["call_center"])
    other = login(app.test_client(), people["finance"])
    job, inside = begin(client, engine), []
    set_part = printing.next_step

    def first_sets(*arguments: Any, **options: Any) -> Any:
        step = set_part(*arguments, **options)
        if not inside:
            inside.append(True)
            assert other.post(f"{job}/step").status_code == 303
        return step

    monkeypatch.setattr(printing, "next_step", first_sets)
    for _part in range(3):
        client.post(f"{job}/step")
    pages = page_texts(client.get(f"{job}/file").data)
    assert [number in page for number, page in zip(numbers_of(engine), pages, strict=True)] == [True] * 4


def test_who_prints_says_so_and_what_was_made_anew_is_left_out(
    app: Flask, engine: sa.Engine, people: People, login: Login
):
    """§8 step 3, M12: only papers that still say what the statement says go on."""
    batch(engine, people, 3)
    client = login(app.test_client(), people["call_center"])
    job = begin(client, engine)
    early = client.post(f"{job}/printed")
    assert early.status_code == 422
    assert "not finished" in early.text
    for _part in range(2):
        client.post(f"{job}/step")
    with db.transaction(engine) as session:
        session.execute(sa.update(t.statement).where(t.statement.c.id == 1).values(content_hash="f" * 64))
    page = client.get(job).text
    assert "Mark 2 as printed" in page
    assert "1 statement was generated anew" in page
    finance = login(app.test_client(), people["finance"])
    assert "as printed" not in finance.get(job).text
    assert finance.post(f"{job}/printed").status_code == 403
    assert client.post(f"{job}/printed").status_code == 303
    with db.reading(engine) as session:
        s = t.statement.c
        assert dict(session.execute(sa.select(s.id, s.station)).all()) == {
            1: Station.GENERATED, 2: Station.PRINTED, 3: Station.PRINTED,
        }  # fmt: skip
    assert "0 statements marked" in client.post(f"{job}/printed", follow_redirects=True).text


@pytest.mark.engines("sqlite")
def test_a_period_is_begun_from_the_page(app: Flask, engine: sa.Engine, people: People, login: Login):
    batch(engine, people, 3)
    client = login(app.test_client(), people["finance"])
    assert "2020-01" in client.get("/papers").text
    answer = client.post("/papers", data={"period": "2020-01", "language": "en"}, follow_redirects=True)
    assert "0 of 2 statements set" in answer.text
    none = client.post("/papers", data={"period": "2019-01"})
    assert none.status_code == 422
    assert "nothing to print" in none.text
    assert client.post("/papers", data={"statement": ["x", "²", "999"]}).status_code == 422
    assert client.get("/papers/1/file").status_code == 404
    assert client.get("/papers/99").status_code == 404
    assert client.post("/papers/99/step").status_code == 404


@pytest.mark.engines("sqlite")
def test_a_lost_part_is_said_and_the_page_stands(app: Flask, engine: sa.Engine, people: People, login: Login):
    batch(engine, people, 1)
    client = login(app.test_client(), people["call_center"])
    job = begin(client, engine)
    client.post(f"{job}/step")
    for path in files_in(app):
        path.unlink()
    answer = client.hx.post(f"{job}/step")
    assert answer.status_code == 422
    assert "hx-trigger" not in answer.text
    assert "Go on" in answer.text

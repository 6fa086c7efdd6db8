"""The statement's own pages: what each person reads, what is refused, and that nobody reads of another."""

import io
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.domain.commissions import Flag
from portal.domain.disputes import DisputeKind
from portal.domain.rates import Product
from portal.domain.statements import Station
from portal.models import tables as t
from portal.statements.walk import send_back
from tests.support.desks import Desk, sent_statement
from tests.support.people import Person
from tests.support.statements import LineOf, make_statement, walk_to

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.usefixtures("made_up")]
People = Mapping[str, Person]
PDF = b"%PDF-1.7 stamped"
EXE = b"MZ\x90\x00" + b"\x00" * 200
OWN = (
    "/statements/1", "/statements/1/revisions", "/statements/1/revisions/1", "/statements/1/confirm",
    "/statements/1/dispute", "/disputes/1", "/statements/1/files/1",
)  # fmt: skip
POSTS = (
    "/statements/1/confirm", "/statements/1/dispute", "/statements/1/scans", "/disputes/1/withdraw",
)  # fmt: skip


@pytest.fixture
def alice(app: Flask, people: People, login: Any) -> Any:
    return login(app.test_client(), people["alice"])


@pytest.fixture
def finance(app: Flask, people: People, login: Any) -> Any:
    return login(app.test_client(), people["finance"])


def form_of(desk: Desk, **over: Any) -> dict[str, Any]:
    """The form that confirms what is in force."""
    row = desk.row()
    return {"revision": row.revision, "content_hash": row.content_hash, "typed": "Alice"} | over


def test_every_line_opens_to_its_formula_rule_receipt_and_terms(alice: Any, desk: Desk):
    page = alice.get("/statements/1").text
    assert "¥12,000.00 × 40% = ¥4,800.00" in page
    assert "¥3,000.00 × 10% = ¥300.00" in page
    for said in (
        "M1 · A customer earns",
        "CS-2026Q1-0001-1 · 2026-03-31",
        "Gold",
        "version 1, in force from",
    ):
        assert said in page
    assert "人民币伍仟壹佰元整" in page
    assert desk.row().content_hash in page


def test_a_line_leads_to_its_registration_where_the_reader_may_see_it(
    engine: sa.Engine, alice: Any, finance: Any, desk: Desk, people: People, file_as: Any
):
    """A takeover may leave a line with the registration of another partner: its number is said, no more."""
    filed = file_as(people["carol"], desk.now)
    with db.transaction(engine) as session:
        session.execute(sa.update(t.statement_line).values(registration_id=filed.registration_id))
    link = f'href="/registrations/{filed.registration_id}"'
    assert link in finance.get("/statements/1").text
    assert link not in alice.get("/statements/1").text
    with db.transaction(engine) as session:
        session.execute(sa.update(t.registration).values(partner_id=people["alice"].partner_id))
    assert link in alice.get("/statements/1").text


def test_the_page_says_where_it_is_whose_turn_what_comes_next_and_what_to_do(
    alice: Any, finance: Any, desk: Desk
):
    page = alice.get("/statements/1").text
    for said in ("Waiting for you", "Step 5 of 9: Partner confirms", "Comes next: Channel approves.",
                 "Silence does not count as consent.", 'aria-current="step"'):  # fmt: skip
        assert said in page
    read_by_finance = finance.get("/statements/1").text
    assert "Waiting for Partner manager" in read_by_finance
    assert "Nothing now." in read_by_finance


def test_what_is_not_on_it_is_listed_by_reason_with_what_to_do(alice: Any, desk: Desk):
    page = alice.get("/statements/1").text
    assert page.index("Not on this statement, because") < page.index("夜鹭商贸有限公司")
    assert "A customer earns for two years from its contract date (M1)" in page


def test_minutes_refunds_and_late_receipts_in_words(
    app: Flask, alice: Any, engine: sa.Engine, people: People
):
    partner = people["alice"].partner_id
    assert partner is not None
    lines = [
        LineOf("300.00", None, product=Product.IDD, commission="78.00"),
        LineOf("200.00", None, product=Product.IDD, flag=Flag.UNDER_FLOOR, commission="0.00"),
        LineOf("50.00", "0.10", product=Product.CONFERENCE, received_on=date(2026, 1, 20)),
    ]
    with db.transaction(engine) as session:
        make_statement(session, partner, "2026-02", lines)
        line, receipt = t.statement_line, t.receipt
        session.execute(sa.update(line).where(line.c.rate.is_(None)).values(floor_price="1.85", rule="M3"))
        session.execute(sa.update(receipt).where(receipt.c.product == Product.IDD).values(minutes=120))
        session.execute(sa.update(line).where(line.c.ordinal == 3).values(late=True))
        refund = {
            "source": "BOSS", "ref": "R-1", "received_on": date(2026, 2, 9), "contract_no": "-",
            "contract_key": "-", "product": Product.CONFERENCE, "amount": -20, "refund_of_id": 3,
            "recorded_at": desk_time(),
        }  # fmt: skip
        session.execute(sa.insert(receipt), [refund])
        copied = dict(session.execute(sa.select(line).where(line.c.ordinal == 3)).one()._mapping)
        session.execute(
            sa.insert(line),
            [copied | {"id": 99, "ordinal": 4, "receipt_id": 4, "commission": -2, "rule": "M5", "late": False,
                       "refunded_before": 0, "taken_before": 0}],
        )  # fmt: skip
        walk_to(session, people, 1, Station.SENT)
    page = alice.get("/statements/1").text
    assert "¥300.00 − 120 min × ¥1.85 = ¥78.00" in page
    assert "¥200.00 − 120 min × ¥1.85 = −¥22.00" in page
    assert "Under the floor price: it earns nothing, and nothing is charged." in page
    assert "Late, of 2026-01-20" in page
    assert "¥5.00 × ¥20.00 ÷ ¥50.00 = ¥2.00" in page
    assert "2026-01-20 · ¥50.00" in page


def desk_time() -> Any:
    from portal import clock

    return clock.now()


def test_lines_are_sifted_by_product_customer_and_flag(alice: Any, desk: Desk):
    assert "云上豆腐" not in alice.get("/statements/1?customer=慢蜗牛").text.split("Not on this")[0]
    assert "No line fits the filter." in alice.get("/statements/1?product=idd").text
    assert "No line fits the filter." in alice.get("/statements/1?flag=late").text
    for odd in ("product=nonsense", "flag=%00", "customer=%25", "page=nonsense"):
        assert alice.get(f"/statements/1?{odd}").status_code in (200, 400), odd


def test_before_it_is_sent_the_partner_does_not_see_it_and_the_vendor_does(
    alice: Any, finance: Any, engine: sa.Engine, people: People
):
    partner = people["alice"].partner_id
    assert partner is not None
    with db.transaction(engine) as session:
        make_statement(session, partner, "2026-Q1")
    assert alice.get("/statements/1").status_code == 404
    assert "No statements yet" in alice.get("/statements").text
    assert finance.get("/statements/1").status_code == 200


def test_nothing_of_another_partners_statement_exists(
    app: Flask, people: People, login: Any, desk: Desk, engine: sa.Engine
):
    from portal.files import Sent

    desk.object_to(0, sent=Sent("slip.pdf", PDF))
    with db.transaction(engine) as session:
        sent_statement(session, people, "carol", lines=[LineOf(customer="夜鹭酒店有限公司")])
    carol = login(app.test_client(), people["carol"])
    for path in OWN:
        assert carol.get(path).status_code == 404, path
    for path in POSTS:
        assert carol.post(path, data=form_of(desk)).status_code == 404, path
    for path in ("/statements", "/disputes", "/statements/2"):
        page = carol.get(path).text
        assert not re.search("P001|慢蜗牛", page), path
    # Ids of the other's statement and one's own file or dispute do not go together either.
    assert carol.get("/statements/2/files/1").status_code == 404
    alice = login(app.test_client(), people["alice"])
    for path in (*OWN, "/statements", "/disputes", "/statements/forecast"):
        page = alice.get(path)
        assert page.status_code == 200, path
        assert not re.search("P002|夜鹭酒店".encode(), page.data), path
    assert alice.get("/statements/2").status_code == 404


def test_sales_reps_see_no_money_and_regions_only_their_own(
    app: Flask, people: People, login: Any, desk: Desk, engine: sa.Engine
):
    bob = login(app.test_client(), people["bob"])
    for path in ("/statements", "/statements/1", "/disputes", "/statements/forecast"):
        assert bob.get(path).status_code == 403, path
    seller = login(app.test_client(), people["channel_sales"])
    assert seller.get("/statements/1").status_code == 200
    with db.transaction(engine) as session:
        session.execute(sa.update(t.partner).values(region="west"))
    assert seller.get("/statements/1").status_code == 404
    assert "CS-2026Q1" not in seller.get("/statements").text
    assert seller.get("/statements/forecast?partner=1").status_code == 404


def test_confirming_asks_for_the_own_name_and_shows_what_is_confirmed(alice: Any, desk: Desk):
    page = alice.get("/statements/1/confirm").text
    for said in ("¥5,100.00", "人民币伍仟壹佰元整", "CS-2026Q1-0001", desk.row().content_hash):
        assert said in page
    for typed, said in (("", "Fill this in."), ("Bob", "This is not the name in your account.")):
        answer = alice.post("/statements/1/confirm", data=form_of(desk, typed=typed))
        assert answer.status_code == 422
        assert said in answer.text
    assert desk.row().station is Station.SENT
    assert alice.post("/statements/1/confirm", data=form_of(desk, typed=" ALICE ")).status_code == 303
    assert desk.row().station is Station.CONFIRMED
    with db.reading(desk.engine) as session:
        c = t.statement_act.c
        data = session.scalar(sa.select(c.data).where(c.act == "confirm"))
    assert data == {"name": "ALICE", "revision": 1, "content_hash": desk.row().content_hash}


def test_a_second_click_confirms_nothing_twice(alice: Any, desk: Desk):
    form = form_of(desk)
    assert [alice.post("/statements/1/confirm", data=form).status_code for _ in range(2)] == [303, 303]
    assert desk.acts().count("confirm") == 1


def test_what_was_sent_back_is_confirmed_again_though_it_says_the_same(
    alice: Any, desk: Desk, people: People, engine: sa.Engine
):
    """M10: a refusal in step 6 may return to the partner; the same revision is in force then."""
    assert alice.post("/statements/1/confirm", data=form_of(desk)).status_code == 303
    with db.transaction(engine) as session:
        walk_to(session, people, 1, Station.PASSED_ON)
        send_back(
            session, actor=people["channel_manager"].actor, now=desk.now, statement_id=1, version=None,
            to=Station.SENT, reason="盖章不清楚",
        )  # fmt: skip
    form = form_of(desk)
    assert [alice.post("/statements/1/confirm", data=form).status_code for _ in range(2)] == [303, 303]
    assert (desk.row().station, desk.acts().count("confirm")) == (Station.CONFIRMED, 2)


def test_what_changed_meanwhile_is_shown_instead_of_confirmed(alice: Any, desk: Desk):
    form = form_of(desk)
    desk.object_to(0)
    desk.answer(1, "4900.00")
    answer = alice.post("/statements/1/confirm", data=form)
    assert answer.status_code == 409
    assert "You saw revision 1; revision 2 over ¥5,200.00 is in force now." in answer.text
    assert "What changed" in answer.text
    assert desk.row().station is Station.SENT
    for odd in ({"revision": "x"}, {"content_hash": "0" * 64}, {"revision": "", "content_hash": ""}):
        assert alice.post("/statements/1/confirm", data=form_of(desk, **odd)).status_code == 409


def test_a_dispute_in_another_tab_stops_the_confirmation(alice: Any, desk: Desk):
    form = form_of(desk)
    desk.object_to(0)
    assert alice.post("/statements/1/confirm", data=form).status_code == 409
    assert desk.row().station is Station.DISPUTED


def test_the_rest_is_confirmed_as_it_was_shown(alice: Any, desk: Desk):
    desk.object_to(0)
    page = alice.get("/statements/1/confirm").text
    assert "¥300.00" in page
    assert "instead of ¥5,100.00" in page
    assert "慢蜗牛快递有限公司" in page
    seal = page.split('name="content_hash" value="')[1][:64]
    desk.object_to(1)  # in another tab: the rest is another one now
    shown = {"revision": 2, "content_hash": seal, "typed": "Alice", "rest": "1"}
    assert alice.post("/statements/1/confirm", data=shown).status_code == 409
    assert desk.row().station is Station.DISPUTED
    seal = alice.get("/statements/1/confirm").text.split('name="content_hash" value="')[1][:64]
    assert alice.post("/statements/1/confirm", data=shown | {"content_hash": seal}).status_code == 303
    assert (desk.row().station, desk.row().total) == (Station.CONFIRMED, 0)
    assert "goes on the next statement" in alice.get("/statements/1").text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("scan.pdf", EXE, "Send the scan as PDF, JPG or PNG"),
        ("scan.pdf", b"", "The file is empty."),
        ("scan.txt", b"stamped", "Send the scan as PDF, JPG or PNG"),
        ("scan.zip", b"PK\x03\x04" + b"\x00" * 60, "Send the scan as PDF, JPG or PNG"),
    ],
)
def test_a_scan_is_a_scan_by_what_is_in_it(alice: Any, desk: Desk, name: str, content: bytes, said: str):
    answer = alice.post("/statements/1/confirm", data=form_of(desk, file=(io.BytesIO(content), name)))
    assert answer.status_code == 422
    assert said in answer.text
    assert desk.row().station is Station.SENT


def test_a_pdf_by_another_name_is_a_pdf_and_belongs_to_its_revision(alice: Any, desk: Desk):
    form = form_of(desk, file=(io.BytesIO(PDF), "scan.exe"))
    assert alice.post("/statements/1/confirm", data=form).status_code == 303
    again = {"revision": 1, "file": (io.BytesIO(PDF), "again.pdf")}
    assert alice.post("/statements/1/scans", data=again).status_code == 303
    stale = {"revision": 2, "file": (io.BytesIO(PDF), "again.pdf")}
    assert alice.post("/statements/1/scans", data=stale).status_code == 409
    assert alice.post("/statements/1/scans", data={"revision": 1}).status_code == 422
    with db.reading(desk.engine) as session:
        c = t.statement_file.c
        kept = session.execute(sa.select(c.name, c.revision, c.purpose, c.media_type).order_by(c.id)).all()
    assert [tuple(each) for each in kept] == [
        ("scan.exe.pdf", 1, "scan", "application/pdf"), ("again.pdf", 1, "scan", "application/pdf"),
    ]  # fmt: skip
    answer = alice.get("/statements/1/files/1")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_before_the_confirmation_there_is_nothing_to_scan(alice: Any, desk: Desk):
    form = {"revision": 1, "file": (io.BytesIO(PDF), "scan.pdf")}
    assert alice.post("/statements/1/scans", data=form).status_code == 422


def test_a_huge_upload_is_turned_away(app: Flask, alice: Any, desk: Desk):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    form = form_of(desk, file=(io.BytesIO(b"%PDF-1.7" + b"x" * 5000), "huge.pdf"))
    answer = alice.post("/statements/1/confirm", data=form)
    assert answer.status_code == 413
    assert desk.row().station is Station.SENT


def test_several_lines_and_a_missing_receipt_are_disputed_in_one_go(alice: Any, finance: Any, desk: Desk):
    page = alice.get("/statements/1/dispute?receipt=1&receipt=3&missing=1").text
    assert page.count('name="receipt"') == 2
    assert 'name="missing"' in page
    form = {
        "version": desk.row().version, "receipt": ["1", "3"], "missing": "1",
        "r1-kind": "rate", "r1-expected": "4,900.00", "r1-text": "Agreed on 42 %",
        "r1-file": (io.BytesIO(PDF), "agreement.pdf"),
        "r3-kind": "customer", "r3-text": "A new contract was signed",
        "none-kind": "missing", "none-text": "¥500 of 3 March",
    }  # fmt: skip
    assert alice.post("/statements/1/dispute", data=form).status_code == 303
    assert desk.row().station is Station.DISPUTED
    works = finance.get("/disputes").text
    assert works.count("/disputes/") >= 3
    assert "P001" in works
    one = finance.get("/disputes/1").text
    for said in ("Agreed on 42 %", "agreement.pdf", "¥4,900.00", "¥12,000.00 × 40% = ¥4,800.00"):
        assert said in one
    assert finance.get("/statements/1/files/1").data == PDF


def test_a_dispute_without_a_reason_or_kind_keeps_what_was_typed(alice: Any, desk: Desk):
    form = {"version": desk.row().version, "receipt": "1", "r1-expected": "12,5", "r1-kind": "missing"}
    answer = alice.post("/statements/1/dispute", data=form)
    assert answer.status_code == 422
    assert "Fill this in." in answer.text
    assert 'value="12,5"' in answer.text
    assert desk.row().station is Station.SENT
    late = {"version": 1, "receipt": "1", "r1-kind": "rate", "r1-text": "-"}
    assert alice.post("/statements/1/dispute", data=late).status_code == 409


def test_finance_grants_and_refuses_with_both_sides_on_the_page(alice: Any, finance: Any, desk: Desk):
    desk.object_to(0, 1, expected=None, kind=DisputeKind.RATE, text="Agreed on more")
    one = {"version": desk.dispute(1).version}
    for wrong, said in (
        ({}, "Fill this in."),
        ({"verdict": "grant"}, "Fill this in."),
        ({"verdict": "refuse"}, "Say why."),
        ({"verdict": "grant", "granted": "4,800.00"}, "A grant gives more"),
        ({"verdict": "grant", "granted": "abc"}, "abc"),
    ):
        answer = finance.post("/disputes/1/answer", data=one | wrong)
        assert answer.status_code == 422, wrong
        assert said in answer.text, wrong
    granted = one | {"verdict": "grant", "granted": "4,900.00", "answer": "You are right"}
    assert finance.post("/disputes/1/answer", data=granted).status_code == 303
    assert finance.post("/disputes/1/answer", data=granted).status_code == 409
    two = {"version": desk.dispute(2).version, "verdict": "refuse", "answer": "10 % in year 2"}
    assert finance.post("/disputes/2/answer", data=two).status_code == 303
    page = alice.get("/statements/1").text
    for said in ("Revision 2", "You are right", "10 % in year 2", "Granted in a dispute: ¥100.00 more"):
        assert said in page
    changes = alice.get("/statements/1/revisions").text
    assert "Disputes were granted" in changes
    assert "(+¥100.00)" in changes
    assert "Added" in changes
    assert "¥5,100.00" not in alice.get("/statements/1/revisions/2").text
    assert "5,100.00" in alice.get("/statements/1/revisions/1").text
    assert alice.get("/statements/1/revisions/3").status_code == 404


def test_an_own_dispute_is_withdrawn_once(alice: Any, desk: Desk):
    desk.object_to(0)
    form = {"version": desk.dispute(1).version}
    assert alice.post("/disputes/1/withdraw", data=form).status_code == 303
    assert desk.row().station is Station.SENT
    assert alice.post("/disputes/1/withdraw", data=form).status_code == 409


def test_the_pages_speak_chinese(app: Flask, people: People, login: Any, desk: Desk, engine: sa.Engine):
    desk.object_to(0)
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale="zh"))
    alice = login(app.test_client(), people["alice"])
    page = alice.get("/statements/1").text
    for said in ("佣金对账单 · 2026 年第 1 季度", "第 5 步，共 9 步：渠道确认", "确认其余各行", "待答复"):
        assert said in page
    assert "合计（大写）" in alice.get("/statements/1/confirm").text


def test_five_thousand_lines_come_by_the_hundred_with_few_questions(
    app: Flask, alice: Any, engine: sa.Engine, people: People
):
    with db.transaction(engine) as session:
        sent_statement(
            session, people, lines=[LineOf(amount=f"{100 + each % 50}.00") for each in range(5000)]
        )
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    target = app.extensions["portal_engine"]
    alice.get("/statements/1")
    sa.event.listen(target, "before_cursor_execute", note)
    page = alice.get("/statements/1").text
    sa.event.remove(target, "before_cursor_execute", note)
    assert len(asked) < 8
    assert page.count('class="how"') == 100
    following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert ">101<" in alice.get(following).text

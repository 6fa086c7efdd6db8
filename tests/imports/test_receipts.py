"""Receipts from the billing system (M5–M7): what is taken, what is refused and why, what is only noted."""

import csv
import io
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import db
from portal.commands.checking import problems
from portal.domain.rates import Product
from portal.domain.roles import Actor, Role
from portal.imports import receipts as careful
from portal.imports.reading import Row
from portal.imports.receipts_fast import QuickReader
from portal.imports.report import Report
from portal.imports.run import KINDS
from portal.models import tables as t
from tests.imports.conftest import NOW, Bring, importing
from tests.imports.files import as_csv, as_xlsx

BASE = {"source": "BOSS", "received_on": "2026-02-01", "contract_no": "HT-1", "product": "port"}


def row(ref: str, amount: str = "12000.00", **over: str) -> dict[str, str]:
    return {**BASE, "ref": ref, "amount": amount, "minutes": "", "refund_of": "", **over}


def codes(report: Report) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.problem.code) for each in report.refused]


def stored(engine: sa.Engine) -> list[Any]:
    with db.reading(engine) as session:
        return list(session.execute(sa.select(t.receipt).order_by(t.receipt.c.id)))


def sound(engine: sa.Engine) -> bool:
    with db.reading(engine) as session:
        return list(problems(session, now=NOW)) == []


def test_receipts_and_their_refunds_are_recorded_and_sealed(engine: sa.Engine, bring: Bring) -> None:
    """A refund may stand before its receipt, with or without its minus sign (M5)."""
    report = bring(
        "receipts",
        [
            row("B2", "-3,000", refund_of="B1", received_on="2026-03-01"),
            row("B1", "１２０００．５"),
            row("B3", "9000.5", refund_of="B1", received_on="2026年3月2日"),
            row("B4", "300", product="国际长途", minutes="120"),
        ],
    )
    assert (report.refused, report.accepted) == ([], 4)
    rows = stored(engine)
    assert [(r.ref, r.amount, r.product, r.minutes) for r in rows] == [
        ("B1", Decimal("12000.50"), Product.PORT, None),
        ("B4", Decimal("300.00"), Product.IDD, 120),
        ("B2", Decimal("-3000.00"), Product.PORT, None),
        ("B3", Decimal("-9000.50"), Product.PORT, None),
    ]
    assert [r.refund_of_id for r in rows] == [None, None, rows[0].id, rows[0].id]
    assert {(r.recorded_at, r.contract_key) for r in rows} == {(NOW, "ht-1")}
    with db.reading(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.unsettled_receipt)) == 4
        entries = session.execute(sa.select(t.audit_entry).where(t.audit_entry.c.action == "import.receipts"))
        [entry] = entries
    assert entry.details["seal"] == entry.details["seal"] | {"first": 1, "last": 4, "rows": 4, "fen": 30000}
    assert sound(engine)


def test_the_same_file_again_changes_nothing(engine: sa.Engine, bring: Bring) -> None:
    rows = [row("B1"), row("B2", "100", refund_of="B1"), row("B1")]
    assert (bring("receipts", rows).accepted, bring("receipts", rows).skipped) == (2, 3)
    wider = [{**row("B1"), "contract_no": "ｈｔ - 1", "amount": "12,000"}]
    assert bring("receipts", wider).skipped == 1
    assert len(stored(engine)) == 2
    assert sound(engine)


def test_a_reference_with_other_content_is_refused_and_both_are_named(bring: Bring) -> None:
    """M7; also within one file, and a reference is one source's own."""
    bring("receipts", [row("B1")])
    report = bring("receipts", [row("B1", "12000.01"), row("B9"), row("B9", "1"), row("B1", source="ERP")])
    assert codes(report) == [(2, "ref", "receipt.other_content"), (4, "ref", "receipt.other_content")]
    told = report.refused[0].problem.params
    assert told["known"] == "2026-02-01 · HT-1 · port · 12,000.00"
    assert told["stated"] == "2026-02-01 · HT-1 · port · 12,000.01"


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"amount": "12000.005"}, ("amount", "amount.decimals")),
        ({"amount": "１２．００５"}, ("amount", "amount.decimals")),
        ({"amount": "-5"}, ("amount", "receipt.negative")),
        ({"amount": "−5"}, ("amount", "receipt.negative")),
        ({"amount": "0"}, ("amount", "receipt.zero")),
        ({"amount": "0.00"}, ("amount", "receipt.zero")),
        ({"amount": "1e3"}, ("amount", "amount.not_a_number")),
        ({"amount": ""}, ("amount", "required")),
        ({"product": "fax"}, ("product", "import.value")),
        ({"product": "ddd"}, ("minutes", "receipt.no_minutes")),
        ({"product": "DDD", "minutes": "1.5"}, ("minutes", "count.not_whole")),
        ({"product": "idd", "minutes": "-1"}, ("minutes", "count.negative")),
        ({"received_on": "2026-02-30"}, ("received_on", "date.no_such_day")),
        ({"received_on": "2026-06-02"}, ("received_on", "receipt.in_the_future")),
        ({"contract_no": " "}, ("contract_no", "required")),
        ({"contract_no": "9" * 61}, ("contract_no", "text.too_long")),
        ({"ref": "9" * 81}, ("ref", "text.too_long")),
        ({"source": ""}, ("source", "required")),
        ({"refund_of": "B0"}, ("refund_of", "receipt.unknown_receipt")),
    ],
)
def test_what_is_wrong_is_refused_by_row_and_column(
    engine: sa.Engine, bring: Bring, over: dict[str, str], expected: tuple[str, str]
) -> None:
    report = bring("receipts", [row("A"), {**row("B"), **over}])
    assert codes(report) == [(3, *expected)]
    assert stored(engine) == []


@pytest.mark.parametrize("order", [1, -1], ids=["receipt first", "refund first"])
@pytest.mark.parametrize("apart", [False, True], ids=["one file", "two files"])
@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"amount": "12000.01"}, ("amount", "receipt.refunds_exceed")),
        ({"contract_no": "HT-2"}, ("contract_no", "receipt.other_contract")),
        ({"product": "conference"}, ("product", "receipt.other_product")),
        ({"received_on": "2026-01-31"}, ("received_on", "receipt.before_its_receipt")),
        ({"source": "ERP"}, ("refund_of", "receipt.unknown_receipt")),
    ],
)
def test_a_refund_fits_its_receipt(
    bring: Bring, over: dict[str, str], expected: tuple[str, str], order: int, apart: bool
) -> None:
    """M5: not above it, of its contract and product, not before it; wherever the two stand."""
    refund = row("R", **{"amount": "1", "refund_of": "A", **over})
    if apart:
        bring("receipts", [row("A")])
        assert codes(bring("receipts", [refund])) == [(2, *expected)]
        return
    report = bring("receipts", [row("A"), refund][::order])
    assert [(each.column, each.problem.code) for each in report.refused] == [expected]


def test_refunds_of_one_receipt_never_exceed_it_together(engine: sa.Engine, bring: Bring) -> None:
    bring("receipts", [row("A"), row("R1", "8000", refund_of="A")])
    more = [row("R2", "3000", refund_of="A"), row("R3", "1000.01", refund_of="A")]
    assert codes(bring("receipts", more)) == [(3, "amount", "receipt.refunds_exceed")]
    assert bring("receipts", [more[0], {**more[1], "amount": "1000"}]).accepted == 2
    assert sum(r.amount for r in stored(engine)) == 0


def test_a_refund_is_not_refunded(bring: Bring) -> None:
    again = row("R2", "1", refund_of="R1")
    together = bring("receipts", [again, row("R1", "2", refund_of="A"), row("A")])
    assert codes(together) == [(2, "refund_of", "receipt.refund_of_refund")]
    bring("receipts", [row("R1", "2", refund_of="A"), row("A")])
    assert codes(bring("receipts", [again])) == [(2, "refund_of", "receipt.refund_of_refund")]


def test_a_refund_of_a_row_that_is_refused_itself_is_not_told_of_twice(bring: Bring) -> None:
    report = bring("receipts", [row("A", "x"), row("R", "1", refund_of="A")])
    assert codes(report) == [(2, "amount", "amount.not_a_number")]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headers_words_and_encodings(engine: sa.Engine, bring: Bring, encoding: str) -> None:
    rows = [row("甲-1", source="计费系统", product="会议", contract_no="合同 一")]
    content = as_csv(rows, header=KINDS["receipts"].columns, encoding=encoding)
    assert bring("receipts", content).refused == []
    assert [(r.source, r.ref, r.contract_key) for r in stored(engine)] == [("计费系统", "甲-1", "合同一")]


@pytest.mark.engines("sqlite")
def test_a_workbook_is_taken_too(engine: sa.Engine, bring: Bring) -> None:
    header = ("source", "ref", "received_on", "contract_no", "product", "amount", "minutes")
    cells = ("BOSS", 1001, date(2026, 2, 1), "HT-1", "idd", 300.5, 120)
    assert bring("receipts", as_xlsx([header, cells]), file_name="r.xlsx").accepted == 1
    assert [(r.ref, r.amount, r.minutes) for r in stored(engine)] == [("1001", Decimal("300.50"), 120)]


def test_odd_receipts_come_with_one_warning_of_each_sort(engine: sa.Engine, bring: Bring) -> None:
    signed = datetime(2026, 3, 1, tzinfo=UTC)
    for kind in ("partners", "registrations"):
        bring(kind)
    gate = {"contract_no": "HT-1", "contract_date": "2026-02-15", "ports": "9", "yearly_amount": "9000"}
    bring("events", [{"registration": "B1", "at": "2026-03-05 10:00:00", "stage": "signed", **gate}])
    with db.transaction(engine) as session:
        session.execute(sa.insert(t.collected_period).values(period="2026-01", collected_at=signed))
    report = bring(
        "receipts",
        [
            row("A"),
            row("B", received_on="2026-02-20"),
            row("C", contract_no="HT-9"),
            row("D", contract_no="x"),
            row("E", product="会议", received_on="2026-01-31"),
        ],
    )
    told = [(each.row, each.column, each.problem.code, each.problem.params) for each in report.warnings]
    assert told == [
        (4, "contract_no", "receipt.warn_unknown_contract", {"rows": 2, "sum": "24,000.00", "numbers": 2}),
        (2, "received_on", "receipt.warn_before_contract", {"rows": 2, "sum": "24,000.00", "numbers": 1}),
        (6, "received_on", "receipt.warn_collected", {"rows": 1, "sum": "12,000.00", "numbers": 1}),
    ]
    assert report.accepted == 5


def test_two_imports_at_once_refund_a_receipt_once(engine: sa.Engine, bring: Bring) -> None:
    """M5 across two writers: the second waits, and then sees what the first refunded."""
    bring("receipts", [row("A")])
    reports: list[Report] = []

    def refund(ref: str) -> None:
        rows = as_csv([row(ref, "7000", refund_of="A")])
        reports.append(importing(engine, "receipts", rows))

    both = [threading.Thread(target=refund, args=(ref,)) for ref in ("R1", "R2")]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(report.accepted for report in reports) == [0, 1]
    assert [r.amount for r in stored(engine)] == [12000, -7000]
    assert sound(engine)


@pytest.mark.engines("sqlite")
def test_reading_stops_where_a_file_is_hopeless(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(careful, "MOST_REFUSED", 3)
    report = bring("receipts", [row(str(number), "x") for number in range(10)])
    assert [each.problem.code for each in report.refused][2:] == [
        "amount.not_a_number", "import.too_many_refused",
    ]  # fmt: skip


@pytest.mark.engines("sqlite")
def test_blocks_change_nothing(engine: sa.Engine, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is the same and what is another is found across blocks as within one."""
    monkeypatch.setattr(careful, "BLOCK", 2)
    rows = [row("R1", "7000", refund_of="B1"), *(row(f"B{number}") for number in range(5)), row("B0")]
    assert (bring("receipts", rows).accepted, len(stored(engine))) == (6, 6)
    report = bring("receipts", [row("R2", "1", refund_of="B1")] * 2 + [row("R3", "5000", refund_of="B1")])
    assert codes(report) == [(4, "amount", "receipt.refunds_exceed")]
    assert codes(bring("receipts", [row("X"), row("Y"), row("X", "1")])) == [
        (4, "ref", "receipt.other_content")
    ]


def test_who_may_import_receipts() -> None:
    def may(role: Role) -> set[str]:
        return {kind for kind, each in KINDS.items() if each.is_for(Actor(1, "x", frozenset({role})))}

    assert may(Role.FINANCE) == {"receipts", "traffic"}
    assert "receipts" in may(Role.CHANNEL_MANAGER) & may(Role.ADMIN)
    assert [role for role in Role if may(role)] == [Role.CHANNEL_MANAGER, Role.FINANCE, Role.ADMIN]


# Cells as billing systems and people write them, good and bad.
CELLS: Mapping[str, st.SearchStrategy[str]] = {
    "source": st.sampled_from(["BOSS", " boss ", "ＢＯＳＳ", "计费", "", "'=x", "s" * 41]),
    "ref": st.sampled_from(["B1", " B1", "Ｂ1", "'-1", "=1", "", "r" * 80, "r" * 81, "a\tb", "é"]),
    "received_on": st.sampled_from(["2026-02-01", "2026/2/1 ", "２０２６-02-01", "2026-13-01", "2027-01-01"]),
    "contract_no": st.sampled_from(["HT-1", "ｈｔ－１", " HT 1", "", "'=1", "9" * 61, "合同"]),
    "product": st.sampled_from(["port", "端口", "PORT", "ddd", "国际长途", "x", ""]),
    "amount": st.sampled_from(["1", "12.5", "12.50", "012", "0", "0.0", "1.", "1,200", "１２", "-1", "1e3"]),
    "minutes": st.sampled_from(["", "120", "0", "1.5", "-1", " 3", "１２", "9" * 7, "9" * 8]),
    "refund_of": st.sampled_from(["", "", "", "A"]),
}  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.fixed_dictionaries(CELLS))
def test_the_quick_reader_reads_what_the_careful_one_reads(cells: dict[str, str]) -> None:
    """What it reads is the same; what it leaves may be anything."""
    keys = list(enumerate(cells))
    quick = QuickReader(keys, "2026-06-01").read(list(cells.values()))
    report = Report("receipts", "x")
    stripped = Row(2, {key: text.strip() for key, text in cells.items()})
    slow = careful.read_carefully(stripped, report, date(2026, 6, 1))
    if quick is not None:
        assert slow is not None, report.refused
        assert (quick, None) == slow
    plainly = cells["source"] == "BOSS" and cells["ref"] == "B1" and cells["amount"] in ("1", "12.5", "12.50")
    if plainly and slow is not None and cells["minutes"] in ("", "120") and not cells["refund_of"]:
        assert quick is not None, "what is plainly good is left to the careful reader"


def test_the_file_of_refused_rows_can_be_sent_again(bring: Bring) -> None:
    """Its cells that a spreadsheet would run bear an apostrophe: a refund's minus sign among them."""
    bring("receipts", [row("A")])
    buffer = io.StringIO()
    csv.writer(buffer).writerows(
        [["Row", "Reason", *BASE, "ref", "amount", "refund_of"], [2, "x", *BASE.values(), "'=R", "'-5", "A"]]
    )
    assert bring("receipts", buffer.getvalue().encode()).refused == []

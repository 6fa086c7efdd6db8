"""Invoices: compared, sent back, written off; what lacks one (steps 8 and 9, M16)."""

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from portal import db
from portal.domain.errors import RuleViolation
from portal.domain.invoices import InvoiceState
from portal.domain.statements import Act, Station
from portal.statements.walk import send_back, take_step
from tests.payments.conftest import Desk
from tests.support.clocks import shanghai


@pytest.fixture
def paid(desk: Desk) -> int:
    """A statement that was paid."""
    desk.account()
    statement = desk.approved()
    desk.pay(statement)
    return statement


def test_an_invoice_that_agrees_is_written_off(desk: Desk, paid: int) -> None:
    desk.invoice(paid)
    assert desk.station(paid) is Station.INVOICED
    assert desk.close(paid) == 1
    assert desk.station(paid) is Station.CLOSED
    assert desk.holds() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": Decimal("4800.01")},
        {"title": "大西通信有限公司"},
        {"tax_no": "91420111GMWC073PBL"},
        {"reference": "CS-1999-01"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_one_that_differs_cannot_be_closed_and_goes_back(desk: Desk, paid: int, wrong: Any) -> None:
    first = desk.invoice(paid, **wrong)
    with pytest.raises(RuleViolation, match=r"invoice\.differs"):
        desk.close(paid)
    with pytest.raises(RuleViolation, match=r"statement\.return_why"):
        desk.send_back(paid, reason=" ")
    desk.send_back(paid, reason="与对账单不符")
    assert desk.station(paid) is Station.PAID
    row = desk.row("invoice", first)
    assert (row.state, row.return_reason) == (InvoiceState.RETURNED, "与对账单不符")
    second = desk.invoice(paid)
    desk.close(paid)
    assert desk.station(paid) is Station.CLOSED
    assert [each.id for each in desk.rows("invoice")] == [first, second], "history is kept"
    assert desk.holds() == []


def test_one_invoice_never_serves_two_statements(desk: Desk, paid: int) -> None:
    other = desk.approved()
    desk.pay(other)
    desk.invoice(paid, number="263200000001")
    with pytest.raises(RuleViolation, match=r"invoice\.taken"):
        desk.invoice(other, number="263200000001")


def test_the_number_of_another_partners_invoice_tells_nothing_and_hinders_nobody(
    desk: Desk, paid: int
) -> None:
    desk.account("carol", holder="P002 通信")
    others = desk.approved(who="carol")
    desk.pay(others)
    desk.invoice(others, by="carol", number="263200000001")
    desk.invoice(paid, number="263200000001")
    assert desk.station(paid) is Station.INVOICED
    assert desk.holds() == []


def test_the_invoice_comes_after_the_payment_and_once(desk: Desk, paid: int) -> None:
    early = desk.approved()
    with pytest.raises(RuleViolation, match=r"statement\.not_now"):
        desk.invoice(early)
    desk.invoice(paid)
    with pytest.raises(RuleViolation, match=r"statement\.not_now"):
        desk.invoice(paid, number="999999999999")


def test_who_hands_it_in_and_who_closes(desk: Desk, paid: int) -> None:
    with pytest.raises(RuleViolation, match=r"statement\.gone"):
        desk.invoice(paid, by="carol")
    with pytest.raises(RuleViolation, match=r"statement\.not_yours"):
        desk.invoice(paid, by="bob")
    desk.invoice(paid, by="channel_sales")
    for who in ("alice", "channel_manager"):
        with pytest.raises(RuleViolation, match=r"statement\.not_yours"):
            desk.close(paid, by=who)
        with pytest.raises(RuleViolation, match=r"statement\.not_yours"):
            desk.send_back(paid, by=who)


def test_the_walk_itself_lets_no_invoice_slip(desk: Desk, paid: int) -> None:
    """Neither closed without one, nor sent back around it."""
    finance = desk.people["finance"].actor
    with (
        pytest.raises(RuleViolation, match=r"statement\.invoice_first"),
        db.transaction(desk.engine) as session,
    ):
        take_step(
            session, actor=finance, now=shanghai("2026-04-05"), statement_id=paid, version=None, act=Act.CLOSE
        )
    desk.invoice(paid)
    with (
        pytest.raises(RuleViolation, match=r"statement\.invoice_stands"),
        db.transaction(desk.engine) as session,
    ):
        send_back(
            session, actor=finance, now=shanghai("2026-04-05"), statement_id=paid, version=None, reason="-",
            to=Station.PAID,
        )  # fmt: skip


def test_what_paid_nothing_closes_without_an_invoice(desk: Desk) -> None:
    minus, zero = desk.approved("-5.00"), desk.approved("0.00")
    for statement in (minus, zero):
        desk.settle(statement)
        with pytest.raises(RuleViolation, match=r"invoice\.none"):
            desk.invoice(statement)
    assert desk.close(minus, zero) == 2
    assert desk.holds() == []


def test_one_of_several_that_differs_closes_none(desk: Desk, paid: int) -> None:
    other = desk.approved()
    desk.pay(other)
    desk.invoice(paid)
    desk.invoice(other, amount=Decimal("1.00"))
    with pytest.raises(RuleViolation, match=r"invoice\.differs"):
        desk.close(paid, other)
    assert desk.station(paid) is Station.INVOICED


def ofd() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("OFD.xml", "<ofd:OFD/>")
    return buffer.getvalue()


def plain_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("run.exe", "MZ")
    return buffer.getvalue()


@pytest.mark.engines("sqlite")
def test_the_file_is_what_it_is_whatever_its_name_says(desk: Desk, paid: int) -> None:
    for content in (b"MZ\x90\x00" + bytes(200), plain_zip(), b"<html>", b"just text", ofd()[:40]):
        with pytest.raises(RuleViolation, match=r"file\.not_an_invoice"):
            desk.invoice(paid, content=content)
    with pytest.raises(RuleViolation, match=r"file\.empty"):
        desk.invoice(paid, content=b"")
    desk.invoice(paid, content=ofd())
    [file] = desk.rows("statement_file")
    assert (file.media_type, file.name) == ("application/ofd", "fapiao.pdf.ofd")


def test_an_invoice_of_tomorrow_is_refused(desk: Desk, paid: int) -> None:
    with pytest.raises(RuleViolation, match=r"invoice\.future"):
        desk.invoice(paid, issued_on=date(2026, 4, 4))

"""What is paid of a statement, account numbers, what an invoice is compared with (M11, M14, M16)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import RuleViolation
from portal.domain.invoices import (
    Age,
    Compared,
    Stated,
    age_of,
    differences,
    parse_invoice_number,
    parse_tax_no,
)
from portal.domain.payments import (
    Answered,
    Case,
    Debt,
    Hindrance,
    Result,
    check_answer,
    folded,
    hindrance,
    masked,
    parse_account_number,
    parse_result,
    split,
)

FEN = st.integers(-10_000_00, 10_000_00).map(lambda fen: Decimal(fen) / 100)
SOME = st.integers(0, 10_000_00).map(lambda fen: Decimal(fen) / 100)
DEBTS = st.lists(st.integers(1, 5_000_00).map(lambda fen: Decimal(fen) / 100), max_size=5)


@given(FEN, SOME, DEBTS)
def test_paid_and_set_off_always_come_to_the_total(
    total: Decimal, before: Decimal, owed: list[Decimal]
) -> None:
    debts = [Debt(number, amount) for number, amount in enumerate(owed)]
    parts = split(total, before, debts)
    taken = sum((amount for _debt, amount in parts.now), Decimal(0))
    assert parts.paid + parts.set_off == total
    assert parts.paid >= 0
    assert all(0 < amount <= debts[debt].open for debt, amount in parts.now)
    if parts.owed:
        assert (parts.paid, parts.now, before - total) == (0, (), parts.owed)
    else:
        assert parts.set_off == before + taken
        assert not parts.paid or taken == sum(owed), "nothing is paid while something is owed"


def test_the_oldest_debt_is_set_off_first() -> None:
    parts = split(Decimal(500), Decimal(0), [Debt(7, Decimal(300)), Debt(3, Decimal(400))])
    assert parts.now == ((7, Decimal(300)), (3, Decimal(200)))
    assert (parts.set_off, parts.paid) == (Decimal(500), Decimal(0))


def test_what_stands_in_the_way_first() -> None:
    pays, none = split(Decimal(5), Decimal(0), []), split(Decimal(0), Decimal(0), [])
    owes = split(Decimal(-5), Decimal(0), [])
    fine = Case(in_batch=False, disputes=0, account=True, frozen=False, own_approval=False)
    assert hindrance(fine, pays) is None
    assert hindrance(fine, none) is Hindrance.NOTHING_DUE
    assert hindrance(fine, owes) is Hindrance.OWED
    assert hindrance(fine._replace(account=False, frozen=True), pays) is Hindrance.FROZEN
    assert hindrance(fine._replace(account=False), pays) is Hindrance.NO_ACCOUNT
    assert hindrance(fine._replace(account=False), none) is Hindrance.NOTHING_DUE, "it needs no account"
    assert hindrance(fine._replace(disputes=1, in_batch=True), pays) is Hindrance.IN_BATCH
    assert hindrance(fine._replace(disputes=1), owes) is Hindrance.DISPUTED
    assert hindrance(fine._replace(own_approval=True), pays) is Hindrance.FOUR_EYES


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("6225 8801 2345", "622588012345"),
        ("６２２５-８８０１", "62258801"),
        ("gb29 nwbk 6016", "GB29NWBK6016"),
    ],
)
def test_account_numbers_are_read_loosely(typed: str, read: str) -> None:
    assert parse_account_number(typed) == read


@pytest.mark.parametrize("typed", ["", "12345", "abcdefgh", "1" * 35, "6225#8801", "<b>6225880</b>"])
def test_what_is_no_account_number(typed: str) -> None:
    with pytest.raises(RuleViolation, match=r"account\.number"):
        parse_account_number(typed)


def test_only_the_last_figures_are_shown() -> None:
    assert masked("6225880123456789") == "•••• 6789"


def test_holders_are_compared_without_what_banks_change() -> None:
    assert folded("滨海通信（集团）有限公司") == folded("滨海通信(集团) 有限公司")
    assert folded("滨海通信") != folded("滨海通讯")


def test_results_in_both_languages() -> None:
    assert {parse_result(word) for word in ("paid", "成功", " PAID ")} == {Result.PAID}
    assert {parse_result(word) for word in ("failed", "失败")} == {Result.FAILED}
    with pytest.raises(RuleViolation, match=r"payment\.result"):
        parse_result("")


def test_an_answer_is_news_once() -> None:
    paid, failed = Answered(Result.PAID, "2026-04-01", "B1", ""), Answered(Result.FAILED, "", "", "退回")
    assert check_answer(paid, None)
    assert not check_answer(paid, paid)
    with pytest.raises(RuleViolation, match=r"payment\.answered_otherwise"):
        check_answer(failed, paid)


WANTED = Stated("CS-2026-Q1-0001", "大东通信（集团）有限公司", "91310115TX2334G26K", Decimal("4800.00"))


def test_what_differs_on_an_invoice_is_named_and_nothing_else() -> None:
    same = Stated("cs-2026-q1-0001 ", "大东通信(集团)有限公司", "91310115tx2334g26k", Decimal("4800.00"))
    assert differences(same, WANTED) == ()
    other = Stated("CS-2026-Q1-0002", "大东", "91420111GMWC073PBL", Decimal("4800.01"))
    assert [each.what for each in differences(other, WANTED)] == list(Compared)
    [found] = differences(WANTED._replace(amount=Decimal("1.00")), WANTED)
    assert (found.stated, found.wanted) == (Decimal("1.00"), Decimal("4800.00"))


def test_what_the_deployer_has_not_said_is_not_compared() -> None:
    wanted = WANTED._replace(title="", tax_no="")
    assert differences(WANTED._replace(title="x", tax_no="y"), wanted) == ()


def test_tax_and_invoice_numbers() -> None:
    assert parse_tax_no("9131 0115 TX23 34G2 6K") == "91310115TX2334G26K"
    assert parse_tax_no("440300119135021") == "440300119135021"
    assert parse_invoice_number("2632 0000 0012 3456 7890") == "26320000001234567890"
    with pytest.raises(RuleViolation, match=r"uscc\.check_digit"):
        parse_tax_no("91310115TX2334G26X")
    for text in ("12", "no digits here at all", "x" * 50):
        with pytest.raises(RuleViolation, match=r"invoice\.tax_no"):
            parse_tax_no(text)
    for text in ("123", "ABCDEF", "1" * 41):
        with pytest.raises(RuleViolation, match=r"invoice\.number"):
            parse_invoice_number(text)


@pytest.mark.parametrize(
    ("today", "age", "late"),
    [
        (date(2026, 4, 10), Age.IN_TIME, 0),
        (date(2026, 4, 13), Age.LATE, 1),
        (date(2026, 4, 17), Age.LATE, 5),
        (date(2026, 4, 20), Age.LATER, 6),
        (date(2026, 5, 29), Age.LATEST, 31),
    ],
)
def test_the_age_of_a_missing_invoice_is_in_working_days(today: date, age: Age, late: int) -> None:
    """Paid on Thursday 2 April; five working days over Qingming lead to Friday 10 April."""
    found, days = age_of(date(2026, 4, 2), today, 5)
    assert found is age
    assert days == late or age is Age.LATEST

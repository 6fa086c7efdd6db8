"""Amounts in capital figures, as a statement's total stands on paper (M15)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import capital_amount

DIGITS = {figure: value for value, figure in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000}
GROUPS = {"万": 10**4, "亿": 10**8, "兆": 10**12}


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "人民币零元整"),
        ("0.01", "人民币壹分"),
        ("0.10", "人民币壹角整"),
        ("0.15", "人民币壹角伍分"),
        ("1", "人民币壹元整"),
        ("10.00", "人民币壹拾元整"),
        ("10.50", "人民币壹拾元零伍角整"),
        ("11.50", "人民币壹拾壹元伍角整"),
        ("1.05", "人民币壹元零伍分"),
        ("18901.88", "人民币壹万捌仟玖佰零壹元捌角捌分"),
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("1680.32", "人民币壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "人民币壹拾万柒仟元零伍角叁分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("100010001", "人民币壹亿零壹万零壹元整"),
        ("100000000", "人民币壹亿元整"),
        ("100000001", "人民币壹亿零壹元整"),
        ("1000010000", "人民币壹拾亿零壹万元整"),
        ("9999999999999.99", "人民币玖兆玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("-1200", "人民币负壹仟贰佰元整"),
        ("-0.03", "人民币负叁分"),
    ],
)
def test_by_example(amount: str, text: str) -> None:
    assert capital_amount(Decimal(amount)) == text


def read(text: str) -> Decimal:
    """Read capital figures back, by another way than they were written."""
    rest = text.removeprefix("人民币")
    sign = -1 if rest.startswith("负") else 1
    total = group = digit = fen = 0
    for char in rest.removeprefix("负").removesuffix("整"):
        if char in DIGITS:
            digit = DIGITS[char]
        elif char in UNITS:
            group, digit = group + digit * UNITS[char], 0
        elif char in GROUPS:
            total, group, digit = total + (group + digit) * GROUPS[char], 0, 0
        elif char == "元":
            total, group, digit = total + group + digit, 0, 0
        else:
            fen, digit = fen + digit * {"角": 10, "分": 1}[char], 0
    return sign * (Decimal(total) + Decimal(fen) / 100)


@given(st.integers(-999_999_999_999_999, 999_999_999_999_999))
def test_reads_back_as_the_same_amount(fen: int) -> None:
    amount = Decimal(fen).scaleb(-2)
    text = capital_amount(amount)
    assert read(text) == amount
    assert "零零" not in text
    assert not text.endswith("零")

"""Exact money and counts: how typed figures are read, and the one rounding (M4)."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

from portal.domain.errors import RuleViolation

_FEN = Decimal("0.01")
_TEN_THOUSAND = Decimal(10_000)
_LARGEST = Decimal("9999999999999.99")
_LARGEST_COUNT = 9_999_999
_PLAIN = re.compile(r"\d+(\.\d+)?")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")


def round_fen(amount: Decimal) -> Decimal:
    """Half-up to the fen: 33.335 becomes 33.34 (§13 example 2)."""
    return amount.quantize(_FEN, ROUND_HALF_UP)


def share_of(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """`amount` × `part` / `whole`, half-up to the fen and exact however long the figures (M5).

    None of them is negative; `whole` is above 0.
    """
    fen, share, all_ = (int(each.scaleb(2)) for each in (amount, part, whole))
    return Decimal((2 * fen * share + all_) // (2 * all_)).scaleb(-2)


def parse_amount(text: str) -> Decimal:
    """A typed amount in yuan, with at most two decimals; full-width digits are understood.

    :raises RuleViolation: ``amount.*`` saying what is wrong: grouping, decimals, sign, size.
    """
    plain = _plain_figure(text, "amount")
    amount = Decimal(plain)
    if -int(amount.as_tuple().exponent) > 2:
        raise RuleViolation("amount.decimals", value=text)
    if amount > _LARGEST:
        raise RuleViolation("amount.too_large", value=text)
    return amount.quantize(_FEN)


def parse_yuan(text: str) -> Decimal:
    """A typed amount in yuan as people speak of revenue, also in ten thousands: 2.165万.

    :raises RuleViolation: as `parse_amount`.
    """
    typed = unicodedata.normalize("NFKC", text).strip().removesuffix("元").strip()
    if not typed.endswith("万"):
        return parse_amount(text)
    yuan = Decimal(_plain_figure(typed[:-1].strip(), "amount")) * _TEN_THOUSAND
    return parse_amount(format(yuan.normalize(), "f"))


def parse_count(text: str) -> int:
    """A typed whole number such as a number of ports.

    :raises RuleViolation: ``count.*`` saying what is wrong.
    """
    plain = _plain_figure(text, "count")
    if "." in plain:
        raise RuleViolation("count.not_whole", value=text)
    # Measured by length first: turning a million digits into a number costs seconds.
    if len(plain) > 20 or int(plain) > _LARGEST_COUNT:
        raise RuleViolation("count.too_large", value=text[:40], largest=_LARGEST_COUNT)
    return int(plain)


def _plain_figure(text: str, kind: str) -> str:
    shown = text[:40]
    typed = unicodedata.normalize("NFKC", text).strip()
    typed = typed.removeprefix("¥").removesuffix("元").strip()
    if typed.startswith(("-", "−", "(")):
        raise RuleViolation(f"{kind}.negative", value=shown)
    if len(typed) > 40:
        raise RuleViolation(f"{kind}.too_large", value=shown, largest=_LARGEST_COUNT)
    if _GROUPED.fullmatch(typed):
        return typed.replace(",", "")
    if "," in typed:
        raise RuleViolation(f"{kind}.grouping", value=shown)
    if not typed.isascii() or not _PLAIN.fullmatch(typed):
        raise RuleViolation(f"{kind}.not_a_number", value=shown)
    return typed


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "兆")


def capital_amount(amount: Decimal) -> str:
    """An amount in the capital figures of Chinese cheques and invoices (人民币大写), exact to the fen.

    "整" follows a sum of whole yuan, or of whole jiao; "负" stands before a sum below zero.
    """
    sign, fen = ("负" if amount < 0 else ""), int(abs(round_fen(amount)) * 100)
    yuan, jiao, fen = fen // 100, fen // 10 % 10, fen % 10
    whole = _whole_yuan(yuan) + "元" if yuan or not (jiao or fen) else ""
    if not (jiao or fen):
        return f"人民币{sign}{whole}整"
    if jiao:
        # A yuan that ends in nothing is told from one that does not.
        gap = "零" if yuan and yuan % 10 == 0 else ""
        tenths = f"{gap}{_DIGITS[jiao]}角"
    else:
        tenths = "零" if yuan else ""
    return f"人民币{sign}{whole}{tenths}" + (f"{_DIGITS[fen]}分" if fen else "整")


def _whole_yuan(yuan: int) -> str:
    """A whole number below a trillion yuan times ten thousand, with one 零 for every gap."""
    if yuan == 0:
        return _DIGITS[0]
    groups = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    text, gap = "", False
    for place in reversed(range(len(groups))):
        group = groups[place]
        if not group:
            gap = bool(text)
            continue
        if text and (gap or group < 1000):
            text += _DIGITS[0]
        text, gap = text + _four(group) + _GROUPS[place], False
    return text


def _four(group: int) -> str:
    """One to 9999: 壹仟零伍, without what is nothing at its end."""
    text, gap = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit:
            text += (_DIGITS[0] if gap and text else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text

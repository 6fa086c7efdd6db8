"""The policy's figures as people type them (§12)."""

import unicodedata
from decimal import Decimal, InvalidOperation

from portal.domain.errors import RuleViolation
from portal.domain.figures import Figure, Unit, Value
from portal.domain.money import parse_amount, parse_count
from portal.domain.rates import MOST_YUAN


def parse_share(text: str) -> Decimal:
    """A typed share: ``40%``, ``40`` and ``0.40`` are all forty per cent; answers a share of one.

    A bare 1 could be one per cent or all of it, so it has to be written out.

    :raises RuleViolation: ``share.*`` saying what is wrong.
    """
    typed, shown = unicodedata.normalize("NFKC", text).strip(), text.strip()[:40]
    bare = typed.removesuffix("%").strip()
    try:
        number = Decimal(bare) if len(bare) <= 20 and bare.isascii() else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or set(bare) - set("0123456789."):
        raise RuleViolation("share.not_a_share", value=shown)
    if bare == typed and number == 1:
        raise RuleViolation("share.one", value=shown)
    share = number.scaleb(-2) if bare != typed or number > 1 else number
    if share > 1:
        raise RuleViolation("share.too_large", value=shown)
    if -int(share.normalize().as_tuple().exponent) > 4:
        raise RuleViolation("share.decimals", value=shown)
    return share


def parse_figure(figure: Figure, text: str) -> Value:
    """A figure as a person types it.

    :raises RuleViolation: ``share.*``, ``amount.*``, ``count.*``, ``price.decimals``, ``policy.too_many``.
    """
    if figure.unit is Unit.SHARE:
        return parse_share(text)
    if figure.unit is Unit.SHARES:
        parts = unicodedata.normalize("NFKC", text).replace("、", ",").replace(";", ",").split(",")
        shares = tuple(parse_share(each) for each in parts if each.strip())
        if list(shares) != sorted(set(shares)):
            raise RuleViolation("share.order", value=text.strip()[:40])
        return shares
    if figure.unit is Unit.YUAN_PER_MINUTE:
        return _price(text)
    if figure.unit is Unit.YUAN:
        amount = parse_amount(text)
        if amount > MOST_YUAN:
            raise RuleViolation("amount.too_large", value=text.strip()[:40])
        return amount
    number = parse_count(text)
    if number > figure.most:
        raise RuleViolation("policy.too_many", value=text.strip()[:40], most=figure.most)
    return number


def _price(text: str) -> Decimal:
    typed = unicodedata.normalize("NFKC", text).strip().removeprefix("¥").removesuffix("元").strip()
    if (
        len(typed) > 20
        or not typed.isascii()
        or set(typed) - set("0123456789.")
        or not any(map(str.isdigit, typed))
    ):
        raise RuleViolation("amount.not_a_number", value=text.strip()[:40])
    try:
        price = Decimal(typed)
    except InvalidOperation:
        raise RuleViolation("amount.not_a_number", value=text.strip()[:40]) from None
    if -int(price.normalize().as_tuple().exponent) > 4:
        raise RuleViolation("price.decimals", value=text.strip()[:40])
    if price > MOST_YUAN:
        raise RuleViolation("amount.too_large", value=text.strip()[:40])
    return price

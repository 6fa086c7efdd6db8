"""A line of a statement opened: its formula with figures, the rule, the terms of its day (M13)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.commissions import ZERO, Flag
from portal.domain.disputes import DisputeState
from portal.domain.lines import LineKind
from portal.domain.money import round_fen
from portal.domain.rates import BY_MINUTES
from portal.web.filters import money, sign
from portal.web.labels import label
from portal.web.language import gettext as _

RULES: Mapping[str, Any] = {
    "M1": _l("A customer earns commission for two years from the contract date, at the rate of each year."),
    "M2": _l("Tier and policy are those in force on the day of the receipt."),
    "M3": _l("What is received above the floor price of the minutes is earned; below it nothing is charged."),
    "M5": _l("A refund takes back the same share of what its receipt earned, at the original rate."),
    "M8": _l("Wholesale partners earn no commission by this table."),
    "M9": _l("What finance grants in a dispute is a line of its own."),
}
WHAT_TO_DO: Mapping[Flag, Any] = {
    Flag.UNDER_FLOOR: _l(
        "It earns nothing and is not charged to you (M3). Check the minutes if you doubt it."
    ),
    Flag.PAST_TERM: _l(
        "A customer earns for two years from its contract date (M1). A new contract starts new years."
    ),
    Flag.BEFORE_CONTRACT: _l("Ask your channel manager to check the contract date if it is wrong (M1)."),
    Flag.WHOLESALE: _l("Wholesale partners earn no commission by this table (M8)."),
    Flag.KEY_ACCOUNTS: _l("Key accounts owned this customer on the day of the receipt."),
    Flag.NO_TIER: _l(
        "The channel manager enters the tier; then the receipt comes on the next statement (M2)."
    ),
    Flag.NO_POLICY: _l("The channel manager publishes the policy; then it comes on the next statement (M2)."),
    Flag.NO_RATE: _l("The channel manager completes the policy; then it comes on the next statement (M2)."),
    Flag.NO_FLOOR_PRICE: _l(
        "The channel manager enters the floor price; then it comes on the next statement (M3)."
    ),
    Flag.NO_MINUTES: _l(
        "Finance corrects the receipt in the billing system; then it comes on the next statement (M3)."
    ),
    Flag.REFUNDED_WITHHELD: _l("It waits for the receipt that it refunds (M5)."),
    Flag.DISPUTED: _l("Once finance has answered, what comes of it is a line of your next statement (M9)."),
    Flag.UNKNOWN_CONTRACT: _l("Finance finds out which contract it belongs to (M14)."),
    Flag.CONTESTED_CONTRACT: _l(
        "Finance checks number and first day of the signed contract; then it comes on a statement (M14)."
    ),
}
"""What to do about a receipt that earns nothing, or not yet (M14)."""


@dataclass(frozen=True)
class Line:
    """One line as a page shows it; `formula` in figures, one step a line."""

    row: Any
    formula: Sequence[str]
    rate: str
    rule: str
    flag: str
    dispute: Any = None

    @property
    def may_dispute(self) -> bool:
        """Whether an objection to it can be taken up now."""
        return (
            self.row.receipt_id is not None
            and bool(self.row.settles)
            and self.row.flag is not Flag.DISPUTED
            and (self.dispute is None or self.dispute.state is DisputeState.REFUSED)
        )


def shown(row: Any) -> Line:
    """A stored line."""
    return Line(
        row, formula_of(row), _rate(row), str(RULES.get(row.rule, "")),
        str(label(row.flag)),
    )  # fmt: skip


def lines_shown(rows: Iterable[Any], disputes: Iterable[Any], revision: int) -> list[Line]:
    """Lines with the newest dispute about each, as far as it is about this revision or parked."""
    about = {
        each.receipt_id: each
        for each in disputes
        if each.receipt_id is not None
        and each.state is not DisputeState.WITHDRAWN
        and (each.revision == revision or each.parked)
    }
    return [replace(shown(row), dispute=about.get(row.receipt_id)) for row in rows]


def by_reason(lines: Iterable[Line]) -> list[tuple[str, str, list[Line]]]:
    """What is not on a statement, grouped by why, with what to do about it (M14)."""
    groups: dict[Flag, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.row.flag, []).append(line)
    return [(str(label(flag)), str(WHAT_TO_DO[flag]), found) for flag, found in groups.items()]


def _percent(rate: Any) -> str:
    text = f"{Decimal(rate) * 100:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def _price(floor: Any) -> str:
    """A price a minute: with as many decimals as it has, at least two."""
    value = Decimal(floor)
    places = max(2, -int(value.normalize().as_tuple().exponent))
    return f"{sign()}{value:.{places}f}"


def _amount(value: Decimal) -> str:
    return f"−{money(-value)}" if value < 0 else money(value)


def _rate(row: Any) -> str:
    if row.rate is not None:
        return _percent(row.rate)
    return _price(row.floor_price) if row.floor_price is not None else "–"


def formula_of(row: Any) -> tuple[str, ...]:
    """How a line came to its amount: ``¥12,000.00 × 40% = ¥4,800.00`` (M13)."""
    if row.kind is LineKind.GRANTED:
        return (_("Granted in a dispute: %(amount)s more", amount=_amount(row.commission)),)
    if row.kind is LineKind.RESUMED:
        return (_("Taken up again after a dispute: %(amount)s", amount=_amount(row.commission)),)
    if row.refund_of_id is not None:
        return _of_refund(row)
    if row.product in BY_MINUTES:
        return _by_minutes(row)
    if row.rate is not None:
        due = _amount(row.commission if row.counted else _share(row))
        return (f"{_amount(row.amount)} × {_percent(row.rate)} = {due}",)
    return ()


def _share(row: Any) -> Decimal:
    return round_fen(row.amount * Decimal(row.rate))


def _by_minutes(row: Any) -> tuple[str, ...]:
    if row.floor_price is None or row.minutes is None:
        return ()
    floor = Decimal(row.floor_price)
    above = row.amount - floor * row.minutes
    figures = _(
        "%(received)s − %(minutes)s min × %(floor)s = %(above)s",
        received=_amount(row.amount), minutes=f"{row.minutes:,}", floor=_price(floor),
        above=_amount(above.quantize(Decimal("0.01")) if above < 0 else row.commission),
    )  # fmt: skip
    if above < 0:
        return figures, _("Under the floor price: it earns nothing, and nothing is charged.")
    return (figures,)


def _of_refund(row: Any) -> tuple[str, ...]:
    """The share of what the refunded receipt earned, less what earlier refunds took back."""
    if row.refunded_amount is None or not row.counted:
        return ()
    earned = (row.refunded_earned or ZERO) + (row.refunded_added or ZERO)
    before, taken = row.refunded_before or ZERO, row.taken_before or ZERO
    refunded = before - row.amount
    owed = taken - row.commission
    said = [
        _("Its receipt of %(amount)s earned %(earned)s.",
          amount=money(row.refunded_amount), earned=money(earned)),
        f"{money(earned)} × {money(refunded)} ÷ {money(row.refunded_amount)} = {_amount(owed)}",
    ]  # fmt: skip
    if before:
        said.append(
            _("Earlier refunds took back %(taken)s: %(rest)s is left to take back.",
              taken=money(taken), rest=_amount(owed - taken))
        )  # fmt: skip
    return tuple(said)

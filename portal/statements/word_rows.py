"""The words of statements on paper and in spreadsheets: periods, products, reasons, notes."""

import re
from collections.abc import Mapping
from typing import Any

from portal.domain.commissions import Flag
from portal.domain.lines import LineKind
from portal.domain.periods import Period
from portal.domain.rates import Product
from portal.domain.statements import OPEN, Station
from portal.statements.paper import PaperLine, Subtotal
from portal.web.language import gettext as _

# Direction marks and other unseen characters would let a name rearrange what stands beside it.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def period_words(period: Period) -> str:
    """2026 年第 1 季度 / Q1 2026."""
    if period.is_quarter:
        return _("Q%(quarter)s %(year)s", quarter=period.first.month // 3 + 1, year=period.first.year)
    return _("%(year)s-%(month)s", year=period.first.year, month=f"{period.first.month:02}")


def product_words(product: Product | None) -> str:
    """What the customer paid for."""
    return "" if product is None else _PRODUCTS[product]()


_PRODUCTS: Mapping[Product, Any] = {
    Product.PORT: lambda: _("Port fees"),
    Product.CONFERENCE: lambda: _("Conferencing"),
    Product.DDD: lambda: _("Domestic calls"),
    Product.IDD: lambda: _("International calls"),
}


def flag_words(flag: Flag | None) -> str:
    """Why a receipt earns nothing, or is not on the statement (M14)."""
    return "" if flag is None else _FLAGS[flag]()


_FLAGS: Mapping[Flag, Any] = {
    Flag.UNDER_FLOOR: lambda: _("Under the floor price: earns nothing"),
    Flag.PAST_TERM: lambda: _("The customer is past its two years"),
    Flag.BEFORE_CONTRACT: lambda: _("Received before the contract began"),
    Flag.WHOLESALE: lambda: _("Wholesale partners earn no commission"),
    Flag.KEY_ACCOUNTS: lambda: _("The customer belonged to key accounts"),
    Flag.NO_TIER: lambda: _("No tier decided for that day"),
    Flag.NO_POLICY: lambda: _("No policy in force on that day"),
    Flag.NO_RATE: lambda: _("The policy has no rate for this tier"),
    Flag.NO_FLOOR_PRICE: lambda: _("No floor price for that day"),
    Flag.NO_MINUTES: lambda: _("The minutes are missing"),
    Flag.REFUNDED_WITHHELD: lambda: _("Refunds a receipt that is withheld itself"),
    Flag.DISPUTED: lambda: _("Disputed"),
    Flag.UNKNOWN_CONTRACT: lambda: _("No contract with this number is known"),
    Flag.CONTESTED_CONTRACT: lambda: _("Finance checks the contract"),
}


def state_words(station: Station) -> str:
    """Where the statement stands, as far as a paper can say it: until the answer it is one and the same."""
    if station in OPEN or station is Station.SENT:
        return _("For the partner to confirm")
    if station is Station.DISPUTED:
        return _("Disputed by the partner")
    return _("Paid") if station in (Station.PAID, Station.INVOICED, Station.CLOSED) else _("Confirmed")


def year_words(year: int | None) -> str:
    """The year of the contract that a receipt lies in."""
    if year is None:
        return ""
    return _("Year 1") if year == 1 else _("Year 2")


def basis(line: PaperLine) -> str:
    """What the commission is computed with: a rate in per cent, or a floor price in yuan a minute."""
    if line.rate is not None:
        return f"{(line.rate * 100).normalize():f}%"
    return "" if line.floor_price is None else _("floor %(price)s", price=f"{line.floor_price:f}")


def notes(line: PaperLine) -> str:
    """What is to be said about a line beside its figures."""
    said = []
    if line.kind is LineKind.GRANTED:
        said.append(_("Granted after a dispute"))
    if line.kind is LineKind.RESUMED:
        said.append(_("Goes on after a dispute"))
    if line.refund_of:
        said.append(_("Refund of receipt %(ref)s", ref=plain(line.refund_of)))
    if line.late:
        said.append(_("Late: of an earlier period"))
    if line.flag is not None:
        said.append(flag_words(line.flag))
    return " · ".join(said)


def subtotal_words(each: Subtotal) -> str:
    """What a subtotal is of."""
    if each.year is None:
        return _("Without a year, subtotal")
    return _("Year 1 subtotal") if each.year == 1 else _("Year 2 subtotal")


def plain(text: str) -> str:
    """Text without characters that nobody sees and that could turn a line around."""
    return _UNSEEN.sub("", text)

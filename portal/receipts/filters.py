"""The filters of the list of receipts from and to the address."""

from collections.abc import Mapping
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.periods import Period, parse_period
from portal.domain.rates import Product
from portal.receipts.listing import Filters


def filters_from(args: Any) -> Filters:
    """Read the filters; what is not understood is left out, never an error."""
    return Filters(
        text=args.get("q", "").strip()[:80],
        period=_period(args.get("period", "")),
        product=next((each for each in Product if each.value == args.get("product")), None),
        source=args.get("source", "")[:40],
        matched={"1": True, "0": False}.get(args.get("matched", "")),
        refunds=args.get("refunds") == "1",
    )


def _period(text: str) -> Period | None:
    try:
        return parse_period(text)
    except RuleViolation:
        return None


def as_query(filters: Filters) -> Mapping[str, Any]:
    """The filters as query arguments, defaults left out."""
    query: dict[str, Any] = {}
    if filters.text:
        query["q"] = filters.text
    if filters.period:
        query["period"] = str(filters.period)
    if filters.product:
        query["product"] = filters.product.value
    if filters.source:
        query["source"] = filters.source
    if filters.matched is not None:
        query["matched"] = int(filters.matched)
    if filters.refunds:
        query["refunds"] = 1
    return query

"""A list's filters from and to the address, so that a view can be shared and saved."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from portal.domain.facts import State
from portal.domain.pipeline import Stage
from portal.domain.terms import CustomerClass
from portal.registrations.listing import SORTS, Filters

_E = TypeVar("_E", bound=StrEnum)


def filters_from(args: Any) -> Filters:
    """Read the filters; what is not understood is left out, never an error."""
    partner = args.get("partner", "")
    return Filters(
        text=args.get("q", "").strip()[:100],
        states=_members(State, args.getlist("state")),
        stages=_members(Stage, args.getlist("stage")),
        partner_id=int(partner) if partner.isascii() and partner.isdigit() and len(partner) < 10 else None,
        customer_class=next(iter(_members(CustomerClass, args.getlist("class"))), None),
        mine=args.get("mine") == "1",
        support=args.get("support") == "1",
        correction=args.get("correction") == "1",
        sort=args.get("sort") if args.get("sort") in SORTS else "newest",
    )


def _members(enum: type[_E], values: list[str]) -> tuple[_E, ...]:
    known = {member.value: member for member in enum}
    return tuple(known[value] for value in values if value in known)


def as_query(filters: Filters) -> Mapping[str, Any]:
    """The filters as query arguments, defaults left out."""
    query: dict[str, Any] = {}
    if filters.text:
        query["q"] = filters.text
    if filters.states:
        query["state"] = [state.value for state in filters.states]
    if filters.stages:
        query["stage"] = [stage.value for stage in filters.stages]
    if filters.partner_id is not None:
        query["partner"] = filters.partner_id
    if filters.customer_class:
        query["class"] = filters.customer_class.value
    for flag in ("mine", "support", "correction"):
        if getattr(filters, flag):
            query[flag] = 1
    if filters.sort != "newest":
        query["sort"] = filters.sort
    return query

"""The list of receipts: narrowed, a page at a time, with the sums of what is shown at its head."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.contracts import key_of
from portal.domain.periods import Period
from portal.domain.rates import Product
from portal.models import tables as t
from portal.paging import Page, page_by_key
from portal.receipts.numbers import unknown_keys

PAGE_SIZE = 50
_c = t.receipt.c
_STATEMENTS = 256


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; every field comes from the address."""

    text: str = ""
    period: Period | None = None
    product: Product | None = None
    source: str = ""
    matched: bool | None = None
    refunds: bool = False


ORIGINAL = t.receipt.alias("original")
# A refund is of whoever earned its receipt, whoever owns the customer by then (M5).
CREDITED_ON = sa.func.coalesce(ORIGINAL.c.received_on, _c.received_on, type_=sa.Date()).label("credited_on")
_LISTED = (
    CREDITED_ON,
    _c.id, _c.source, _c.ref, _c.received_on, _c.contract_no, _c.contract_key, _c.product, _c.amount,
    _c.minutes, _c.refund_of_id,
)  # fmt: skip


def list_receipts(session: Session, filters: Filters, *, cursor: str | None, size: int = PAGE_SIZE) -> Page:
    """One page, the newest first."""
    return page_by_key(
        session, _listed(_shape(filters)), column=_c.received_on, key=_c.id, descending=True, size=size,
        cursor=cursor, values=_values(filters),
    )  # fmt: skip


@dataclass(frozen=True)
class Sums:
    """How many receipts there are, what came in, what went back (positive), in yuan."""

    number: int
    received: Any
    refunded: Any


def sums_of(session: Session, filters: Filters) -> Sums:
    """The sums of everything that is filtered."""
    row = session.execute(_summed(_shape(filters)), _values(filters)).one()
    return Sums(row.number, row.received or 0, -(row.refunded or 0))


def _shape(filters: Filters) -> Filters:
    """The filters without their values: a statement is built once per shape."""
    return replace(
        filters,
        text=filters.text and "x",
        period=None,
        product=filters.product and Product.PORT,
        source=filters.source and "x",
        refunds=filters.refunds,
        matched=filters.matched,
    )


def _values(filters: Filters) -> dict[str, Any]:
    span = filters.period
    return {
        "first": span.first if span else None, "last": span.last if span else None,
        "product": filters.product, "source": filters.source, "ref": filters.text,
        "key": key_of(filters.text), "name": f"%{_plain(filters.text)}%",
    }  # fmt: skip


def _plain(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


@lru_cache(maxsize=_STATEMENTS)
def _listed(shape: Filters) -> Any:
    query = sa.select(*_LISTED).join(ORIGINAL, ORIGINAL.c.id == _c.refund_of_id, isouter=True)
    return _narrowed(query, shape)


@lru_cache(maxsize=_STATEMENTS)
def _summed(shape: Filters) -> Any:
    came_in = sa.func.sum(sa.case((_c.amount > 0, _c.amount), else_=sa.null()))
    went_back = sa.func.sum(sa.case((_c.amount < 0, _c.amount), else_=sa.null()))
    return _narrowed(
        sa.select(
            sa.func.count().label("number"),
            sa.type_coerce(came_in, _c.amount.type).label("received"),
            sa.type_coerce(went_back, _c.amount.type).label("refunded"),
        ).select_from(t.receipt),
        shape,
    )


def _narrowed(query: Any, shape: Filters) -> Any:
    first, last = (sa.bindparam(name, type_=sa.Date()) for name in ("first", "last"))
    query = query.where(sa.or_(first.is_(None), _c.received_on >= first))
    query = query.where(sa.or_(last.is_(None), _c.received_on <= last))
    if shape.product:
        query = query.where(_c.product == sa.bindparam("product", type_=_c.product.type))
    if shape.source:
        query = query.where(_c.source == sa.bindparam("source"))
    if shape.refunds:
        query = query.where(_c.refund_of_id.is_not(None))
    if shape.matched is not None:
        unknown = _c.contract_key.in_(unknown_keys())
        query = query.where(sa.not_(unknown) if shape.matched else unknown)
    if shape.text:
        k, r = t.contract.c, t.registration.c
        named = (
            sa.select(k.number_key)
            .join(t.registration, r.id == k.registration_id)
            .where(r.customer_name.ilike(sa.bindparam("name"), escape="\\"))
        )
        is_ref = sa.and_(_c.source.in_(_sources()), _c.ref == sa.bindparam("ref"))
        query = query.where(
            sa.or_(is_ref, _c.contract_key == sa.bindparam("key"), _c.contract_key.in_(named))
        )
    return query


def _sources() -> Any:
    """The sources there are: few among very many rows, found by stepping through their index."""
    inner = t.receipt.alias().c
    step = sa.select(sa.func.min(_c.source).label("source")).cte("step", recursive=True)
    later = sa.select(sa.func.min(inner.source)).where(inner.source > step.c.source).scalar_subquery()
    step = step.union_all(sa.select(later).where(step.c.source.is_not(None)))
    return sa.select(step.c.source).where(step.c.source.is_not(None))


def sources(session: Session) -> list[str]:
    """The billing systems that receipts came from."""
    return list(session.scalars(_sources().order_by(sa.text("1"))))

"""The list of customers: found by a piece of any name or by their code, a page at a time."""

import re
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.models import tables as t
from portal.paging import Page, page_by_key
from portal.registrations.search import ESCAPE, Kind, found, search_for

PAGE_SIZE = 50
_CODE = re.compile("[0-9A-Z]{18}")


def list_customers(session: Session, *, text: str, cursor: str | None) -> Page:
    """One page of customers, the newest first; what was merged stands under what it became."""
    c, code = t.customer.c, text.strip().upper()
    if _CODE.fullmatch(code):
        query, values = _by_code(), {"code": code}
    elif text:
        search = search_for(session, text)
        query, values = _by_name(search.kind, search.narrowed), dict(search.values)
    else:
        query, values = _all(), {}
    return page_by_key(
        session, query, column=c.id, key=c.id, descending=True, size=PAGE_SIZE, cursor=cursor, values=values
    )


@lru_cache(maxsize=1)
def _all() -> Any:
    c, owner = t.customer.c, t.registration.alias("owner")
    claims = t.registration.alias("claims")
    count = sa.select(sa.func.count()).where(claims.c.customer_id == c.id).scalar_subquery()
    return (
        sa.select(
            c.id, c.name, c.uscc, count.label("claims"), owner.c.id.label("owner_id"), owner.c.state,
            owner.c.protected_until, owner.c.paused_from, t.partner.c.name.label("partner_name"),
        )
        .join(owner, sa.and_(owner.c.customer_id == c.id, owner.c.is_owner), isouter=True)
        .join(t.partner, t.partner.c.id == owner.c.partner_id, isouter=True)
        .where(c.merged_into_id.is_(None))
    )  # fmt: skip


@lru_cache(maxsize=1)
def _by_code() -> Any:
    return _all().where(t.customer.c.uscc == sa.bindparam("code"))


@lru_cache(maxsize=8)
def _by_name(kind: Kind, narrowed: bool) -> Any:
    c, r = t.customer.c, t.registration.c
    if narrowed:
        filed = c.id.in_(sa.select(r.customer_id).where(found(kind, narrowed)))
    else:
        # A common piece: going through the customers in their order meets a page of them soon.
        filed = sa.exists().where(r.customer_id == c.id, found(kind, narrowed))
    return _all().where(filed if kind is Kind.ENGLISH else sa.or_(filed, c.id.in_(_called())))


def _called() -> Any:
    """The customers that somebody stated another name of, which no filing bears."""
    alias, inside = t.customer_alias.c, sa.bindparam("inside", type_=sa.String())
    return sa.select(alias.customer_id).where(
        alias.event_id.is_not(None), alias.full_key.like(inside, escape=ESCAPE)
    )

"""Reads for a statement's own pages. What a person may not see is not asked for: it does not exist."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.access import Scope, statement_scope
from portal.domain.commissions import Flag
from portal.domain.rates import Product
from portal.domain.roles import Actor
from portal.domain.statements import ISSUED
from portal.models import tables as t
from portal.paging import Page, page_by_key

PAGE_SIZE = 100
LEFT_OFF_SIZE = 100
_SCOPES = 1000
_s, _l, _r, _p = t.statement.c, t.statement_line.c, t.receipt.c, t.partner.c
_original, _settled = t.receipt.alias("original"), t.statement_line.alias("settled")
_granted, _dispute = t.statement_line.alias("granted_line"), t.dispute.alias("dispute_of")


def in_sight(person: Actor) -> Any:
    """The condition on `statement` for those that `person` sees: a partner its own ones that are out."""
    return _in_sight(statement_scope(person), person.partner_id, person.region)


@lru_cache(maxsize=_SCOPES)
def _in_sight(scope: Scope, partner_id: int | None, region: str | None) -> Any:
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.OWN_PARTNER:
        return sa.and_(_s.partner_id == partner_id, _s.station.in_(sorted(ISSUED)))
    if scope is Scope.REGION:
        return _s.partner_id.in_(sa.select(_p.id).where(_p.region == region))
    return sa.false()


@lru_cache(maxsize=_SCOPES)
def _heads(scope: Any) -> Any:
    collected = sa.select(t.collected_period.c.collected_at).where(t.collected_period.c.period == _s.period)
    return (
        sa.select(
            t.statement,
            _p.name.label("partner_name"),
            _p.code.label("partner_code"),
            _p.region.label("partner_region"),
            collected.scalar_subquery().label("collected_at"),
        )
        .join(t.partner, _p.id == _s.partner_id)
        .where(scope)
    )


def statement_in_sight(session: Session, scope: Any, statement_id: int) -> Any:
    """A statement with its partner, or None."""
    return session.execute(_one(scope), {"statement": statement_id}).first()


@lru_cache(maxsize=_SCOPES)
def _one(scope: Any) -> Any:
    return _heads(scope).where(_s.id == sa.bindparam("statement"))


def list_statements(session: Session, scope: Any, *, cursor: str | None, size: int = 30) -> Page:
    """The statements in sight, newest first."""
    query = _heads(scope)
    return page_by_key(
        session, query, column=_s.generated_at, key=_s.id, descending=True, size=size, cursor=cursor
    )


# Of a refund: what its receipt earned, wherever that was settled, with what disputes added (M5).
_earned = (
    sa.select(sa.func.sum(_settled.c.commission))
    .where(_settled.c.receipt_id == _r.refund_of_id, _settled.c.settles)
    .scalar_subquery()
)
_added = (
    sa.select(sa.func.sum(_granted.c.commission))
    .select_from(_granted)
    .join(_dispute, _dispute.c.id == _granted.c.dispute_id)
    .join(other := t.statement.alias("other"), other.c.id == _granted.c.statement_id)
    .where(
        _dispute.c.receipt_id == _r.refund_of_id,
        _granted.c.receipt_id.is_(None),
        other.c.revision == _granted.c.revision,
    )
    .scalar_subquery()
)


@lru_cache(maxsize=8)
def _lines(*, counted: bool) -> Any:
    return (
        sa.select(
            t.statement_line,
            *(_r.source, _r.ref, _r.received_on, _r.product, _r.amount, _r.minutes, _r.contract_no),
            *(_r.refund_of_id, _original.c.ref.label("refunded_ref")),
            _original.c.received_on.label("refunded_on"),
            _original.c.amount.label("refunded_amount"),
            _earned.label("refunded_earned"),
            _added.label("refunded_added"),
            t.policy_version.c.effective_from.label("policy_from"),
            t.registration.c.partner_id.label("signed_by_id"),
        )
        .select_from(t.statement_line)
        .join(t.receipt, _r.id == _l.receipt_id, isouter=True)
        .join(_original, _original.c.id == _r.refund_of_id, isouter=True)
        .join(t.policy_version, t.policy_version.c.id == _l.policy_id, isouter=True)
        .join(t.registration, t.registration.c.id == _l.registration_id, isouter=True)
        .where(
            _l.statement_id == sa.bindparam("statement"),
            _l.revision == sa.bindparam("of_revision"),
            _l.counted == sa.literal(counted),
        )
    )


def lines_page(
    session: Session,
    statement_id: int,
    revision: int,
    *,
    cursor: str | None = None,
    product: Product | None = None,
    customer: str = "",
    flag: str = "",
) -> Page:
    """One page of the lines that are counted; `flag`: only flagged ones, late ones, or those of disputes."""
    query = _lines(counted=True)
    if product is not None:
        query = query.where(_r.product == product)
    if customer:
        query = query.where(_l.customer_name.contains(customer, autoescape=True))
    if flag in FILTERS:
        query = query.where(FILTERS[flag])
    values = {"statement": statement_id, "of_revision": revision}
    return page_by_key(
        session, query, column=_l.ordinal, key=_l.id, descending=False, size=PAGE_SIZE, cursor=cursor,
        values=values,
    )  # fmt: skip


FILTERS: Mapping[str, Any] = {
    "late": _l.late,
    "under_floor": _l.flag == Flag.UNDER_FLOOR,
    "refund": _r.refund_of_id.is_not(None),
    "dispute": _l.receipt_id.is_(None),
}


def lines_of_receipts(session: Session, statement: Any, receipts: Sequence[int]) -> list[Any]:
    """The lines of these receipts on the revision in force, counted or not, in order."""
    found: list[Any] = []
    for counted in (True, False):
        query = _lines(counted=counted).where(_l.receipt_id.in_(receipts)).order_by(_l.ordinal)
        values = {"statement": statement.id, "of_revision": statement.revision}
        found += session.execute(query, values).all()
    return found


def lines_of_receipts_then(session: Session, dispute: Any) -> list[Any]:
    """The line that a dispute is about, as it was on the revision that was disputed."""
    found: list[Any] = []
    for counted in (True, False):
        values = {"statement": dispute.statement_id, "of_revision": dispute.revision}
        query = _lines(counted=counted).where(_l.receipt_id == dispute.receipt_id)
        found += session.execute(query, values).all()
    return found


def left_off(session: Session, statement_id: int, revision: int) -> list[Any]:
    """What is not on it, by reason (M14): one row more than is shown tells that there are more."""
    query = _lines(counted=False).order_by(_l.flag, _l.ordinal).limit(LEFT_OFF_SIZE + 1)
    return list(session.execute(query, {"statement": statement_id, "of_revision": revision}))


def sums_of(session: Session, statement_id: int, revision: int) -> list[Any]:
    """Lines, received and commission by contract year, product and whether they count."""
    return list(
        session.execute(
            sa.select(
                *(_l.counted, _l.year, _r.product, _l.flag),
                sa.func.count().label("lines"),
                sa.func.sum(_r.amount).label("received"),
                sa.func.sum(_l.commission).label("commission"),
            )
            .select_from(t.statement_line)
            .join(t.receipt, _r.id == _l.receipt_id, isouter=True)
            .where(_l.statement_id == statement_id, _l.revision == revision)
            .group_by(_l.counted, _l.year, _r.product, _l.flag)
        )
    )


def acts_of(session: Session, statement_id: int) -> list[Any]:
    """What was done to a statement, oldest first, and by whom."""
    a = t.statement_act.c
    query = (
        sa.select(t.statement_act, t.user.c.name.label("who"))
        .join(t.user, t.user.c.id == a.actor_id, isouter=True)
        .where(a.statement_id == statement_id)
        .order_by(a.id)
    )
    return list(session.execute(query))


def revisions_of(session: Session, statement_id: int) -> list[Any]:
    """The revisions of a statement, newest first, and who made them."""
    v = t.statement_revision.c
    query = (
        sa.select(t.statement_revision, t.user.c.name.label("who"))
        .join(t.user, t.user.c.id == v.made_by_id, isouter=True)
        .where(v.statement_id == statement_id)
        .order_by(v.revision.desc())
    )
    return list(session.execute(query))


def files_of(session: Session, statement_id: int, purpose: str) -> list[Any]:
    """The files of one purpose, oldest first, and who sent them."""
    f = t.statement_file.c
    query = (
        sa.select(t.statement_file, t.user.c.name.label("who"))
        .join(t.user, t.user.c.id == f.uploaded_by_id)
        .where(f.statement_id == statement_id, f.purpose == purpose)
        .order_by(f.id)
    )
    return list(session.execute(query))


def changed_lines(session: Session, statement_id: int, revision: int) -> list[tuple[Any, Any]]:
    """What a revision changed: pairs of the line before and the line after; None where there is none."""
    rows = session.execute(
        sa.select(t.statement_line, _r.ref, _r.received_on, _r.product, _r.amount)
        .select_from(t.statement_line)
        .join(t.receipt, _r.id == _l.receipt_id, isouter=True)
        .where(_l.statement_id == statement_id, _l.revision.in_((revision - 1, revision)))
        .order_by(_l.ordinal)
    ).all()
    before = {row.ordinal: row for row in rows if row.revision == revision - 1}
    after = {row.ordinal: row for row in rows if row.revision == revision}
    pairs = ((before.get(each), after.get(each)) for each in sorted(before.keys() | after.keys()))
    return [(old, new) for old, new in pairs if _said(old) != _said(new)]


def _said(row: Any) -> tuple[Any, ...] | None:
    return None if row is None else (row.counted, row.commission, row.flag, row.receipt_id)

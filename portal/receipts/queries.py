"""What the pages about receipts show: one receipt, unmatched numbers, what is in a period."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz, process
from sqlmodel import Session

from portal.domain.commissions import products_of
from portal.domain.periods import Period
from portal.domain.rates import Product
from portal.models import tables as t
from portal.paging import Page, page_by_key
from portal.receipts.credits import Credit, load_credits
from portal.receipts.listing import CREDITED_ON, ORIGINAL
from portal.receipts.numbers import unknown_keys

PAGE_SIZE = 30
NEAREST = 5
_c = t.receipt.c


def receipt_row(session: Session, receipt_id: int) -> Any:
    """One receipt, who recorded it, and the reference of what it refunds; or None."""
    of, u = ORIGINAL.c, t.user.c
    query = (
        sa.select(t.receipt, CREDITED_ON, of.ref.label("of_ref"), u.name.label("recorded_by"))
        .join(ORIGINAL, of.id == _c.refund_of_id, isouter=True)
        .join(t.user, u.id == _c.recorded_by_id, isouter=True)
        .where(_c.id == receipt_id)
    )
    return session.execute(query).first()


def refunds_of(session: Session, receipt_id: int) -> list[Any]:
    """The refunds of a receipt, in the order in which they were recorded."""
    query = sa.select(_c.id, _c.ref, _c.received_on, _c.amount, _c.recorded_at)
    return list(session.execute(query.where(_c.refund_of_id == receipt_id).order_by(_c.id)))


def lines_about(session: Session, receipts: Collection[int]) -> dict[int, list[Any]]:
    """Where receipts stand on statements in force: number, partner, station, what is earned, why not."""
    line, s, p = t.statement_line.c, t.statement.c, t.partner.c
    query = (
        sa.select(
            line.receipt_id, s.id, s.number, s.period, s.revision, s.station, p.name.label("partner_name"),
            line.counted, line.settles, line.commission, line.flag, line.late,
        )
        .join(t.statement, sa.and_(s.id == line.statement_id, s.revision == line.revision))
        .join(t.partner, p.id == s.partner_id)
        .where(line.receipt_id.in_(receipts))
        .order_by(line.id)
    )  # fmt: skip
    found: defaultdict[int, list[Any]] = defaultdict(list)
    if receipts:
        for row in session.execute(query):
            found[row.receipt_id].append(row)
    return found


def unmatched_page(session: Session, cursor: str | None) -> Page:
    """Numbers that stand for no contract, the oldest receipt first: how many, what sum, since when."""
    k = sa.select(unknown_keys().subquery().c.contract_key).subquery()
    rows = (
        sa.select(
            _c.contract_key,
            sa.func.min(_c.contract_no).label("number"),
            sa.func.count().label("receipts"),
            sa.func.sum(_c.amount).label("amount"),
            sa.func.min(_c.received_on).label("oldest"),
            sa.func.min(_c.id).label("first_id"),
        )
        .where(_c.contract_key.in_(sa.select(k.c.contract_key)))
        .group_by(_c.contract_key)
        .subquery()
    )
    return page_by_key(
        session, sa.select(rows), column=rows.c.oldest, key=rows.c.first_id, descending=False,
        size=PAGE_SIZE, cursor=cursor,
    )  # fmt: skip


def unmatched_sums(session: Session) -> Any:
    """How many numbers, how many receipts and what sum stand for no contract."""
    return session.execute(
        sa.select(
            sa.func.count(_c.contract_key.distinct()).label("numbers"),
            sa.func.count().label("receipts"),
            sa.func.sum(_c.amount).label("amount"),
        ).where(_c.contract_key.in_(unknown_keys()))
    ).one()


def receipts_of_number(session: Session, key: str) -> Any:
    """How many receipts bear a number, what they come to, as it is written, from when to when; or None."""
    row = session.execute(
        sa.select(
            sa.func.min(_c.contract_no).label("number"),
            sa.func.count().label("receipts"),
            sa.func.sum(_c.amount).label("amount"),
            sa.func.min(_c.received_on).label("oldest"),
            sa.func.max(_c.received_on).label("newest"),
        ).where(_c.contract_key == key)
    ).one()
    return row if row.receipts else None


def matched_numbers(session: Session) -> list[Any]:
    """Numbers that finance matched by hand, the newest first, with the customer they were matched to."""
    m, newer, r = t.contract_match.c, t.contract_match.alias().c, t.registration.c
    query = (
        sa.select(m.id, m.number_key, m.contract_key, m.reason, m.matched_at, r.customer_name)
        .join(t.registration, r.id == m.registration_id)
        .where(~sa.exists().where(newer.number_key == m.number_key, newer.id > m.id))
        .order_by(m.id.desc())
        .limit(PAGE_SIZE)
    )
    return list(session.execute(query))


def nearest_keys(session: Session, keys: Collection[str]) -> dict[str, list[str]]:
    """The known contract numbers that look most like each of these."""
    known = list(session.scalars(sa.select(t.contract.c.number_key).distinct()))
    return {
        key: [near for near, _score, _at in process.extract(
            key, known, scorer=fuzz.ratio, limit=NEAREST, score_cutoff=60
        )]
        for key in keys
    }  # fmt: skip


def contracts_like(session: Session, key: str, text: str) -> list[Any]:
    """Contracts to choose from: the nearest numbers, those that bear it, and what a search by text finds."""
    c, r, p = t.contract.c, t.registration.c, t.partner.c
    query = (
        sa.select(
            c.id, c.number, c.number_key, c.starts_on, c.restated_at, c.yearly_amount,
            r.id.label("registration_id"), r.customer_name, p.name.label("partner_name"),
        )
        .join(t.registration, r.id == c.registration_id)
        .join(t.partner, p.id == r.partner_id, isouter=True)
        .order_by(c.signed_at, c.id)
        .limit(PAGE_SIZE)
    )  # fmt: skip
    if text:
        like = f"%{text.replace('%', '').replace('_', '')}%"
        return list(session.execute(query.where(sa.or_(r.customer_name.ilike(like), c.number.ilike(like)))))
    near = nearest_keys(session, [key])[key]
    rows = list(session.execute(query.where(c.number_key.in_(near))))
    return sorted(rows, key=lambda row: near.index(row.number_key))


@dataclass(frozen=True, slots=True)
class Share:
    """One line of what is in a period: a product, or whose it is; receipts and their sum in yuan."""

    name: Any
    receipts: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a period before finance calls it complete. Key accounts and unknown have no partner.

    `contested`: of these, what is withheld until finance says which contract its number means.
    """

    products: list[Share]
    partners: list[Share]
    key_accounts: Share
    unmatched: Share
    contested: Share

    @property
    def receipts(self) -> int:
        """How many receipts there are in all."""
        return sum(each.receipts for each in self.products)

    @property
    def amount(self) -> Decimal:
        """What they come to."""
        return sum((each.amount for each in self.products), Decimal("0.00"))


def contents_of(session: Session, period: Period) -> Contents:
    """Counts and sums of a period's receipts, by product and by whose they are on their days (C6)."""
    query = (
        sa.select(
            _c.contract_key, _c.product, CREDITED_ON, sa.func.count().label("n"),
            sa.func.sum(_c.amount).label("amount"),
        )
        .join(ORIGINAL, ORIGINAL.c.id == _c.refund_of_id, isouter=True)
        .where(_c.received_on.between(period.first, period.last), _c.product.in_(products_of(period)))
        .group_by(_c.contract_key, _c.product, CREDITED_ON)
    )  # fmt: skip
    credits = load_credits(session).by_key
    by_product: defaultdict[Any, list[Any]] = defaultdict(lambda: [0, Decimal("0.00")])
    by_party: defaultdict[Any, list[Any]] = defaultdict(lambda: [0, Decimal("0.00")])
    for key, product, day, number, amount in session.execute(query):
        told = [by_product[product], by_party[_party(credits, key, day)]]
        if key in credits and credits[key].contested:
            told.append(by_party[_CONTESTED])
        for sums in told:
            sums[0] += number
            sums[1] += amount
    names = {row.id: row.name for row in session.execute(sa.select(t.partner.c.id, t.partner.c.name))}
    partners = [Share(names[party], *sums) for party, sums in by_party.items() if isinstance(party, int)]
    return Contents(
        products=[Share(product, *by_product[product]) for product in Product if product in by_product],
        partners=sorted(partners, key=lambda each: (-each.amount, each.name)),
        key_accounts=Share(None, *by_party[None]),
        unmatched=Share(None, *by_party[_UNKNOWN]),
        contested=Share(None, *by_party[_CONTESTED]),
    )


_UNKNOWN, _CONTESTED = "unknown", "contested"


def _party(credits: Mapping[str, Credit], key: str, day: date) -> Any:
    return credits[key].partner_on(day) if key in credits else _UNKNOWN


def last_import(session: Session) -> Any:
    """The newest import of receipts: its file, when, how many rows were new; or None."""
    c = t.import_run.c
    query = sa.select(c.file_name, c.at, c.accepted).where(c.kind == "receipts")
    return session.execute(query.order_by(c.id.desc()).limit(1)).first()


def collected_periods(session: Session) -> list[Any]:
    """Periods whose receipts were called complete, the newest first."""
    c, u = t.collected_period.c, t.user.c
    query = sa.select(c.period, c.collected_at, u.name).join(t.user, u.id == c.collected_by_id, isouter=True)
    return list(session.execute(query.order_by(c.collected_at.desc()).limit(PAGE_SIZE)))

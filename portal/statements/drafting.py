"""Draft a statement: which receipts are due on it, and what each earns. Nothing is written here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.commissions import Earned, Receipt, period_of, products_of
from portal.domain.lines import Due, Totals, earn, totals
from portal.domain.periods import Period
from portal.domain.rates import Product
from portal.models import tables as t
from portal.receipts.credits import Credit
from portal.statements.ground import Ground
from portal.statements.originals import Refunded, load_originals
from portal.statements.paid import Paid, by_partner, paid_refunds
from portal.statements.resuming import Resumed, by_receipt, partners_with_parked, pending_resumed

# Days, money and products as the database has them: a million rows are not worth a million conversions.
_DAY = sa.type_coerce(t.receipt.c.received_on, sa.String)
_FEN = sa.type_coerce(t.receipt.c.amount, sa.BigInteger)
_PRODUCT = sa.type_coerce(t.receipt.c.product, sa.String)
# So many contracts are asked for at once.
_TOGETHER = 500
_PRODUCTS = {product.value: product for product in Product}
_READ = (
    t.receipt.c.id, _DAY.label("received_on"), _PRODUCT.label("product"), _FEN.label("fen"),
    t.receipt.c.minutes, t.receipt.c.refund_of_id, t.receipt.c.contract_key, t.receipt.c.source,
    t.receipt.c.ref, t.receipt.c.contract_no,
)  # fmt: skip


class DraftLine(NamedTuple):
    """One receipt on a draft: what it is, whose, and what it earns."""

    receipt: Receipt
    credit: Credit
    earned: Earned
    late: bool
    source: str
    ref: str
    contract_no: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement as it would be now: its lines in the order of their days, and what they come to.

    `resumed`: what disputes parked on earlier ones came to since (M9); in the totals as well.
    """

    partner_id: int
    period: Period
    lines: list[DraftLine]
    totals: Totals
    resumed: list[Resumed] = field(default_factory=list)


def drafts(session: Session, ground: Ground, partner_ids: Iterable[int], period: Period) -> Iterator[Draft]:
    """What the statements of partners over a period are made of, from the receipts that no issued one has."""
    parked, paid = partners_with_parked(session), paid_refunds(session)
    owing = by_partner(paid)
    for group in _groups(ground, partner_ids):
        rows: defaultdict[str, list[Any]] = defaultdict(list)
        for row in _pool(session, ground, period, t.receipt.c.contract_key, _keys(ground, group)):
            rows[row[6]].append(row)
        asked = {number for each in group for number in owing.get(each, ())}
        back = {row[0]: row for row in _pool(session, ground, period, t.receipt.c.id, asked)}
        for partner_id in group:
            keys = ground.credits.of_partner.get(partner_id, ())
            own = [row for key in keys for row in rows[key] if _in_time(ground, partner_id, period, row)]
            if owed := owing.get(partner_id, set()) & back.keys():
                owed -= {row[0] for row in own}
                own += [back[each] for each in owed if _in_time(ground, partner_id, period, back[each])]
            resumed = pending_resumed(session, partner_id, period) if partner_id in parked else []
            drafted = _drafted(session, ground, partner_id, period, own, paid=paid, resumed=resumed)
            yield _resume(drafted, resumed) if resumed else drafted


def _resume(drafted: Draft, resumed: list[Resumed]) -> Draft:
    sums = drafted.totals
    total = sum((each.amount for each in resumed), sums.total)
    return replace(
        drafted, resumed=resumed, totals=sums._replace(total=total, lines=sums.lines + len(resumed))
    )


def draft(session: Session, ground: Ground, partner_id: int, period: Period) -> Draft:
    """The same for one partner."""
    return next(drafts(session, ground, [partner_id], period))


def redraft(
    session: Session,
    ground: Ground,
    partner_id: int,
    period: Period,
    receipts: Collection[int],
    *,
    out: bool,
) -> Draft:
    """The same for given receipts, settled or not: what a statement of them says under `ground`.

    One that is `out` settled them, whoever else states their contract's number since.
    """
    rows = [
        row
        for part in chunks(receipts)
        for row in session.execute(sa.select(*_READ).where(t.receipt.c.id.in_(part)))
    ]
    return _drafted(session, ground, partner_id, period, rows, out=out)


def _groups(ground: Ground, partner_ids: Iterable[int]) -> Iterator[list[int]]:
    """Partners together as long as their contracts fit one question."""
    group: list[int] = []
    size = 0
    for partner_id in partner_ids:
        number = len(ground.credits.of_partner.get(partner_id, ()))
        if group and size + number > _TOGETHER:
            yield group
            group, size = [], 0
        group.append(partner_id)
        size += number
    if group:
        yield group


class _Days(dict[Any, date]):
    """Days by what the driver answers: SQLite a text, PostgreSQL a date."""

    def __missing__(self, told: Any) -> date:
        self[told] = day = told if isinstance(told, date) else date.fromisoformat(told)
        return day


def _drafted(
    session: Session,
    ground: Ground,
    partner_id: int,
    period: Period,
    rows: list[Any],
    *,
    paid: Mapping[int, Paid] | None = None,
    resumed: Sequence[Resumed] = (),
    out: bool = False,
) -> Draft:
    """Lines of these receipts: the partner's own, by who was `paid` for refunds; without it, whosever.

    A refund takes back of what is `resumed` beside it as well (M5, M9).
    """
    refunds = {row[5] for row in rows if row[5] is not None}
    refunded = _refunded(session, refunds, partner_id, period, resumed) if refunds else {}
    rows.sort(key=itemgetter(1, 0))
    by_key, days, taken = ground.credits.by_key, _Days(), []
    for row in rows:
        credit, day = by_key.get(row[6]), days[row[1]]
        # A refund takes back from whom its receipt was earned by, whoever owns the customer now.
        earned_on = day if row[5] is None else refunded[row[5]].received_on
        owner = None if paid is None or credit is None else credit.partner_on(earned_on)
        if paid is not None and (known := paid.get(row[0])) is not None:
            owner = known.partner_id
            if credit is None or credit.registration_id != known.credit.registration_id:
                credit = known.credit
        if credit is not None and (paid is None or owner == partner_id):
            amount = Decimal(row[3]).scaleb(-2)
            receipt = Receipt(row[0], day, _PRODUCTS[row[2]], amount, row[4], row[5], row[6])
            taken.append((receipt, credit, row))
    earned = earn(
        [Due(receipt, credit.starts_on, credit.contested and not out) for receipt, credit, _row in taken],
        lambda day: ground.terms(partner_id, day),
        {number: each.original for number, each in refunded.items()},
    )
    first = period.first
    lines = [
        DraftLine(receipt, credit, earned[receipt.id], receipt.received_on < first, row[7], row[8], row[9])
        for receipt, credit, row in taken
    ]
    return Draft(partner_id, period, lines, totals((line.earned, line.receipt.amount) for line in lines))


def _refunded(
    session: Session, refunds: set[int], partner_id: int, period: Period, resumed: Sequence[Resumed]
) -> dict[int, Refunded]:
    c = t.statement.c
    own = sa.select(c.id).where(c.partner_id == partner_id, c.period == str(period))
    return load_originals(session, refunds, but=session.scalar(own), again=by_receipt(session, resumed))


def _keys(ground: Ground, partner_ids: Iterable[int]) -> set[str]:
    return {key for each in partner_ids for key in ground.credits.of_partner.get(each, ())}


def _pool(
    session: Session, ground: Ground, period: Period, column: Any, values: Collection[Any]
) -> Iterator[Any]:
    """Receipts with these values in `column` that no other statement has, up to the period's end."""
    r, line, pool = t.receipt.c, t.statement_line.c, t.unsettled_receipt
    # A late one may be on a statement that is not out yet: it stays there.
    elsewhere = (
        sa.exists()
        .where(line.receipt_id == r.id, line.settles, t.statement.c.id == line.statement_id)
        .where(t.statement.c.period != str(period))
    )
    query = sa.select(*_READ).join(pool, pool.c.receipt_id == r.id).where(~elsewhere)
    products = [product.value for product in products_of(period)]
    own = query.where(r.received_on.between(period.first, period.last), _PRODUCT.in_(products))
    if (collected_at := ground.collected.get(str(period))) is not None:
        own = own.where(r.recorded_at <= collected_at)
    earlier = query.add_columns(r.recorded_at).where(r.received_on < period.first, _PRODUCT.in_(products))
    for part in chunks(values):
        yield from session.execute(own.where(column.in_(part))).all()
        yield from session.execute(earlier.where(column.in_(part))).all()


def _in_time(ground: Ground, partner_id: int, period: Period, row: Any) -> bool:
    """Whether a receipt belongs here: of this period, or of an earlier one whose statement it missed (M6)."""
    if len(row) == len(_READ):
        return True
    own = str(period_of(_PRODUCTS[row.product], _Days()[row.received_on]))
    collected_at = ground.collected.get(own)
    return ground.is_out(partner_id, own) or (collected_at is not None and row.recorded_at > collected_at)

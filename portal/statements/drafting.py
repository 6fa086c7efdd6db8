"""Draft a statement: which receipts are due on it, and what each earns. Nothing is written here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.commissions import Earned, Receipt, period_of, products_of
from portal.domain.lines import Totals, earn, totals
from portal.domain.periods import Period
from portal.domain.rates import Product
from portal.domain.statements import ISSUED
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
_KEY = t.receipt.c.contract_key
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
        keys = {key for each in group for key in ground.credits.of_partner.get(each, ())}
        due, late = _own(session, ground, period, _KEY, keys), _earlier(session, period, _KEY, keys)
        of_key, late_of_key = _by_key(due), _by_key(late)
        asked = {number for each in group for number in owing.get(each, ())}
        back = list(_own(session, ground, period, t.receipt.c.id, asked))
        late_back = list(_earlier(session, period, t.receipt.c.id, asked))
        for partner_id in group:
            keys_of_one = ground.credits.of_partner.get(partner_id, ())
            own = [row for key in keys_of_one for row in of_key.get(key, ())]
            missed = [row for key in keys_of_one for row in late_of_key.get(key, ())]
            if owed := owing.get(partner_id, set()) - {row[0] for row in chain(own, missed)}:
                own += [row for row in back if row[0] in owed]
                missed += [row for row in late_back if row[0] in owed]
            own += [row for row in missed if _missed(ground, partner_id, row)]
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
    for number, told, product, fen, minutes, refund_of, key, source, ref, contract_no, *_recorded in rows:
        credit, day = by_key.get(key), days[told]
        # A refund takes back from whom its receipt was earned by, whoever owns the customer now.
        earned_on = day if refund_of is None else refunded[refund_of].received_on
        owner = None if paid is None or credit is None else credit.partner_on(earned_on)
        if paid is not None and (known := paid.get(number)) is not None:
            owner = known.partner_id
            if credit is None or credit.registration_id != known.credit.registration_id:
                credit = known.credit
        if credit is not None and (paid is None or owner == partner_id):
            amount = Decimal(fen).scaleb(-2)
            receipt = Receipt(number, day, _PRODUCTS[product], amount, minutes, refund_of, key)
            taken.append((receipt, credit, source, ref, contract_no))
    earned = earn(
        ((each[0], each[1].starts_on, each[1].contested and not out) for each in taken),
        lambda day: ground.terms(partner_id, day),
        {of: each.original for of, each in refunded.items()},
    )
    first = period.first
    lines = [
        DraftLine(receipt, credit, earned[receipt.id], receipt.received_on < first, source, ref, contract_no)
        for receipt, credit, source, ref, contract_no in taken
    ]
    return Draft(partner_id, period, lines, totals((line.earned, line.receipt.amount) for line in lines))


def _refunded(
    session: Session, refunds: set[int], partner_id: int, period: Period, resumed: Sequence[Resumed]
) -> dict[int, Refunded]:
    c = t.statement.c
    # Drafts of others as well: a receipt may just change hands, and their old lines say nothing any more.
    anew = sa.select(c.id).where(
        c.period == str(period), sa.or_(c.partner_id == partner_id, c.station.not_in(ISSUED))
    )
    return load_originals(session, refunds, but=anew, again=by_receipt(session, resumed))


def _by_key(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row[6]].append(row)
    return found


def _own(
    session: Session, ground: Ground, period: Period, column: Any, values: Collection[Any]
) -> Iterator[Any]:
    """Receipts of the period itself with these values in `column`, unless they came after it was closed."""
    query = _pool(period).where(t.receipt.c.received_on.between(period.first, period.last))
    if (collected_at := ground.collected.get(str(period))) is not None:
        query = query.where(t.receipt.c.recorded_at <= collected_at)
    return _of(session, query, column, values)


def _earlier(session: Session, period: Period, column: Any, values: Collection[Any]) -> Iterator[Any]:
    """Receipts from before the period; when they were recorded stands at the end."""
    query = _pool(period).where(t.receipt.c.received_on < period.first)
    return _of(session, query.add_columns(t.receipt.c.recorded_at), column, values)


def _pool(period: Period) -> sa.Select[Any]:
    """Receipts of the products that the period is about and that no statement of another one has."""
    r, line, pool = t.receipt.c, t.statement_line.c, t.unsettled_receipt
    # A late one may be on a statement that is not out yet: it stays there.
    elsewhere = (
        sa.exists()
        .where(line.receipt_id == r.id, line.settles, t.statement.c.id == line.statement_id)
        .where(t.statement.c.period != str(period))
    )
    products = [product.value for product in products_of(period)]
    query = sa.select(*_READ).join(pool, pool.c.receipt_id == r.id)
    return query.where(~elsewhere, _PRODUCT.in_(products))


def _of(session: Session, query: Any, column: Any, values: Collection[Any]) -> Iterator[Any]:
    for part in chunks(values):
        yield from session.execute(query.where(column.in_(part))).all()


def _missed(ground: Ground, partner_id: int, row: Any) -> bool:
    """Whether a receipt of an earlier period missed the statement of its own (M6)."""
    own = str(period_of(_PRODUCTS[row.product], _Days()[row.received_on]))
    collected_at = ground.collected.get(own)
    return ground.is_out(partner_id, own) or (collected_at is not None and row.recorded_at > collected_at)

"""A draft as it is stored: its hash (M15) and its lines as plain values, computed in one go."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from portal.domain.commissions import Earned
from portal.domain.lines import BETWEEN, LineKind, Totals, counted, settles
from portal.domain.periods import Period
from portal.statements.drafting import Draft, drafts
from portal.statements.ground import Ground
from portal.statements.resuming import Resumed
from portal.statements.sealing import NO_RECEIPT, said_of, seal, terms_said

COLUMNS = (
    "ordinal", "kind", "counted", "settles", "receipt_id", "registration_id", "customer_name",
    "contract_on", "tier", "policy_id", "year", "rate", "floor_price", "refunded_before", "taken_before",
    "commission", "rule", "flag", "late",
)  # fmt: skip
RECEIPT, SETTLES = COLUMNS.index("receipt_id"), COLUMNS.index("settles")
_RECEIPT, _RESUMED = LineKind.RECEIPT.value, LineKind.RESUMED.value


class Composed(NamedTuple):
    """A first revision: what it comes to, its hash, its lines in `COLUMNS`; what disputes came to since."""

    partner_id: int
    number: str
    content_hash: str
    totals: Totals
    rows: list[tuple[Any, ...]]
    resumed: list[Resumed]


Composing = Callable[[Session, Ground, Mapping[int, str], Period], Iterator[Composed]]
"""Composes the statements of a period for partners by the numbers that they get, in this order."""


def composed(
    session: Session, ground: Ground, numbers: Mapping[int, str], period: Period
) -> Iterator[Composed]:
    """The statements of a period that are not out, one after the other."""
    for drafted in drafts(session, ground, numbers, period):
        yield compose(numbers[drafted.partner_id], drafted)


class _Terms(NamedTuple):
    """What lines of the same terms have in common: said for the hash, and stored."""

    said: str
    flag: str | None
    counted: bool
    settles: bool
    stored: tuple[Any, ...]
    rule: str


def compose(number: str, drafted: Draft) -> Composed:
    """What is written of a draft under this number."""
    terms: dict[int, _Terms] = {}
    said: list[str] = []
    rows: list[tuple[Any, ...]] = []
    for ordinal, (receipt, credit, earned, late, source, ref, contract_no) in enumerate(drafted.lines, 1):
        # By identity: comparing terms would cost more than there is to save. The draft keeps them alive.
        known = terms.get(id(earned.why)) or terms.setdefault(id(earned.why), _terms(earned))
        day, product = receipt.received_on.isoformat(), receipt.product._value_
        about = (
            f"{source}{BETWEEN}{ref}{BETWEEN}{contract_no}{BETWEEN}{product}{BETWEEN}{day}{BETWEEN}"
            f"{receipt.amount}{BETWEEN}{receipt.minutes}"
        )
        name, commission, before = credit.customer_name, earned.commission, earned.before
        said.append(said_of(ordinal, _RECEIPT, about, name, known.said, commission, known.flag, late))
        rows.append((
            ordinal, _RECEIPT, known.counted, known.settles, receipt.id, credit.registration_id, name,
            credit.starts_on.isoformat(), *known.stored,
            None if before is None else _fen(before.refunded),
            None if before is None else _fen(before.taken_back),
            _fen(commission), known.rule, known.flag, late,
        ))  # fmt: skip
    said += [_said_again(*each) for each in enumerate(drafted.resumed, start=len(rows) + 1)]
    sealed = seal(number, 1, drafted.period, drafted.totals.total, said)
    return Composed(drafted.partner_id, number, sealed, drafted.totals, rows, drafted.resumed)


def _terms(earned: Earned) -> _Terms:
    rule, flag, tier, policy, year, rate, floor = earned.why
    return _Terms(
        terms_said(tier and tier.value, year, rate, floor, rule),
        flag and flag.value,
        counted(earned),
        settles(earned),
        (
            tier and tier.value, policy, year,
            None if rate is None else str(rate), None if floor is None else str(floor),
        ),
        rule,
    )  # fmt: skip


def _said_again(ordinal: int, line: Resumed) -> str:
    terms = terms_said(line.tier and line.tier.value, line.year, None, None, "M9")
    return said_of(ordinal, _RESUMED, NO_RECEIPT, line.customer_name, terms, line.amount, None, False)


def _fen(amount: Any) -> int:
    return int(amount.scaleb(2))

"""What the open month and quarter come to as of today (M15): the very draft of the statement, never kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission as P
from portal.domain.lines import LineKind, counted
from portal.domain.periods import Period, month_of, quarter_of
from portal.statements import line_rows
from portal.statements.drafting import DraftLine, draft
from portal.statements.ground import Ground, load_ground
from portal.statements.rows import Sums, period_words, sums_shown
from portal.web import forms
from portal.web.access import partner_or_404
from portal.web.login import needs
from portal.web.request import actor, reading, today

bp = Blueprint("forecast", __name__, url_prefix="/statements/forecast")
_MOST = 100


@dataclass(frozen=True)
class Drafted:
    """A draft's line as the page of a statement reads lines."""

    ordinal: int
    counted: bool
    settles: bool
    late: bool
    flag: Any
    rule: str
    commission: Decimal
    amount: Decimal
    customer_name: str
    contract_on: date
    contract_no: str
    received_on: date
    product: Any
    minutes: int | None
    rate: Decimal | None
    floor_price: Decimal | None
    tier: Any
    year: int | None
    policy_id: int | None
    policy_from: date | None
    source: str
    ref: str
    refund_of_id: int | None
    refunded_ref: str = ""
    refunded_amount: Decimal | None = None
    dispute_id: int | None = None
    receipt_id: int | None = None
    kind: LineKind = LineKind.RECEIPT
    # A group of one, for the sums.
    lines: int = 1

    @property
    def received(self) -> Decimal:
        """What came in, for the sums."""
        return self.amount


@dataclass(frozen=True)
class Forecast:
    """One open period as of today."""

    period: Period
    sums: Sums
    lines: list[Any]
    left_off: list[Any]

    @property
    def more(self) -> bool:
        """Whether there are more lines than are shown."""
        return self.sums.lines > len(self.lines)


def _drafted(ground: Ground, lines: list[DraftLine]) -> Iterator[Drafted]:
    for ordinal, line in enumerate(lines, start=1):
        receipt, earned, why = line.receipt, line.earned, line.earned.why
        from_day = ground.policies.at(receipt.received_on).effective_from if why.policy else None
        yield Drafted(
            ordinal=ordinal, counted=counted(earned), settles=False, late=line.late, flag=why.flag,
            rule=why.rule, commission=earned.commission, amount=receipt.amount,
            customer_name=line.credit.customer_name, contract_on=line.credit.starts_on,
            contract_no=line.contract_no, received_on=receipt.received_on, product=receipt.product,
            minutes=receipt.minutes, rate=why.rate, floor_price=why.floor_price, tier=why.tier,
            year=why.year, policy_id=why.policy, policy_from=from_day, source=line.source,
            ref=line.ref, refund_of_id=receipt.refund_of,
        )  # fmt: skip


def _forecasts(partner_id: int) -> list[Forecast]:
    session, found = reading(), []
    ground = load_ground(session, partner_ids=[partner_id])
    for period in (month_of(today()), quarter_of(today())):
        rows = list(_drafted(ground, draft(session, ground, partner_id, period).lines))
        on = [row for row in rows if row.counted]
        off = [line_rows.shown(row) for row in rows if not row.counted]
        lines = [line_rows.shown(row) for row in on[:_MOST]]
        found.append(Forecast(period, sums_shown(rows), lines, line_rows.by_reason(off[:_MOST])))
    return found


def _partner() -> Any:
    """The person's own partner; vendor people name one that they see."""
    own = actor().partner_id
    return partner_or_404(own if own is not None else forms.posted_number(request.args.get("partner")))


@bp.get("")
@needs(P.STATEMENT_VIEW)
def show() -> ResponseReturnValue:
    """Both open periods, line by line."""
    partner = _partner()
    return render_template(
        "statements/detail_forecast.html",
        forecasts=_forecasts(partner.id),
        partner_name=None if actor().is_partner else partner.name,
        period_words=period_words,
    )


@bp.get("/part")
@needs(P.STATEMENT_VIEW)
def part() -> ResponseReturnValue:
    """The two sums, for the top of the list."""
    partner = _partner()
    return render_template(
        "statements/detail_forecast_part.html", forecasts=_forecasts(partner.id), period_words=period_words
    )

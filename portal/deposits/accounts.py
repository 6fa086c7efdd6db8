"""How every partner's account stands: required, deposited, short, owed, wholesale (B1–B5, M11)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.deposits import NOTHING, is_waived, required_deposit, shortfall
from portal.domain.money import round_fen
from portal.domain.periods import day_end
from portal.domain.rates import PayFigures
from portal.domain.terms import PartnerKind, Tier
from portal.domain.wholesale import Service, Standing, standing, used_share
from portal.models import tables as t
from portal.policy.service import policy_on

EXPORTED = (
    *("partner", "required", "balance", "shortfall", "open_debt", "overdue_debt"),
    *("wholesale_state", "unpaid_traffic"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One partner's account on a day. `required` is None where no tier is decided for the day."""

    partner_id: int
    code: str
    name: str
    region: str
    kind: PartnerKind
    active: bool
    tier: Tier | None
    required: Decimal | None
    balance: Decimal
    waived: Decimal | None
    waiver_reason: str
    open_debt: Decimal
    overdue_debt: Decimal
    unpaid: Decimal
    service: Service | None
    warned: Decimal | None
    """The highest warning that the unpaid traffic has reached, a share of the balance (B5)."""

    @property
    def shortfall(self) -> Decimal:
        """What is missing to the required deposit (B4); nothing of a partner that left."""
        return shortfall(self.required, self.balance) if self.active else NOTHING

    @property
    def is_waived(self) -> bool:
        """Whether the coo waived all that is missing."""
        return is_waived(self.shortfall, self.waived)

    @property
    def used(self) -> int:
        """How much of the deposit unpaid traffic uses up, in per cent."""
        return used_share(self.unpaid, self.balance)


def accounts(
    session: Session, *, scope: Any, day: date, until: datetime | None = None, partner_id: int | None = None
) -> list[Account]:
    """The accounts of the partners in `scope` by code: now, or with `until` as they stood at that instant.

    What was recorded after `until` did not stand then, whatever day it bears.
    """
    pay = policy_on(session, day).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    query = _query(day, until).where(scope).order_by(t.partner.c.code)
    if partner_id is not None:
        query = query.where(t.partner.c.id == partner_id)
    return [_account(row, pay) for row in session.execute(query)]


def _account(row: Any, pay: PayFigures) -> Account:
    balance, unpaid = row.balance or NOTHING, row.unpaid or NOTHING
    stands = (
        standing(unpaid, balance, pay.traffic_warnings)
        if row.kind is PartnerKind.WHOLESALE and row.active
        else Standing(Service.SUSPENDED, None)
    )
    wholesale = row.kind is PartnerKind.WHOLESALE and row.active
    return Account(
        row.id, row.code, row.name, row.region, row.kind, row.active, row.tier,
        required_deposit(row.kind, row.tier, row.traffic_deposit, pay),
        balance, row.waived, row.waiver_reason or "", row.open_debt or NOTHING, row.overdue_debt or NOTHING, unpaid,
        stands.service if wholesale else None, stands.warned,
    )  # fmt: skip


def _query(day: date, until: datetime | None) -> Any:
    p, tier = t.partner.c, t.tier_term.c
    balance, waived, debt, unpaid = _balances(until), _waivers(until), _debts(day, until), _unpaid(day, until)
    return (
        sa.select(
            p.id, p.code, p.name, p.region, p.kind, p.active, p.traffic_deposit, tier.tier,
            balance.c.balance, waived.c.amount.label("waived"),
            waived.c.reason.label("waiver_reason"), debt.c.open_debt, debt.c.overdue_debt,
            unpaid.c.unpaid,
        )
        .join(
            t.tier_term,
            sa.and_(tier.partner_id == p.id, tier.starts_on <= day, tier.ends_on >= day),
            isouter=True,
        )
        .join(balance, balance.c.partner_id == p.id, isouter=True)
        .join(waived, waived.c.partner_id == p.id, isouter=True)
        .join(debt, debt.c.partner_id == p.id, isouter=True)
        .join(unpaid, unpaid.c.partner_id == p.id, isouter=True)
    )  # fmt: skip


def _by(column: Any, until: datetime | None) -> Any:
    return sa.true() if until is None else column <= until


def _balances(until: datetime | None) -> Any:
    c = t.deposit_entry.c
    query = sa.select(c.partner_id, sa.func.sum(c.amount).label("balance"))
    return query.where(_by(c.recorded_at, until)).group_by(c.partner_id).subquery()


def _waivers(until: datetime | None) -> Any:
    c = t.deposit_waiver.c
    last = sa.select(sa.func.max(c.id)).where(_by(c.waived_at, until)).group_by(c.partner_id)
    return sa.select(c.partner_id, c.amount, c.reason).where(c.id.in_(last)).subquery()


def _debts(day: date, until: datetime | None) -> Any:
    c, s = t.debt.c, t.debt_settlement.c
    settled = (
        sa.select(s.debt_id, sa.func.sum(s.amount).label("amount"))
        .where(_by(s.settled_at, until))
        .group_by(s.debt_id)
        .subquery()
    )
    left = c.amount - sa.func.coalesce(settled.c.amount, sa.literal(NOTHING, c.amount.type))
    late = sa.case((c.due_on < day, left), else_=sa.literal(NOTHING, c.amount.type))
    return (
        sa.select(
            c.partner_id,
            sa.type_coerce(sa.func.sum(left), c.amount.type).label("open_debt"),
            sa.type_coerce(sa.func.sum(late), c.amount.type).label("overdue_debt"),
        )
        .join(settled, settled.c.debt_id == c.id, isouter=True)
        .where(c.opened_on <= day)
        .group_by(c.partner_id)
        .subquery()
    )


def _unpaid(day: date, until: datetime | None) -> Any:
    """Now it stands beside the state; as it was then, day by day."""
    w, d, p = t.wholesale_state.c, t.traffic_day.c, t.traffic_payment.c
    if until is None:
        return sa.select(w.partner_id, w.unpaid).subquery()
    both = sa.union_all(
        sa.select(d.partner_id, d.amount).where(d.day <= day),
        sa.select(p.partner_id, -p.amount).where(p.recorded_at <= until),
    ).subquery()
    amount = sa.type_coerce(sa.func.sum(both.c.amount), d.amount.type)
    return sa.select(both.c.partner_id, amount.label("unpaid")).group_by(both.c.partner_id).subquery()


def exported(session: Session, day: date) -> Iterator[dict[str, Any]]:
    """The accounts as a file has them, as they stood at the end of `day` (interfaces.md)."""
    for each in accounts(session, scope=sa.true(), day=day, until=day_end(day)):
        wholesale = each.service is not None
        yield {
            "partner": each.code,
            "required": None if each.required is None else round_fen(each.required),
            "balance": each.balance,
            "shortfall": round_fen(each.shortfall),
            "open_debt": each.open_debt,
            "overdue_debt": each.overdue_debt,
            "wholesale_state": each.service,
            "unpaid_traffic": each.unpaid if wholesale else None,
        }

"""What a draft of the policy would have cost (§12): the same engine, other figures; nothing is written."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.commissions import WITHHELD, ZERO, Earned, Flag
from portal.domain.lines import earn, totals
from portal.domain.periods import Period, month_of
from portal.domain.policy import Policy, parse_policy
from portal.domain.rates import Product
from portal.domain.statements import ISSUED
from portal.domain.terms import PartnerKind, Tier
from portal.domain.thresholds import tier_reached
from portal.models import tables as t
from portal.policy.service import completed
from portal.statements.drafting import Draft, draft, redraft
from portal.statements.ground import Ground, load_ground

# What an issued statement left to be decided: no policy changes that.
_NOBODYS = (Flag.DISPUTED, Flag.CONTESTED_CONTRACT)


@dataclass(frozen=True, slots=True)
class PartnerEffect:
    """What a partner earned in the period, and what it would have earned; in yuan.

    `lines`: how many would come to something else; `withheld`: how many would newly wait for a term that
    the draft does not have; `freed`: how many would wait no more.
    """

    partner_id: int
    code: str
    name: str
    before: Decimal
    after: Decimal
    lines: int
    withheld: int
    freed: int

    @property
    def difference(self) -> Decimal:
        """What the draft would have cost more; less, if negative."""
        return self.after - self.before

    @property
    def changes(self) -> bool:
        """Whether the draft makes any difference to the partner."""
        return bool(self.lines or self.withheld or self.freed)


@dataclass(frozen=True, slots=True)
class TierEffect:
    """A partner whose quarter would reach another tier: customers it closed, their ports, both tiers (T2)."""

    partner_id: int
    code: str
    name: str
    closed_customers: int
    ports: int
    before: Tier
    after: Tier


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A period under a draft: partners by how much changes for them, and tiers that would change."""

    period: Period
    partners: list[PartnerEffect]
    tiers: list[TierEffect]

    @property
    def before(self) -> Decimal:
        """What the period cost."""
        return sum((each.before for each in self.partners), ZERO)

    @property
    def after(self) -> Decimal:
        """What it would have cost."""
        return sum((each.after for each in self.partners), ZERO)


def what_if(session: Session, *, body: Mapping[str, Any], period: Period) -> WhatIf:
    """A month or quarter computed as it was, and as if a draft had been in force all through it.

    A quarter is its own statements (ports) and those of its months. What is on a statement that is out is
    taken from there; for the others, what would be on them now.

    :raises RuleViolation: ``policy.bad_figure``.
    """
    supposed = parse_policy(0, period.first, completed(dict(body)))
    ground = load_ground(session)
    other = replace(ground, policies=ground.policies.under(supposed, period.first, period.last), _terms={})
    partners = [
        effect
        for partner_id, partner in ground.partners.items()
        if partner.kind is not PartnerKind.WHOLESALE and ground.credits.of_partner.get(partner_id)
        for effect in [_effect(session, ground, other, partner, period)]
        if effect is not None
    ]
    partners.sort(key=lambda each: (-abs(each.difference), -each.lines, each.code))
    tiers = _tiers(session, ground, supposed, period) if period.is_quarter else []
    return WhatIf(period, partners, tiers)


def periods_of(period: Period) -> list[Period]:
    """The statements that a month or quarter is made of."""
    if not period.is_quarter:
        return [period]
    months, day = [], period.first
    while day <= period.last:
        months.append(month_of(day))
        day = months[-1].last + timedelta(days=1)
    return [period, *months]


def _effect(
    session: Session, ground: Ground, other: Ground, partner: Any, period: Period
) -> PartnerEffect | None:
    before = after = ZERO
    lines = withheld = freed = seen = 0
    for each in periods_of(period):
        drafted = _as_it_was(session, ground, partner.id, each)
        out = ground.made.get((partner.id, str(each)), False)
        supposed = _as_it_would_be(session, other, drafted, out=out)
        before += drafted.totals.total
        after += totals((supposed[line.receipt.id], line.receipt.amount) for line in drafted.lines).total
        seen += len(drafted.lines)
        for line in drafted.lines:
            then, now = line.earned, supposed[line.receipt.id]
            lines += (then.commission, then.flag) != (now.commission, now.flag)
            withheld += now.flag in WITHHELD and then.flag not in WITHHELD
            freed += then.flag in WITHHELD and now.flag not in WITHHELD
    if not seen:
        return None
    return PartnerEffect(partner.id, partner.code, partner.name, before, after, lines, withheld, freed)


def _as_it_was(session: Session, ground: Ground, partner_id: int, period: Period) -> Draft:
    if not ground.made.get((partner_id, str(period))):
        return draft(session, ground, partner_id, period)
    s, line = t.statement.c, t.statement_line.c
    query = (
        sa.select(line.receipt_id)
        .join(t.statement, sa.and_(s.id == line.statement_id, s.revision == line.revision))
        .where(
            s.partner_id == partner_id, s.period == str(period), s.station.in_(ISSUED),
            line.receipt_id.is_not(None), sa.or_(line.flag.is_(None), line.flag.not_in(_NOBODYS)),
        )
    )  # fmt: skip
    return redraft(session, ground, partner_id, period, list(session.scalars(query)), out=True)


def _as_it_would_be(session: Session, other: Ground, drafted: Draft, *, out: bool) -> dict[int, Earned]:
    if any(line.receipt.refund_of is not None for line in drafted.lines):
        receipts = [line.receipt.id for line in drafted.lines]
        again = redraft(session, other, drafted.partner_id, drafted.period, receipts, out=out)
        return {line.receipt.id: line.earned for line in again.lines}
    due = [
        (line.receipt, line.credit.starts_on, line.earned.flag is Flag.CONTESTED_CONTRACT)
        for line in drafted.lines
    ]
    return earn(due, lambda day: other.terms(drafted.partner_id, day), {})


def _tiers(session: Session, ground: Ground, supposed: Policy, quarter: Period) -> list[TierEffect]:
    """Partners whom the draft's thresholds would put elsewhere than those in force at the quarter's end."""
    closed, ports = _closed(session, ground, quarter)
    held = ground.policies.at(quarter.last).tiers
    found = []
    for partner in ground.partners.values():
        if partner.kind is PartnerKind.WHOLESALE:
            continue
        figures = {"closed_customers": closed[partner.id], "ports": ports[partner.id]}
        then, now = tier_reached(held, **figures), tier_reached(supposed.tiers, **figures)
        if then is not now:
            about = partner.id, partner.code, partner.name
            found.append(TierEffect(*about, closed[partner.id], ports[partner.id], then, now))
    return sorted(found, key=lambda each: (-each.closed_customers, each.code))


def _closed(
    session: Session, ground: Ground, quarter: Period
) -> tuple[defaultdict[int, int], defaultdict[int, int]]:
    """Customers whose first port receipt came in the quarter, and their ports, by partner (T1)."""
    r, c = t.receipt.c, t.contract.c
    query = (
        sa.select(r.contract_key, sa.func.min(r.received_on).label("first"))
        .where(r.product == Product.PORT, r.refund_of_id.is_(None), r.received_on <= quarter.last)
        .group_by(r.contract_key)
    )
    first: dict[int, date] = {}
    for row in session.execute(query):
        credit = ground.credits.by_key.get(row.contract_key)
        if credit is not None:
            known = first.get(credit.registration_id, row.first)
            first[credit.registration_id] = min(known, row.first)
    won = {claim: day for claim, day in first.items() if day >= quarter.first}
    signed: defaultdict[int, int] = defaultdict(int)
    for row in session.execute(sa.select(c.registration_id, c.ports)):
        signed[row.registration_id] += row.ports
    closed: defaultdict[int, int] = defaultdict(int)
    ports: defaultdict[int, int] = defaultdict(int)
    for credit in {each.registration_id: each for each in ground.credits.by_key.values()}.values():
        day = won.get(credit.registration_id)
        partner_id = credit.partner_on(day) if day else None
        if partner_id is not None:
            closed[partner_id] += 1
            ports[partner_id] += signed[credit.registration_id]
    return closed, ports

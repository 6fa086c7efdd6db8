"""What statements are made from, read once for many partners: contracts, owners, tiers, policy, periods."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.commissions import Terms
from portal.domain.errors import RuleViolation
from portal.domain.policy import Policies
from portal.domain.rates import PayFigures
from portal.domain.statements import ISSUED
from portal.domain.terms import PartnerKind, Tier
from portal.models import tables as t
from portal.policy.service import load_policies
from portal.receipts.credits import Credits, load_credits


@dataclass
class Ground:
    """Everything but the receipts. `made`: which statements there are, and whether they are out (M6, M12)."""

    policies: Policies
    credits: Credits
    partners: dict[int, Any]
    tiers: dict[int, list[Any]]
    made: dict[tuple[int, str], bool]
    periods_out: set[str]
    collected: dict[str, datetime]
    _terms: dict[int, dict[date, Terms]] = field(default_factory=dict)
    _alike: dict[tuple[PartnerKind, Tier | None, int | None], Terms] = field(default_factory=dict)

    def terms(self, partner_id: int, day: date) -> Terms:
        """What held for a partner on a day (M2)."""
        known = self._terms.setdefault(partner_id, {})
        if day not in known:
            known[day] = self._terms_of(partner_id, day)
        return known[day]

    def _terms_of(self, partner_id: int, day: date) -> Terms:
        kind: PartnerKind = self.partners[partner_id].kind
        held = (each.tier for each in self.tiers.get(partner_id, ()) if each.starts_on <= day <= each.ends_on)
        tier: Tier | None = next(held, None)
        try:
            policy = self.policies.at(day)
        except RuleViolation:  # no version starts so early: the receipt waits, and says so
            return self._shared(kind, tier, None, None)
        return self._shared(kind, tier, policy.version, policy.pay)

    def _shared(
        self, kind: PartnerKind, tier: Tier | None, version: int | None, pay: PayFigures | None
    ) -> Terms:
        """The same terms for all days and partners they hold for: they remember what they come to."""
        same = (kind, tier, version)
        if same not in self._alike:
            self._alike[same] = Terms(kind, tier, version, pay)
        return self._alike[same]

    def is_out(self, partner_id: int, period: str) -> bool:
        """Whether a receipt of this period comes too late for its own statement (M6).

        A partner without a statement in a period whose statements are out will not get one any more.
        """
        return self.made.get((partner_id, period), period in self.periods_out)


def load_ground(
    session: Session, *, partner_ids: Collection[int] | None = None, policies: Policies | None = None
) -> Ground:
    """Read it for some partners, or all; `policies` in place of those in force answers "what if" (§12)."""
    partner, term, statement = t.partner.c, t.tier_term.c, t.statement.c
    partners = sa.select(partner.id, partner.code, partner.name, partner.kind).order_by(partner.id)
    terms = sa.select(term.partner_id, term.tier, term.starts_on, term.ends_on)
    made = sa.select(statement.partner_id, statement.period, statement.station)
    if partner_ids is not None:
        partners = partners.where(partner.id.in_(partner_ids))
        terms = terms.where(term.partner_id.in_(partner_ids))
    one = next(iter(partner_ids)) if partner_ids is not None and len(partner_ids) == 1 else None
    tiers: defaultdict[int, list[Any]] = defaultdict(list)
    for row in session.execute(terms.order_by(term.starts_on)):
        tiers[row.partner_id].append(row)
    stations = {(row.partner_id, row.period): row.station in ISSUED for row in session.execute(made)}
    c = t.collected_period.c
    collected = {row.period: row.collected_at for row in session.execute(sa.select(c.period, c.collected_at))}
    return Ground(
        policies=policies or load_policies(session),
        credits=load_credits(session, partner_id=one),
        partners={row.id: row for row in session.execute(partners)},
        tiers=tiers,
        made=stations,
        periods_out={period for (_partner, period), out in stations.items() if out},
        collected=collected,
    )

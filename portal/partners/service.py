"""Add and change partners and their tier terms."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.roles import Actor
from portal.domain.terms import KEY_ACCOUNTS, PartnerKind, Tier
from portal.models import Partner, TierTerm
from portal.models import tables as t

_STATED = (
    "code", "name", "kind", "region", "contact", "phone", "email", "signed_on", "traffic_deposit",
    "manager_id", "active",
)  # fmt: skip


def add_partner(session: Session, *, actor: Actor | None, now: datetime, values: Mapping[str, Any]) -> int:
    """A new partner; answers the id.

    :raises RuleViolation: ``partner.code_taken``.
    """
    code = values["code"]
    taken = session.scalar(sa.select(t.partner.c.id).where(t.partner.c.code == code))
    if taken or code == KEY_ACCOUNTS:
        raise RuleViolation("partner.code_taken", "code")
    partner = Partner(**values, created_at=now)
    session.add(partner)
    session.flush()  # the id goes into the audit trail
    assert partner.id is not None  # noqa: S101 - flushed
    subject = ("partner", partner.id)
    stated = {name: getattr(partner, name) for name in _STATED}
    audit.record(session, actor=actor, action="partner.added", at=now, subject=subject, after=stated)
    return partner.id


def change_partner(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    partner_id: int,
    version: int,
    values: Mapping[str, Any],
) -> None:
    """Change a partner's facts; the code never changes.

    :raises StaleVersion: somebody else changed it meanwhile.
    """
    partner = session.get(Partner, partner_id)
    assert partner is not None  # noqa: S101 - the view has looked
    if partner.version != version:
        raise StaleVersion("stale")
    before = {name: getattr(partner, name) for name in values}
    for name, value in values.items():
        setattr(partner, name, value)
    audit.record(
        session, actor=actor, action="partner.changed", at=now, subject=("partner", partner_id),
        before=before, after=dict(values),
    )  # fmt: skip


def add_tier_term(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    partner_id: int,
    tier: Tier,
    starts_on: date,
    ends_on: date,
) -> None:
    """A term of a tier, both days included; terms of one partner never overlap (P2, M2).

    :raises RuleViolation: ``partner.tier_order``, ``partner.tier_overlap``,
        ``partner.wholesale_tier``.
    """
    if ends_on < starts_on:
        raise RuleViolation("partner.tier_order", "ends_on")
    kind = session.scalar(sa.select(t.partner.c.kind).where(t.partner.c.id == partner_id).with_for_update())
    if kind is PartnerKind.WHOLESALE:
        raise RuleViolation("partner.wholesale_tier", "tier")
    c = t.tier_term.c
    other = session.execute(
        sa.select(c.starts_on, c.ends_on).where(
            c.partner_id == partner_id, c.starts_on <= ends_on, c.ends_on >= starts_on
        )
    ).first()
    if other:
        raise RuleViolation(
            "partner.tier_overlap", "starts_on", starts_on=other.starts_on, ends_on=other.ends_on
        )
    session.add(TierTerm(partner_id=partner_id, tier=tier, starts_on=starts_on, ends_on=ends_on))
    session.flush()  # the next term of a batch must see this one
    audit.record(
        session, actor=actor, action="partner.tier_added", at=now, subject=("partner", partner_id),
        tier=tier, starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip

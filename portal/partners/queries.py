"""Reads for the partner register."""

from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.pipeline import KEY_STAGES, Stage
from portal.models import tables as t

_STATEMENTS = 200


def partner_choices(session: Session, scope: Any) -> list[Any]:
    """Partners by name, for choosing one."""
    return list(session.execute(_choices(scope)).all())


def partner_stamp(session: Session, scope: Any) -> tuple[int, int]:
    """Two numbers that differ whenever a partner was added or changed."""
    return tuple(session.execute(_stamp(scope)).one())


@lru_cache(maxsize=_STATEMENTS)
def _stamp(scope: Any) -> Any:
    c = t.partner.c
    return sa.select(sa.func.count(c.id), sa.func.coalesce(sa.func.sum(c.version), 0)).where(scope)


@lru_cache(maxsize=_STATEMENTS)
def _choices(scope: Any) -> Any:
    c = t.partner.c
    return sa.select(c.id, c.name, c.code).where(scope).order_by(c.code)


def list_partners(session: Session, *, scope: Any, text: str, today: date) -> list[Any]:
    """Partners with their tier today and their open projects."""
    c, tier, stat = t.partner.c, t.tier_term.c, t.pipeline_stat.c
    totals = (
        sa.select(
            stat.party_id,
            sa.func.sum(stat.projects).label("projects"),
            sa.func.sum(stat.ports).label("ports"),
            sa.func.sum(stat.yearly_revenue).label("revenue"),
        )
        .group_by(stat.party_id)
        .subquery()
    )
    query = (
        sa.select(
            c.id, c.code, c.name, c.kind, c.region, c.active, c.contact, tier.tier,
            totals.c.projects, totals.c.ports, totals.c.revenue, t.user.c.name.label("manager"),
        )
        .join(
            t.tier_term,
            sa.and_(tier.partner_id == c.id, tier.starts_on <= today, tier.ends_on >= today),
            isouter=True,
        )
        .join(totals, totals.c.party_id == c.id, isouter=True)
        .join(t.user, t.user.c.id == c.manager_id, isouter=True)
        .where(scope)
        .order_by(c.code)
        .limit(500)
    )  # fmt: skip
    if text:
        inside = (
            sa.func.lower(column).contains(text.lower(), autoescape=True) for column in (c.name, c.code)
        )
        query = query.where(sa.or_(*inside))
    return list(session.execute(query))


def tier_terms(session: Session, partner_id: int) -> list[Any]:
    """A partner's tier terms, newest first."""
    c = t.tier_term.c
    return list(
        session.execute(
            sa.select(c.id, c.tier, c.starts_on, c.ends_on)
            .where(c.partner_id == partner_id)
            .order_by(c.starts_on.desc())
        )
    )


def people_of(session: Session, partner_id: int) -> list[Any]:
    """A partner's people and their roles."""
    user, role = t.user.c, t.user_role.c
    return list(
        session.execute(
            sa.select(user.id, user.name, user.email, user.active, role.role)
            .join(t.user_role, role.user_id == user.id)
            .where(user.partner_id == partner_id)
            .order_by(user.name)
        )
    )


def managers(session: Session) -> list[Any]:
    """Channel sales people who can look after a partner."""
    user, role = t.user.c, t.user_role.c
    return list(
        session.execute(
            sa.select(user.id, user.name, user.region)
            .join(t.user_role, role.user_id == user.id)
            .where(role.role == "channel_sales", user.active)
            .order_by(user.region, user.name)
        )
    )


def regions(session: Session) -> list[str]:
    """The regions in use."""
    return list(session.scalars(sa.select(t.partner.c.region).distinct().order_by(t.partner.c.region)))


def projects_of(session: Session, partner_id: int) -> list[Any]:
    """A partner's owned projects: key projects first (S1), signed ones last, then what lapses first."""
    c = t.registration.c
    rank = sa.case((c.stage == Stage.SIGNED, 2), (c.stage.in_(KEY_STAGES), 0), else_=1)
    return list(
        session.execute(
            sa.select(
                c.id,
                c.customer_name,
                c.stage,
                c.ports,
                c.yearly_revenue,
                c.protected_until,
                c.paused_from,
                c.state,
            )
            .where(c.partner_id == partner_id, c.is_owner)
            .order_by(rank, c.protected_until, c.id)
            .limit(20)
        )
    )

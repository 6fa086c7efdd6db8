"""Reads for the held queue and for customers."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.facts import State
from portal.models import tables as t

_MOST = 100


def held_filings(session: Session) -> list[Any]:
    """Filings that wait for a decision, oldest first."""
    c, suspect = t.registration.c, t.customer.alias("suspect")
    return list(
        session.execute(
            sa.select(
                c.id, c.ref, c.customer_name, c.city, c.uscc, c.filed_at, c.ports, c.match_reason,
                c.version, t.partner.c.name.label("partner_name"), suspect.c.name.label("suspect_name"),
            )
            .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
            .join(suspect, suspect.c.id == c.suspect_id, isouter=True)
            .where(c.state == State.HELD)
            .order_by(c.filed_at, c.id)
            .limit(_MOST)
        )
    )  # fmt: skip


def count_held(session: Session) -> int:
    """How many filings wait for a decision."""
    c = t.registration.c
    query = sa.select(sa.func.count()).select_from(t.registration).where(c.state == State.HELD)
    return int(session.scalar(query) or 0)


def customer_sheet(session: Session, customer_id: int) -> Any:
    """A customer as it is known: name, code, founding, merged into."""
    c = t.customer.c
    return session.execute(sa.select(t.customer).where(c.id == customer_id)).first()


def aliases(session: Session, customer_id: int) -> list[str]:
    """The names a customer is known by."""
    c = t.customer_alias.c
    return list(session.scalars(sa.select(c.name).where(c.customer_id == customer_id).order_by(c.id)))


def filings_of(session: Session, customer_id: int) -> list[Any]:
    """The claims on a customer as filed, for comparing side by side."""
    c = t.registration.c
    return list(
        session.execute(
            sa.select(
                c.id, c.ref, c.customer_name, c.customer_name_en, c.uscc, c.city, c.website, c.contact,
                c.phone, c.ports, c.filed_at, c.stage, c.state, c.protected_until, c.is_owner,
                t.partner.c.name.label("partner_name"),
            )
            .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
            .where(c.customer_id == customer_id)
            .order_by(sa.func.coalesce(c.queue_position, 9999), c.filed_at)
        )
    )  # fmt: skip


def find_customers(session: Session, text: str, full_key: str) -> list[Any]:
    """Customers whose code or a name's beginning is `text`, for choosing one to merge with."""
    c, alias = t.customer.c, t.customer_alias.c
    named = sa.select(alias.customer_id).where(
        sa.literal(bool(full_key)),  # marks alone are no name, and every name begins with nothing
        alias.full_key >= full_key,
        alias.full_key < full_key + "\uffff",
    )
    return list(
        session.execute(
            sa.select(c.id, c.name, c.uscc)
            .where(sa.or_(c.id.in_(named), c.uscc == text.upper()), c.merged_into_id.is_(None))
            .order_by(c.id)
            .limit(20)
        )
    )


def owners_of(session: Session, customer_id: int) -> list[Any]:
    """Who owned a customer from when to when, by which rule."""
    o = t.ownership.c
    return list(
        session.execute(
            sa.select(
                o.starts_at, o.ends_at, o.rule, o.registration_id, t.registration.c.ref,
                t.partner.c.name.label("partner_name"),
            )
            .join(t.registration, t.registration.c.id == o.registration_id)
            .join(t.partner, t.partner.c.id == t.registration.c.partner_id, isouter=True)
            .where(o.customer_id == customer_id)
            .order_by(o.starts_at)
        )
    )  # fmt: skip

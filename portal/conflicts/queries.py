"""Reads for customers."""

import re
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.company import parse
from portal.models import tables as t


def customer_sheet(session: Session, customer_id: int) -> Any:
    """A customer as it is known: name, code, founding, merged into."""
    c = t.customer.c
    return session.execute(sa.select(t.customer).where(c.id == customer_id)).first()


# What is too short to be taken apart, and what is not Chinese.
_BRANCH = re.compile("分公司|分行|分店|分部|办事处|[Bb]ranch")


def is_branch(name: str) -> bool:
    """Whether a name is that of a branch: by default its parent's company (§6)."""
    return parse(name).branch or bool(_BRANCH.search(name))


def party_name(session: Session, row: Any) -> str | None:
    """The partner that filed; None: key accounts."""
    c = t.partner.c
    return session.scalar(sa.select(c.name).where(c.id == row.partner_id)) if row.partner_id else None


def names_of(session: Session, customer_id: int) -> list[Any]:
    """The names a customer is known by, in the order in which they became known."""
    c = t.customer_alias
    return list(session.execute(sa.select(c).where(c.c.customer_id == customer_id).order_by(c.c.id)))


def filings_of(session: Session, customer_id: int) -> list[Any]:
    """The claims on a customer as filed, for comparing side by side."""
    c = t.registration.c
    return list(
        session.execute(
            sa.select(
                c.id, c.ref, c.customer_name, c.customer_name_en, c.uscc, c.city, c.website, c.contact,
                c.phone, c.ports, c.filed_at, c.stage, c.state, c.protected_until, c.is_owner,
                c.paused_from, c.queue_position,
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

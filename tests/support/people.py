"""The people of the suite: alice owns a partner, bob is on her team, carol is at another one.

Every other role has one person, named after it: `people["finance"]`. All know the same password.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlmodel import Session

from portal import db
from portal.auth.people import add_user
from portal.domain.roles import REGIONAL_ROLES, VENDOR_ROLES, Actor, Role
from portal.domain.terms import PartnerKind, Tier
from portal.models import tables as t
from portal.partners.service import add_partner, add_tier_term

PASSWORD = "correct horse battery"
# The weakest hash there is: hashing is what makes a sign-in slow, and no test is about that.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
SINCE = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in, as plain values."""

    user_id: int
    email: str
    name: str
    roles: frozenset[Role]
    partner_id: int | None
    region: str | None

    @property
    def actor(self) -> Actor:
        """The same as services are handed it."""
        return Actor(self.user_id, self.name, self.roles, self.partner_id, self.region)


def make_partner(session: Session, code: str, *, tier: Tier | None = None, **over: object) -> int:
    """A partner of the east, in 2025 and 2026 of the given tier; its id."""
    values = {"code": code, "name": f"{code} 通信", "kind": PartnerKind.GROWTH, "region": "east"} | over
    partner_id = add_partner(session, actor=None, now=SINCE, values=values)
    if tier is not None:
        add_tier_term(
            session,
            actor=None,
            now=SINCE,
            partner_id=partner_id,
            tier=tier,
            starts_on=date(2025, 1, 1),
            ends_on=date(2026, 12, 31),
        )
    return partner_id


def make_user(
    session: Session,
    name: str,
    *roles: Role,
    partner_id: int | None = None,
    region: str | None = None,
    **over: Any,
) -> Person:
    """A person with these roles who signs in as ``name@example.com``."""
    email = f"{name}@example.com"
    user_id = add_user(
        session,
        actor=None,
        now=SINCE,
        email=email,
        name=name.capitalize(),
        roles=roles,
        partner_id=partner_id,
        region=region,
        **{"locale": "en", "password_hash": HASH} | over,
    )
    return Person(user_id, email, name.capitalize(), frozenset(roles), partner_id, region)


def settle(engine: sa.Engine) -> dict[str, Person]:
    """Partners P001 (alice, bob; gold) and P002 (carol), both east; one person of every other role."""
    with db.transaction(engine) as session:
        ours = make_partner(session, "P001", tier=Tier.GOLD)
        other = make_partner(session, "P002")
        known = {
            "alice": make_user(session, "alice", Role.PARTNER_ADMIN, partner_id=ours),
            "bob": make_user(session, "bob", Role.PARTNER_REP, partner_id=ours),
            "carol": make_user(session, "carol", Role.PARTNER_ADMIN, partner_id=other),
        }
        for role in sorted(VENDOR_ROLES):
            region = "east" if role in REGIONAL_ROLES else None
            known[role.value] = make_user(session, role.value, role, region=region)
    return known


@pytest.fixture
def people(engine: sa.Engine, settled: dict[str, dict[str, Person]], database: str) -> Mapping[str, Person]:
    """The people of `settle`: they are there before anything else of the test.

    Keys: ``alice``, ``bob``, ``carol``, and each vendor role's value.
    """
    with db.reading(engine) as session:
        there = session.scalar(sa.select(t.user.c.id).limit(1)) is not None
    return dict(settled[database]) if there else settle(engine)

"""Found the demo's channel: the vendor's people, partners with their tiers, and their people."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from portal import db
from portal.auth.people import add_user
from portal.auth.service import hash_password
from portal.demo import names
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date, day_start
from portal.domain.roles import Actor, Role
from portal.domain.terms import PartnerKind, Tier
from portal.partners.service import add_partner, add_tier_term
from portal.policy.service import add_policy, policy_on

PASSWORD = "demo-portal-2026"  # noqa: S105 - a demo is meant to be entered
PARTNERS = 40
DAYS = 180
REGIONS = ("华东", "华北", "华南", "华中", "西南", "东北")
_FLOORS = {
    "ddd": {"gold": "0.10", "silver": "0.11", "ordinary": "0.12"},
    "idd": {"gold": "1.60", "silver": "1.75", "ordinary": "1.85"},
}
_SEVERAL = (Role.CHANNEL_SALES, Role.REGIONAL_MANAGER, Role.CHANNEL_MANAGER, Role.KEY_ACCOUNTS)


@dataclass
class Channel:
    """Who is in the demo."""

    reps: dict[int, list[Actor]]
    key_accounts: list[Actor]
    manager: Actor
    sales: dict[str, Actor]
    logins: list[tuple[str, str]]
    deciders: dict[Role, Actor]
    second_finance: Actor


class Founding:
    """Everything that exists before the first registration is filed."""

    def __init__(self, engine: Any, *, scale: int, seed: int, today: date, folder: str) -> None:
        self.engine, self.scale, self.today, self.folder = engine, scale, today, folder
        self.random = random.Random(seed)
        self.start = today - timedelta(days=DAYS)
        self.password_hash = hash_password(PASSWORD, "")
        self.people = 0

    def instant(self, day: date, hour: float) -> datetime:
        return day_start(day) + timedelta(hours=hour, microseconds=self.random.randrange(60_000_000))

    def found_channel(self, session: Session, now: datetime) -> Channel:
        nobody = Actor(0, "", frozenset())
        channel = Channel({}, [], nobody, {}, [], {}, nobody)
        for region in REGIONS:
            channel.sales[region] = self.person(session, now, channel, {Role.CHANNEL_SALES}, region=region)
            self.person(session, now, channel, {Role.REGIONAL_MANAGER}, region=region)
        channel.manager = self.person(session, now, channel, {Role.CHANNEL_MANAGER})
        for _ in range(3):
            channel.key_accounts.append(self.person(session, now, channel, {Role.KEY_ACCOUNTS}))
        for role in Role:
            if role not in (Role.PARTNER_REP, Role.PARTNER_ADMIN, *_SEVERAL):
                channel.deciders[role] = self.person(session, now, channel, {role})
        channel.second_finance = self.person(session, now, channel, {Role.FINANCE})
        channel.logins.append(("finance-second", f"finance-{self.people}@demo.example"))
        for number in range(1, PARTNERS * self.scale + 1):
            self.partner(session, now, channel, number)
        self.prices(session, now)
        return channel

    def prices(self, session: Session, now: datetime) -> None:
        """Floor prices, which the shipped policy leaves to whoever moves in."""
        body = {**policy_on(session, business_date(now)).body, "floor_prices": _FLOORS}
        add_policy(
            session, actor=None, now=now, effective_from=business_date(now), reason="长途业务底价",
            body=body,
        )  # fmt: skip

    def person(
        self,
        session: Session,
        now: datetime,
        channel: Channel,
        roles: set[Role],
        *,
        partner_id: int | None = None,
        region: str | None = None,
    ) -> Actor:
        self.people += 1
        name = names.person(self.random)
        role = next(iter(roles)).value.replace("_", "-")
        first = role not in {each for each, _address in channel.logins}
        email = f"{role if first else f'{role}-{self.people}'}@demo.example"
        user_id = add_user(
            session, actor=None, now=now, email=email, name=name, roles=roles, partner_id=partner_id,
            region=region, locale="zh", password_hash=self.password_hash,
        )  # fmt: skip
        if first:
            channel.logins.append((role, email))
        return Actor(user_id, name, frozenset(roles), partner_id, region)

    def partner(self, session: Session, now: datetime, channel: Channel, number: int) -> None:
        region = REGIONS[number % len(REGIONS)]
        kinds = list(PartnerKind)
        kind = kinds[0] if number % 13 == 0 else kinds[1 + number % 3]
        values = {
            "code": f"QD{number:03d}",
            "name": names.partner(self.random, number),
            "kind": kind,
            "region": region,
            "contact": names.person(self.random),
            "phone": names.mobile(self.random),
            "email": "",
            "signed_on": self.start - timedelta(days=self.random.randint(30, 700)),
            "traffic_deposit": Decimal("100000.00") if kind is PartnerKind.WHOLESALE else None,
            "manager_id": channel.sales[region].user_id,
        }
        partner_id = add_partner(session, actor=None, now=now, values=values)
        if kind is not PartnerKind.WHOLESALE:
            self.tiers(session, now, partner_id)
        people = [self.person(session, now, channel, {Role.PARTNER_ADMIN}, partner_id=partner_id)]
        reps = 1 + number % 2 if number % 10 else 0
        people.extend(
            self.person(session, now, channel, {Role.PARTNER_REP}, partner_id=partner_id) for _ in range(reps)
        )
        channel.reps[partner_id] = people

    def tiers(self, session: Session, now: datetime, partner_id: int) -> None:
        first = date(self.start.year, 3 * ((self.start.month - 1) // 3) + 1, 1)
        while first <= self.today:
            after = date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
            tier = self.random.choices(list(Tier), (2, 3, 5))[0]
            add_tier_term(
                session, actor=None, now=now, partner_id=partner_id, tier=tier,
                starts_on=first, ends_on=after - timedelta(days=1),
            )  # fmt: skip
            first = after


@contextmanager
def refused(session: Session) -> Iterator[None]:
    """What a rule refuses leaves nothing behind, in the trail neither."""
    with suppress(RuleViolation), db.part(session):
        yield

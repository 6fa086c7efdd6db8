"""The channel that lives through the quarter: its people, and the agenda by which the clock moves on."""

import heapq
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import clock, db
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date, day_start
from portal.domain.roles import Actor, Role
from portal.domain.weekly import LineVerdict
from portal.models import tables as t
from tests.support.people import Person, make_partner, make_user

WEEKS = int(os.environ.get("PORTAL_QUARTER_WEEKS", "13"))
PARTNERS = int(os.environ.get("PORTAL_QUARTER_PARTNERS", "40"))
ACTS_A_WEEK = int(os.environ.get("PORTAL_QUARTER_ACTS", "45"))
SEED = int(os.environ.get("PORTAL_QUARTER_SEED", "7"))
REGIONS = ("east", "north", "south", "west")

Act = Callable[[Session, datetime], None]


@dataclass(frozen=True)
class Given:
    """A verdict as the review gave it, with the last protected day as it stood before and after."""

    claim: int
    verdict: LineVerdict
    at: datetime
    before: date | None
    after: date | None


@dataclass
class Channel:
    """Partners of four regions; every act goes through a service, at its own instant."""

    engine: sa.Engine
    people: Mapping[str, Person]
    dice: random.Random
    reps: dict[int, Actor] = field(default_factory=dict)
    sales: dict[str, Actor] = field(default_factory=dict)
    names: int = 0
    did: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    given: list[Given] = field(default_factory=list)
    as_made: dict[date, dict[int, Any]] = field(default_factory=dict)
    """The partners as they were when a week's roll-up was made."""
    _agenda: list[tuple[datetime, int, str, Act]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        with db.transaction(self.engine) as session:
            for region in REGIONS:
                person = make_user(session, f"sales-{region}", Role.CHANNEL_SALES, region=region)
                self.sales[region] = person.actor
            for number in range(PARTNERS):
                made = make_partner(session, f"Q{number:03d}", region=REGIONS[number % len(REGIONS)])
                role = Role.PARTNER_ADMIN if number % 5 == 0 else Role.PARTNER_REP
                self.reps[made] = make_user(session, f"q{number:03d}", role, partner_id=made).actor

    def who(self, role: str) -> Actor:
        """The vendor's person of a role."""
        return self.people[role].actor

    def at(self, when: datetime, act: Act, name: str) -> None:
        """Put an act on the agenda."""
        heapq.heappush(self._agenda, (when, next(self._numbers), name, act))

    def live(self, until: datetime) -> None:
        """Do in its order what the agenda has before `until`, a day in one transaction.

        An act that a rule refuses is undone by itself.
        """
        while self._agenda and (first := self._agenda[0][0]) < until:
            midnight = day_start(business_date(first) + timedelta(days=1))
            with db.transaction(self.engine) as session:
                db.lock_registry(session)
                while self._agenda and self._agenda[0][0] < min(midnight, until):
                    now, _number, name, act = heapq.heappop(self._agenda)
                    with clock.frozen(now):
                        self.tried(session, name, partial(act, session, now))

    def tried(self, session: Session, name: str, act: Callable[[], object]) -> bool:
        """Do something; False where a rule refuses it, or there is nothing that it could be done to."""
        try:
            with db.part(session):
                act()
        except (RuleViolation, IndexError) as error:
            self.refused[f"{name} {error}".split("(")[0]] += 1
            return False
        self.did[name] += 1
        return True

    def one(self, session: Session, *conditions: Any) -> Any:
        """A registration at random."""
        c = t.registration.c
        return self.dice.choice(
            session.execute(sa.select(t.registration).where(*conditions).order_by(c.id)).all()
        )

    def owned(self, session: Session) -> Any:
        """A project of a partner that is in the channel."""
        c = t.registration.c
        return self.one(session, c.is_owner, c.partner_id.in_(self.reps))

    def has_work(self, session: Session, partner: int) -> bool:
        """Whether a partner has a project to talk about; of those without some come all the same."""
        c = t.registration.c
        owned = sa.select(c.id).where(c.is_owner, c.partner_id == partner).limit(1)
        return session.scalar(owned) is not None or self.dice.random() < 0.25

    def party(self, row: Any) -> Actor:
        """Who acts for a registration's party."""
        return self.reps.get(row.partner_id, self.who("key_accounts"))

    def on(self, row: Any, now: datetime) -> dict[str, Any]:
        """What every act on a registration is told, as its row was read."""
        return {"actor": self.party(row), "now": now, "registration_id": row.id, "version": row.version}

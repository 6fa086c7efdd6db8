"""What the demo's channel manager hears of how customers are called besides, and notes."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import cycle
from random import Random

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.naming import STATABLE, state_name
from portal.demo import names
from portal.domain.roles import Actor
from portal.domain.terms import NameKind
from portal.models import tables as t

Act = Callable[[Session, datetime], None]
_HEARD = "客户官网和名片"


class Stating:
    """Draws names of every kind in turn."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.kinds: Iterator[NameKind] = cycle(STATABLE)
        self.stated: set[str] = set()

    def act(self, manager: Actor, place: dict[str, int], name: str) -> Act:
        """State another name of the customer that the filing at `place` is on, unless it is held.

        A name that was stated of another customer is not stated again.
        """
        kind = next(self.kinds)
        called = names.known_as(self.random, name, kind)

        def state(session: Session, now: datetime) -> None:
            c = t.registration.c
            customer = session.scalar(sa.select(c.customer_id).where(c.id == place.get("id")))
            if customer is not None and called not in self.stated:
                self.stated.add(called)
                state_name(
                    session, actor=manager, now=now, customer_id=customer, kind=kind, name=called,
                    reason=_HEARD,
                )  # fmt: skip

        return state

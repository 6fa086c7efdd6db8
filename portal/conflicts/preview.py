"""What an act would change: done for once in earnest, looked at, and taken back."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.decisions import merge_customers
from portal.conflicts.unmerging import unmerge_customer
from portal.db import trial
from portal.domain.facts import State
from portal.domain.periods import business_date
from portal.domain.protection import end_on
from portal.models import tables as t

_REASON = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One claim before and after."""

    registration_id: int
    ref: str
    party: str
    before: State
    before_position: int | None
    before_until: date | None
    before_customer: int | None
    after: State
    after_position: int | None
    after_until: date | None
    after_customer: int | None

    @property
    def changes(self) -> bool:
        """Whether anything about the claim is another thing afterwards, the customer's number apart."""
        before = (self.before, self.before_position, self.before_until)
        return before != (self.after, self.after_position, self.after_until)


def preview_merge(session: Session, *, loser: int, winner: int, now: datetime) -> list[Change]:
    """How every claim on the two customers would stand after the merge; leaves nothing behind.

    :raises RuleViolation: what `merge_customers` would refuse.
    """

    def act() -> None:
        merge_customers(session, actor=None, now=now, loser=loser, winner=winner, reason=_REASON)

    return _foreseen(session, (winner, loser), act, business_date(now))


def preview_unmerge(session: Session, *, loser: int, winner: int, now: datetime) -> list[Change]:
    """How every claim would stand after the merge of `loser` into `winner` is undone.

    :raises RuleViolation: what `unmerge_customer` would refuse.
    """

    def act() -> None:
        unmerge_customer(session, actor=None, now=now, loser=loser, reason=_REASON)

    return _foreseen(session, (winner, loser), act, business_date(now))


def _foreseen(
    session: Session, customers: Collection[int], act: Callable[[], None], today: date
) -> list[Change]:
    before = standing(session, customers)
    with trial(session):
        act()
        after = standing(session, customers)
    return compared(before, after, today)


def compared(before: list[Any], after: list[Any], today: date) -> list[Change]:
    """Two times `standing`, claim by claim, as things stand on a day."""
    later = {row.id: row for row in after}
    return [
        Change(
            row.id, row.ref, row.partner_name or "",
            row.state, row.queue_position, _until(row, today), row.customer_id,
            then.state, then.queue_position, _until(then, today), then.customer_id,
        )
        for row in before
        if (then := later.get(row.id, row))
    ]  # fmt: skip


def _until(row: Any, today: date) -> date | None:
    return row.protected_until and end_on(row.protected_until, row.paused_from, today)


def standing(session: Session, customers: Collection[int]) -> list[Any]:
    """The claims on `customers`, and the held filings that are compared with them."""
    c = t.registration.c
    return list(
        session.execute(
            sa.select(
                c.id, c.ref, c.state, c.queue_position, c.protected_until, c.paused_from,
                c.customer_id, t.partner.c.name.label("partner_name"),
            )
            .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
            .where(sa.or_(c.customer_id.in_(customers), c.suspect_id.in_(customers)))
            .order_by(c.filed_at, c.id)
        )
    )  # fmt: skip

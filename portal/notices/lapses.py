"""Tell those concerned that a customer's protection ends soon, and that it has ended (C3)."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.facts import State
from portal.domain.notices import NoticeKind, lapse_mark
from portal.domain.periods import business_date, day_start
from portal.domain.protection import days_left
from portal.models import tables as t
from portal.notices.people import Party, parties
from portal.notices.service import Note, tell_many
from portal.policy.service import policy_on


def tell_of_lapses(session: Session, *, now: datetime) -> int:
    """Tell of everything that lapses soon or lapsed lately and was not told of yet; answers how many heard.

    Each mark of the policy is told of once for each last protected day: progress makes a new one. Of what
    lapsed longer ago than the first mark nothing is said: the day on which the portal is taken into use is
    no day of a thousand messages.
    """
    today = business_date(now)
    marks = policy_on(session, today).lapsing_soon_days
    reach = timedelta(days=max(marks))
    rows = list(session.execute(_ending(today - reach, today + reach)))
    told = _told(session, day_start(today - 2 * reach))
    news = [(kind, key, row) for kind, key, row in _news(rows, today, marks) if key not in told]
    people = parties(session, {row.partner_id for _kind, _key, row in news})
    heard = 0
    for kind in (NoticeKind.LAPSE_SOON, NoticeKind.LAPSED):
        notes = [
            Note(_concerned(people[row.partner_id], row), _about(row), f"/registrations/{row.id}", key)
            for its, key, row in news
            if its is kind
        ]
        heard += tell_many(session, now=now, kind=kind, notes=notes)
    return heard


def _ending(first: date, last: date) -> Any:
    """What is owned and not signed, and has its last protected day in a stretch of time."""
    c = t.registration.c
    return (
        sa.select(
            c.id, c.customer_name, c.protected_until, c.partner_id, c.worker_id,
            t.partner.c.name.label("partner_name"),
        )
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .where(c.is_owner, c.state.in_([State.ACTIVE, State.LAPSED]), c.protected_until.between(first, last))
        # A clock that stands ends on no day yet (C3).
        .where(c.paused_from.is_(None))
        .order_by(c.protected_until, c.id)
    )  # fmt: skip


def _news(rows: Iterable[Any], today: date, marks: Collection[int]) -> Iterator[tuple[NoticeKind, str, Any]]:
    """What each row is worth telling, and the key by which it is told once."""
    for row in rows:
        left, name = days_left(row.protected_until, today), f"{row.id}:{row.protected_until.isoformat()}"
        if left < 0:
            yield NoticeKind.LAPSED, f"lapsed:{name}", row
        elif (mark := lapse_mark(left, marks)) is not None:
            yield NoticeKind.LAPSE_SOON, f"lapse_soon:{name}:{mark}", row


def _told(session: Session, since: datetime) -> set[str]:
    """The keys told of lately, whoever heard of them."""
    c = t.notice.c
    kinds = (NoticeKind.LAPSE_SOON, NoticeKind.LAPSED)
    return set(session.scalars(sa.select(c.key).where(c.kind.in_(kinds), c.at >= since).distinct()))


def _about(row: Any) -> dict[str, Any]:
    return {
        "customer": row.customer_name, "partner": row.partner_name or "", "until": row.protected_until,
    }  # fmt: skip


def _concerned(party: Party, row: Any) -> set[int]:
    """Who works it, who answers for the party, who looks after the partner."""
    return party.answering | party.after | {row.worker_id} - {None}

"""Registrations as things stood at the end of a day (interfaces.md)."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.service import timelines
from portal.domain.facts import OWNING_STATES, Standing, State
from portal.domain.periods import BUSINESS_OFFSET, business_date, day_end
from portal.domain.protection import end_on
from portal.domain.reviewing import VERDICTS
from portal.domain.terms import KEY_ACCOUNTS, EventKind
from portal.models import tables as t

COLUMNS = (
    "ref", "customer_id", "customer_name", "party", "filed_at", "state", "stage", "owner",
    "protected_until", "queue_position", "city", "class", "ports", "yearly_revenue", "uscc",
    "website", "contact", "phone", "source", "last_review", "last_review_on", "last_review_note",
)  # fmt: skip


def registrations_as_of(session: Session, day: date) -> Iterator[dict[str, Any]]:
    """Every registration filed by the end of `day`, as it stood then, in order of filing."""
    until = day_end(day)
    dossier, replayed = timelines(session, until)
    standing = {
        claim: (customer, each)
        for customer, timeline in replayed.items()
        for claim, each in timeline.claims.items()
    }
    reviewed = _last_reviews(session, until)
    for row in session.execute(_filed_by(until)):
        customer, each = standing.get(row.id, (None, None))
        ended = dossier.released_at(row.id)
        held = State.RELEASED if ended and ended <= until else State.HELD
        state = each.state if each else held
        yield {
            "ref": row.ref,
            "customer_id": customer,
            "customer_name": row.customer_name,
            "party": row.code or KEY_ACCOUNTS,
            "filed_at": row.filed_at.astimezone(BUSINESS_OFFSET).isoformat(),
            "state": state.value,
            "stage": (each.stage if each else row.filed_stage).value,
            "owner": state in OWNING_STATES,
            "protected_until": _until(each, day),
            "queue_position": each.queue_position if each else None,
            "city": row.city,
            "class": row.customer_class,
            "ports": row.ports,
            "yearly_revenue": row.yearly_revenue,
            "uscc": row.uscc,
            "website": row.website,
            "contact": row.contact,
            "phone": row.phone,
            "source": row.source,
            **reviewed.get(row.id, _NOT_REVIEWED),
        }


def _until(each: Standing | None, day: date) -> date | None:
    """The last protected day as things stood on `day`."""
    if each is None or each.protected_until is None:
        return None
    return end_on(each.protected_until, each.paused_from, day)


_NOT_REVIEWED: Mapping[str, Any] = {"last_review": "", "last_review_on": None, "last_review_note": ""}


def _last_reviews(session: Session, until: datetime) -> dict[int, Mapping[str, Any]]:
    """The last verdict of a Thursday review on each registration up to `until`, by the facts (C8).

    One that was taken back by then is none; progress that was imported was accepted in a review as well.
    """
    e = t.registration_event.c
    taken_back = sa.select(e.about_id).where(
        e.kind == EventKind.UNDONE, e.at <= until, e.about_id.is_not(None)
    )
    query = (
        sa.select(e.registration_id, e.kind, e.at, e.note, e.reason)
        .where(e.kind.in_(tuple(VERDICTS)), e.at <= until, e.id.not_in(taken_back))
        .order_by(e.at, e.id)
    )
    return {
        row.registration_id: {
            "last_review": VERDICTS[row.kind].value,
            "last_review_on": business_date(row.at),
            "last_review_note": row.note or row.reason,
        }
        for row in session.execute(query)
    }


def _filed_by(until: datetime) -> Any:
    c = t.registration.c
    return (
        sa.select(t.registration, t.partner.c.code)
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .where(c.filed_at <= until)
        .order_by(c.filed_at, c.ref)
    )

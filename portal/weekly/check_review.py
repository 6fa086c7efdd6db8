"""`portal check` of reviews: rows are as the trail says, verdicts are the facts on the time lines (W3)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.check_claims import same
from portal.domain.errors import RuleViolation
from portal.domain.reviewing import VERDICTS
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.weekly.reviewing import digest_of

Problem = tuple[str, Any, RuleViolation]


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken invariant of reviews and of the order of the meeting; `now` decides nothing."""
    yield from _as_told(session, "review", t.review, "id")
    yield from _as_told(session, "meeting_place", t.meeting_place, "partner_id")
    yield from _lines(session)


def _as_told(session: Session, name: str, table: Any, key: str) -> Iterator[Problem]:
    told: dict[int, dict[str, Any]] = {}
    c = t.audit_entry.c
    query = sa.select(c.subject_id, c.details).where(c.subject_type == name).order_by(c.id)
    for entry in session.execute(query):
        told.setdefault(entry.subject_id, {}).update(entry.details.get("after", {}))
    for row in session.execute(sa.select(table)):
        number = getattr(row, key)
        after = told.pop(number, None)
        if not after:
            yield name, number, RuleViolation("check.untrailed")
            continue
        for column, value in _stored(name, row).items():
            if not same(value, after.get(column)):
                yield name, number, RuleViolation("check.not_trailed", column=column)
    for missing in told:
        yield name, missing, RuleViolation("check.missing")


def _stored(name: str, row: Any) -> dict[str, Any]:
    """What the trail says of a row; of notes it says their digest."""
    if name == "meeting_place":
        return {"place": row.place}
    columns = ("partner_id", "week", "opened_at", "noted_at", "noted_by_id", "done_at", "done_by_id")
    stored = {column: getattr(row, column) for column in columns}
    if row.noted_at is None:
        return stored | {"notes": row.notes or None}
    return stored | {"notes": digest_of(row.notes), "version": row.version}


def _lines(session: Session) -> Iterator[Problem]:
    """The lines are the verdicts that stand on time lines: one a review and project, of that partner."""
    expected = _verdicts(session)
    reviews = {
        row.id: row
        for row in session.execute(sa.select(t.review.c.id, t.review.c.week, t.review.c.partner_id))
    }
    r = t.registration.c
    query = sa.select(t.review_line, r.partner_id).join(
        t.registration, r.id == t.review_line.c.registration_id
    )
    for row in session.execute(query):
        where = f"{row.review_id}/{row.registration_id}"
        told = expected.pop((row.review_id, row.registration_id), None)
        if told is None:
            yield "review_line", where, RuleViolation("check.untrailed")
            continue
        review = reviews.get(row.review_id)
        if review is None or (review.week.isoformat(), review.partner_id) != (
            told.pop("week"),
            row.partner_id,
        ):
            yield "review_line", where, RuleViolation("check.not_trailed", column="review_id")
        for column, value in told.items():
            if column != "week" and getattr(row, column) != value:
                yield "review_line", where, RuleViolation("check.not_trailed", column=column)
    for review_id, registration_id in expected:
        yield "review_line", f"{review_id}/{registration_id}", RuleViolation("check.missing")


def _verdicts(session: Session) -> dict[tuple[int, int], dict[str, Any]]:
    """What the facts say was decided and not taken back, by review and project."""
    e = t.registration_event.c
    undone = sa.select(e.about_id).where(e.kind == EventKind.UNDONE, e.about_id.is_not(None))
    query = sa.select(t.registration_event).where(e.kind.in_(tuple(VERDICTS)), e.id.not_in(undone))
    return {
        (row.data["review"], row.registration_id): {
            "verdict": VERDICTS[row.kind],
            "sentence": row.note or row.reason,
            "event_id": row.id,
            "by_id": row.actor_id,
            "at": row.at,
            "week": row.data.get("week"),
        }
        for row in session.execute(query)
        if "review" in row.data  # progress that was imported was accepted elsewhere
    }

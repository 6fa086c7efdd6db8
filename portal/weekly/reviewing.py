"""Hold the Thursday review (W3): notes, a verdict per project, done. Verdicts are facts of the projects."""

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit, journal
from portal.conflicts.claims import next_instant
from portal.conflicts.service import settle
from portal.db import lock_registry
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.periods import business_date
from portal.domain.reviewing import FACTS, LONGEST_NOTES, check_time, check_verdict, may_take_back
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.weekly.review_scope import holds
from portal.weekly.telling import tell_review, tell_verdict

FIRST_VERSION = 1
"""What the notes of a review that nobody has begun carry: the first act creates the row."""


def open_review(session: Session, *, actor: Actor, now: datetime, week: Week, partner_id: int) -> Any:
    """The review's row, made by the first act on it.

    :raises RuleViolation: ``review.not_yours``, ``review.too_early``, ``review.too_late``.
    """
    p, c = t.partner.c, t.review.c
    partner = session.execute(sa.select(p.region, p.manager_id).where(p.id == partner_id)).one()
    if not holds(actor, region=partner.region, manager_id=partner.manager_id):
        raise RuleViolation("review.not_yours")
    check_time(week, business_date(now))
    lock_registry(session)  # of two that begin at once one finds it begun
    query = sa.select(t.review).where(c.partner_id == partner_id, c.week == week.thursday)
    row = session.execute(query).first()
    if row is not None:
        return row
    values = {"partner_id": partner_id, "week": week.thursday, "opened_at": now}
    session.execute(sa.insert(t.review).values(**values, version=FIRST_VERSION, notes=""))
    row = session.execute(query).one()
    _trail(session, actor, now, row.id, action="review.opened", **values)
    return row


def save_notes(
    session: Session, *, actor: Actor, now: datetime, week: Week, partner_id: int, notes: str, version: int
) -> int:
    """Keep the notes as typed; answers the version they have now.

    :raises StaleVersion: somebody saved other notes meanwhile; nothing was overwritten.
    :raises RuleViolation: ``text.too_long`` and those of `open_review`.
    """
    if len(notes) > LONGEST_NOTES:
        raise RuleViolation("text.too_long", "notes", length=len(notes), longest=LONGEST_NOTES)
    row = open_review(session, actor=actor, now=now, week=week, partner_id=partner_id)
    if row.notes == notes:
        return int(row.version)
    if row.version != version:
        raise StaleVersion("stale", version=row.version)
    values = {"noted_at": now, "noted_by_id": actor.user_id, "version": version + 1}
    session.execute(sa.update(t.review).where(t.review.c.id == row.id).values(**values, notes=notes))
    _trail(session, actor, now, row.id, action="review.noted", **values, notes=digest_of(notes))
    return version + 1


def digest_of(notes: str) -> str:
    """What the trail keeps of notes: not what was said, but that it was this."""
    return hashlib.sha256(notes.encode()).hexdigest()


def decide_line(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    week: Week,
    partner_id: int,
    registration_id: int,
    verdict: LineVerdict,
    sentence: str,
) -> None:
    """Give a project its one verdict; progress protects it anew as the fold says (S3, C7).

    :raises RuleViolation: ``review.decided_already``, ``review.is_done``, those of `check_verdict` and
        `open_review`.
    """
    review = _unfinished(session, actor, now, week, partner_id)
    c = t.registration.c
    row = session.execute(
        sa.select(c.id, c.customer_id, c.is_owner, c.owned_since, c.stage).where(
            c.id == registration_id, c.partner_id == partner_id
        )
    ).first()
    if row is None:
        raise RuleViolation("review.not_owner")
    if (there := _line(session, review.id, registration_id)) is not None:
        raise RuleViolation("review.decided_already", name=there.by)
    owned_since = row.owned_since if row.is_owner else None
    check_verdict(verdict, sentence, owned_since=owned_since, stage=row.stage, week=week)
    at = next_instant(session, now)
    _tell(session, actor, at, review, row, verdict, sentence)
    if verdict is LineVerdict.PROGRESS:
        settle(session, {row.customer_id}, now=at)
    tell_verdict(
        session, now=at, registration_id=registration_id, verdict=verdict, sentence=sentence,
        key=f"verdict:{week.thursday}:{registration_id}:{at:%H%M%S%f}",
    )  # fmt: skip


def _tell(
    session: Session,
    actor: Actor,
    at: datetime,
    review: Any,
    row: Any,
    verdict: LineVerdict,
    sentence: str,
) -> None:
    """Write the fact, and the line that shows it."""
    returned = verdict is LineVerdict.RETURNED
    data = {"week": review.week, "review": review.id}
    fact = journal.fact(
        row.id, FACTS[verdict], at=at, now=at, actor=actor, data=data,
        reason=sentence if returned else "", note="" if returned else sentence,
    )  # fmt: skip
    journal.write(session, [fact], actor=actor)
    e = t.registration_event.c
    newest = session.scalar(sa.select(sa.func.max(e.id)).where(e.registration_id == row.id))
    session.execute(
        sa.insert(t.review_line).values(
            review_id=review.id, registration_id=row.id, verdict=verdict, sentence=sentence,
            event_id=newest, by_id=actor.user_id, at=at,
        )
    )  # fmt: skip


def take_back(
    session: Session, *, actor: Actor, now: datetime, week: Week, partner_id: int, registration_id: int
) -> None:
    """Take an own verdict of today back; what it did to the protection is undone with it.

    :raises RuleViolation: ``review.nothing_to_take_back``, ``review.not_your_verdict`` and those of
        `decide_line`.
    """
    review = _unfinished(session, actor, now, week, partner_id)
    line = _line(session, review.id, registration_id)
    if line is None:
        raise RuleViolation("review.nothing_to_take_back")
    if not may_take_back(line.at, line.by_id, user_id=actor.user_id, today=business_date(now)):
        raise RuleViolation("review.not_your_verdict", name=line.by)
    at = next_instant(session, now)
    undone = journal.fact(
        registration_id, EventKind.UNDONE, at=at, now=at, actor=actor, about_id=line.event_id
    )
    journal.write(session, [undone], actor=actor)
    c = t.review_line.c
    session.execute(
        sa.delete(t.review_line).where(c.review_id == review.id, c.registration_id == registration_id)
    )
    if line.verdict is LineVerdict.PROGRESS:
        settle(session, {line.customer_id}, now=at)


def _line(session: Session, review_id: int, registration_id: int) -> Any:
    c = t.review_line.c
    return session.execute(
        sa.select(t.review_line, t.user.c.name.label("by"), t.registration.c.customer_id)
        .join(t.user, t.user.c.id == c.by_id)
        .join(t.registration, t.registration.c.id == c.registration_id)
        .where(c.review_id == review_id, c.registration_id == registration_id)
    ).first()


def _unfinished(session: Session, actor: Actor, now: datetime, week: Week, partner_id: int) -> Any:
    review = open_review(session, actor=actor, now=now, week=week, partner_id=partner_id)
    if review.done_at is not None:
        raise RuleViolation("review.is_done")
    return review


def finish(session: Session, *, actor: Actor, now: datetime, week: Week, partner_id: int) -> None:
    """The partner is reviewed; a second click changes nothing."""
    row = open_review(session, actor=actor, now=now, week=week, partner_id=partner_id)
    if row.done_at is None:
        _mark(session, actor, now, row.id, action="review.done", done_at=now, done_by_id=actor.user_id)
        tell_review(session, now=now, actor=actor, review=row)


def reopen(session: Session, *, actor: Actor, now: datetime, week: Week, partner_id: int) -> None:
    """Go on with a review that was done."""
    row = open_review(session, actor=actor, now=now, week=week, partner_id=partner_id)
    if row.done_at is not None:
        _mark(session, actor, now, row.id, action="review.reopened", done_at=None, done_by_id=None)


def _mark(
    session: Session, actor: Actor, now: datetime, review_id: int, *, action: str, **values: Any
) -> None:
    session.execute(sa.update(t.review).where(t.review.c.id == review_id).values(**values))
    _trail(session, actor, now, review_id, action=action, **values)


def _trail(
    session: Session, actor: Actor, now: datetime, review_id: int, *, action: str, **after: Any
) -> None:
    audit.record(
        session, actor=actor, action=action, at=now, subject=("review", review_id), after=audit.plain(after)
    )

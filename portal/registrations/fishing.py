"""Raise and answer fishing alarms (G6); the person whose checks they are is answered as ever."""

from datetime import date, datetime
from functools import cache
from itertools import product
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.facts import State
from portal.domain.fishing import Check, FishingFigures, Pattern, look
from portal.domain.names import normalise
from portal.domain.roles import Actor
from portal.models import FishingAlarm
from portal.models import tables as t

_SHOWN = 100
_READ = 1000
_OTHERS = ("taken", "held")


def watch(
    session: Session, *, actor: Actor, now: datetime, today: date, used: int, figures: FishingFigures | None
) -> None:
    """Raise the alarm of the day when the person's checks look like fishing; once a day and person.

    Without figures in the policy nothing is conspicuous. `used`: how many checks there were today.
    The caller has counted them with the person's row locked, so two checks cannot both raise it.
    """
    if figures is None or used < figures.least or _raised(session, actor.user_id, today):
        return
    checks = [
        Check(row.at, normalise(row.typed), row.outcome in _OTHERS)
        for row in checks_of(session, actor.user_id, today)
    ]
    c = t.registration.c
    filed = session.execute(
        sa.select(c.customer_name, c.customer_name_en, c.uscc)
        .where(c.partner_id.is_not_distinct_from(actor.partner_id), c.filed_at >= checks[0].at)
        .where(c.state.not_in((State.RELEASED, State.LOST)))
        .limit(_READ)
    )
    own = {normalise(typed) for row in filed for typed in _typed(*row)}
    catch = look(checks, own, figures)
    if not catch.patterns:
        return
    patterns = " ".join(catch.patterns)
    row = FishingAlarm(
        user_id=actor.user_id, day=today, raised_at=now, patterns=patterns, names=catch.names,
        taken=catch.taken,
    )  # fmt: skip
    session.add(row)
    session.flush()  # the trail names the alarm
    after = {name: getattr(row, name) for name in _TOLD}
    audit.record(session, actor=None, action="alarm.raised", at=now, subject=("alarm", row.id), after=after)


def _typed(name: str, english: str, code: str | None) -> set[str]:
    """How a check of what was filed may have been written down: by its names, one or both, and its code."""
    return {"".join(each) for each in product((name,), {"", english}, {"", code or ""})} | {code or name}


_TOLD = (
    *("user_id", "day", "raised_at", "patterns", "names", "taken"),
    *("seen_at", "seen_by_id", "seen_note"),
)


def _raised(session: Session, user_id: int, day: date) -> bool:
    c = t.fishing_alarm.c
    return session.scalar(sa.select(c.id).where(c.user_id == user_id, c.day == day)) is not None


def checks_of(session: Session, user_id: int, day: date) -> list[Any]:
    """What a person looked up on a day, in order."""
    c = t.check_log.c
    query = sa.select(c.at, c.typed, c.outcome).where(c.user_id == user_id, c.day == day)
    return list(session.execute(query.order_by(c.id).limit(_READ)))


def mark_seen(
    session: Session, *, actor: Actor, now: datetime, alarm_id: int, version: int, note: str
) -> None:
    """Note what came of an alarm; the note can be written anew.

    :raises StaleVersion: somebody else answered it meanwhile.
    :raises RuleViolation: ``reason.required``.
    """
    if not note:
        raise RuleViolation("reason.required", "note")
    c = t.fishing_alarm.c
    seen = {"seen_at": now, "seen_by_id": actor.user_id, "seen_note": note}
    done: Any = session.execute(
        sa.update(t.fishing_alarm)
        .where(c.id == alarm_id, c.version == version)
        .values(**seen, version=c.version + 1)
    )
    if not done.rowcount:
        raise StaleVersion("stale")
    audit.record(
        session,
        actor=actor,
        action="alarm.seen",
        at=now,
        subject=("alarm", alarm_id),
        reason=note,
        after=seen,
    )


@cache
def _alarms() -> Any:
    a, u, p = t.fishing_alarm, t.user, t.partner
    seer = u.alias("seer")
    return (
        sa.select(a, u.c.name.label("person"), p.c.name.label("partner"), seer.c.name.label("seen_by"))
        .join(u, u.c.id == a.c.user_id)
        .join(p, p.c.id == u.c.partner_id, isouter=True)
        .join(seer, seer.c.id == a.c.seen_by_id, isouter=True)
    )


def list_alarms(session: Session) -> list[Any]:
    """The newest alarms, those that nobody has seen first."""
    c = t.fishing_alarm.c
    query = _alarms().order_by(c.seen_at.is_not(None), c.raised_at.desc(), c.id.desc()).limit(_SHOWN)
    return list(session.execute(query))


def alarm_of(session: Session, alarm_id: int) -> Any:
    """One alarm; None if there is none of this number."""
    return session.execute(_alarms().where(t.fishing_alarm.c.id == alarm_id)).first()


def patterns_of(row: Any) -> list[Pattern]:
    """The patterns of an alarm's row."""
    return [Pattern(each) for each in row.patterns.split()]

"""Friday's roll-up (W4): made once for all regions and each, frozen, never changed by what happens later."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session

from portal import audit, db
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.domain.rollup_ground import by_region
from portal.domain.rollup_text import CARRIED, compose
from portal.domain.weeks import Week, week_of
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.weekly.rollup_facts import ground_of
from portal.weekly.snapshots import is_kept, keep_week, standings_at_end, standings_now, standings_of
from portal.weekly.telling import tell_rollup

MOST_AT_ONCE = 5
"""So many weeks a tick catches up with; what is older stays without a roll-up."""


def canonical(text: Mapping[str, Any]) -> str:
    """A text as it is frozen: one way to write it, with no float in it."""
    return json.dumps(text, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(content: str) -> str:
    """What seals a frozen text."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def is_made(session: Session, week: Week) -> bool:
    """Whether the week's roll-ups are made."""
    c = t.rollup.c
    return session.scalar(sa.select(c.id).where(c.week == week.thursday, c.region == "")) is not None


def make_rollups(session: Session, week: Week, *, now: datetime, actor: Actor | None) -> int:
    """Freeze the roll-ups of a week that is over, of all and of each region; answers how many were made.

    None where that was done before; of two that make them at once one waits and finds it done.

    :raises RuleViolation: ``rollup.too_early``: the week is not over; ``rollup.later_made``: a later week has
        its roll-up already, and stands beside the one before it.
    """
    if now <= week.end:
        raise RuleViolation("rollup.too_early", day=week.next.first)
    db.lock_registry(session)
    if is_made(session, week):
        return 0
    newest = session.scalar(sa.select(sa.func.max(t.rollup.c.week)))
    if newest is not None and newest > week.thursday:
        raise RuleViolation("rollup.later_made", week=newest)
    for each in (week.before, week):
        if not is_kept(session, each):
            keep_week(session, each, now=now)
    policy = policy_on(session, week.thursday)
    before, then = (standings_of(session, sa.true(), each) for each in (week.before, week))
    earlier = newest_texts(session, week)
    made = []
    for part in by_region(ground_of(session, week, before, then, policy)):
        content = canonical(compose(part, earlier.get(part.region)))
        made.append(
            {
                "week": week.thursday,
                "region": part.region,
                "made_at": now,
                "made_by_id": actor.user_id if actor else None,
                "content": content,
                "digest": digest_of(content),
            }
        )
    session.execute(sa.insert(t.rollup), made)
    audit.record(
        session, actor=actor, action="rollup.made", at=now, subject=("rollup", None), week=week.thursday,
        digests={each["region"]: each["digest"] for each in made},
    )  # fmt: skip
    tell_rollup(session, now=now, week=week, regions=[str(each["region"]) for each in made])
    return len(made)


def make_due(engine: Engine, *, now: datetime) -> int:
    """Make the roll-ups that are due, each week in a transaction of its own; answers of how many weeks."""
    with db.reading(engine) as session:
        due = weeks_due(session, now)
    made = 0
    for week in due:
        with db.transaction(engine) as session:
            made += bool(make_rollups(session, week, now=now, actor=None))
    return made


def newest_texts(session: Session, week: Week) -> dict[str, dict[str, Any]]:
    """What the newest roll-up of each region before `week` says, without its lists: they are most of it."""
    c = t.rollup.c
    newest = (
        sa.select(c.region, sa.func.max(c.week).label("week"))
        .where(c.week < week.thursday)
        .group_by(c.region)
        .subquery()
    )
    query = sa.select(c.region, c.week, *_carried(session)).where(
        newest.c.region == c.region, newest.c.week == c.week
    )
    return {
        region: {"week": day.isoformat()} | dict(zip(CARRIED, parts, strict=True))
        for region, day, *parts in session.execute(query)
    }


def _carried(session: Session) -> list[Any]:
    """The carried parts of a frozen text as columns; neither database reads the text twice for them."""
    content: Any = t.rollup.c.content
    if db.is_postgres(session):
        told = sa.func.json_to_record(sa.cast(content, sa.JSON)).table_valued(
            *(sa.column(name, sa.JSON) for name in CARRIED), joins_implicitly=True
        )
        return list(told.render_derived(with_types=True).c)
    return [sa.func.json_extract(content, f"$.{name}", type_=sa.JSON) for name in CARRIED]


def weeks_due(session: Session, now: datetime, *, by_hand: bool = False) -> list[Week]:
    """The weeks whose roll-up is due and not made, the oldest first; at most the last five.

    The first kept week is what the next one is compared with, and has none itself.
    By hand a week is due as soon as it is over; by itself at the hour that the policy of that Friday says.
    """
    newest = week_of(business_date(now)).before
    due = [newest]
    while len(due) < MOST_AT_ONCE:
        due.insert(0, due[0].before)
    first = session.scalar(sa.select(sa.func.min(t.week_end.c.week)))
    made = set(session.scalars(sa.select(t.rollup.c.week).where(t.rollup.c.region == "")))
    last = max(made, default=None)
    if first is None:
        due = [newest] if _has_begun(session, newest) else []
    return [
        each
        for each in due
        if (first is None or each.thursday > first)
        and (last is None or each.thursday > last)
        and (by_hand or _is_time(session, each, now))
    ]


def _has_begun(session: Session, week: Week) -> bool:
    """Whether a partner had filed anything by the end of a week."""
    c = t.registration.c
    filed = sa.select(c.id).where(c.partner_id.is_not(None), c.filed_at <= week.end).limit(1)
    return session.scalar(filed) is not None


def _is_time(session: Session, week: Week, now: datetime) -> bool:
    figures = policy_on(session, week.next.first).week
    return figures is not None and now >= week.rollup_at(figures)


def preview(session: Session, now: datetime) -> list[dict[str, Any]]:
    """The roll-ups of the running week as they would be made now, of all and of each region; none is kept."""
    week = week_of(business_date(now))
    policy = policy_on(session, business_date(now))
    kept = is_kept(session, week.before)
    before = standings_of(session, sa.true(), week.before) if kept else standings_at_end(session, week.before)
    then = standings_now(session, sa.true(), week, business_date(now))
    earlier = newest_texts(session, week)
    return [
        compose(part, earlier.get(part.region))
        for part in by_region(ground_of(session, week, before, then, policy))
    ]

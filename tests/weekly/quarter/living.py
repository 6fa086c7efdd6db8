"""Thirteen weeks go by: everything is put on the agenda, and the clock moves from one act to the next."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from portal import clock, db
from portal.conflicts.service import settle_lapses
from portal.domain.periods import BUSINESS_OFFSET, business_date
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.weekly.rollup import make_due
from tests.weekly.quarter.acts import Acts
from tests.weekly.quarter.channel import ACTS_A_WEEK, Channel
from tests.weekly.quarter.contests import Contests
from tests.weekly.quarter.helping import Helping
from tests.weekly.quarter.reporting import Reporting
from tests.weekly.quarter.reviewing import Reviewing

_DAY = timedelta(days=1)


def live(channel: Channel, weeks: list[Week]) -> datetime:
    """Live through the weeks, each with its roll-up on the Friday after it; answers the last instant."""
    acts, reporting, reviewing = Acts(channel), Reporting(channel), Reviewing(channel)
    for place, week in enumerate(weeks):
        _plan_acts(channel, week, acts, first=not place)
        reporting.plan(week)
        reviewing.plan(week)
        if place == len(weeks) // 2:
            _plan_changes(channel, week, acts)
        channel.live(_rollup_at(week.before))
        if place:
            _roll_up(channel, week.before)
        channel.live(week.next.start)
    channel.live(_rollup_at(weeks[-1]))
    _roll_up(channel, weeks[-1])
    # What comes after the last roll-up, late reports and reviews too, changes nothing that is frozen.
    last = weeks[-1].next.next.start
    channel.live(last)
    return last


def _rollup_at(week: Week) -> datetime:
    """The hour at which the tick makes the roll-up of a week."""
    return week.next.start + timedelta(hours=10)


def _plan_acts(channel: Channel, week: Week, acts: Acts, *, first: bool) -> None:
    """So many acts at random, in the first week mostly filings, and what happens on every day."""
    contests, helping, dice = Contests(channel), Helping(channel), channel.dice
    lot = [
        *30 * [acts.files], *30 * [acts.moves], *7 * [acts.edits], *3 * [acts.corrects], *9 * [acts.ends],
        *7 * [acts.steps], *4 * [acts.merges], *8 * [helping.asks], *10 * [contests.asks_for_a_lapsed_one],
        *6 * [contests.asks_to_be_handed_one],
    ]  # fmt: skip
    if first:
        lot += 200 * [acts.files]
    for second in dice.sample(range(7 * 86_400), ACTS_A_WEEK):
        now = week.start + timedelta(seconds=second, microseconds=dice.randrange(10**6))
        act = dice.choice(lot)
        channel.at(now, act, act.__name__)
    for day in range(7):
        midnight = week.start + day * _DAY
        channel.at(midnight + timedelta(minutes=5), _tick, "tick")
        channel.at(midnight + timedelta(hours=16, minutes=30), helping.works_off, "work off")


def _plan_changes(channel: Channel, week: Week, acts: Acts) -> None:
    """One partner moves to another region, one is called otherwise, one leaves the channel."""
    moves, renamed, leaves = sorted(channel.reps)[:3]
    changes = (moves, {"region": "west"}), (renamed, {"name": "改名 通信"}), (leaves, {"active": False})
    for partner, values in changes:
        when = week.start + timedelta(hours=channel.dice.randint(30, 100))
        channel.at(when, acts.partner_changes(partner, values), f"partner {next(iter(values))}")


def _tick(session: Session, now: datetime) -> None:
    settle_lapses(session, now=now, today=business_date(now))


def _roll_up(channel: Channel, week: Week) -> None:
    """The tick of Friday at ten; beside it what the partners are like at this moment."""
    now = _rollup_at(week).astimezone(BUSINESS_OFFSET)
    with clock.frozen(now):
        assert make_due(channel.engine, now=now - timedelta(microseconds=1)) == 0
        assert make_due(channel.engine, now=now) == 1
    with db.reading(channel.engine) as session:
        channel.as_made[week.thursday] = {row.id: row for row in session.execute(sa.select(t.partner))}

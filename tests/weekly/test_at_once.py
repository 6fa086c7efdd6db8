"""Two people, one moment: of two verdicts, notes, entries or reports one counts, the other hears of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import clock, db
from portal.commands.checking import problems
from portal.domain.errors import RuleViolation
from portal.domain.reports import Typed
from portal.domain.terms import EventKind
from portal.domain.weekly import LineVerdict as V
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.weekly import reviewing
from portal.weekly.reporting import Outcome, open_report, send_report, write_line
from portal.weekly.reports import load_entry
from tests.support.clocks import shanghai
from tests.weekly.conftest import WEEK, Channel

MEETING = shanghai("2026-03-12 14:00")
REPORT = shanghai("2026-03-11 10:00")
REVIEWERS = ("channel_sales", "channel_manager")
# So many times over: one overlap could be missed.
ROUNDS = range(4)

Act = Callable[[Session, str], Any]


def at_once(channel: Channel, now: datetime, acts: dict[str, Act]) -> dict[str, Any]:
    """Start everybody's act at one moment, each in its own transaction; what came of it, or the refusal."""
    ready = Barrier(len(acts))

    def run(who: str) -> Any:
        with clock.frozen(now):
            ready.wait()
            try:
                with db.transaction(channel.engine) as session:
                    return acts[who](session, who)
            except RuleViolation as error:
                return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return dict(zip(acts, pool.map(run, acts), strict=True))


def refusals(came: dict[str, Any]) -> list[RuleViolation]:
    return [each for each in came.values() if isinstance(each, RuleViolation)]


def winner(channel: Channel, came: dict[str, Any]) -> Any:
    """The one that was not refused."""
    [who] = [who for who, each in came.items() if not isinstance(each, RuleViolation)]
    return channel.people[who]


@pytest.fixture
def on(channel: Channel) -> Callable[[str], dict[str, Any]]:
    """What every act of a review is told."""
    return lambda who: {
        "actor": channel.people[who].actor, "now": MEETING, "week": WEEK,
        "partner_id": channel.people["alice"].partner_id,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("verdicts", "kinds"),
    [
        ((V.PROGRESS, V.RETURNED), {EventKind.PROGRESS, EventKind.RETURNED}),
        ((V.PROGRESS, V.PROGRESS), {EventKind.PROGRESS}),
    ],
)
def test_of_two_verdicts_on_a_line_one_counts_and_the_other_is_told_whose(
    channel: Channel, on: Callable[[str], dict[str, Any]], verdicts: tuple[V, V], kinds: set[EventKind]
) -> None:
    projects = [channel.files("alice", f"2026-03-06 1{n}:00", f"第{n}家快递有限公司") for n in ROUNDS]
    for project in projects:

        def decide(verdict: V, project: int = project) -> Act:
            return lambda session, who: reviewing.decide_line(
                session, **on(who), registration_id=project, verdict=verdict, sentence=f"{who} 说的"
            )

        came = at_once(channel, MEETING, dict(zip(REVIEWERS, map(decide, verdicts), strict=True)))
        won = winner(channel, came)
        [refused] = refusals(came)
        assert (refused.code, refused.params) == ("review.decided_already", {"name": won.name})
        [fact] = channel.events(project, EventKind.PROGRESS, EventKind.RETURNED, EventKind.REVIEWED)
        assert fact.kind in kinds
        assert (fact.actor_id, fact.note or fact.reason) == (won.user_id, f"{won.email.split('@')[0]} 说的")
    assert [(line.registration_id, line.by_id) for line in channel.lines()] == [
        (project, channel.events(project)[-1].actor_id) for project in projects
    ]


def test_of_two_notes_on_one_version_one_is_kept_and_nothing_overwritten(
    channel: Channel, on: Callable[[str], dict[str, Any]]
) -> None:
    version = reviewing.FIRST_VERSION
    for number in ROUNDS:

        def note(session: Session, who: str, number: int = number, version: int = version) -> int:
            return reviewing.save_notes(session, **on(who), notes=f"{number}. {who}", version=version)

        came = at_once(channel, MEETING, dict.fromkeys(REVIEWERS, note))
        won, [refused] = winner(channel, came), refusals(came)
        assert (refused.code, refused.params) == ("stale", {"version": version + 1})
        version += 1
        review = channel.review()
        assert (review.version, review.noted_by_id) == (version, won.user_id)
        assert review.notes == f"{number}. {won.email.split('@')[0]}"


def test_two_who_begin_a_review_at_once_begin_one(
    channel: Channel, on: Callable[[str], dict[str, Any]]
) -> None:
    def finish(session: Session, who: str) -> None:
        reviewing.finish(session, **on(who))

    assert refusals(at_once(channel, MEETING, dict.fromkeys(REVIEWERS, finish))) == []
    with db.reading(channel.engine) as session:
        a = t.audit_entry.c
        told = session.scalars(sa.select(a.action).where(a.subject_type == "review").order_by(a.id)).all()
    assert told == ["review.opened", "review.done"]


def test_a_report_that_two_send_at_once_is_sent_once(channel: Channel) -> None:
    project = channel.files("alice", "2026-03-06 10:00", "慢蜗牛快递", ports=60)

    def write(session: Session, who: str) -> None:
        figures = policy_on(session, REPORT.date()).week
        assert figures is not None
        partner = channel.people["alice"].partner_id or 0
        report = open_report(session, partner_id=partner, week=WEEK, now=REPORT, figures=figures)
        there = load_entry(session, partner_id=partner, week=WEEK, registration_id=project, now=REPORT)
        assert there is not None
        write_line(
            session, actor=channel.people[who].actor, now=REPORT, report_id=report.id,
            entry=there.entry, version=0, typed=Typed(happened=f"{who} 写的", support="陪访", ports=80),
        )  # fmt: skip

    # Both type about the project first: one entry is kept, the other writer is told.
    came = at_once(channel, REPORT, dict.fromkeys(("alice", "bob"), write))
    won = winner(channel, came)
    assert [each.code for each in refusals(came)] == ["stale"]

    def send(session: Session, who: str) -> Outcome:
        number = channel.people[who].partner_id
        partner = session.execute(sa.select(t.partner).where(t.partner.c.id == number)).one()
        policy = policy_on(session, REPORT.date())
        actor = channel.people[who].actor
        return send_report(session, actor=actor, now=REPORT, partner=partner, week=WEEK, policy=policy)

    sent = at_once(channel, REPORT, dict.fromkeys(("alice", "bob"), send))
    outcomes = sorted((each.revision, each.is_new, each.late) for each in sent.values())
    assert outcomes == [(1, False, False), (1, True, False)]
    kinds = [each.kind for each in channel.events(project)]
    assert kinds[-3:] == [EventKind.EDITED, EventKind.SUPPORT_ASKED, EventKind.REPORTED]
    assert kinds.count(EventKind.REPORTED) == kinds.count(EventKind.SUPPORT_ASKED) == 1
    assert channel.events(project, EventKind.REPORTED)[0].note == f"{won.email.split('@')[0]} 写的"
    with db.reading(channel.engine) as session:
        revisions = session.execute(sa.select(t.weekly_revision.c.revision)).all()
        assert [row.revision for row in revisions] == [1]
        assert list(problems(session, now=MEETING)) == []

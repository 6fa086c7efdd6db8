"""What is old goes: read notices and sent messages, never what is unread or still to be sent."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.notices import MOST_TRIES, Dropped, OutboxState
from portal.models import tables as t
from portal.notices import check, forgetting
from portal.notices.forgetting import Forgotten, forget
from tests.notices.conftest import Post, Tell
from tests.support.clocks import shanghai
from tests.support.commands import Portal
from tests.support.counting import counted
from tests.support.people import Person

NOW = shanghai("2026-03-02 10:00")
DAYS = 180
LATER = NOW + timedelta(days=DAYS, seconds=1)
People = Mapping[str, Person]


def left(engine: sa.Engine) -> tuple[set[str], list[OutboxState]]:
    """The keys of the notices and the states of the messages that are there."""
    with db.reading(engine) as session:
        keys = set(session.scalars(sa.select(t.notice.c.key)))
        return keys, sorted(session.scalars(sa.select(t.outbox.c.state)))


def read(engine: sa.Engine, when: datetime, *keys: str) -> None:
    with db.transaction(engine) as session:
        session.execute(sa.update(t.notice).where(t.notice.c.key.in_(keys)).values(read_at=when))


def becomes(engine: sa.Engine, key: str, **values: Any) -> None:
    with db.transaction(engine) as session:
        about = sa.select(t.notice.c.id).where(t.notice.c.key == key).scalar_subquery()
        session.execute(sa.update(t.outbox).where(t.outbox.c.notice_id == about).values(**values))


def trail(engine: sa.Engine) -> list[Any]:
    with db.reading(engine) as session:
        c = t.audit_entry.c
        return list(session.execute(sa.select(c.details, c.actor).where(c.action == "notice.forgotten")))


def test_what_was_read_and_sent_long_ago_goes_and_the_trail_says_how_much(told: Tell, post: Post) -> None:
    told("alice", NOW, key="old")
    told("alice", NOW, key="unread")
    post.send(NOW)
    read(post.engine, NOW, "old")
    assert forget(post.engine, now=LATER - timedelta(seconds=1), days=DAYS) == Forgotten(0, 0)
    assert trail(post.engine) == []
    assert forget(post.engine, now=LATER, days=DAYS) == Forgotten(notices=1, messages=2)
    assert left(post.engine) == ({"unread"}, [])
    [entry] = trail(post.engine)
    assert (entry.details["notices"], entry.details["messages"], entry.actor) == (1, 2, "system")
    assert forget(post.engine, now=LATER, days=DAYS) == Forgotten(0, 0)
    assert len(trail(post.engine)) == 1
    with db.reading(post.engine) as session:
        assert list(check.problems(session, now=LATER)) == []


def test_what_is_still_to_be_sent_stays_with_its_notice(told: Tell, post: Post) -> None:
    states = {
        "waiting": {},
        "failed": {"state": OutboxState.FAILED, "attempts": MOST_TRIES, "last_error": "no such person"},
        "nowhere": {"state": OutboxState.DROPPED, "last_error": Dropped.NO_MAIL_SERVER.value},
        "nowhere, unread": {"state": OutboxState.DROPPED, "last_error": Dropped.NO_MAIL_SERVER.value},
    }
    for key, values in states.items():
        told("alice", NOW, key=key)
        if values:
            becomes(post.engine, key, **values)
    read(post.engine, NOW, "waiting", "failed", "nowhere")
    assert forget(post.engine, now=LATER + timedelta(days=999), days=DAYS) == Forgotten(notices=1)
    keys, messages = left(post.engine)
    assert keys == {"waiting", "failed", "nowhere, unread"}
    assert messages == [OutboxState.DROPPED, OutboxState.FAILED, OutboxState.WAITING]


def test_the_day_it_was_read_and_the_day_it_was_sent_count(told: Tell, post: Post) -> None:
    told("alice", NOW, key="read lately")
    told("alice", NOW, key="sent lately")
    post.send(NOW)
    read(post.engine, LATER - timedelta(days=3), "read lately")
    read(post.engine, NOW, "sent lately")
    becomes(post.engine, "sent lately", sent_at=LATER - timedelta(days=3))
    assert forget(post.engine, now=LATER, days=DAYS) == Forgotten(messages=1)
    assert left(post.engine) == ({"read lately", "sent lately"}, [OutboxState.SENT])


def test_very_many_go_in_pieces(told: Tell, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "_AT_ONCE", 40)
    told("alice", NOW, count=100)
    post.send(NOW)
    with db.transaction(post.engine) as session:
        session.execute(sa.update(t.notice).values(read_at=NOW))
    rounds: list[int] = []

    def stopped() -> bool:
        rounds.append(1)
        return len(rounds) > 1

    assert forget(post.engine, now=LATER, days=DAYS, stopped=stopped) == Forgotten(40, 40)
    assert forget(post.engine, now=LATER, days=DAYS) == Forgotten(60, 60)
    assert left(post.engine) == (set(), [])
    assert sum(entry.details["notices"] for entry in trail(post.engine)) == 100


def test_looking_costs_two_statements_and_finds_by_an_index(told: Tell, post: Post) -> None:
    told("alice", NOW, count=50)
    with counted(post.engine) as statements:
        forget(post.engine, now=LATER, days=DAYS)
    assert len(statements) == 2, statements
    if post.engine.dialect.name == "sqlite":
        with db.reading(post.engine) as session:
            for which, index in (
                (forgetting._sent(NOW), "ix_outbox_sent"),
                (forgetting._read(NOW), "ix_notice_read"),
            ):
                text = which.compile(post.engine, compile_kwargs={"literal_binds": True})
                plan = session.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")).all()
                assert index in str(plan), plan


@pytest.mark.engines("sqlite")
def test_a_tick_forgets_by_the_figure_of_the_installation(
    portal: Portal, told: Tell, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    told("alice", NOW, key="old")
    post.send(NOW)
    read(post.engine, NOW, "old")
    monkeypatch.setenv("PORTAL_NOTICE_DAYS", "90")
    for days, there in ((90, True), (91, False)):
        at = (NOW + timedelta(days=days)).isoformat()
        assert portal("tick", "--now", at).exit_code == 0
        assert ("old" in left(post.engine)[0]) is there
    monkeypatch.setenv("PORTAL_NOTICE_DAYS", "59")
    refused = portal("tick")
    assert refused.exit_code != 0
    assert "PORTAL_NOTICE_DAYS=59: must be a whole number, 60 or more" in refused.stderr

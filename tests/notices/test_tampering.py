"""What is changed about notices by hand: the database refuses it, check tells, or it is listed here."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.notices import MOST_TRIES, Channel, NoticeKind
from portal.models import tables as t
from portal.notices import check
from portal.notices.sending import Undelivered
from tests.notices.conftest import Post, Tell, address
from tests.support.clocks import shanghai
from tests.support.people import Person
from tests.support.tampering import unnoticed

TABLES = ("notice", "outbox", "notice_choice", "notice_address")
NOW = shanghai("2026-03-02 10:00")
# What `check` does not vouch for, and why.
_OWN = "a person's own choice; decides nothing but what is sent to that person"
FREE = {
    "notice (a row taken away)": "what was told proves nothing; the facts it told of are elsewhere",
    "notice.at": "orders the inbox; no rule reads it",
    "notice.key": "tells a thing once; at worst it is told again",
    "notice.kind": "says how it is told; the facts it tells of are elsewhere",
    "notice.link": "where a click leads inside the portal; what a person may see is decided there",
    "notice.read_at": "the reader's own mark",
    "outbox (a row taken away)": "one message less to send; the inbox has it",
    "outbox.attempts": "counts tries within the limits of the state",
    "outbox.batch": "groups rows that are still to be sent",
    "outbox.channel": "the way a message takes; the inbox has it",
    "outbox.last_error": "what the service said",
    "outbox.lease_until": "ends by itself",
    "outbox.state": "one way of not having been sent for another",
    "notice_choice (a row taken away)": _OWN,
    "notice_choice.channel": _OWN,
    "notice_choice.kind": _OWN,
    "notice_choice.user_id": _OWN,
    "notice_choice.wanted": _OWN,
    "notice_address (a row taken away)": _OWN,
    "notice_address.dingtalk_secret": _OWN,
    "notice_address.dingtalk_token": _OWN,
    "notice_address.email_on": _OWN,
    "notice_address.hours": _OWN,
    "notice_address.tested_at": "the pause between two tests",
    "notice_address.user_id": _OWN,
    "notice_address.wecom_key": _OWN,
}


@pytest.fixture
def lived_in(told: Tell, post: Post, engine: sa.Engine, people: Mapping[str, Person]) -> Post:
    """Messages of every state: sent, waiting for a first and a second try, given up, dropped."""
    with db.transaction(engine) as session:
        address(session, people["alice"], wecom_key="k", dingtalk_token="t", dingtalk_secret="s")
        bob = people["bob"].user_id
        choice = {"kind": NoticeKind.LAPSED, "channel": Channel.EMAIL, "wanted": True}
        session.execute(sa.insert(t.notice_choice).values(user_id=bob, **choice))

    def only_mail(batch: Any) -> None:
        if batch.channel is not Channel.EMAIL:
            raise Undelivered("no connection")
        post.deliver(batch)

    told("alice", NOW, count=2)
    post.send(NOW, only_mail)
    with db.transaction(engine) as session:
        spent = sa.update(t.outbox).where(t.outbox.c.channel == Channel.DINGTALK)
        session.execute(spent.values(attempts=MOST_TRIES - 1))
    post.send(shanghai("2026-03-02 10:01"), only_mail)
    told("bob", NOW)
    told("carol", NOW)
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).where(t.user.c.name == "Carol").values(active=False))
    post.send(NOW, lambda batch: post.deliver(batch) if batch.person.name == "Carol" else only_mail(batch))
    told("bob", shanghai("2026-03-02 12:00"), key="later")
    return post


@pytest.mark.engines("sqlite")
def test_check_notices_what_does_not_go_together(lived_in: Post) -> None:
    with db.reading(lived_in.engine) as session:
        states = set(session.scalars(sa.select(t.outbox.c.state)))
        assert len(states) == 4
        found = unnoticed(session, TABLES, partial(check.problems, now=NOW))
    assert sorted(found - set(FREE)) == []
    assert sorted(set(FREE) - found) == [], "vouched for, and listed as free"


DAY = "'2026-03-02 02:00:00'"
FORGED = {
    "a message to another person": "UPDATE outbox SET user_id = user_id + 1",
    "a message before it was told": "UPDATE outbox SET due_at = '2026-01-01 00:00:00'",
    "dropped for no reason": "UPDATE outbox SET state = 'dropped', last_error = 'x', sent_at = NULL",
    "given up too soon": "UPDATE outbox SET state = 'failed', attempts = 2, sent_at = NULL",
    "waiting for ever": "UPDATE outbox SET state = 'waiting', attempts = 10, sent_at = NULL",
    "one message to two people": "UPDATE outbox SET batch = 'x'",
    "no words": "UPDATE notice SET params = '{}'",
}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("what", FORGED)
def test_check_tells_of(told: Tell, post: Post, what: str) -> None:
    told("alice", NOW)
    told("bob", NOW)
    post.send(NOW)
    with db.reading(post.engine) as session:
        assert session.execute(sa.text(FORGED[what])).rowcount == 2
        assert list(check.problems(session, now=NOW))

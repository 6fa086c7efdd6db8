"""Several workers at once, and workers that die: never twice in the normal case, at least once in any."""

import multiprocessing
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.notices import LEASE, OutboxState
from portal.notices.sending import claim, mark_sent, send_due
from tests.notices.conftest import Post, Tell
from tests.support.clocks import shanghai
from tests.support.mail import MailServer, parts
from tests.support.people import Person

NOW = shanghai("2026-03-02 10:00")
NAMES = ("alice", "bob", "carol", "channel_sales", "regional_manager", "channel_manager")


def test_of_many_workers_one_sends_each_message(told: Tell, post: Post) -> None:
    for name in NAMES:
        told(name, NOW, count=20)
    asked: list[tuple[int, int]] = []
    start = threading.Barrier(6)

    def deliver(batch: Any) -> None:
        asked.append((batch.person.id, batch.total))
        time.sleep(0.01)

    def worker() -> None:
        start.wait()
        send_due(post.engine, clock=lambda: NOW, deliver=deliver)

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert Counter(total for _person, total in asked) == {20: len(NAMES)}, "each whole, each once"
    assert len({person for person, _total in asked}) == len(NAMES)
    assert {(row.state, row.attempts) for row in post.rows()} == {(OutboxState.SENT, 1)}


def test_what_is_claimed_is_nobody_elses_until_the_claim_runs_out(told: Tell, post: Post) -> None:
    told("alice", NOW)
    with db.transaction(post.engine) as session:
        first = claim(session, now=NOW)
    with db.transaction(post.engine) as session:
        assert claim(session, now=NOW + LEASE - timedelta(seconds=1)) is None
        second = claim(session, now=NOW + LEASE)
    assert first is not None
    assert second is not None
    with db.transaction(post.engine) as session:
        assert not mark_sent(session, first, now=NOW + LEASE), "it was taken over"
        assert mark_sent(session, second, now=NOW + LEASE)


def _die_after_sending(url: str, config: Any) -> None:
    """Send one message for real, and be killed before it can be marked."""
    from portal import create_app
    from portal.notices import transport
    from portal.notices.vault import Vault
    from portal.web.notice_mail import compose

    app, engine = create_app(config), db.make_engine(url)

    def deliver(batch: Any) -> None:
        with app.app_context():
            letter = compose(
                config, name=batch.person.name, language=batch.person.locale, channel=batch.channel,
                items=batch.items, total=batch.total,
            )  # fmt: skip
        vault = Vault(config.secret_key)
        transport.deliver(batch.person, batch.channel, letter, mail_url=config.mail_url, vault=vault)
        os.kill(os.getpid(), signal.SIGKILL)

    send_due(engine, clock=lambda: NOW, deliver=deliver)


def test_a_worker_killed_between_sending_and_marking(
    told: Tell, post: Post, mail_server: MailServer, db_url: str
) -> None:
    told("alice", NOW)
    told("bob", NOW)
    process = multiprocessing.get_context("spawn").Process(
        target=_die_after_sending, args=(db_url, post.config)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert mail_server.recipients == ["alice@example.com"]
    assert post.send(NOW).sent == 1, "the other one at once"
    assert post.send(NOW + LEASE - timedelta(seconds=1)).sent == 0
    assert post.send(NOW + LEASE).sent == 1, "once more, when the claim has run out"
    assert sorted(mail_server.recipients) == ["alice@example.com"] * 2 + ["bob@example.com"]
    assert {row.state for row in post.rows()} == {OutboxState.SENT}
    assert post.send(NOW + 3 * LEASE).sent == 0


def test_nothing_is_open_while_a_message_is_sent(told: Tell, post: Post) -> None:
    """A service that takes its time keeps no writer waiting."""
    told("alice", NOW)

    def deliver(_batch: Any) -> None:
        with db.transaction(post.engine, patience=2) as session:
            session.execute(sa.text("UPDATE outbox SET last_error = 'written meanwhile'"))

    assert post.send(NOW, deliver).sent == 1


def test_a_round_can_be_stopped_between_two_messages(told: Tell, post: Post) -> None:
    for name in NAMES:
        told(name, NOW)
    sent: list[Any] = []
    outcome = send_due(post.engine, clock=lambda: NOW, deliver=sent.append, stopped=lambda: len(sent) >= 2)
    assert (outcome.sent, len(sent)) == (2, 2)
    states = Counter(row.state for row in post.rows())
    assert states == {OutboxState.SENT: 2, OutboxState.WAITING: 4}


@pytest.mark.engines("sqlite")
def test_the_worker_sends_and_stops_when_told(
    told: Tell, post: Post, mail_server: MailServer, db_url: str, tmp_path: Path,
    people: Mapping[str, Person],
) -> None:  # fmt: skip
    import subprocess
    import sys

    from portal import clock

    environment = {
        **os.environ, "PORTAL_DATABASE_URL": db_url, "PORTAL_MAIL_URL": mail_server.url,
        "PORTAL_INSTANCE": str(tmp_path), "LC_ALL": "C.UTF-8", "PORTAL_PUBLIC_URL": "https://p.example.com",
    }  # fmt: skip
    told("alice", clock.now())
    process = subprocess.Popen(
        [sys.executable, "-c", "from portal.cli import main; main()", "worker", "--every", "0.2"],
        env=environment, cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not mail_server.received and time.monotonic() < until:
            time.sleep(0.05)
        told("bob", clock.now())
        while len(mail_server.received) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert sorted(mail_server.recipients) == ["alice@example.com", "bob@example.com"]
    assert "https://p.example.com/registrations/1" in parts(mail_server.received[0])[0]
    # On a slow machine both may go in one round.
    assert sum(int(many) for many in re.findall(r"(\d+) messages? sent\.", out)) == 2

"""Killed (kill -9) while the bank's answer comes in: repeated, it ends as if nothing had happened."""

import multiprocessing
import os
import random
import signal
from datetime import datetime
from typing import Any

from portal import db
from portal.domain.roles import Actor
from portal.domain.statements import Station
from portal.imports.bank import import_answer
from tests.payments.conftest import Desk, csv_of
from tests.support.clocks import shanghai

STATEMENTS = 6


def bring_in(url: str, content: bytes, actor: Actor, now: datetime, dies_at: int) -> None:
    """Bring an answer in; die without a word at the given statement to the database."""
    import sqlalchemy as sa

    engine, count = db.make_engine(url), [0]

    def die(*_what: object) -> None:
        count[0] += 1
        if count[0] == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "before_cursor_execute", die)
    with db.transaction(engine) as session:
        import_answer(session, file_name="a.csv", content=content, actor=actor, now=now)
        session.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def test_killed_ten_times_and_repeated(desk: Desk, db_url: str) -> None:
    desk.account()
    statements = [desk.approved() for _number in range(STATEMENTS)]
    batch = desk.sent(*statements)
    one, *others = desk.references(batch)
    lines = [f"{one},failed,,,账号有误", *(f"{each},paid,2026-04-02,B1," for each in others)]
    before: Any = (desk.rows("payment_item"), desk.rows("statement"), desk.rows("audit_entry"))
    context, draw = multiprocessing.get_context("fork"), random.Random(7)
    for _time in range(10):
        act = (db_url, csv_of(*lines), desk.people["finance"].actor, shanghai("2026-04-02 10:00"))
        run = context.Process(target=bring_in, args=(*act, draw.randrange(2, 70)))
        run.start()
        run.join(60)
        assert run.exitcode == -signal.SIGKILL
        assert (desk.rows("payment_item"), desk.rows("statement"), desk.rows("audit_entry")) == before
    report = desk.answer(*lines)
    assert (report.accepted, report.skipped) == (STATEMENTS, 0)
    stations = [desk.station(each) for each in statements]
    assert stations == [Station.APPROVED, *([Station.PAID] * (STATEMENTS - 1))]
    again = desk.answer(*lines)
    assert (again.accepted, again.skipped) == (0, STATEMENTS)
    assert desk.holds() == []

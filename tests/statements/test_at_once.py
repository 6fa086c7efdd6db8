"""Two tabs, two people, one statement: exactly one act counts, and what loses says so."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from portal import db
from portal.domain.errors import RuleViolation
from portal.domain.periods import parse_period
from portal.domain.statements import Station
from portal.statements.generation import generate
from tests.support.desks import Desk


def outcomes(*acts: Callable[[], Any]) -> Counter[str]:
    """What came of acts done at the same time: ``done``, or the code of the refusal."""

    def run(act: Callable[[], Any]) -> str:
        try:
            act()
        except RuleViolation as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(run, acts))


def test_two_tabs_confirm_one_statement(desk: Desk):
    seen = desk.row()
    said = {"revision": seen.revision, "content_hash": seen.content_hash}
    found = outcomes(*[lambda: desk.confirm(**said)] * 4)
    assert found == {"done": 1, "statement.not_now": 3}
    assert desk.acts().count("confirm") == 1


def test_one_disputes_while_another_confirms(desk: Desk):
    seen = desk.row()
    said = {"revision": seen.revision, "content_hash": seen.content_hash}
    found = outcomes(lambda: desk.confirm(**said), lambda: desk.object_to(0, version=seen.version))
    assert found["done"] == 1
    won = desk.row().station
    assert won in (Station.CONFIRMED, Station.DISPUTED)
    assert desk.acts()[-1] == ("confirm" if won is Station.CONFIRMED else "dispute")


def test_one_dispute_is_answered_once(desk: Desk):
    desk.object_to(0, 1)
    found = outcomes(
        lambda: desk.answer(1, "4900.00"), lambda: desk.answer(1, None), lambda: desk.withdraw(1)
    )
    assert found["done"] == 1
    assert set(found) <= {"done", "stale", "dispute.answered"}


def test_the_last_two_answers_make_one_revision(desk: Desk):
    desk.object_to(0, 1)
    assert outcomes(lambda: desk.answer(1, "4900.00"), lambda: desk.answer(2, "400.00")) == {"done": 2}
    row = desk.row()
    assert (row.station, row.revision, str(row.total)) == (Station.SENT, 2, "5300.00")


def test_generating_the_period_anew_leaves_what_is_out_as_it_is(desk: Desk):
    seen = desk.row()

    def regenerate() -> None:
        with db.transaction(desk.engine) as session:
            db.lock_registry(session)
            generate(session, actor=None, now=desk.now, period=parse_period("2026-Q1"))

    said = {"revision": seen.revision, "content_hash": seen.content_hash}
    assert outcomes(regenerate, lambda: desk.confirm(**said), regenerate) == {"done": 3}
    row = desk.row()
    assert (row.station, row.content_hash, row.total) == (
        Station.CONFIRMED, seen.content_hash, seen.total,
    )  # fmt: skip

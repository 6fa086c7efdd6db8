"""Merge, its preview, and taking a merge back (C12)."""

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.preview import preview_merge, preview_unmerge
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.pipeline import Stage
from portal.domain.roles import Role
from portal.models import tables as t
from portal.pipeline.service import move_project, release
from tests.support.filings import CODE
from tests.support.people import Person, make_partner, make_user

People = Mapping[str, Person]
MEETING = {"met_on": date(2026, 3, 2), "met_with": "苏晓"}
HOUR = timedelta(hours=1)


@pytest.fixture
def acts(engine: sa.Engine, people: People, row_of: Any) -> Any:
    """Everything the channel manager and the filers do here, in one transaction each."""
    manager = people["channel_manager"].actor

    class Acts:
        def merge(self, loser: int, winner: int, now: datetime) -> None:
            with db.transaction(engine) as session:
                merge_customers(session, actor=manager, now=now, loser=loser, winner=winner, reason="一家")

        def unmerge(self, loser: int, now: datetime) -> None:
            with db.transaction(engine) as session:
                unmerge_customer(session, actor=manager, now=now, loser=loser, reason="弄错了")

        def foreseen(self, how: Any, loser: int, winner: int, now: datetime) -> dict[int, Any]:
            with db.transaction(engine) as session:
                changes = how(session, loser=loser, winner=winner, now=now)
            return {
                each.registration_id: (
                    each.after, each.after_position, each.after_until, each.after_customer,
                )
                for each in changes
            }  # fmt: skip

        def decide(self, claim: int, now: datetime, *, same: bool) -> None:
            row = row_of(claim)
            with db.transaction(engine) as session:
                decide_held(
                    session, actor=manager, now=now, registration_id=claim, version=row.version,
                    customer_id=row.suspect_id, same=same, reason="核实",
                )  # fmt: skip

        def release(self, who: Person, claim: int, now: datetime) -> None:
            with db.transaction(engine) as session:
                release(
                    session, actor=who.actor, now=now, registration_id=claim, reason="不做了",
                    version=row_of(claim).version,
                )  # fmt: skip

        def move(self, who: Person, claim: int, now: datetime, to: Stage = Stage.MEETING) -> None:
            with db.transaction(engine) as session:
                move_project(
                    session, actor=who.actor, now=now, registration_id=claim, to=to, gate=MEETING,
                    version=row_of(claim).version,
                )  # fmt: skip

    return Acts()


@pytest.fixture
def standing(engine: sa.Engine) -> Any:
    """How every claim stands: state, place, end of protection, customer."""

    def read() -> dict[int, Any]:
        c = t.registration.c
        with db.reading(engine) as session:
            rows = session.execute(
                sa.select(c.id, c.state, c.queue_position, c.protected_until, c.customer_id)
            )
            return {row[0]: tuple(row[1:]) for row in rows}

    return read


def sound(engine: sa.Engine, now: Any) -> list[Any]:
    with db.reading(engine) as session:
        return list(problems(session, now=now))


def test_taken_back_both_sides_have_their_owner_and_the_clock_it_had(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, acts: Any, standing: Any
) -> None:
    ours = file_as(people["alice"], at("2026-03-02 10:00"), "甲公司").registration_id
    theirs = file_as(people["carol"], at("2026-03-05 10:00"), "乙公司").registration_id
    file_as(people["key_accounts"], at("2026-03-06 10:00"), "乙公司")
    before = standing()
    loser, winner = row_of(ours).customer_id, row_of(theirs).customer_id
    acts.merge(loser, winner, at("2026-03-10 10:00"))
    assert row_of(theirs).state is State.WAITING
    now = at("2026-03-20 10:00")
    foreseen = acts.foreseen(preview_unmerge, loser, winner, now)
    acts.unmerge(loser, now)
    assert standing() == before == foreseen
    assert row_of(theirs).protected_until.isoformat() == "2026-04-02"
    assert sound(engine, now) == []
    acts.merge(loser, winner, at("2026-03-21 10:00"))
    acts.unmerge(loser, at("2026-03-22 10:00"))
    assert standing() == before
    assert sound(engine, at("2026-03-22 11:00")) == []
    with pytest.raises(RuleViolation) as refused:
        acts.unmerge(loser, at("2026-03-23 10:00"))
    assert refused.value.code == "unmerge.not_merged"


def test_what_came_since_goes_where_its_name_says_and_else_stays(
    people: People, file_as: Any, row_of: Any, at: Any, acts: Any, engine: sa.Engine
) -> None:
    one = file_as(people["alice"], at("2026-03-02 10:00"), "甲公司").registration_id
    other = file_as(people["carol"], at("2026-03-03 10:00"), "乙公司", uscc=CODE).registration_id
    loser, winner = row_of(one).customer_id, row_of(other).customer_id
    acts.merge(loser, winner, at("2026-03-04 10:00"))
    by_name = file_as(people["key_accounts"], at("2026-03-05 10:00"), "甲公司").registration_id
    with db.transaction(engine) as session:
        third = make_user(session, "dora", Role.PARTNER_REP, partner_id=make_partner(session, "P003"))
    by_code = file_as(third, at("2026-03-05 11:00"), "丙公司", uscc=CODE)
    acts.move(people["alice"], one, at("2026-03-06 10:00"))
    acts.unmerge(loser, at("2026-03-09 10:00"))
    assert row_of(by_name).customer_id == loser
    assert row_of(by_code.registration_id).customer_id == winner
    # What was done meanwhile stays done: progress renewed the protection.
    assert (row_of(one).state, row_of(one).stage) == (State.ACTIVE, Stage.MEETING)
    assert row_of(one).protected_until.isoformat() == "2026-04-03"
    assert sound(engine, at("2026-03-09 11:00")) == []


def test_who_came_to_own_a_side_by_itself_meanwhile_keeps_it(
    people: People, file_as: Any, row_of: Any, at: Any, acts: Any, engine: sa.Engine
) -> None:
    one = file_as(people["alice"], at("2026-03-02 10:00"), "甲公司").registration_id
    other = file_as(people["carol"], at("2026-03-03 10:00"), "乙公司").registration_id
    loser, winner = row_of(one).customer_id, row_of(other).customer_id
    acts.merge(loser, winner, at("2026-03-04 10:00"))
    acts.release(people["alice"], one, at("2026-03-06 10:00"))
    assert row_of(other).protected_until.isoformat() == "2026-04-03"
    acts.unmerge(loser, at("2026-03-09 10:00"))
    assert (row_of(other).is_owner, row_of(other).protected_until.isoformat()) == (True, "2026-04-03")
    assert (row_of(one).state, row_of(one).customer_id) == (State.RELEASED, loser)
    assert sound(engine, at("2026-03-09 11:00")) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_preview_tells_what_happens_and_a_merge_undone_at_once_leaves_all_as_it_was(
    seed: int, engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, acts: Any, standing: Any
) -> None:
    dice, now = random.Random(seed), at("2026-03-02 09:00")
    who = [people[name] for name in ("alice", "carol", "key_accounts")]
    names = [
        "深圳市华达科技有限公司",
        "北京华达科技有限公司",
        "华达科技",
        "静湖茶业有限公司",
        "静湖茶业",
        "山河信息",
    ]
    owners: dict[int, Person] = {}
    for _turn in range(18):
        now += HOUR * dice.randint(1, 40)
        claims = standing()
        held = [claim for claim, row in claims.items() if row[0] is State.HELD]
        alive = sorted({row[3] for row in claims.values() if row[3]})
        kind = dice.choice("fffdmrv")
        try:
            if kind == "f":
                person = dice.choice(who)
                owners[file_as(person, now, dice.choice(names)).registration_id] = person
            elif kind == "d" and held:
                acts.decide(dice.choice(held), now, same=dice.random() < 0.5)
            elif kind in "rv" and claims:
                claim = dice.choice(sorted(claims))
                (acts.release if kind == "r" else acts.move)(owners[claim], claim, now)
            elif kind == "m" and len(alive) > 1:
                loser, winner = dice.sample(alive, 2)
                foreseen = acts.foreseen(preview_merge, loser, winner, now)
                acts.merge(loser, winner, now)
                merged = standing()
                assert {claim: merged[claim] for claim in foreseen} == foreseen
                assert sound(engine, now) == []
                now += HOUR
                foreseen = acts.foreseen(preview_unmerge, loser, winner, now)
                acts.unmerge(loser, now)
                apart = standing()
                assert {claim: apart[claim] for claim in foreseen} == foreseen
                if not held:  # a decision looks at all held filings again
                    assert {claim: row for claim, row in apart.items() if row[0] is not State.LAPSED} == {
                        claim: row for claim, row in claims.items() if apart[claim][0] is not State.LAPSED
                    }
                if dice.random() < 0.5:
                    acts.merge(loser, winner, now + HOUR)
                    now += HOUR
        except RuleViolation:
            continue
        assert sound(engine, now) == []

"""Whatever people do in whatever order: one owner, everything follows from the facts, nothing half done."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from portal import db
from portal.conflicts.check import problems
from portal.conflicts.decisions import merge_customers
from portal.conflicts.facts import load_dossier
from portal.conflicts.service import settle_lapses
from portal.domain.cases import CaseKind
from portal.domain.errors import RuleViolation
from portal.domain.facts import (
    Contested,
    Ended,
    Fact,
    Joined,
    Left,
    Moved,
    Reassigned,
    Restored,
    Settled,
    Taken,
)
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.models import tables as t
from portal.policy.service import load_policies
from tests.cases.conftest import World
from tests.model.naive_ownership import Brought, Told, pictures
from tests.support.clocks import shanghai
from tests.support.people import Person

PARTIES = ("alice", "carol", "dan", "key_accounts")
_who = st.sampled_from(PARTIES)
_yes = st.booleans()
ACTS = st.one_of(
    st.tuples(
        st.just("asks"), _who, st.sampled_from([CaseKind.TAKEOVER, CaseKind.TAKEOVER, CaseKind.HANDOVER])
    ),
    st.tuples(st.just("asks"), st.sampled_from(PARTIES[1:]), st.just(CaseKind.TAKEOVER)),
    st.tuples(st.just("answers"), _who),
    st.tuples(st.just("withdraws"), _who),
    st.tuples(st.just("agrees"), _who),
    st.tuples(st.just("declines"), _who),
    st.tuples(st.just("votes"), st.just("channel_manager"), _yes),
    st.tuples(st.just("votes"), st.just("channel_manager"), st.just(True)),
    st.tuples(st.just("votes"), st.just("key_accounts_manager"), _yes),
    st.tuples(st.just("appeals"), _who),
    st.tuples(st.just("decides_appeal"), st.just("channel_director"), _yes),
    st.tuples(st.just("moves"), _who, st.sampled_from([Stage.MEETING, Stage.MEETING, Stage.SIGNED])),
    st.tuples(st.just("releases"), _who),
    st.tuples(st.just("files"), _who),
    st.tuples(st.just("merge")),
    st.tuples(st.just("tick")),
    st.tuples(st.just("restart")),
)
WALKS = st.lists(st.tuples(st.sampled_from([0, 1, 4, 8]), ACTS), min_size=2, max_size=10)
_ASK = (0, ("asks", "carol", CaseKind.TAKEOVER))
_BY_KEY_ACCOUNTS = (0, ("asks", "key_accounts", CaseKind.TAKEOVER))
_YES = (8, ("votes", "channel_manager", True))
# What leads where walks of single steps seldom come.
BEGINNINGS = st.sampled_from(
    [
        [],
        [_ASK],
        [_ASK, _YES],
        [_ASK, (8, ("votes", "channel_manager", False))],
        [_ASK, _YES, (1, ("appeals", "alice"))],
        [_BY_KEY_ACCOUNTS, _YES],
        [(0, ("asks", "dan", CaseKind.HANDOVER))],
    ]
)
_numbers = count(1)


@pytest.mark.engines("sqlite")
@settings(
    max_examples=50,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(beginning=BEGINNINGS, walk=WALKS, calm=st.sampled_from([10, 31, 31]))
def test_a_random_walk_keeps_every_invariant(
    world: World, file_as: Any, beginning: list[tuple[int, Any]], walk: list[tuple[int, Any]], calm: int
) -> None:
    number = next(_numbers)  # one database for all walks: each begins after the one before
    now = shanghai("2026-03-02 10:00") + number * timedelta(days=200)
    for person in PARTIES:
        filed = file_as(world.people[person], now, f"第{number}号散步有限公司")
        world.claims[person] = filed.registration_id
        now += timedelta(days=1)
    other = file_as(world.people["dan"], now, f"另外{number}科技股份公司").registration_id
    world.case_id, now = 0, now + timedelta(days=calm)
    for days, (what, *how) in [*beginning, *walk]:
        now += timedelta(days=days, minutes=1)
        if what == "files":
            files(world, file_as, how[0], now, f"第{number}号散步有限公司")
        else:
            step(world, what, how, now, other)
    with db.reading(world.engine) as session:
        assert list(problems(session, now=now)) == []
        assert_model_agrees(session, world, now)


def files(world: World, file_as: Any, who: str, now: datetime, name: str) -> None:
    """Whoever gave its claim up, or lost it long enough ago, files the customer again."""
    with suppress(RuleViolation):
        world.claims[who] = file_as(world.people[who], now, name).registration_id


def step(world: World, what: str, how: list[Any], now: datetime, other: int) -> None:
    """One act; what a person would be refused changes nothing."""
    when = now.strftime("%Y-%m-%d %H:%M")
    acts: Mapping[str, Callable[[], Any]] = {
        "merge": lambda: merge(world, now, other),
        "tick": lambda: tick(world, now),
        "restart": lambda: restart(world, now),
    }
    try:
        if what in acts:
            acts[what]()
        elif what in ("asks", "moves", "releases") or world.case_id:
            who, *rest = how
            getattr(world, what)(who, when, *rest)
    except RuleViolation:
        pass


def merge(world: World, now: datetime, other: int) -> None:
    with db.transaction(world.engine) as session:
        c = t.registration.c
        winner, loser = (
            session.scalar(sa.select(c.customer_id).where(c.id == claim))
            for claim in (world.claims["alice"], other)
        )
        manager: Person = world.people["channel_manager"]
        merge_customers(session, actor=manager.actor, now=now, loser=loser, winner=winner, reason="同一家")


def tick(world: World, now: datetime) -> None:
    with db.transaction(world.engine) as session:
        db.lock_registry(session)
        settle_lapses(session, now=now, today=business_date(now))


def restart(world: World, now: datetime) -> None:
    """The portal starts anew in the middle of it all: every connection is new, check is silent."""
    world.engine.dispose()
    with db.reading(world.engine) as session:
        assert list(problems(session, now=now)) == []


def assert_model_agrees(session: Any, world: World, now: datetime) -> None:
    """The naive model, told the same facts, imagines the same rows."""
    c = t.registration.c
    customer = session.scalar(sa.select(c.customer_id).where(c.id == world.claims["alice"]))
    dossier, policies = load_dossier(session, [customer]), load_policies(session)
    refs = {claim: row.ref for claim, row in dossier.claims.items()}
    until = dossier.present(customer, now)
    story = [told(fact, refs) for fact in dossier.facts(customer, policies, until)]
    timeline, picture = dossier.timeline(customer, policies, until), pictures(story, until)[-1]
    assert refs.get(timeline.owner) == picture.owner  # type: ignore[arg-type]
    assert {refs[claim]: each.state.value for claim, each in timeline.claims.items()} == {
        ref: row.state for ref, row in picture.rows.items()
    }
    assert {refs[claim]: each.protected_until for claim, each in timeline.claims.items()} == {
        ref: row.protected_until for ref, row in picture.rows.items()
    }


def told(fact: Fact, refs: Mapping[int, str]) -> Told:
    """A fact as the naive model is told it."""
    ref = refs[fact.claim]
    if isinstance(fact, Joined):
        had = fact.carried
        brought = had and Brought(had.stage, had.highest, had.last_progress_at, had.owned_since)
        return Told(fact.at, "filed", ref, fact.stage, fact.party, fact.filed_at, fact.via, brought)
    if isinstance(fact, Moved):
        return Told(fact.at, "moved", ref, fact.stage)
    if isinstance(fact, Left):
        return Told(fact.at, "gone", ref, how=fact.rule)
    if isinstance(fact, Ended):
        return Told(fact.at, fact.state, ref)
    if isinstance(fact, Taken):
        return Told(fact.at, "brought", ref, party=fact.party, filed_at=fact.since)
    if isinstance(fact, Contested):
        return Told(fact.at, "contested", ref, other=refs[fact.by])
    if isinstance(fact, Reassigned):
        return Told(fact.at, "reassigned", ref, how=fact.rule, other=refs[fact.to])
    what = {Settled: "settled", Restored: "restored"}[type(fact)]
    return Told(fact.at, what, ref)

"""Known customers that may be one: when they are found, and what settles whether they are."""

import itertools
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound
from sqlmodel import Session

from portal import db
from portal.conflicts import held
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.linking import link_customers, unlink_customers
from portal.conflicts.pairs import take_back, tell_apart
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.alike import HELD_FROM
from portal.domain.company import parse
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.likeness import likeness
from portal.domain.pipeline import Stage
from portal.imports.run import import_file
from portal.matching.apart import relations
from portal.matching.suspicions import left, look, rebuild
from portal.models import tables as t
from portal.pipeline.service import move_project
from portal.registrations.work import ask_correction, correct
from tests.imports.files import as_csv
from tests.support.clocks import shanghai
from tests.support.filings import CODE, OTHER_CODE
from tests.support.people import Person

People = Mapping[str, Person]
KNOWN, TYPED = "北京星河动力装备科技有限公司", "北京星合动力装备科技有限公司"
ELSE = "白帆造船厂"
JANUARY = shanghai("2026-01-05 10:00")
START = shanghai("2026-03-02 09:00")


class World:
    """Everything that is done here, each act a transaction of its own."""

    def __init__(self, engine: sa.Engine, people: People) -> None:
        self.engine, self.manager = engine, people["channel_manager"].actor

    def bring(
        self,
        *names: str,
        now: datetime,
        codes: Mapping[str, str] | None = None,
        since: datetime = JANUARY,
        first: int = 0,
    ) -> None:
        """Import claims on customers of these names, filed a minute apart."""
        codes, minute = codes or {}, timedelta(minutes=1)
        rows = [
            {
                "ref": f"B{number}", "filed_at": (since + number * minute).isoformat(), "party": "P001",
                "customer_name": name, "uscc": codes.get(name, ""),
            }
            for number, name in enumerate(names, start=first)
        ]  # fmt: skip
        with db.transaction(self.engine) as session:
            import_file(
                session, kind="registrations", file_name="r.csv", content=as_csv(rows), actor=None, now=now
            )

    def act(self, do: Callable[..., Any], now: datetime, **how: Any) -> None:
        with db.transaction(self.engine) as session:
            do(session, actor=self.manager, now=now, **{"reason": "核实"} | how)

    def work_off(self, now: datetime, most: int = 50) -> int:
        with db.transaction(self.engine) as session:
            db.lock_registry(session)
            return look(session, now=now, most=most)

    def rows(self) -> list[Any]:
        with db.reading(self.engine) as session:
            return list(session.execute(sa.select(t.suspicion).order_by(t.suspicion.c.id)))

    def open(self) -> set[frozenset[str]]:
        return {frozenset((row.one_name, row.other_name)) for row in self.rows() if row.is_open}

    def customer(self, name: str) -> int:
        with db.reading(self.engine) as session:
            c = t.customer.c
            return int(session.scalars(sa.select(c.id).where(c.name == name)).one())

    def left(self) -> int:
        with db.reading(self.engine) as session:
            return left(session)

    def sound(self, now: datetime) -> None:
        with db.reading(self.engine) as session:
            assert list(problems(session, now=now)) == []

    def correct(self, who: Person, claim: int, now: datetime, **values: Any) -> None:
        def version(session: Session) -> Any:
            return session.scalar(sa.select(t.registration.c.version).where(t.registration.c.id == claim))

        with db.transaction(self.engine) as session:
            ask_correction(
                session, actor=self.manager, now=now, registration_id=claim, version=version(session),
                fields=list(values), note="请核对",
            )  # fmt: skip
        with db.transaction(self.engine) as session:
            correct(
                session, actor=who.actor, now=now, registration_id=claim, version=version(session),
                values=values,
            )  # fmt: skip


@pytest.fixture
def world(engine: sa.Engine, people: People) -> World:
    return World(engine, people)


PAIR = frozenset({KNOWN, TYPED})


def test_imported_customers_that_are_alike_are_suspected_once(world: World, at: Any) -> None:
    now = at("2026-03-02 10:00")
    world.bring(KNOWN, TYPED, *(f"{char}某船厂" for char in "甲乙丙丁戊己庚辛壬癸"), now=now)
    assert (world.left(), world.open()) == (12, set()), "a large import is left to the ticks"
    assert [world.work_off(now, most=5) for _turn in range(4)] == [5, 5, 2, 0]
    assert PAIR in world.open()
    before = world.rows()
    with db.transaction(world.engine) as session:
        db.lock_registry(session)
        assert rebuild(session, now=now) == 12
    world.work_off(at("2026-03-09 10:00"))
    assert world.rows() == before, "looking again finds the same and changes nothing"
    world.sound(now)


def test_a_small_import_is_compared_at_once(world: World, at: Any) -> None:
    now = at("2026-03-02 10:00")
    world.bring(KNOWN, TYPED, ELSE, now=now)
    assert (world.left(), world.open()) == (0, {PAIR})
    [row] = world.rows()
    assert (row.why.value, row.score >= HELD_FROM, row.found_at) == ("sound", True, now)


def test_two_different_codes_are_two_companies_whenever_they_come_to_light(
    world: World, people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    world.bring(KNOWN, TYPED, now=now, codes={KNOWN: CODE})
    assert world.open() == {PAIR}
    later = file_as(people["carol"], at("2026-03-03 10:00"), TYPED, uscc=OTHER_CODE).registration_id
    assert row_of(later).state is State.WAITING
    assert world.open() == set()
    world.sound(now)
    # The code was somebody else's: what told the two apart is gone.
    world.correct(people["carol"], later, at("2026-03-04 10:00"), uscc=None)
    assert world.open() == {PAIR}
    world.sound(now)


def test_the_same_code_makes_one_of_them_and_nobody_is_asked(
    world: World, people: People, file_as: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    world.bring(KNOWN, TYPED, now=now, codes={KNOWN: CODE})
    with db.reading(world.engine) as session:
        c = t.registration.c
        typed = session.scalars(sa.select(c.id).where(c.customer_name == TYPED)).one()
    world.correct(people["alice"], typed, at("2026-03-04 10:00"), uscc=CODE)
    assert world.open() == set()
    world.sound(now)


def test_a_name_that_comes_by_a_code_is_compared_by_the_next_tick(
    world: World, people: People, file_as: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    file_as(people["alice"], at("2026-03-02 10:00"), ELSE, uscc=CODE)
    file_as(people["alice"], at("2026-03-02 10:05"), KNOWN)
    file_as(people["carol"], at("2026-03-02 10:10"), TYPED, uscc=CODE)
    assert (world.left(), world.open()) == (1, set())
    world.sound(now)
    assert world.work_off(now) == 1
    assert world.open() == {PAIR}
    assert (world.left(), world.work_off(now)) == (0, 0)
    world.sound(now)


def test_a_founding_name_was_compared_when_it_was_filed(
    world: World, people: People, file_as: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    file_as(people["carol"], at("2026-03-02 11:00"), KNOWN)
    assert world.left() == 0


def test_what_a_held_filing_was_decided_not_to_be_is_not_asked_again(
    world: World, people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), KNOWN)
    filing = file_as(people["carol"], at("2026-03-02 11:00"), TYPED).registration_id
    row = row_of(filing)
    now = at("2026-03-03 10:00")
    world.act(
        decide_held, now, registration_id=filing, version=row.version, customer_id=row.suspect_id, same=False
    )
    assert (row_of(filing).state, world.open(), world.left()) == (State.ACTIVE, set(), 0)
    with db.transaction(world.engine) as session:
        rebuild(session, now=now)
    world.work_off(now)
    assert world.rows() == []
    world.sound(now)


def test_a_merge_asks_anew_and_its_undoing_asks_what_was_asked_before(world: World, at: Any) -> None:
    now = at("2026-03-02 10:00")
    world.bring(KNOWN, TYPED, ELSE, now=now)
    known, other = world.customer(KNOWN), world.customer(ELSE)
    world.act(merge_customers, at("2026-03-03 10:00"), loser=known, winner=other)
    assert world.open() == {PAIR}, "the name went over, and is like the other one there"
    assert [row.is_open for row in world.rows()] == [False, True]
    world.sound(now)
    world.act(unmerge_customer, at("2026-03-04 10:00"), loser=known)
    assert [row.is_open for row in world.rows()] == [True, False]
    world.sound(now)
    world.act(merge_customers, at("2026-03-05 10:00"), loser=world.customer(TYPED), winner=known)
    assert world.open() == set()
    world.sound(now)


def test_not_the_same_holds_for_what_either_becomes_part_of_and_can_be_taken_back(
    world: World, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    world.bring(KNOWN, TYPED, ELSE, now=now)
    [row] = world.rows()
    world.act(tell_apart, at("2026-03-03 10:00"), pair_id=row.id, version=row.version)
    assert world.open() == set()
    known, other = world.customer(KNOWN), world.customer(ELSE)
    world.act(merge_customers, at("2026-03-04 10:00"), loser=known, winner=other)
    assert world.open() == set(), "it was said of what became part of it"
    world.act(unmerge_customer, at("2026-03-05 10:00"), loser=known)
    assert world.open() == set(), "and it holds after that was taken back"
    world.sound(now)
    # Somebody knows better after all: allowed, with a reason; and taken back it is as it was said.
    world.act(merge_customers, at("2026-03-06 10:00"), loser=world.customer(TYPED), winner=known)
    world.act(unmerge_customer, at("2026-03-07 10:00"), loser=world.customer(TYPED))
    assert world.open() == set()
    world.sound(now)
    world.act(take_back, at("2026-03-08 10:00"), pair_id=row.id)
    assert world.open() == {PAIR}
    world.sound(now)


def test_what_was_part_of_one_when_it_was_said_is_meant_too(world: World, at: Any) -> None:
    now = at("2026-03-02 10:00")
    world.bring(KNOWN, TYPED, ELSE, now=now)
    known, other = world.customer(KNOWN), world.customer(ELSE)
    world.act(merge_customers, at("2026-03-03 10:00"), loser=known, winner=other)
    [_old, row] = world.rows()
    world.act(tell_apart, at("2026-03-04 10:00"), pair_id=row.id, version=row.version)
    world.act(unmerge_customer, at("2026-03-05 10:00"), loser=known)
    assert world.open() == set()
    world.sound(now)


def test_linked_customers_are_not_asked_about_until_they_are_unlinked(
    world: World, people: People, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    world.bring(KNOWN, TYPED, now=now)
    with db.transaction(world.engine) as session:
        for claim in (1, 2):
            c = t.registration.c
            version = session.scalar(sa.select(c.version).where(c.id == claim))
            move_project(
                session, actor=people["alice"].actor, now=now, registration_id=claim, version=version,
                to=Stage.SIGNED, gate={"contract_no": "HT-1", "contract_date": now.date(), "ports": 8,
                                       "yearly_amount": 100},
            )  # fmt: skip
    both = {"one": world.customer(KNOWN), "other": world.customer(TYPED)}
    world.act(link_customers, at("2026-03-03 10:00"), **both)
    assert world.open() == set()
    world.sound(now)
    world.act(unlink_customers, at("2026-03-04 10:00"), **both)
    assert world.open() == {PAIR}
    world.sound(now)


def test_a_filing_that_proves_to_be_older_keeps_its_customer_suspected(world: World, at: Any) -> None:
    now = at("2026-03-02 10:00")
    world.bring(KNOWN, TYPED, now=now, first=10)
    world.bring(KNOWN, now=now, first=0)
    assert world.open() == {PAIR}
    world.sound(now)


def test_the_page_of_a_held_filing_offers_what_has_borne_a_like_name_since(
    world: World, people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), ELSE, uscc=CODE)
    file_as(people["alice"], at("2026-03-02 10:05"), KNOWN)
    filing = file_as(people["carol"], at("2026-03-02 10:10"), TYPED).registration_id
    file_as(people["key_accounts"], at("2026-03-02 10:15"), "北京星禾动力装备科技有限公司", uscc=CODE)
    with db.reading(world.engine) as session:
        near = held.candidates(session, row_of(filing))
    assert [each.name for each in near] == [KNOWN, ELSE]
    assert near[1].score is not None
    assert near[1].score >= HELD_FROM


def every_pair(session: Session) -> set[frozenset[int]]:
    """The pairs that would be held if one was filed beside the other: each with each, without an index."""
    c, alias = t.customer.c, t.customer_alias.c
    rows = session.execute(
        sa.select(c.id, c.uscc, alias.name, alias.core_key)
        .join(t.customer_alias, alias.customer_id == c.id)
        .where(c.merged_into_id.is_(None))
    ).all()
    found = set()
    for one, other in itertools.combinations(rows, 2):
        if one.id == other.id or (one.uscc and other.uscc and one.uscc != other.uscc):
            continue
        score = likeness(parse(one.name), parse(other.name)).score
        if score >= HELD_FROM or (one.core_key and one.core_key == other.core_key):
            found.add(frozenset((one.id, other.id)))
    return found


STEMS = ("星河动力", "星合动力", "青鲸物流", "白帆造船")
NAMES = [f"{place}{stem}{form}" for stem in STEMS for place in ("", "北京") for form in ("", "有限公司")]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_the_open_pairs_are_those_that_an_eye_would_find(
    seed: int, world: World, people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    """A random walk; at its end each name is compared with each, and what was said is left out."""
    dice, now = random.Random(seed), at("2026-03-02 09:00")
    claims: dict[int, Person] = {}

    def alive() -> list[int]:
        with db.reading(world.engine) as session:
            c = t.customer.c
            return list(session.scalars(sa.select(c.id).where(c.merged_into_id.is_(None)).order_by(c.id)))

    for turn in range(24):
        now += timedelta(hours=dice.randint(1, 30))
        try:
            kind = dice.choice("ffiidddmmuaactb")
            if kind == "f":
                person = people[dice.choice(("alice", "carol", "key_accounts"))]
                code = dice.choice((None, None, CODE, OTHER_CODE))
                claims[file_as(person, now, dice.choice(NAMES), uscc=code).registration_id] = person
            elif kind == "i":
                since = dice.choice((now, JANUARY, START))
                world.bring(*dice.sample(NAMES, 2), now=now, since=since, first=2 * turn)
            elif kind == "d":
                held_now = [each for each in claims if row_of(each).state is State.HELD]
                claim = dice.choice(held_now or [0])
                world.act(
                    decide_held, now, registration_id=claim, version=row_of(claim).version,
                    customer_id=row_of(claim).suspect_id, same=dice.random() < 0.4,
                )  # fmt: skip
            elif kind == "m":
                loser, winner = dice.sample(alive(), 2)
                world.act(merge_customers, now, loser=loser, winner=winner)
            elif kind == "u":
                world.act(unmerge_customer, now, loser=dice.randint(1, 12))
            elif kind == "a":
                row = dice.choice([row for row in world.rows() if row.is_open])
                world.act(tell_apart, now, pair_id=row.id, version=row.version)
            elif kind == "b":
                world.act(take_back, now, pair_id=dice.choice(world.rows()).id)
            elif kind == "c":
                claim = dice.choice(sorted(claims))
                world.correct(
                    claims[claim],
                    claim,
                    now,
                    customer_name=dice.choice(NAMES),
                    uscc=dice.choice((None, CODE)),
                )
            else:
                world.work_off(now)
        except (RuleViolation, IndexError, NoResultFound, ValueError):
            continue
        world.sound(now)
    world.work_off(now)
    with db.reading(world.engine) as session:
        told = relations(session, alive())
        c = t.customer.c
        ids = {row.founder_key: row.id for row in session.execute(sa.select(c.founder_key, c.id))}
        asked = {frozenset((ids[row.one], ids[row.other])) for row in world.rows() if row.is_open}
        seen = every_pair(session)
    assert asked == {pair for pair in seen if tuple(sorted(pair)) not in told}

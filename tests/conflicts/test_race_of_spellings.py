"""One company filed a hundred times at once under ten spellings, through the form (C1, C11, G3)."""

import itertools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import clock, db
from portal.conflicts.check import problems
from portal.conflicts.decisions import Pick, decide_held, decide_many, merge_customers
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.roles import Role
from portal.models import tables as t
from portal.registrations.service import file_registration
from tests.support.filings import CODE, FORM, filing
from tests.support.people import Person, make_partner, make_user

FILERS = 100
SAME_NAME = {
    "as on the licence": "深圳市慢蜗牛快递有限公司",
    "traditional": "深圳市慢蝸牛快遞有限公司",
    "blanks": " 深圳市 慢蜗牛 快递 有限公司 ",
    "zero-width": "深圳市慢蜗\u200b牛快递\ufeff有限公司",
    "right-to-left mark": "深圳市慢蜗牛\u200f快递有限公司",
    "bracket": "（深圳市）慢蜗牛快递有限公司",
}
ALIKE = {
    "another form": "深圳市慢蜗牛快递股份有限公司",
    "no region": "慢蜗牛快递有限公司",
    "no form": "深圳市慢蜗牛快递",
    "region in brackets": "慢蜗牛快递（深圳）有限公司",
}
# With the credit code the name does not matter at all.
ANY = {
    "licence": "Slow Snail Express 快递有限公司",
    "full width": "Ｓｌｏｗ Ｓｎａｉｌ Ｅｘｐｒｅｓｓ快递有限公司",
    "capitals": "SLOW SNAIL EXPRESS 快递有限公司",
    "homoglyphs": "Slоw Snаil Exprеss 快递有限公司",
    "English": "Slow Snail Express Co., Ltd.",
    "no form": "Slow Snail Express 快递",
    "traditional": "Slow Snail Express 快遞有限公司",
    "branch": "Slow Snail Express 快递有限公司深圳分公司",
    "zero-width": "Slow\u200b Snail Express 快递有限公司",
    "brand": "Slow Snail",
}
# Each so like every other that a person decides, whichever comes first.
SLIPS = {
    "as on the licence": "深圳市慢蜗牛快递有限公司",
    "sounds the same": "深圳市慢涡牛快递有限公司",
    "a slip in the form": "深圳市慢蜗牛快递有限公公司",
    "branch": "深圳市慢蜗牛快递有限公司广州分公司",
    "pinyin": "Shenzhen Manwoniu Kuaidi Co., Ltd.",
    "capitals": "SHENZHEN MANWONIU KUAIDI LIMITED",
    "another form": "（深圳）慢蜗牛快递股份有限公司",
    "traditional, no form": "深圳市慢蝸牛快遞",
    "full width": "深圳市慢蜗牛快递（集团）有限公司",
    "marks": "深圳\u200f慢蜗\u200b牛快递有限公司",
}
STORMS = {"by name": (SAME_NAME | ALIKE, ""), "by code": (ANY, CODE), "by likeness": (SLIPS, "")}


@pytest.mark.parametrize("storm", STORMS)
def test_a_hundred_filings_of_one_company_under_ten_spellings(
    app: Flask, engine: sa.Engine, people: Mapping[str, Person], login: Any, storm: str
) -> None:
    spellings, code = STORMS[storm]
    assert len(spellings) == 10
    with db.transaction(engine) as session:
        racers = [
            make_user(
                session,
                f"racer{number}",
                Role.PARTNER_REP,
                partner_id=make_partner(session, f"R{number:03d}"),
            )
            for number in range(FILERS)
        ]
    clients = [login(app.test_client(), racer) for racer in racers]
    names = list(itertools.islice(itertools.cycle(spellings.values()), FILERS))

    def file(number: int) -> int:
        form = FORM | {"customer_name": names[number], "uscc": code}
        return int(clients[number].post("/registrations", data=form).status_code)

    with ThreadPoolExecutor(FILERS) as pool:
        assert set(pool.map(file, range(FILERS))) == {303}, "no request fails"
    c = t.registration.c
    with db.reading(engine) as session:
        rows = session.execute(sa.select(t.registration).order_by(c.filed_at)).all()
        assert sorted(row.customer_name for row in rows) == sorted(" ".join(each.split()) for each in names)
        assert len({row.filed_at for row in rows}) == len({row.partner_id for row in rows}) == FILERS
        assert len({row.customer_id for row in rows if row.customer_id}) == 1
        settled = [row for row in rows if row.state is not State.HELD]
        assert [row.state for row in settled] == [State.ACTIVE] + [State.WAITING] * (len(settled) - 1)
        assert [row.queue_position for row in settled] == list(range(len(settled)))
        assert settled[0] == rows[0], "who filed first owns"
        assert len(settled) == FILERS if code else len(settled) >= FILERS // 10
        assert list(problems(session, now=clock.now())) == []
    decide_all(engine, people["channel_manager"])
    with db.reading(engine) as session:
        rows = session.execute(sa.select(t.registration).order_by(c.filed_at)).all()
        assert [row.queue_position for row in rows] == list(range(FILERS)), "in filing order, none lost"
        assert [row.is_owner for row in rows] == [True] + [False] * (FILERS - 1)
        assert list(problems(session, now=clock.now())) == []


def decide_all(engine: sa.Engine, manager: Person) -> None:
    """Let a manager find that every held filing is on the customer it may be on.

    One decision may settle others of the same name.
    """
    c = t.registration.c
    with db.transaction(engine) as session:
        held = session.execute(sa.select(c.id, c.version, c.suspect_id).where(c.state == State.HELD)).all()
        picks = [Pick(row.id, row.version, row.suspect_id) for row in held]
        decided = decide_many(
            session, actor=manager.actor, now=clock.now(), picks=picks, same=True, reason="同一家"
        )
        assert {each.problem.code for each in decided if each.problem} <= {"held.not_held"}


def at_once(*acts: Any) -> list[str]:
    """Run the acts at the same moment; what each came to: ``done`` or the code of its refusal."""
    ready, came = Barrier(len(acts)), ["" for _act in acts]

    def run(place: int) -> None:
        ready.wait()
        try:
            acts[place]()
            came[place] = "done"
        except RuleViolation as error:
            came[place] = error.code

    runs = [Thread(target=run, args=(place,)) for place in range(len(acts))]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    return came


def test_merging_while_filings_come_in(
    engine: sa.Engine, people: Mapping[str, Person], file_as: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    file_as(people["alice"], now, "慢蜗牛快递有限公司")
    file_as(people["carol"], now, "快马加鞭物流有限公司")
    with db.transaction(engine) as session:
        filers = [
            make_user(session, f"late{n}", Role.PARTNER_REP, partner_id=make_partner(session, f"L{n}"))
            for n in range(8)
        ]

    def file(person: Person, name: str) -> None:
        with db.transaction(engine) as session:
            file_registration(session, actor=person.actor, now=now, filing=filing(name))

    def merge() -> None:
        actor = people["channel_manager"].actor
        with db.transaction(engine) as session:
            merge_customers(session, actor=actor, now=now, loser=2, winner=1, reason="同一家")

    names = ("慢蜗牛快递有限公司", "快马加鞭物流有限公司")
    filings = [
        lambda who=who, name=name: file(who, name)
        for who, name in zip(filers, itertools.cycle(names), strict=False)
    ]
    came = at_once(merge, merge, *filings)
    assert sorted(came[:2]) == ["done", "merge.same"], "the second of two merges is refused, in words"
    assert came[2:] == ["done"] * len(filings)
    c = t.registration.c
    with db.reading(engine) as session:
        rows = session.execute(sa.select(t.registration).order_by(c.filed_at)).all()
        assert {row.customer_id for row in rows} == {1}
        assert [row.queue_position for row in rows] == list(range(len(rows)))
        assert [row.state for row in rows] == [State.ACTIVE] + [State.WAITING] * (len(rows) - 1)
        assert list(problems(session, now=now)) == []


def test_two_managers_deciding_one_filing_at_the_same_moment(
    engine: sa.Engine, people: Mapping[str, Person], file_as: Any, row_of: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    file_as(people["alice"], now, "深圳市华达科技有限公司")
    held = file_as(people["carol"], now, "华达科技").registration_id
    seen = row_of(held)

    def decide(same: bool) -> None:
        with db.transaction(engine) as session:
            decide_held(
                session, actor=people["channel_manager"].actor, now=now, registration_id=held,
                version=seen.version, customer_id=seen.suspect_id, same=same, reason="看过执照",
            )  # fmt: skip

    came = at_once(lambda: decide(True), lambda: decide(False))
    assert sorted(came) == ["done", "stale"]
    kinds = sa.select(t.registration_event.c.kind).where(t.registration_event.c.registration_id == held)
    with db.reading(engine) as session:
        decided = [kind for kind in session.scalars(kinds) if kind.startswith("decided")]
        assert decided == ["decided_same" if came[0] == "done" else "decided_different"]
        assert list(problems(session, now=now)) == []
    assert row_of(held).state is (State.WAITING if came[0] == "done" else State.ACTIVE)

"""Many people do everything at the same moment: nothing is half done, who comes too late is told in words.

The acts take different ways to the registry's turn: names, identifiers, pairs, merges and their undoing,
imports, ticks, filings, and giving up.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.conflicts.decisions import merge_customers
from portal.conflicts.identifying import state_identifier
from portal.conflicts.naming import state_name
from portal.conflicts.pairs import tell_apart
from portal.conflicts.service import rebuild, settle_lapses
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.errors import RuleViolation
from portal.domain.evidence import IdentifierKind
from portal.domain.periods import business_date
from portal.domain.roles import Role
from portal.domain.terms import NameKind
from portal.imports.run import import_file
from portal.matching import suspicions
from portal.models import tables as t
from portal.pipeline.service import release
from portal.registrations.service import file_registration
from tests.support.filings import filing
from tests.support.people import Person, make_partner, make_user

Act = Callable[[Any, Any], object]
WON = "done"


def at_once(engine: sa.Engine, acts: Mapping[str, Act], now: Any) -> dict[str, str]:
    """Start all acts at one moment; what each came to: ``done`` or the code of its refusal."""
    ready = Barrier(len(acts))

    def run(act: Act) -> str:
        ready.wait()
        try:
            with db.transaction(engine) as session:
                act(session, now)
        except RuleViolation as error:
            return error.code
        return WON

    with ThreadPoolExecutor(len(acts)) as pool:
        return dict(zip(acts, pool.map(run, acts.values()), strict=True))


@pytest.fixture
def manager(people: Mapping[str, Person]) -> Any:
    return people["channel_manager"].actor


def test_what_teaches_and_what_moves_customers_at_once(
    engine: sa.Engine, people: Mapping[str, Person], manager: Any, file_as: Any, row_of: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    for who, name in (("alice", "深圳市华达科技有限公司"), ("carol", "深圳市华达科计有限公司公司")):
        file_as(people[who], now, name)
    file_as(people["alice"], now, "静湖茶业集团有限公司")
    file_as(people["carol"], now, "镜泊茗品有限公司")
    now = at("2026-04-20 10:00")
    with db.transaction(engine) as session:
        db.lock_registry(session)
        suspicions.rebuild(session, now=now)
        late = [
            make_user(session, f"late{n}", Role.PARTNER_REP, partner_id=make_partner(session, f"L{n}"))
            for n in range(4)
        ]
        known = {row.name: row.id for row in session.execute(sa.select(t.customer))}
    lake, mirror = known["静湖茶业集团有限公司"], known["镜泊茗品有限公司"]
    rows = "ref,filed_at,party,customer_name\nH1,2026-01-05 10:00,L3,镜泊茗品有限公司\n"
    bring = {"kind": "registrations", "file_name": "r.csv", "content": rows.encode(), "actor": None}

    def tick(session: Any, now: Any) -> None:
        db.lock_registry(session)
        settle_lapses(session, now=now, today=business_date(now))
        suspicions.look(session, now=now, most=50)

    def derive(session: Any, now: Any) -> None:
        db.lock_registry(session)
        rebuild(session, now=now)

    acts: dict[str, Act] = {
        "merge": lambda s, n: merge_customers(
            s, actor=manager, now=n, loser=mirror, winner=lake, reason="同一家"
        ),
        "merge the other way": lambda s, n: merge_customers(
            s, actor=manager, now=n, loser=lake, winner=mirror, reason="同一家"
        ),
        "name": lambda s, n: state_name(
            s, actor=manager, now=n, customer_id=mirror, kind=NameKind.BRAND, name="镜泊"
        ),
        "the same name": lambda s, n: state_name(
            s, actor=manager, now=n, customer_id=mirror, kind=NameKind.SHORT, name="镜泊"
        ),
        "website": lambda s, n: state_identifier(
            s, actor=manager, now=n, customer=lake, kind=IdentifierKind.WEBSITE, text="jinghu.example.cn"
        ),
        "release": lambda s, n: release(
            s, actor=people["carol"].actor, now=n, registration_id=4, version=row_of(4).version, reason="x"
        ),
        "import": lambda s, n: import_file(s, **bring, now=n),
        "tick": tick,
        "tick again": tick,
        "rebuild": derive,
    } | {
        f"file {n}": lambda s, now, who=who, name=name: file_registration(
            s, actor=who.actor, now=now, filing=filing(name)
        )
        for n, (who, name) in enumerate(
            zip(late, ("镜泊茗品有限公司", "镜泊", "静湖茶业", "华达科技"), strict=True)
        )
    }
    came = at_once(engine, acts, now)
    allowed = {
        "merge": {WON, "merge.same"}, "merge the other way": {WON, "merge.same"},
        "name": {WON, "naming.known", "naming.merged"},
        "the same name": {WON, "naming.known", "naming.merged"},
        "website": {WON, "customer.merged"},
    }  # fmt: skip
    assert {act: code for act, code in came.items() if code not in allowed.get(act, {WON})} == {}
    assert [came["merge"], came["merge the other way"]].count(WON) == 1
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []
        loser = session.scalar(sa.select(t.customer.c.id).where(t.customer.c.merged_into_id.is_not(None)))
    acts = {
        "unmerge": lambda s, n: unmerge_customer(s, actor=manager, now=n, loser=loser, reason="两家"),
        "unmerge again": lambda s, n: unmerge_customer(s, actor=manager, now=n, loser=loser, reason="两家"),
        "tick": tick,
        "file": lambda s, n: file_registration(
            s, actor=late[2].actor, now=n, filing=filing("镜泊茗品有限公司")
        ),
    }
    came = at_once(engine, acts, now)
    assert [came["unmerge"], came["unmerge again"]].count(WON) == 1
    assert came["tick"] == WON
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []


def test_one_pair_told_apart_and_merged_by_several_at_once(
    engine: sa.Engine, manager: Any, people: Mapping[str, Person], at: Any
) -> None:
    now = at("2026-03-02 10:00")
    rows = "ref,filed_at,party,customer_name\nH1,2026-01-05 10:00,P001,深圳市慢蜗牛快递有限公司\n"
    rows += "H2,2026-01-06 10:00,P002,深圳市慢涡牛快递有限公司\n"
    with db.transaction(engine) as session:
        import_file(
            session, kind="registrations", file_name="r.csv", content=rows.encode(), actor=None, now=now
        )
        db.lock_registry(session)
        suspicions.look(session, now=now, most=50)
    with db.reading(engine) as session:
        [pair] = session.execute(sa.select(t.suspicion)).all()
        one, other = sorted(session.scalars(sa.select(t.customer.c.id)))

    def apart(session: Any, now: Any) -> None:
        tell_apart(session, actor=manager, now=now, pair_id=pair.id, version=pair.version, reason="两家")

    def merge(session: Any, now: Any) -> None:
        merge_customers(session, actor=manager, now=now, loser=other, winner=one, reason="同一家")

    came = at_once(engine, {"a": apart, "b": apart, "c": merge, "d": merge}, now)
    assert [came["a"], came["b"]].count(WON) <= 1
    assert [came["c"], came["d"]].count(WON) == 1
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []
        assert session.scalar(sa.select(t.suspicion.c.is_open)) is False


def test_a_merge_is_taken_back_though_an_older_filing_came_in_since(
    engine: sa.Engine, manager: Any, people: Mapping[str, Person], file_as: Any, at: Any
) -> None:
    """The import makes another filing the founder of what was merged; found by the storm above."""
    now = at("2026-03-02 10:00")
    file_as(people["alice"], now, "静湖茶业集团有限公司")
    file_as(people["carol"], now, "镜泊茗品有限公司")
    now = at("2026-04-20 10:00")
    rows = "ref,filed_at,party,customer_name\nH1,2026-01-05 10:00,P001,镜泊茗品有限公司\n"
    with db.transaction(engine) as session:
        merge_customers(session, actor=manager, now=now, loser=2, winner=1, reason="同一家")
    with db.transaction(engine) as session:
        import_file(
            session, kind="registrations", file_name="r.csv", content=rows.encode(), actor=None, now=now
        )
    merged = sa.select(t.customer.c.id).where(t.customer.c.merged_into_id.is_not(None))
    with db.transaction(engine) as session:
        unmerge_customer(session, actor=manager, now=now, loser=session.scalar(merged) or 0, reason="两家")
    with db.reading(engine) as session:
        assert session.scalar(merged) is None
        on = dict(session.execute(sa.select(t.registration.c.ref, t.registration.c.customer_id)).all())
        assert on["H1"] == on["R00000002"] != on["R00000001"]
        assert list(problems(session, now=now)) == []

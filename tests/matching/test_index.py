"""The index of known names, on both databases: what it finds, and that a rebuild changes nothing."""

import struct
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db, migrations
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.alike import HELD_FROM
from portal.domain.company import parse
from portal.matching import building, check_index, index
from portal.matching.building import rebuild_index
from portal.matching.bulk import emptied, fill
from portal.matching.index import enter_names, forget_names, grams_of, names_near
from portal.matching.service import NEAREST, compare_names
from portal.models import tables as t
from tests.support.filings import CODE, OTHER_CODE
from tests.support.people import Person

People = Mapping[str, Person]
NAMES = (
    "深圳市华达科技有限公司",
    "北京星河动力装备科技有限公司",
    "青鲸物流有限公司",
    "Huawei Technologies Co., Ltd.",
    "Газпром нефть",
    "慢蜗牛快递有限公司",
    "Shenzhen Hongyuan Laser Technology Co., Ltd.",
    "Qingdao Kuaimajiabian Wuliu",
)


@pytest.fixture
def known(people: People, file_as: Any, at: Any) -> None:
    """These names are filed, one after the other."""
    for minute, name in enumerate(NAMES):
        file_as(people["alice"], at(f"2026-03-02 10:{minute:02}"), name)


def nearest(engine: sa.Engine, name: str, uscc: str | None = None) -> list[tuple[str, float]]:
    with db.reading(engine) as session:
        return [(each.name, each.alike.score) for each in compare_names(session, name, uscc)]


def rows(engine: sa.Engine) -> tuple[list[Any], list[Any]]:
    with engine.connect() as connection:
        grams = connection.execute(sa.select(t.name_gram).order_by("gram", "alias_id")).all()
        counts = connection.execute(sa.select(t.gram_count).order_by("gram")).all()
    return list(grams), list(counts)


def assert_sound(engine: sa.Engine) -> None:
    """The index is what it would be if it were built now, and check finds nothing wrong with it."""
    grown = rows(engine)
    with db.transaction(engine) as session:
        assert list(check_index.problems(session)) == []
        with db.trial(session):
            rebuild_index(session)
            session.flush()
            anew = tuple(
                list(session.execute(sa.select(table).order_by(*table.primary_key)))
                for table in (t.name_gram, t.gram_count)
            )
    assert grown == anew


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("华达科技（深圳）股份有限公司", NAMES[0]),
        ("北京星合动力装备科技有限公司", NAMES[1]),
        ("北京星河动力装备技科有限公司", NAMES[1]),
        ("qing jing wu liu", NAMES[2]),
        ("HUAWEI Technologies", NAMES[3]),
        ("газпром нефть ооо", NAMES[4]),
        ("蜗慢牛快递有限公司", NAMES[5]),
        ("深圳市鸿远激光科技有限公司", NAMES[6]),
        ("青岛快马加鞭物流有限公司", NAMES[7]),
    ],
)
@pytest.mark.usefixtures("known")
def test_a_known_name_is_found_however_it_is_typed(engine: sa.Engine, typed: str, meant: str) -> None:
    assert nearest(engine, typed)[0][0] == meant


@pytest.mark.usefixtures("known")
def test_a_name_that_nobody_bears_is_like_nothing(engine: sa.Engine) -> None:
    assert all(score < HELD_FROM for _name, score in nearest(engine, "白帆造船厂"))
    with db.reading(engine) as session:
        assert names_near(session, parse("🂡")) == []


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_rebuild_leaves_what_filing_one_by_one_left(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    for name in ("_BATCH", "_AT_ONCE", "_SHARED_FROM"):
        monkeypatch.setattr(building, name, 1)  # so that there is something to share, in several ranges
    before = rows(engine)
    with db.transaction(engine) as session:
        assert rebuild_index(session, processes=processes) == len(NAMES)
    assert rows(engine) == before
    with db.transaction(engine) as session:
        session.execute(sa.delete(t.name_gram))
        rebuild_index(session)
    assert rows(engine) == before


def test_many_rows_are_filled_as_they_are(engine: sa.Engine) -> None:
    """More than one statement takes, and numbers that use all of their bytes."""
    table = t.name_gram
    expected = [(number * 0x01020304 % (1 << 32), 0x7F000000 + number) for number in range(257)]
    expected.sort()
    with db.transaction(engine) as session, emptied(session, table):
        for part in (expected[:250], expected[250:], []):
            fill(session, table, b"".join(struct.pack(">II", *row) for row in part))
    with engine.connect() as connection:
        found = connection.execute(sa.select(table).order_by("gram", "alias_id")).all()
    assert [tuple(row) for row in found] == expected
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(sa.insert(table).values(gram=expected[0][0], alias_id=expected[0][1]))


def test_names_that_are_deleted_leave_nothing_in_the_index(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    """Merged, taken apart again, decided to be the same, corrected: as if the index were built today."""
    manager, alice = people["channel_manager"].actor, people["alice"]
    for minute, name in enumerate((*NAMES, "华达科技")):
        file_as(alice, at(f"2026-03-02 10:{minute:02}"), name)
    now, held = at("2026-03-03 10:00"), len(NAMES) + 1

    def names() -> set[str]:
        assert_sound(engine)
        with engine.connect() as connection:
            return set(connection.scalars(sa.select(t.customer_alias.c.name)))

    with db.transaction(engine) as session:
        merge_customers(session, actor=manager, now=now, loser=3, winner=6, reason="一家")
    assert names() == set(NAMES)
    with db.transaction(engine) as session:
        unmerge_customer(session, actor=manager, now=now, loser=3, reason="弄错了")
    assert names() == set(NAMES)
    row = row_of(held)
    with db.transaction(engine) as session:
        decide_held(
            session, actor=manager, now=now, registration_id=held, version=row.version,
            customer_id=row.suspect_id, same=False, reason="核实",
        )  # fmt: skip
    assert names() == {*NAMES, "华达科技"}
    with db.transaction(engine) as session:
        merge_customers(
            session, actor=manager, now=now, loser=row_of(held).customer_id, winner=1, reason="一家"
        )
    assert names() == {*NAMES, "华达科技"}


@pytest.mark.usefixtures("known")
def test_what_is_entered_and_forgotten_leaves_nothing(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_TOGETHER", 4)  # so that it is sent in parts
    before = rows(engine)
    with db.transaction(engine) as session:
        enter_names(session, [(77, "山河信息有限公司"), (78, "深圳市华达科技有限公司")])
        assert session.scalar(sa.select(sa.func.max(t.name_gram.c.alias_id))) == 78
        forget_names(session, [(77, "山河信息有限公司"), (78, "深圳市华达科技有限公司")])
    assert rows(engine) == before


def test_what_an_older_ruleset_left_does_not_stop_a_filing(
    engine: sa.Engine, people: People, file_as: Any, at: Any
) -> None:
    """SQLite gives a deleted name's number to the next; pieces of it may have stayed."""
    gram = min(grams_of(parse(NAMES[0])))
    with db.transaction(engine) as session:
        session.execute(sa.insert(t.name_gram).values(gram=gram, alias_id=1))
    file_as(people["alice"], at("2026-03-02 10:00"), NAMES[0])
    assert nearest(engine, NAMES[0])[0][0] == NAMES[0]


BROKEN = {
    "a name that is not filed": ("DELETE FROM name_gram WHERE alias_id = 2", "customer_alias", 2),
    "a name that has lost a piece": (
        "DELETE FROM name_gram WHERE alias_id = 2"
        " AND gram = (SELECT min(gram) FROM name_gram WHERE alias_id = 2)",
        "customer_alias",
        2,
    ),
    "a name under another's piece": (
        "INSERT INTO name_gram (gram, alias_id) SELECT min(gram), 2 FROM name_gram WHERE alias_id = 3",
        "customer_alias",
        2,
    ),
    "pieces of nobody's name": ("UPDATE name_gram SET alias_id = 99 WHERE alias_id = 2", "name_gram", 99),
    "a piece beyond all numbers": (
        "INSERT INTO name_gram (gram, alias_id) VALUES (9223372036854775807, 2),"
        " (9223372036854775806, 2), (9223372036854775806, 3)",
        "customer_alias",
        3,
    ),
    "a count that is off": (
        "UPDATE gram_count SET names = 7 WHERE gram = (SELECT min(gram) FROM name_gram)",
        "gram_count",
        None,
    ),
    "a count of nothing": ("INSERT INTO gram_count (gram, names) VALUES (5, 1)", "gram_count", 5),
    "no index at all": ("DELETE FROM name_gram", "customer_alias", 6),
}


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("what", BROKEN)
def test_check_tells_what_is_wrong_and_a_rebuild_repairs_it(
    engine: sa.Engine, at: Any, portal: Callable[..., Any], what: str
) -> None:
    statement, table, row = BROKEN[what]
    assert_sound(engine)
    sound = rows(engine)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    with db.reading(engine) as session:
        found = {(where, which) for where, which, _what in problems(session, now=at("2026-03-02 11:00"))}
    assert {where for where, _which in found} <= {"customer_alias", "name_gram", "gram_count"}
    assert (table, row) in found or (row is None and table in {where for where, _which in found})
    portal("rebuild", "index")
    assert rows(engine) == sound
    assert_sound(engine)


@pytest.mark.usefixtures("known")
def test_check_names_some_and_counts_the_rest(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_index, "_NAMED", 2)
    with db.transaction(engine) as session:
        session.execute(sa.delete(t.name_gram))
        session.execute(sa.delete(t.gram_count))
    with db.reading(engine) as session:
        found = [(row, problem.params) for _table, row, problem in check_index.problems(session)]
    assert found == [(1, {}), (2, {}), ("*", {"number": len(NAMES) - 2})]


@pytest.mark.usefixtures("known")
def test_of_very_many_names_some_are_taken_apart(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong piece is seen in every fourth name here; that one is missing altogether, in each."""
    monkeypatch.setattr(check_index, "_TAKEN_APART", 2)
    with db.transaction(engine) as session:
        session.execute(sa.update(t.name_gram).values(gram=t.name_gram.c.gram + 1))
    with db.reading(engine) as session:
        wrong = [row for table, row, _what in check_index.problems(session) if table == "customer_alias"]
    assert wrong == [1, 5]
    with db.transaction(engine) as session:
        session.execute(sa.delete(t.name_gram).where(t.name_gram.c.alias_id == 2))
    with db.reading(engine) as session:
        wrong = [row for table, row, _what in check_index.problems(session) if table == "customer_alias"]
    assert wrong == [1, 2, 5]


@pytest.mark.usefixtures("known")
def test_a_filled_database_goes_back_and_forth_over_the_migration(engine: sa.Engine) -> None:
    before = rows(engine)
    migrations.downgrade(engine, "0007")
    assert rows(engine) == before
    [key] = sa.inspect(engine).get_foreign_keys("name_gram")
    assert key["referred_table"] == "customer_alias"
    migrations.upgrade(engine, "0008")
    assert rows(engine) == before
    assert sa.inspect(engine).get_foreign_keys("name_gram") == []
    assert sa.inspect(engine).get_indexes("name_gram") == []


def test_at_most_five_are_kept_the_likest_first(
    engine: sa.Engine, people: People, file_as: Any, at: Any
) -> None:
    for minute, trade in enumerate(("物流", "供应链", "科技", "贸易", "餐饮", "文化", "建材")):
        file_as(people["alice"], at(f"2026-03-02 10:{minute:02}"), f"杭州青鲸{trade}有限公司")
    found = nearest(engine, "杭州青鲸餐饮股份有限公司")
    assert len(found) == NEAREST
    assert found[0][0] == "杭州青鲸餐饮有限公司"
    assert [score for _name, score in found] == sorted((score for _name, score in found), reverse=True)


def test_another_valid_code_is_another_company_however_alike_the_name(
    engine: sa.Engine, people: People, file_as: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), NAMES[1], uscc=CODE)
    assert nearest(engine, NAMES[1], CODE)
    assert nearest(engine, NAMES[1])
    assert nearest(engine, NAMES[1], OTHER_CODE) == []


@pytest.mark.usefixtures("known")
def test_the_command_files_all_names_anew(engine: sa.Engine, portal: Callable[..., Any]) -> None:
    before = rows(engine)
    answer = portal("rebuild", "index")
    assert str(len(NAMES)) in answer.output
    assert rows(engine) == before

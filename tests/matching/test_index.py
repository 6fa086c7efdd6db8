"""The index of known names, on both databases: what it finds, and that a rebuild changes nothing."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.alike import HELD_FROM
from portal.domain.company import parse
from portal.matching.building import rebuild_index
from portal.matching.index import names_near
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
def test_a_rebuild_leaves_what_filing_one_by_one_left(engine: sa.Engine, processes: int) -> None:
    before = rows(engine)
    with db.transaction(engine) as session:
        assert rebuild_index(session, processes=processes) == len(NAMES)
    assert rows(engine) == before
    with db.transaction(engine) as session:
        session.execute(sa.delete(t.name_gram))
        rebuild_index(session)
    assert rows(engine) == before


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

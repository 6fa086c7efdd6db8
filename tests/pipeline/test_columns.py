"""The board's columns: what lapses first on top, what has lapsed below, and no more than fits."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.pipeline import STAGES, Stage
from portal.pipeline import queries
from tests.support.people import Person

TODAY = date(2026, 4, 10)


def column(engine: sa.Engine, show: str = "all", soon: int = 7) -> queries.Column:
    with db.reading(engine) as session:
        totals = queries.stage_totals(session, sa.true())
        [first, *_rest] = queries.board(
            session, scope=sa.true(), today=TODAY, user_id=1, show=show, soon=soon, totals=totals
        )
    assert (first.stage, list(totals)) == (Stage.INTEREST, list(STAGES))
    return first


@pytest.fixture
def filed(people: Mapping[str, Person], file_as: Any, at: Any) -> Callable[[str, int], None]:
    """File one customer a day of March, from a day on."""

    def file(name: str, days: int, first: int = 1) -> None:
        for day in range(first, first + days):
            file_as(people["alice"], at(f"2026-03-{day:02} 10:00"), f"{name}第{day}有限公司")

    return file


def test_what_lapses_first_is_on_top_and_what_has_lapsed_below(engine: sa.Engine, filed: Any) -> None:
    filed("青鲸", 20)
    until = [card.protected_until for card in column(engine).cards]
    running, lapsed = until[:8], until[8:]
    assert running == sorted(running)
    assert min(running) == TODAY
    assert lapsed == sorted(lapsed, reverse=True)
    assert max(lapsed) < TODAY
    assert (len(lapsed), column(engine).more) == (queries.LAPSED_SIZE, True)
    assert column(engine).total.projects == 20


def test_a_column_with_room_shows_everything(engine: sa.Engine, filed: Any) -> None:
    filed("青鲸", 5, first=9)
    assert (len(column(engine).cards), column(engine).more) == (5, False)


def test_lapsing_shows_only_what_lapses_soon_or_has_lapsed(engine: sa.Engine, filed: Any) -> None:
    filed("青鲸", 20)
    assert {card.protected_until <= date(2026, 4, 12) for card in column(engine, "lapsing", 2).cards} == {
        True
    }

"""Pages by key: to the end and back one meets every row once, and no cursor breaks anything."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.models.columns import MoneyType, UTCDateTime
from portal.paging import page_by_key

meta = sa.MetaData()
row = sa.Table(
    "row",
    meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("amount", MoneyType, nullable=False),
)
SOME = (1, 1, 1, 2, 3, 3, 5, 8, 8, 8, 8, 9)


@pytest.fixture(scope="module")
def rows():
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    meta.create_all(engine)
    with Session(engine) as session:
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        session.execute(
            sa.insert(row),
            [
                {
                    "name": f"n{value}",
                    "day": date(2026, 1, value),
                    "at": begin + timedelta(microseconds=value),
                    "amount": Decimal(value) / 100,
                }
                for value in SOME
            ],
        )
        yield session
    engine.dispose()


def flat(pages: list[list[int]]) -> list[int]:
    return list(chain.from_iterable(pages))


def walk(session: Session, column: str, *, descending: bool, size: int, forward: bool = True):
    """The ids met page by page from one end; and the last page."""
    met, cursor, page = [], None, None
    while True:
        page = page_by_key(
            session, sa.select(row), column=row.c[column], key=row.c.id,
            descending=descending, size=size, cursor=cursor,
        )  # fmt: skip
        met.append([each.id for each in page.rows])
        cursor = page.after if forward else page.before
        if cursor is None:
            return met, page


@pytest.mark.parametrize("column", ["name", "day", "at", "amount"])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("size", [1, 3, 4, 12, 50])
def test_from_end_to_end_and_back(rows: Session, column: str, descending: bool, size: int):
    met, page = walk(rows, column, descending=descending, size=size)
    order = (row.c[column].desc(), row.c.id.desc()) if descending else (row.c[column].asc(), row.c.id.asc())
    assert flat(met) == list(rows.scalars(sa.select(row.c.id).order_by(*order)))
    back = [met[-1]]
    while page.before:
        page = page_by_key(
            rows, sa.select(row), column=row.c[column], key=row.c.id,
            descending=descending, size=size, cursor=page.before,
        )  # fmt: skip
        back.insert(0, [each.id for each in page.rows])
    assert flat(back) == flat(met)
    assert page.after or len(SOME) <= size


def test_the_first_page_has_nothing_before_it_and_the_last_nothing_after(rows: Session):
    met, last = walk(rows, "name", descending=False, size=6)
    assert [len(each) for each in met] == [6, 6]
    assert last.after is None
    assert last.before is not None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(cursor=st.text(max_size=60))
def test_a_cursor_of_garbage_counts_as_none(rows: Session, cursor: str):
    page = page_by_key(
        rows, sa.select(row), column=row.c.at, key=row.c.id, descending=True, size=5, cursor=cursor
    )
    assert len(page.rows) == 5


@pytest.mark.parametrize("column", ["name", "day", "at", "amount"])
@pytest.mark.parametrize(
    "forged",
    [
        *(["after", "x", 1], ["after", None, 1], ["after", {"a": 1}, 1], ["after", [], 1]),
        *(["after", "2026-01-01", "1 OR 1=1"], ["sideways", "x", 1], ["after", "x"], "after", 7, None),
        *({"after": 1}, ["after", "2026-01-01", 10**40], ["after", True, True], ["after", "Infinity", 1]),
        *(["after", "2026-01-01T00:00:00", 1], ["after", "", 1]),
    ],
    ids=repr,
)
def test_a_forged_cursor_breaks_nothing(rows: Session, column: str, forged: object):
    cursor = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    page = page_by_key(
        rows, sa.select(row), column=row.c[column], key=row.c.id, descending=True, size=5, cursor=cursor
    )
    assert len(page.rows) <= 5
